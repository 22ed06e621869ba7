//! The two drivers differ in how they wait and in nothing else.

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
