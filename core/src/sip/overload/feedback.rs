//! The parameters of overload control as they stand in a Via (RFC 7339 §4, §9).

use alloc::vec::Vec;
use core::time::Duration;

use crate::limits::Limits;
use crate::sip::header::{ParamValue, Params, Via};
use crate::sip::message::OutgoingResponse;
use crate::text::write_decimal;
use crate::time::{Instant, WallClock};

/// What a client puts in its Via: it understands both classes (RFC 7339 §4.2, RFC 7415 §3.3).
pub(crate) const OFFER: &[u8] = b";oc;oc-algo=\"loss,rate\"";

/// The parameters of overload control, which are one hop's business.
const OURS: [&str; 4] = ["oc", "oc-algo", "oc-validity", "oc-seq"];

/// Whether the client of this hop speaks overload control, and has the class that is chosen here
/// for all (RFC 7339 §5.1).
pub(crate) fn heeds(via: &Via<'_>) -> bool {
    via.overload().is_some_and(|overload| {
        overload
            .algorithms()
            .any(|name| name.eq_ignore_ascii_case("loss"))
    })
}

/// What a server wants of its clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Feedback {
    /// Percent of their requests to hold back.
    pub(crate) loss: u32,
    /// For how long.
    pub(crate) validity: Duration,
    /// When it was decided, which numbers it.
    pub(crate) decided: Instant,
}

impl Feedback {
    /// Writes it into the top Via of a response to the request with this one; what somebody behind
    /// us has put there goes (RFC 7339 §5.4).
    pub(crate) fn write_into(
        &self,
        response: &mut OutgoingResponse,
        via: Via<'_>,
        wall: &WallClock,
        limits: &Limits,
    ) {
        let mut params = Vec::with_capacity(96);
        for param in via.params.iter() {
            if !OURS
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(param.name))
            {
                params.push(b';');
                params.extend_from_slice(param.name.as_bytes());
                write_value(param.value, &mut params);
            }
        }
        self.write(wall, &mut params);
        if let Ok(params) = Params::parse(&params) {
            response.replace_top_via(&Via { params, ..via }, limits);
        }
    }

    fn write(&self, wall: &WallClock, out: &mut Vec<u8>) {
        // With the world's time, which goes on when the server is started again (§4.4).
        let decided = match wall.at(self.decided) {
            Some(unix) => unix.as_nanos(),
            None => self.decided.as_nanos(),
        };
        let (secs, rest) = (decided / 1_000_000_000, decided % 1_000_000_000);
        out.extend_from_slice(b";oc=");
        write_decimal(u64::from(self.loss), out);
        out.extend_from_slice(b";oc-algo=\"loss\";oc-validity=");
        let millis = u64::try_from(self.validity.as_millis()).unwrap_or(u64::MAX);
        write_decimal(millis, out);
        out.extend_from_slice(b";oc-seq=");
        write_decimal(secs, out);
        // §9: one to five digits behind the point.
        let hundred_thousandths = rest / 10_000;
        out.push(b'.');
        for power in [10_000, 1000, 100, 10, 1] {
            let digit = hundred_thousandths / power % 10;
            write_decimal(digit, out);
        }
    }
}

fn write_value(value: Option<ParamValue<'_>>, out: &mut Vec<u8>) {
    match value {
        None => {}
        Some(ParamValue::Plain(text)) => {
            out.push(b'=');
            out.extend_from_slice(text.as_bytes());
        }
        Some(ParamValue::Quoted(inside)) => {
            out.extend_from_slice(b"=\"");
            out.extend_from_slice(inside);
            out.push(b'"');
        }
    }
}
