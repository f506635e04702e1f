//! The name of every topic, in one place.
//!
//! The level after the prefix names a node for ever and on every broker: the ids of nodes are unique within one server only,
//! so the server's site stands before them.

/// Names topics for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topics {
    prefix: String,
    site: String,
    server_id: String,
}

/// The first digits of the server's id: eight are enough for every home.
const SITE_DIGITS: usize = 8;
/// What follows the site in the name of the server's own device.
const SERVER: &str = "server";

impl Topics {
    pub(crate) fn new(prefix: &str, site: Option<&str>, server_id: &str) -> Self {
        let site = site.map_or_else(|| server_id.chars().take(SITE_DIGITS).collect(), str::to_owned);
        Self { prefix: prefix.to_owned(), site, server_id: server_id.to_owned() }
    }

    /// What a device is called in topics.
    pub(crate) fn node(&self, device_id: &str) -> String {
        let device = if device_id == self.server_id { SERVER } else { device_id };
        format!("{}_{device}", self.site)
    }

    /// The device of that name, if it is one of this server's.
    pub(crate) fn device<'a>(&'a self, node: &'a str) -> Option<&'a str> {
        let device = node.strip_prefix(&self.site)?.strip_prefix('_')?;
        Some(if device == SERVER { &self.server_id } else { device })
    }

    /// Whether the server is there: its last will.
    pub(crate) fn server_status(&self) -> String {
        format!("{}/{}/status", self.prefix, self.server_id)
    }

    /// Who the server is.
    pub(crate) fn server_info(&self) -> String {
        format!("{}/{}/info", self.prefix, self.server_id)
    }

    /// Which devices and entities it has.
    pub(crate) fn registry(&self) -> String {
        format!("{}/{}/registry", self.prefix, self.server_id)
    }

    /// Where somebody who has just come asks to hear everything.
    pub(crate) fn ask(&self) -> String {
        format!("{}/{}/ask", self.prefix, self.server_id)
    }

    /// Where commands come in.
    pub(crate) fn command(&self) -> String {
        format!("{}/{}/command", self.prefix, self.server_id)
    }

    /// Where it is said what became of them.
    pub(crate) fn result(&self) -> String {
        format!("{}/{}/result", self.prefix, self.server_id)
    }

    /// What the topics of its devices begin with.
    pub(crate) fn start(&self) -> String {
        format!("{}/{}", self.prefix, self.site)
    }

    /// Whether a node is heard.
    pub(crate) fn node_status(&self, device_id: &str) -> String {
        format!("{}/{}/status", self.prefix, self.node(device_id))
    }

    /// The state of an entity. What beamforming feedback says has a level of its own.
    pub(crate) fn state(&self, device_id: &str, key: &str) -> String {
        let entity = key.strip_prefix("bfld_").map_or_else(|| key.to_owned(), |field| format!("bfld/{field}"));
        format!("{}/{}/{entity}/state", self.prefix, self.node(device_id))
    }

    /// What happens on a device.
    pub(crate) fn event(&self, device_id: &str, event_type: &str) -> String {
        format!("{}/{}/events/{event_type}", self.prefix, self.node(device_id))
    }

    /// Where somebody asks for a calibration.
    pub(crate) fn calibrate(&self, device_id: &str) -> String {
        format!("{}/{}/calibrate/press", self.prefix, self.node(device_id))
    }

    /// Where anybody asks any server for a calibration.
    pub(crate) fn any_calibrate(&self) -> String {
        format!("{}/+/calibrate/press", self.prefix)
    }

    /// The device for which a calibration is asked at `topic`, if it is one of ours.
    pub(crate) fn calibrated_device<'a>(&'a self, topic: &'a str) -> Option<&'a str> {
        let node = topic.strip_prefix(&self.prefix)?.strip_prefix('/')?.strip_suffix("/calibrate/press")?;
        self.device(node)
    }

    /// Every topic under which an earlier run may have left something.
    pub(crate) fn retained(&self) -> [String; 3] {
        ["+/status", "+/+/state", "+/bfld/+/state"].map(|rest| format!("{}/{rest}", self.prefix))
    }

    /// Whether a topic is about one of this server's devices.
    pub(crate) fn is_ours(&self, topic: &str) -> bool {
        let rest = topic.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('/'));
        rest.and_then(|rest| rest.split('/').next()).is_some_and(|node| self.device(node).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f2a91c4-0000-4000-8000-000000000001";

    #[test]
    fn topics_of_two_servers_never_meet() {
        let (a, b) = (Topics::new("ruview", None, ID), Topics::new("ruview", None, "aaaaaaaa-0"));
        assert_eq!(a.state("node_1", "presence"), "ruview/3f2a91c4_node_1/presence/state");
        assert_eq!(b.state("node_1", "presence"), "ruview/aaaaaaaa_node_1/presence/state");
        assert!(a.state("node_1", "presence").starts_with(&format!("{}_node_1/", a.start())));
        assert_eq!(a.registry(), format!("ruview/{ID}/registry"));
        assert_eq!(a.state("monitor_a", "bfld_motion"), "ruview/3f2a91c4_monitor_a/bfld/motion/state");
        assert_eq!(a.event(ID, "transition"), "ruview/3f2a91c4_server/events/transition");
        assert!(a.is_ours(&a.node_status("node_1")) && !b.is_ours(&a.node_status("node_1")));
        assert!(!a.is_ours(&a.server_status()), "that one is the will's");
        assert_eq!(a.calibrated_device(&a.calibrate("node_1")), Some("node_1"));
        for other in [b.calibrate("node_1"), a.state("node_1", "presence"), "ruview//calibrate/press".into()] {
            assert_eq!(a.calibrated_device(&other), None, "{other}");
        }
    }

    #[test]
    fn a_site_can_be_named() {
        assert_eq!(
            Topics::new("home/radio", Some("attic"), ID).node_status("node_1"),
            "home/radio/attic_node_1/status"
        );
    }
}
