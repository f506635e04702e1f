//! Reports off an interface that looks like a card in monitor mode: they all arrive, and the interface may come and go.
#![cfg(target_os = "linux")]

mod common;

use std::time::{Duration, Instant};

use common::look_alike::{INTERFACE, Network, set_link};
use common::refused;
use ruview_capture::{
    AtEnd, Ax210Monitor, BfiReport, CaptureAdapter, CaptureError, CaptureEvent, Channel, ChannelWidth, Dwell,
    FileReplay, FileReplayConfig, HostKind, MonitorConfig, NexmonBfi, RejectReason, Speed,
};
use ruview_core::DataSource;
use tokio::time::{sleep, timeout};

/// Well beyond what anything here takes, so that a lost report fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

fn config(interface: &str) -> MonitorConfig {
    MonitorConfig { interface: String::from(interface), schedule: vec![] }
}

/// Opens the interface once it is there.
async fn open(config: MonitorConfig) -> Ax210Monitor {
    let started = Instant::now();
    loop {
        match Ax210Monitor::open(config.clone()) {
            Ok(adapter) => return adapter,
            Err(
                CaptureError::NoInterface { .. }
                | CaptureError::InterfaceDown { .. }
                | CaptureError::NotMonitorMode { .. },
            ) if started.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(5)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The next report, whatever ticks come before.
async fn next_report(adapter: &mut impl CaptureAdapter) -> BfiReport {
    let wait = async {
        loop {
            let captured = adapter.next().await.expect("interfaces do not end");
            if let CaptureEvent::Bfi(report) = captured.event {
                assert_eq!(report.received.at, captured.at);
                return *report;
            }
        }
    };
    timeout(PATIENCE, wait).await.expect("a report")
}

/// What the recording holds, read as a file.
async fn recorded(network: &Network) -> Vec<BfiReport> {
    let config = FileReplayConfig { files: vec![network.recording.clone()], speed: Speed::Max, at_end: AtEnd::Stop };
    let mut replay = FileReplay::open(config).await.expect("a recording");
    let mut reports = Vec::new();
    while let Some(captured) = replay.next().await {
        if let CaptureEvent::Bfi(report) = captured.event {
            reports.push(*report);
        }
    }
    assert_eq!(reports.len(), 631);
    reports
}

/// Takes reports, each of which must be the recording's next one, over and over, until `enough` is said of their number.
async fn assert_nothing_is_lost(
    adapter: &mut impl CaptureAdapter,
    recorded: &[BfiReport],
    enough: impl Fn(usize) -> bool,
) {
    let mut taken = 0;
    while !enough(taken) {
        let expected = &recorded[taken % recorded.len()];
        let report = next_report(adapter).await;
        let received = (&report.pair, &report.received.header, &report.received.info, &report.received.report);
        let sent = (&expected.pair, &expected.received.header, &expected.received.info, &expected.received.report);
        assert!(received == sent, "report {taken} is not the one that was sent");
        taken += 1;
    }
    let counters = adapter.counters();
    assert_eq!(counters.accepted(), taken as u64);
    assert_eq!((counters.kernel_drops(), counters.ignored(), refused(&counters)), (0, 0, vec![]));
}

#[tokio::test]
async fn every_report_arrives_at_fifty_times_the_speed() {
    let Some(network) = Network::new() else { return };
    let recorded = recorded(&network).await;
    let _playing = network.play(&["--speed", "50", "--wait", "1"]);
    // The look-alike has no channels: a schedule is passed over.
    let channel = Channel::new(5180, ChannelWidth::Mhz80).unwrap();
    let schedule = vec![Dwell { channel, duration: Duration::from_secs(1) }; 2];
    let mut adapter = open(MonitorConfig { schedule, ..config(INTERFACE) }).await;
    assert_eq!(adapter.source(), DataSource::Live);
    let capabilities = adapter.capabilities();
    assert!(capabilities.he && capabilities.width_160 && capabilities.host == HostKind::MonitorCard);
    assert_nothing_is_lost(&mut adapter, &recorded, |taken| taken == recorded.len()).await;
}

/// Ten frames a second and more, as the tool makes every pause of the recording at most a tenth of a second.
#[expect(clippy::print_stdout, reason = "a measurement says what it measured")]
async fn assert_lasts(duration: Duration) {
    let Some(network) = Network::new() else { return };
    let recorded = recorded(&network).await;
    let _playing = network.play(&["--max-gap", "0.1", "--loop", "--wait", "1"]);
    let mut adapter = open(config(INTERFACE)).await;
    let started = Instant::now();
    let enough = |taken| started.elapsed() >= duration && taken as u64 >= 10 * duration.as_secs();
    assert_nothing_is_lost(&mut adapter, &recorded, enough).await;
    println!("{} reports in {:.1} s, none lost", adapter.counters().accepted(), started.elapsed().as_secs_f64());
}

#[tokio::test]
async fn ten_a_second_for_a_minute() {
    assert_lasts(Duration::from_mins(1)).await;
}

#[tokio::test]
#[ignore = "takes ten minutes"]
async fn ten_a_second_for_ten_minutes() {
    assert_lasts(Duration::from_mins(10)).await;
}

#[tokio::test]
async fn a_consumer_that_was_away_finds_everything() {
    let Some(network) = Network::new() else { return };
    let recorded = recorded(&network).await;
    let playing = network.play(&["--speed", "0", "--wait", "1", "--hold", "5"]);
    let mut adapter = open(config(INTERFACE)).await;
    sleep(Duration::from_secs(3)).await;
    assert_nothing_is_lost(&mut adapter, &recorded, |taken| taken == recorded.len()).await;
    drop(playing);
}

#[tokio::test]
async fn what_there_was_no_room_for_is_counted_and_the_stream_goes_on() {
    let Some(network) = Network::new() else { return };
    let _playing = network.play(&["--speed", "0", "--loop"]);
    let mut adapter = open(config(INTERFACE)).await;
    let counters = adapter.counters();
    sleep(Duration::from_secs(3)).await;
    while counters.kernel_drops() == 0 {
        timeout(PATIENCE, adapter.next()).await.expect("reports and ticks");
    }
    let before = counters.accepted();
    for _ in 0..1000 {
        next_report(&mut adapter).await;
    }
    assert_eq!((counters.accepted(), refused(&counters)), (before + 1000, vec![]));
}

#[tokio::test]
async fn an_interface_that_comes_and_goes_is_waited_for() {
    let Some(network) = Network::new() else { return };
    let mut adapter = NexmonBfi::wait_for(config(INTERFACE));
    let first = timeout(PATIENCE, adapter.next()).await.unwrap().unwrap();
    assert_eq!(first.event, CaptureEvent::Tick);
    assert_eq!(adapter.counters().interface_losses(), 0);

    let mut pair = None;
    for turn in 0..3 {
        // It waits for longer than any pause between two attempts, and vanishes with its last frame.
        let playing = network.play(&["--speed", "0", "--wait", "6", "--count", "20", "--hold", "0"]);
        for number in 0..20 {
            let report = next_report(&mut adapter).await;
            let of_first_pair = *pair.get_or_insert(report.pair) == report.pair;
            assert!(!of_first_pair || report.session.number == 0, "turn {turn}, report {number}");
        }
        playing.finish();
    }
    while adapter.counters().interface_losses() < 3 {
        timeout(PATIENCE, adapter.next()).await.expect("a tick");
    }
    assert_eq!(adapter.counters().accepted(), 60);
    assert_eq!(refused(&adapter.counters()), []);
}

#[tokio::test]
async fn an_interface_that_is_switched_off_is_waited_for() {
    let Some(network) = Network::new() else { return };
    let playing = network.play(&["--speed", "0", "--wait", "8", "--count", "20", "--hold", "5"]);
    let mut adapter = open(config(INTERFACE)).await;
    set_link("down");
    assert!(matches!(Ax210Monitor::open(config(INTERFACE)), Err(CaptureError::InterfaceDown { .. })));
    while adapter.counters().interface_losses() < 1 {
        timeout(PATIENCE, adapter.next()).await.expect("a tick");
    }
    set_link("up");
    for _ in 0..20 {
        next_report(&mut adapter).await;
    }
    drop(playing);
}

#[tokio::test]
async fn other_interfaces_are_refused_and_the_stream_goes_on() {
    let Some(_network) = Network::new() else { return };
    let error = Ax210Monitor::open(config("lo")).unwrap_err();
    assert!(matches!(&error, CaptureError::NotMonitorMode { hardware_type: 772, interface } if interface == "lo"));
    assert!(error.to_string().contains("iw dev lo set type monitor"), "{error}");

    for missing in ["wlan9", "", "a name that is longer than any interface's"] {
        let error = Ax210Monitor::open(config(missing)).unwrap_err();
        assert!(matches!(&error, CaptureError::NoInterface { interface } if interface == missing), "{error}");
    }

    let mut adapter = Ax210Monitor::wait_for(config("lo"));
    for _ in 0..2 {
        let captured = timeout(PATIENCE, adapter.next()).await.unwrap().unwrap();
        assert_eq!(captured.event, CaptureEvent::Tick);
    }
    let refused = refused(&adapter.counters());
    assert!(matches!(refused[..], [(RejectReason::NotMonitorMode, 2..)]), "{refused:?}");
}
