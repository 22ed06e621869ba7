//! `parse(write(x)) == x` for every typed attribute of a session description (RFC 8866 §6 and the RFCs
//! each names), and for whole descriptions that keep to the grammar (§9): those come back byte for byte.

mod patterns;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use offhook::sdp::{DescriptionLimits, SessionDescription, Tolerance};
use offhook_conformance::fuzzing::attributes::{ATTRIBUTES, PARAMETERS, Room};
use offhook_conformance::fuzzing::session_description;
use patterns::for_all;

/// Each row of the table by itself, so that a failure names the type.
#[test]
fn every_typed_attribute_is_written_as_it_was_read() {
    for one in ATTRIBUTES.iter().chain(PARAMETERS) {
        for_all(one.name, one.pattern, |value| {
            (one.check)(value, &Room::new())
        });
    }
}

#[test]
fn no_typed_attribute_is_without_a_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/sdp/attribute");
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        let names = source.split("const NAME: &'static str = \"").skip(1);
        named.extend(names.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    let rows: BTreeSet<_> = ATTRIBUTES.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(rows.len(), ATTRIBUTES.len(), "a name stands twice");
    assert_eq!(rows, named);
}

/// What a strict reader takes and we write in the same way: numbers without zeros before them, times in
/// seconds, no key.
fn description() -> String {
    let time = "(0|[1-9][0-9]{9,11})";
    let connection = "c=IN (IP4 (192\\.0\\.2\\.[1-9]|233\\.252\\.0\\.[1-9]/(127|[1-9]?[0-9])|[a-z]{2,5}\\.example)|IP6 (2001:db8::[1-9a-f]|ff0[1-9]::[1-9]))\r\n";
    let bandwidth = "(b=(CT|AS|TIAS|RS|RR|X-[A-Z]{1,4}):(0|[1-9][0-9]{0,9})\r\n){0,2}";
    let attributes = "(a=[-a-z0-9!#$%&'*+.^_`{|}~]{1,9}(:[ -~é\t]{1,12})?\r\n){0,4}";
    let several = "(c=IN IP4 233\\.252\\.0\\.[1-9]/[1-9]/[1-9]\r\n){0,2}";
    format!(
        "v=0\r\no=([!-~é]{{1,8}}) [0-9]{{1,20}} [0-9]{{1,20}} IN IP[46] [!-~]{{1,12}}\r\ns=[ -~é\t]{{1,12}}\r\n\
         (i=[ -~é\t]{{1,12}}\r\n)?(u=https?://[a-z.]{{1,9}}/[a-z0-9?#%=&]{{0,6}}\r\n)?\
         (e=([a-z]{{1,4}}@[a-z]{{1,4}}( \\([a-zA-Z é]{{1,6}}\\))?|[a-zA-Z][a-zA-Z ]{{0,5}} <[a-z]{{1,4}}@[a-z]{{1,4}}>)\r\n){{0,2}}\
         (p=\\+?[0-9][0-9 -]{{1,9}}\r\n){{0,2}}{connection}{bandwidth}\
         (t={time} {time}\r\n((r=[1-9][0-9]{{0,6}} [0-9]( (0|[1-9][0-9]{{0,5}})){{1,3}}\r\n){{1,2}}\
         (z=[1-9][0-9]{{9,10}} -?[1-9][0-9]{{0,3}}( [1-9][0-9]{{9,10}} 0){{0,2}}\r\n)?)?){{1,3}}{attributes}\
         (m=(audio|video|text|application|message|image|[a-z]{{1,5}}) (0|[1-9][0-9]{{0,3}})(/[1-9])? \
         (RTP/S?AVPF?|udp|UDP/TLS/RTP/SAVPF|TCP/MSRP|[a-z]{{1,5}})( [-a-zA-Z0-9*]{{1,4}}){{1,5}}\r\n\
         (i=[ -~é\t]{{1,12}}\r\n)?({connection}|{several}){bandwidth}{attributes}){{0,3}}"
    )
}

#[test]
fn a_description_that_keeps_to_the_grammar_comes_back_byte_for_byte() {
    for_all("description", &description(), |text| {
        let (strict, limits) = (Tolerance::STRICT, DescriptionLimits::default());
        let read = SessionDescription::parse_with(text.as_bytes(), &strict, &limits);
        let read = read.unwrap_or_else(|error| panic!("{error}:\n{text}"));
        assert_eq!(String::from_utf8(read.to_bytes()).unwrap(), text);
        session_description(text.as_bytes());
        true
    });
}

/// RFC 8866 §5: a bare newline ends a line too, and means the same.
#[test]
fn bare_newlines_mean_the_same() {
    for_all("description", &description(), |text| {
        let bare = text.replace("\r\n", "\n");
        let read = SessionDescription::parse(bare.as_bytes());
        read == SessionDescription::parse(text.as_bytes()) && read.is_ok()
    });
}
