//! The 100 response a server transaction sends by itself (RFC 3261 §17.2.1, §8.2.6.1).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::sip::message::{HeaderName, Message, ResponseBuilder, StatusCode};

/// 100 for `request`, which came `delay` ago; without a To tag, which §17.2.1 advises against.
pub(crate) fn trying_for(request: &Message, delay: Duration) -> Option<Arc<[u8]>> {
    let mut builder = ResponseBuilder::to(request, StatusCode::TRYING);
    // §8.2.6.1: the Timestamp goes back, with how long we took after it.
    if let Some(timestamp) = request.field(HeaderName::Timestamp) {
        let mut value: Vec<u8> = timestamp
            .split(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default()
            .to_vec();
        let delay = alloc::format!(" {}.{:03}", delay.as_secs(), delay.subsec_millis());
        value.extend_from_slice(delay.as_bytes());
        builder.field(HeaderName::Timestamp, value.as_slice());
    }
    Some(Arc::from(builder.finish().ok()?.as_bytes()))
}
