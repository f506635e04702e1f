//! The MIMO Control field, which says what shape a report has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::cbfr::MimoControl;

fuzz_target!(|body: &[u8]| {
    for parse in [MimoControl::parse_vht, MimoControl::parse_he] {
        if let Ok(Some((control, rest))) = bounded(body, 0, || parse(body)) {
            assert!(control.nr <= 8 && (1..=8).contains(&control.nc));
            let built = control.build().expect("what was received can be sent");
            assert_eq!(built.len() + rest.len(), body.len());
            assert_eq!(parse(&built), Ok(Some((control, &[][..]))));
        }
    }
});
