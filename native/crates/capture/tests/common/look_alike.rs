//! An interface that looks like a card in monitor mode, in a network of its own, into which a recording is played.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sched::{CloneFlags, unshare};

pub(crate) const INTERFACE: &str = "rvmon0";
const TOOL: &str = "../shared/tools/judges/tap802.py";
const RECORDING: &str = "../shared/data/cbfr/11ac_SU_3x1_40.pcapng";

/// A network in which there is nothing but what the test puts there. It belongs to the test's thread.
pub(crate) struct Network {
    tool: PathBuf,
    /// 631 reports of three stations to one access point, 802.11ac.
    pub(crate) recording: PathBuf,
}

impl Network {
    /// `None`, and a line that says why, where the test cannot be run.
    #[expect(clippy::print_stdout, reason = "a skipped test says why")]
    pub(crate) fn new() -> Option<Self> {
        match Self::try_new() {
            Ok(network) => Some(network),
            Err(reason) => {
                println!("skipped: {reason}");
                None
            }
        }
    }

    fn try_new() -> Result<Self, String> {
        let network = Self { tool: existing(TOOL)?, recording: existing(RECORDING)? };
        if !Path::new("/dev/net/tun").exists() {
            return Err(String::from("/dev/net/tun is not there"));
        }
        unshare(CloneFlags::CLONE_NEWNET)
            .map_err(|error| format!("no network of its own: {error}; this needs root"))?;
        Ok(network)
    }

    /// Makes the interface and plays the recording into it; `options` are those of the tool.
    pub(crate) fn play(&self, options: &[&str]) -> LookAlike {
        let mut player = Command::new("python3");
        player.arg(&self.tool).arg(&self.recording).args(["--quiet", "--iface", INTERFACE]).args(options);
        LookAlike(player.stdout(Stdio::null()).spawn().expect("python3"))
    }
}

fn existing(path: &str) -> Result<PathBuf, String> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("crates lie three levels below the root");
    let path = root.join(path);
    if path.exists() { Ok(path) } else { Err(format!("{} is not there", path.display())) }
}

/// The interface, which vanishes with the program that made it.
pub(crate) struct LookAlike(Child);

impl LookAlike {
    /// Returns when the last frame was sent and the interface is gone.
    pub(crate) fn finish(mut self) {
        assert!(self.0.wait().expect("a child").success());
    }
}

impl Drop for LookAlike {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Switches the interface on or off.
pub(crate) fn set_link(state: &str) {
    let status = Command::new("ip").args(["link", "set", INTERFACE, state]).status().expect("ip");
    assert!(status.success());
}
