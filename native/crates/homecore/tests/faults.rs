//! What registries survive: a process that is killed while it writes, and a disk that is full.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Owner, device, entity};
use homecore::{HomeCore, Storage, StorageConfig};
use serde_json::Value;

const FOLDER: &str = "HOMECORE_TEST_FOLDER";
const CYCLES: &str = "HOMECORE_TEST_CYCLES";

fn open(dir: &Path, debounce: Duration) -> HomeCore {
    let config = StorageConfig { debounce, retry: Duration::from_millis(10), ..StorageConfig::default() };
    HomeCore::default().keeping(Storage::open(dir, config).unwrap())
}

fn entities_on_file(dir: &Path) -> usize {
    let text = fs::read(dir.join("core.entity_registry")).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    file["data"]["entities"].as_array().unwrap().len()
}

/// Registers entities without end, and says how many are on file for sure.
#[test]
#[ignore = "the process that the next test kills"]
fn a_process_that_registers_until_it_is_killed() {
    let Ok(dir) = std::env::var(FOLDER) else { return };
    let core = open(dir.as_ref(), Duration::from_millis(2));
    core.register_device(&Owner, device("hub", None)).unwrap();
    for n in 0_u32.. {
        core.register_entity(&Owner, entity(&format!("sensor.n_{n}"), Some("hub"))).unwrap();
        if n % 7 == 0 && core.flush() {
            println!("on file: {}", n + 1);
            std::io::stdout().flush().unwrap();
        }
        // Another process comes to know these entities again; a thousand are enough.
        if n == 1000 {
            loop {
                core.remove_entity(&common::id("sensor.n_0"));
                core.register_entity(&Owner, entity("sensor.n_0", Some("hub"))).unwrap();
            }
        }
    }
}

#[test]
fn a_process_that_is_killed_loses_no_file_and_nothing_that_was_said_to_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let cycles: u32 = std::env::var(CYCLES).map_or(100, |cycles| cycles.parse().unwrap());
    let mut known = 0;
    for cycle in 0..cycles {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_registers_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut on_file =
            || said.find_map(|line| line.split_once("on file: ").map(|(_, n)| n.parse::<usize>().unwrap()));
        // Killed at another moment of its work each time.
        let mut least = 0;
        for _ in 0..=cycle % 5 {
            least = on_file().unwrap();
        }
        std::thread::sleep(Duration::from_micros(u64::from(cycle * 337 % 4000)));
        child.kill().unwrap();
        least = std::iter::from_fn(on_file).last().unwrap_or(least);
        child.wait().unwrap();

        known = known.max(least);
        let found = entities_on_file(dir.path());
        assert!(found >= known, "cycle {cycle}: {found} on file, {known} were said to be");
        assert_eq!(open(dir.path(), Duration::ZERO).storage_statistics().registries_set_aside, 0);
    }
    assert!(known > 7, "the test wants a process that writes");
}

/// A small disk, until it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn new(at: &Path) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(at).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_counted_leaves_the_old_file_and_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(dir.path()) else {
        eprintln!("skipped: only root may mount a small disk");
        return;
    };
    let core = open(&disk.0, Duration::from_millis(1));
    core.register_entity(&Owner, entity("sensor.n_0", None)).unwrap();
    assert!(core.flush());
    let ballast = disk.0.join("ballast");
    let filled = fs::write(&ballast, vec![0; 1 << 20]);
    assert!(filled.is_err(), "the disk is small");

    core.register_entity(&Owner, entity("sensor.n_1", None)).unwrap();
    assert!(!core.flush());
    assert!(core.storage_statistics().registry_writes_failed > 0);
    assert_eq!(entities_on_file(&disk.0), 1);
    assert!(!disk.0.join("core.entity_registry.tmp").exists(), "what was half written is gone");

    fs::remove_file(&ballast).unwrap();
    // Nobody asks: it is tried again by itself.
    while entities_on_file(&disk.0) < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
}
