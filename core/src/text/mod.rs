//! Byte classes, cursors, scanning and codings shared by the text protocols (RFC 3261 §25.1).

mod class;
mod coding;
mod cursor;
mod quote;
mod scan;
#[cfg(test)]
mod tests;

pub use class::Class;
pub use coding::{
    Decimal, base64_decode, base64_encode, hex_decode, hex_encode, push_decimal, push_hex,
    write_decimal, write_ip,
};
pub use cursor::Cursor;
pub use quote::{is_quoted_text, quote, unquote, write_unfolded};
pub use scan::{find_byte, find_line_break, first_is_less, has_neighbours_below, is_any};
