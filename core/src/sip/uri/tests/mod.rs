//! RFC 3261 §19.1, and the schemes beside its own.

mod components;
mod equality;
mod hosts;
mod schemes;

use super::*;
use alloc::format;
use alloc::string::{String, ToString};

fn sip(text: &str) -> SipUri<'_> {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) => uri,
        other => panic!("{text}: {other:?}"),
    }
}

fn same(a: &str, b: &str) -> bool {
    let a = Uri::parse(a).unwrap_or_else(|e| panic!("{a}: {e}"));
    let b = Uri::parse(b).unwrap_or_else(|e| panic!("{b}: {e}"));
    assert_eq!(a.equivalent(&b), b.equivalent(&a), "{a} {b}");
    a.equivalent(&b)
}
