//! What must not leave, in every form in which it could: the packets of a recording and the numbers that were read from
//! them.

use std::collections::HashSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ruview_capture::{AtEnd, BfiReport, CaptureAdapter, CaptureEvent, FileReplay, FileReplayConfig, Speed};
use ruview_core::{MacAddress, NexmonFrame};

/// Octets of a packet in a row that are no coincidence, and how many different ones there must be among them: zeros and
/// counters are everywhere.
const RUN: usize = 9;
const DIFFERENT: usize = 6;
/// Numbers in a row that are no coincidence.
const NUMBERS: usize = 6;
const DIFFERENT_NUMBERS: usize = 4;

/// The secrets of one recording, sorted by form.
#[derive(Default)]
pub(crate) struct Secrets {
    /// Runs of its octets.
    runs: HashSet<Vec<u8>>,
    /// Numbers in a row.
    lists: HashSet<String>,
    /// Hardware addresses as they are.
    addresses: HashSet<[u8; 6]>,
    /// And as people and programs write them.
    written_addresses: HashSet<String>,
}

impl Secrets {
    pub(crate) async fn of(recording: &Path) -> Self {
        let octets = std::fs::read(recording).unwrap();
        let runs = octets.windows(RUN).filter(|run| differ(run) >= DIFFERENT).map(<[u8]>::to_vec).collect();
        let mut secrets = Self { runs, ..Self::default() };
        let config = FileReplayConfig { files: vec![recording.to_owned()], speed: Speed::Max, at_end: AtEnd::Stop };
        let mut replay = FileReplay::open(config).await.unwrap();
        while let Some(captured) = replay.next().await {
            match captured.event {
                CaptureEvent::Bfi(report) => secrets.take_report(&report),
                CaptureEvent::Nexmon(frame) => secrets.take_measurement(&frame),
                CaptureEvent::Packet(_) | CaptureEvent::Duplicate(_) | CaptureEvent::Tick => {}
            }
        }
        assert!(!secrets.lists.is_empty() && !secrets.addresses.is_empty());
        secrets
    }

    /// The secrets in what was sent, as they look there.
    pub(crate) fn found_in(&self, sent: &[u8]) -> Vec<String> {
        let is_secret = |octets: &[u8]| self.runs.contains(octets);
        let runs = sent.windows(RUN).filter(|run| is_secret(run));
        let addresses = sent.array_windows().filter(|octets| self.addresses.contains(*octets));
        let raw = runs.chain(addresses.map(<[u8; 6]>::as_slice)).map(|octets| format!("octets {octets:02x?}"));
        let hex = sent.windows(2 * RUN).filter(|text| from_hex(text).is_some_and(|run| is_secret(&run)));
        let base64 = sent.windows(RUN / 3 * 4).filter(|text| {
            [STANDARD, URL_SAFE].iter().any(|alphabet| alphabet.decode(text).is_ok_and(|run| is_secret(&run)))
        });
        let text = String::from_utf8_lossy(sent).to_lowercase();
        let written = self.written_addresses.iter().filter(|address| text.contains(address.as_str())).cloned();
        let lists = lists_in(&text).into_iter().filter(|list| self.lists.contains(list));
        let encoded = hex.chain(base64).map(|text| String::from_utf8_lossy(text).into_owned());
        raw.chain(encoded).chain(written).chain(lists).collect()
    }

    /// Some of them, as they could leak.
    pub(crate) fn examples(&self) -> Vec<Vec<u8>> {
        let run = self.runs.iter().next().unwrap();
        let hex = run.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().concat();
        let list = self.lists.iter().next().unwrap();
        let mut examples = vec![run.clone(), hex.into_bytes(), STANDARD.encode(run).into_bytes()];
        examples.extend([format!("[7, {}, 7]", list.replace(',', ", ")).into_bytes()]);
        examples.extend(self.addresses.iter().map(|address| address.to_vec()));
        examples.extend(self.written_addresses.iter().map(|address| address.to_uppercase().into_bytes()));
        examples
    }

    fn take_report(&mut self, report: &BfiReport) {
        let BfiReport { pair, received, .. } = report;
        let v = received.report.v();
        self.take_numbers(received.report.codes.iter().map(|&code| f64::from(code)));
        self.take_numbers(v.iter().flat_map(|entry| [entry.re, entry.im]).map(shortest));
        for address in [pair.beamformer, pair.beamformee, received.header.bssid] {
            self.take_address(address);
        }
    }

    fn take_measurement(&mut self, frame: &NexmonFrame) {
        self.take_numbers(frame.csi.iq().iter().flat_map(|sample| [sample.re, sample.im]).map(shortest));
        self.take_address(frame.transmitter);
    }

    fn take_numbers(&mut self, numbers: impl Iterator<Item = f64>) {
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        let telling = numbers.chunks_exact(NUMBERS).filter(|run| differ(run) >= DIFFERENT_NUMBERS);
        self.lists.extend(telling.map(|run| run.join(",")));
    }

    /// Broadcast and zero name nobody.
    fn take_address(&mut self, address: MacAddress) {
        if differ(&address.octets()) < 3 {
            return;
        }
        let plain = address.in_full().to_string();
        self.addresses.insert(address.octets());
        self.written_addresses.extend([":", "-", "_", ".", ""].map(|separator| plain.replace(':', separator)));
        self.written_addresses
            .extend([",", ", "].map(|separator| address.octets().map(|o| o.to_string()).join(separator)));
    }
}

/// Every run of numbers between commas, each number as it is written shortest.
fn lists_in(text: &str) -> Vec<String> {
    let numbers: Vec<Option<String>> = text
        .split(',')
        .map(|item| item.trim_matches([' ', '[', ']']).parse::<f64>().ok())
        .map(|number| number.map(|n| n.to_string()))
        .collect();
    let whole = numbers.windows(NUMBERS).filter_map(|run| run.iter().cloned().collect::<Option<Vec<_>>>());
    whole.map(|run| run.join(",")).collect()
}

/// The number that has the fewest digits of those that are this one: what JSON writes.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap()
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16);
    text.chunks(2).map(|pair| Some((digit(&pair[0])? * 16 + digit(&pair[1])?) as u8)).collect()
}

fn differ<T: Eq + std::hash::Hash>(items: &[T]) -> usize {
    items.iter().collect::<HashSet<_>>().len()
}
