//! The two drivers differ in how they wait and in nothing else.

/// The words of what the packets may carry, none of which a driver needs to know.
const WORDS: [&str; 8] = [
    "sip",
    "sdp",
    "rtp",
    "dialog",
    "invite",
    "registrar",
    "proxy",
    "codec",
];

#[test]
fn all_but_the_waiting_is_the_same_file() {
    let twins = [
        (
            include_str!("../src/hub.rs"),
            include_str!("../../driver-mio/src/hub.rs"),
        ),
        (
            include_str!("../src/hub/tests.rs"),
            include_str!("../../driver-mio/src/hub/tests.rs"),
        ),
        (
            include_str!("../src/clock.rs"),
            include_str!("../../driver-mio/src/clock.rs"),
        ),
        (
            include_str!("../src/outbox.rs"),
            include_str!("../../driver-mio/src/outbox.rs"),
        ),
        (
            include_str!("../src/socket.rs"),
            include_str!("../../driver-mio/src/socket.rs"),
        ),
    ];
    for (ours, theirs) in twins {
        let name = ours.lines().next().unwrap_or_default();
        assert!(ours == theirs, "copy it from driver-mio: {name}");
    }
}

#[test]
fn no_driver_knows_what_it_carries() {
    let sources = [
        include_str!("../src/hub.rs"),
        include_str!("../src/clock.rs"),
        include_str!("../src/outbox.rs"),
        include_str!("../src/socket.rs"),
        include_str!("../src/signals.rs"),
        include_str!("../src/lib.rs"),
        include_str!("../../driver-mio/src/lib.rs"),
    ];
    for source in sources {
        let name = source.lines().next().unwrap_or_default();
        let source = source.to_ascii_lowercase();
        let said = source
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| WORDS.contains(word));
        assert_eq!(said, None, "in {name}");
    }
}
