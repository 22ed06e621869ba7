//! URIs: read, written, compared and turned into each other (RFC 3261 §19.1, RFC 3966).

use offhook::sip::uri::{HostPort, Uri, escape_header, escape_parameter, escape_user, unescape};

/// One URI, or two with a line end between them.
pub fn uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for escaped in [
        escape_user(text),
        escape_parameter(text),
        escape_header(text),
    ] {
        assert_eq!(
            &*unescape(&escaped),
            text.as_bytes(),
            "escaped as {escaped}"
        );
    }
    if let Some(there) = HostPort::parse(text) {
        let mut written = Vec::new();
        there.write(&mut written);
        let written = String::from_utf8(written).expect("text");
        assert_eq!(
            HostPort::parse(&written),
            Some(there),
            "{text} became {written}"
        );
    }
    let mut read = text
        .splitn(2, '\n')
        .filter_map(|text| Uri::parse(text).ok());
    let (one, other) = (read.next(), read.next());
    for uri in one.iter().chain(&other) {
        comes_back(uri);
    }
    if let (Some(one), Some(other)) = (one, other) {
        assert_eq!(one.equivalent(&other), other.equivalent(&one));
    }
}

fn comes_back(uri: &Uri<'_>) {
    let written = uri.to_string();
    let again = Uri::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(&again, uri, "written as {written}");
    assert_eq!(again.to_string(), written);
    assert!(uri.equivalent(&again), "{written} is not itself");
    match uri {
        Uri::Sip(sip) => {
            let _ = (sip.transport(), sip.maddr(), sip.is_loose_router());
            let _ = (sip.unescaped_user(), sip.address_of_record());
            if let Some(tel) = sip.to_tel() {
                assert!(Uri::parse(&tel).is_ok(), "{written} became {tel}");
            }
        }
        Uri::Tel(tel) => {
            let _ = (tel.is_global(), tel.context(), tel.digits());
            let sip = tel.to_sip("example.com", false);
            assert!(Uri::parse(&sip).is_ok(), "{written} became {sip}");
        }
        Uri::Other { .. } => {}
    }
}
