//! A real mosquitto on a port of its own.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// More than a broker needs to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker; gone with its handle.
pub struct Broker {
    child: Child,
    pub port: u16,
    dir: tempfile::TempDir,
}

/// A port of 127.0.0.1 that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Broker {
    /// One that lets everybody in.
    pub async fn start() -> Self {
        Self::with("allow_anonymous true").await
    }

    /// One with these settings. What stands beside it is found under `{dir}`.
    pub async fn with(settings: &str) -> Self {
        Self::beside(tempfile::tempdir().unwrap(), settings).await
    }

    /// One whose settings refer to files in `dir`.
    pub async fn beside(dir: tempfile::TempDir, settings: &str) -> Self {
        let port = free_port();
        let settings = settings.replace("{dir}", dir.path().to_str().unwrap());
        // Started as root it would change to another user, which cannot read a temporary directory.
        let own =
            format!("user root\nlistener {port} 127.0.0.1\npersistence false\nlog_type error\nlog_type warning\n");
        std::fs::write(dir.path().join("mosquitto.conf"), own + &settings + "\n").unwrap();
        let child = spawn(dir.path());
        let broker = Self { child, port, dir };
        broker.wait().await;
        broker
    }

    /// Ends without a word, as in a power cut.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again at the same port. It has forgotten everything.
    pub async fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.dir.path());
        self.wait().await;
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    async fn wait(&self) {
        let answers = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, answers).await.expect("mosquitto does not start");
    }
}

fn spawn(dir: &Path) -> Child {
    let mut command = Command::new("mosquitto");
    command.arg("-c").arg(dir.join("mosquitto.conf")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("mosquitto is installed: scripts/setup does that")
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes the file of users and passwords that mosquitto reads, with its own tool.
pub fn passwords(path: &Path, users: &[(&str, &str)]) {
    let mut file = std::fs::File::create(path).unwrap();
    for (name, password) in users {
        writeln!(file, "{name}:{password}").unwrap();
    }
    assert!(Command::new("mosquitto_passwd").arg("-U").arg(path).status().unwrap().success());
}
