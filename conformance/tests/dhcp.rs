//! The SIP servers options of DHCP under bytes of any kind, and written and read again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use offhook::dhcp::SipServers;
use offhook::dns::Name;
use proptest::collection::vec;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = Name> {
    vec("[a-z0-9-]{1,20}", 1..5).prop_map(|labels| {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        Name::root().under(&labels).unwrap()
    })
}

fn addresses<T: Into<IpAddr>>(all: Vec<T>) -> SipServers {
    SipServers::Addresses(all.into_iter().map(Into::into).collect())
}

fn domains() -> impl Strategy<Value = SipServers> {
    vec(name(), 1..20).prop_map(SipServers::Domains)
}

/// The options of a message: what a server may have put around the one that counts.
fn options_v4() -> impl Strategy<Value = Vec<u8>> {
    let option = (1..=254_u8, vec(any::<u8>(), 0..40)).prop_map(|(code, value)| {
        let mut bytes = vec![code, value.len() as u8];
        bytes.extend(value);
        bytes
    });
    // Half of them ours, so that the value is read too.
    let ours = vec(any::<u8>(), 0..60).prop_map(|value| {
        let mut bytes = vec![120, value.len() as u8 + 1, value.len() as u8 & 1];
        bytes.extend(value);
        bytes
    });
    vec(prop_oneof![option, ours], 0..6).prop_map(|options| options.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        domains in domains(),
        v4 in vec(any::<Ipv4Addr>(), 1..32),
        v6 in vec(any::<Ipv6Addr>(), 1..32),
    ) {
        for servers in [domains.clone(), addresses(v4)] {
            let mut bytes = Vec::new();
            servers.write_v4(&mut bytes);
            prop_assert_eq!(SipServers::of_v4(&bytes), Ok(Some(servers)));
        }
        for servers in [domains, addresses(v6)] {
            let mut bytes = Vec::new();
            servers.write_v6(&mut bytes);
            prop_assert_eq!(SipServers::of_v6(&bytes), Ok(Some(servers)));
        }
    }

    #[test]
    fn nothing_that_is_read_is_beyond_its_bounds(
        bytes in prop_oneof![vec(any::<u8>(), 0..300), options_v4()],
    ) {
        for read in [SipServers::of_v4(&bytes), SipServers::of_v6(&bytes)] {
            let Ok(Some(servers)) = read else { continue };
            let count = match &servers {
                SipServers::Domains(names) => names.len(),
                SipServers::Addresses(addresses) => addresses.len(),
            };
            prop_assert!((1..=32).contains(&count));
            prop_assert!(servers.uris().len() <= count);
        }
    }
}
