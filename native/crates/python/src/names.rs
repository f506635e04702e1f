//! Enumerations that Python shares with the engine: a word for each variant, as in JSON and in the engine's own entities.

/// A `pyclass` with the variants of a plain enum of the engine: from and to its words, from and to the engine's, hashable,
/// pickled by its word. More methods stand in braces at the end.
macro_rules! named {
    (
        $(#[$about:meta])*
        $name:ident in $module:literal as $engine:path { $($variant:ident = $word:literal),+ $(,)? } $($methods:tt)*
    ) => {
        $(#[$about])*
        #[pyo3::pyclass(module = $module, frozen, eq, hash, from_py_object)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum $name {
            $($variant),+
        }

        impl $name {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];

            /// The engine's own.
            #[allow(dead_code, reason = "some go one way only")]
            pub(crate) const fn engine(self) -> $engine {
                match self { $(Self::$variant => <$engine>::$variant),+ }
            }

            #[allow(dead_code, reason = "some go one way only")]
            pub(crate) const fn of(engine: $engine) -> Self {
                match engine { $(<$engine>::$variant => Self::$variant),+ }
            }

            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        #[pyo3::pymethods]
        impl $name {
            /// The variant of a word.
            #[staticmethod]
            fn from_str(name: &str) -> pyo3::PyResult<Self> {
                let found = Self::ALL.iter().find(|(_, word)| *word == name).map(|(variant, _)| *variant);
                found.ok_or_else(|| {
                    let words = [$($word),+].join(", ");
                    crate::error::value_error("name", format_args!("one of {words}"), format_args!("{name:?}"))
                })
            }

            fn __str__(&self) -> &'static str {
                self.word()
            }

            fn __reduce__<'py>(
                slf: pyo3::PyRef<'py, Self>,
            ) -> pyo3::PyResult<(pyo3::Bound<'py, pyo3::PyAny>, (&'static str,))> {
                use pyo3::types::PyAnyMethods as _;
                Ok((slf.py().get_type::<Self>().getattr("from_str")?, (slf.word(),)))
            }

            $($methods)*
        }
    };
}

pub(crate) use named;
