//! A field without a row in the policy's table cannot be part of an event.

use ruview_bfld::Event;
use ruview_bfld::policy::Field;

fn main() {
    let _ = Event::new().with(Field::ShoeSize, 43);
    let _ = Event::new().with("shoe_size", 43);
}
