//! The stories that come with the program.

/// A story that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInStory {
    /// What [`super::StoryFile::find`] knows it by.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! stories {
    ($($name:literal),+ $(,)?) => {
        /// Every built-in story, in the order in which users see them.
        pub const BUILT_IN_STORIES: &[BuiltInStory] = &[$(BuiltInStory {
            name: $name,
            text: include_str!(concat!("../stories/", $name, ".toml")),
        }),+];
    };
}

stories![
    "demonstration",
    "empty",
    "active",
    "no_movement",
    "sleeping",
    "bed_exit",
    "bathroom",
    "meeting",
    "two_rooms",
    "fall",
    "unsteady",
    "distress",
    "inactivity",
];
