//! The program, started as its users start it.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::common::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ruview-server");

/// A command in an environment without settings of the person who runs the tests.
pub fn program() -> Command {
    in_clean_environment(PROGRAM.as_ref())
}

fn in_clean_environment(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RUVIEW_")) {
        command.env_remove(name);
    }
    command
}

/// A server that is ready.
pub struct Running {
    pub child: Child,
    /// Kept, so that the server's stdout stays open.
    pub stdout: BufReader<ChildStdout>,
    pub ready: Value,
}

impl Running {
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with_logs(data, arguments, Stdio::null())
    }

    /// As [`start`](Self::start), with the logs where they are wanted.
    pub fn start_with_logs(data: &Path, arguments: &[&str], logs: Stdio) -> Self {
        Self::start_as(PROGRAM.as_ref(), data, arguments, logs)
    }

    /// As [`start_with_logs`](Self::start_with_logs), by a program that ends up as the server.
    pub fn start_as(starter: &OsStr, data: &Path, arguments: &[&str], logs: Stdio) -> Self {
        let mut command = in_clean_environment(starter);
        command.args(arguments).args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
        Self::ready(command, logs)
    }

    /// As [`start`](Self::start), at an address of its own.
    pub fn start_at(data: &Path, listen: &str, arguments: &[&str]) -> Self {
        let mut command = program();
        command.args(arguments).args(["--listen", listen, "--data-dir"]).arg(data);
        Self::ready(command, Stdio::null())
    }

    fn ready(mut command: Command, logs: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(logs).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { child, stdout, ready: serde_json::from_str(&line).unwrap() }
    }

    pub fn address(&self, of: &str) -> SocketAddr {
        self.ready[of].as_str().unwrap().parse().unwrap()
    }

    pub async fn client(&self, data: &Path) -> Client {
        let token = std::fs::read_to_string(data.join("token")).unwrap();
        let (client, answer) = self.client_with(token.trim()).await;
        assert_eq!(answer["type"], "auth_ok");
        client
    }

    /// A client, and what the server says to its token.
    pub async fn client_with(&self, token: &str) -> (Client, Value) {
        let mut client = Client::connect(&format!("ws://{}/ws/v1", self.address("http"))).await.unwrap();
        let answer = client.authenticate(token).await;
        (client, answer)
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
