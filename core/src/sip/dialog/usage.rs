//! What a request that failed inside a dialog takes with it (RFC 5057 §5).
//!
//! A dialog is shared by its usages: one INVITE usage at most, and any number of subscriptions. Most
//! refusals are about the request alone, some end the usage it belongs to, and those that say that
//! the way to the peer is wrong end the dialog with all that use it.

use crate::sip::message::{Method, StatusCode};

/// How far the failure of a request reaches (RFC 5057 §5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Impact {
    /// Only the request has failed.
    Transaction,
    /// The usage it belongs to is over; the dialog with it if that was the last one.
    Usage,
    /// The dialog is over, and every usage of it.
    Dialog,
}

impl Impact {
    /// The reach of a final response from 300 on to a request with `method` inside a dialog
    /// (RFC 5057 §5.1 Table 2 and its notes). No response at all is a 408 (RFC 3261 §12.2.1.2).
    ///
    /// Of a redirection, nobody knows what it means there: it is about the request alone.
    #[must_use]
    pub fn of(method: Method<'_>, status: StatusCode) -> Self {
        let usage = if belongs_to_usage(method) {
            Self::Usage
        } else {
            Self::Transaction
        };
        match status.as_u16() {
            // Notes 2, 9, 10, 14: what is refused is the way to the peer, which all use.
            404 | 410 | 416 | 482..=485 | 502 | 604 => Self::Dialog,
            // Note 8: the peer has lost the usage. Note 7: it is not there now. Note 4 and §5.2:
            // silence is about the usage, too.
            408 | 480 | 481 => usage,
            // Note 3: of a method that is no use without, the usage is no use either.
            405 | 501 if is_integral(method) => usage,
            // Note 12: to any other method it means nothing.
            489 if matches!(method, Method::Subscribe | Method::Notify) => usage,
            // §8.1.3.2 of RFC 3261: a code that nobody knows is the x00 of its class.
            _ => Self::Transaction,
        }
    }
}

/// Whether requests with this method belong to one of the usages (RFC 5057 §5.3).
fn belongs_to_usage(method: Method<'_>) -> bool {
    match method {
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Info
        | Method::Prack
        | Method::Update
        | Method::Subscribe
        | Method::Notify
        | Method::Refer
        | Method::Register => true,
        Method::Options | Method::Message | Method::Publish | Method::Other(_) => false,
    }
}

/// Whether a usage cannot do without this method (RFC 5057 §5.1 note 3). UPDATE and INFO are asked for
/// by nobody: whoever has no UPDATE gets an INVITE.
fn is_integral(method: Method<'_>) -> bool {
    belongs_to_usage(method) && !matches!(method, Method::Info | Method::Update)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Impact::{Dialog, Transaction, Usage};

    /// RFC 5057 §5.1 Table 2, row by row.
    const TABLE: [(u16, Impact); 50] = [
        (400, Transaction),
        (401, Transaction),
        (402, Transaction),
        (403, Transaction),
        (404, Dialog),
        (405, Usage),
        (406, Transaction),
        (407, Transaction),
        (408, Transaction),
        (410, Dialog),
        (412, Transaction),
        (413, Transaction),
        (414, Transaction),
        (415, Transaction),
        (416, Dialog),
        (417, Transaction),
        (420, Transaction),
        (421, Transaction),
        (422, Transaction),
        (423, Transaction),
        (428, Transaction),
        (429, Transaction),
        (436, Transaction),
        (437, Transaction),
        (438, Transaction),
        (480, Usage),
        (481, Usage),
        (482, Dialog),
        (483, Dialog),
        (484, Dialog),
        (485, Dialog),
        (486, Transaction),
        (487, Transaction),
        (488, Transaction),
        (489, Usage),
        (491, Transaction),
        (493, Transaction),
        (494, Transaction),
        (500, Transaction),
        (501, Usage),
        (502, Dialog),
        (503, Transaction),
        (504, Transaction),
        (505, Transaction),
        (513, Transaction),
        (580, Transaction),
        (600, Transaction),
        (603, Transaction),
        (604, Dialog),
        (606, Transaction),
    ];

    fn of(method: Method<'_>, code: u16) -> Impact {
        Impact::of(method, StatusCode::new(code).unwrap())
    }

    /// The example of §5.1 is a NOTIFY.
    #[test]
    fn every_row_of_table_2() {
        for (code, impact) in TABLE {
            // Note 4: 408 is what §5.2 says of silence, and that is the usage.
            let expected = if code == 408 { Usage } else { impact };
            assert_eq!(of(Method::Notify, code), expected, "{code}");
            // Note 12.
            let expected = if code == 489 { Transaction } else { expected };
            assert_eq!(of(Method::Invite, code), expected, "{code}");
        }
    }

    /// What is in no row is the x00 of its class.
    #[test]
    fn unknown_codes_are_about_the_request() {
        let known: alloc::vec::Vec<u16> = TABLE.iter().map(|(code, _)| *code).collect();
        for code in (300..700).filter(|code| !known.contains(code)) {
            assert_eq!(of(Method::Invite, code), Transaction, "{code}");
        }
    }

    /// Note 3, §5.3: what belongs to no usage ends none, but may show that the dialog is over.
    #[test]
    fn requests_that_belong_to_no_usage() {
        for method in [Method::Options, Method::Message, Method::Other("DANCE")] {
            for (code, impact) in TABLE {
                let expected = if impact == Dialog {
                    Dialog
                } else {
                    Transaction
                };
                assert_eq!(of(method, code), expected, "{method:?} {code}");
            }
        }
        for method in [Method::Info, Method::Update] {
            assert_eq!(of(method, 405), Transaction);
            assert_eq!(of(method, 501), Transaction);
            assert_eq!(of(method, 481), Usage);
            assert_eq!(of(method, 404), Dialog);
        }
    }
}
