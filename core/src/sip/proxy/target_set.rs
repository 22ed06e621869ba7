//! The target set (RFC 3261 §16.5): where a request may be sent, each place once, best first.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::machine::FlowId;
use crate::sip::uri::Uri;

/// A URI a request may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestTarget {
    /// Becomes the Request-URI (§16.6 step 2).
    pub(crate) uri: Box<str>,
    /// Route values to be visited first, in order (RFC 3327 §5.4).
    pub(crate) path: Box<[Box<str>]>,
    /// The connection to send it on, wherever the URI leads (RFC 5626 §7).
    pub(crate) flow: Option<FlowId>,
    /// The preference, in thousandths.
    pub(crate) q: u16,
}

impl RequestTarget {
    /// A target without a path and without a rival.
    pub(crate) fn only(uri: &str) -> Self {
        Self {
            uri: uri.into(),
            path: Box::default(),
            flow: None,
            q: 1000,
        }
    }
}

/// The targets that were not tried yet, and the URIs of all that ever were in the set.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetSet {
    waiting: Vec<RequestTarget>,
    tried: Vec<Box<str>>,
}

impl TargetSet {
    /// Adds a target, unless an equal URI is or was in the set (§16.5): that is what keeps a
    /// search from going round in circles.
    pub(crate) fn add(&mut self, target: RequestTarget) -> bool {
        let known = self.tried.iter().map(AsRef::as_ref);
        let known = known.chain(self.waiting.iter().map(|waiting| waiting.uri.as_ref()));
        for uri in known {
            if equal(uri, &target.uri) {
                return false;
            }
        }
        // Behind every target that is preferred to it or as good: equal ones keep their order.
        let place = self
            .waiting
            .iter()
            .position(|waiting| waiting.q < target.q)
            .unwrap_or(self.waiting.len());
        self.waiting.insert(place, target);
        true
    }

    /// Whether nothing is left to be tried.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The best preference of what is left.
    pub(crate) fn best_q(&self) -> Option<u16> {
        self.waiting.first().map(|first| first.q)
    }

    /// How many targets share the best preference.
    pub(crate) fn width(&self) -> usize {
        let Some(first) = self.waiting.first() else {
            return 0;
        };
        let alike = self.waiting.iter().take_while(|next| next.q == first.q);
        alike.count()
    }

    /// Takes the targets of the best preference, `limit` of them at most (§16.6: from the highest
    /// q to the lowest, equal ones in parallel).
    pub(crate) fn next_group(&mut self, limit: usize) -> Vec<RequestTarget> {
        let width = self.width().min(limit);
        let group: Vec<_> = self.waiting.drain(..width).collect();
        // The URIs only matter as long as something can still be added.
        self.tried
            .extend(group.iter().map(|target| target.uri.clone()));
        group
    }

    /// Gives up what was not tried (§16.7 step 5 after a 6xx, §16.10).
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}

fn equal(a: &str, b: &str) -> bool {
    match (Uri::parse(a), Uri::parse(b)) {
        (Ok(a), Ok(b)) => a.equivalent(&b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str, q: u16) -> RequestTarget {
        RequestTarget {
            q,
            ..RequestTarget::only(uri)
        }
    }

    fn uris(group: &[RequestTarget]) -> Vec<&str> {
        group.iter().map(|target| target.uri.as_ref()).collect()
    }

    #[test]
    fn highest_q_first_and_equal_ones_together() {
        let mut set = TargetSet::default();
        set.add(target("sip:low@192.0.2.1", 100));
        set.add(target("sip:high@192.0.2.2", 700));
        set.add(target("sip:also-high@192.0.2.3", 700));
        assert_eq!(set.width(), 2);
        let group = set.next_group(60);
        assert_eq!(
            uris(&group),
            ["sip:high@192.0.2.2", "sip:also-high@192.0.2.3"]
        );
        assert_eq!(uris(&set.next_group(60)), ["sip:low@192.0.2.1"]);
        assert!(set.is_empty());
    }

    #[test]
    fn an_equal_uri_enters_once_even_after_it_was_tried() {
        let mut set = TargetSet::default();
        assert!(set.add(target("sip:bob@example.com", 1000)));
        assert!(!set.add(target("SIP:bob@EXAMPLE.com", 1000)));
        set.next_group(60);
        assert!(!set.add(target("sip:bob@example.com", 1000)));
        assert!(set.is_empty());
    }

    #[test]
    fn a_group_is_no_wider_than_allowed() {
        let mut set = TargetSet::default();
        for user in ["a", "b", "c"] {
            set.add(target(&alloc::format!("sip:{user}@192.0.2.1"), 1000));
        }
        assert_eq!(set.next_group(2).len(), 2);
        assert_eq!(set.next_group(2).len(), 1);
    }
}
