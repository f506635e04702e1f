//! Lines of recordings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::jsonl::{build_line, parse_line};

fuzz_target!(|line: &[u8]| {
    // Four hexadecimal digits become a complex number of eight octets; the JSON reader unescapes text aside.
    if let Ok(record) = bounded(line, 16, || parse_line(line)) {
        let built = build_line(&record).expect("what was read can be written");
        assert_eq!(parse_line(built.as_bytes()).as_ref(), Ok(&record));
    }
});
