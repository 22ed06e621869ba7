//! Protected sound, with keys that go along in the signalling (RFC 4568).

use offhook::Transport;
use offhook::sdp::{LocalCrypto, LocalMedia};

use super::Phone;
use super::news::News;
use crate::options::{name_of, transport_in};

impl Phone {
    /// A stream as it is offered and taken: with what repairs it, and protected, if that is wanted.
    pub(super) fn secured(&self, media: LocalMedia) -> LocalMedia {
        let media = self.options.repair.of(media);
        match self.options.srtp.as_slice() {
            [] => media,
            suites => media.secured(suites.iter().copied().map(LocalCrypto::new).collect()),
        }
    }

    /// Says who may learn the keys of a call to a URI; of a call to us, without one.
    pub(super) fn warn_of_keys(&mut self, call: usize, uri: Option<&str>) {
        let over = match uri {
            Some(uri) => transport_in(uri).unwrap_or(self.place.transport),
            None => self.options.listen_over,
        };
        if let Some(line) = warning(over).filter(|_| !self.options.srtp.is_empty()) {
            let told = News::of("warning", call, format!("warning: {line}"));
            self.tell(told.text("why", &line));
        }
    }
}

/// RFC 4568 §8.3: keys without encrypted signalling are of no use.
fn warning(over: Transport) -> Option<String> {
    let over = Some(over).filter(|over| !over.is_secure())?;
    let name = name_of(over);
    Some(format!(
        "the keys of the sound travel in clear over {name}, and whoever sees them can listen in: \
         use tls or wss"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_over_what_is_not_encrypted_are_warned_of() {
        for over in [Transport::Udp, Transport::Tcp, Transport::Ws] {
            assert!(warning(over).unwrap().contains(name_of(over)), "{over:?}");
        }
        for over in [Transport::Tls, Transport::Wss] {
            assert_eq!(warning(over), None);
        }
    }
}
