//! RFC 6455 §5.5: pings, and the end of a connection.

use super::*;

// §5.5.3.
#[test]
fn of_a_flood_of_pings_the_last_is_answered() {
    let mut all = Vec::new();
    for number in 0..1000_u32 {
        all.extend(masked(Opcode::Ping, true, &number.to_be_bytes()));
    }
    all.extend(masked(Opcode::Text, true, b"after"));
    let mut pong = Vec::new();
    write_frame(
        Role::Server,
        &mut rng(),
        Opcode::Pong,
        &999_u32.to_be_bytes(),
        &mut pong,
    );
    assert_eq!(
        steps(&mut server(), &all),
        [alloc::format!("send {pong:x?}"), "Text after".to_string()]
    );
}

// §5.5.1, §7.1.
#[test]
fn a_close_is_answered_once_with_its_code() {
    let mut socket = server();
    let seen = steps(
        &mut socket,
        &masked(Opcode::Close, true, &3000_u16.to_be_bytes()),
    );
    assert_eq!(seen, ["send [88, 2, b, b8]", "Closed(Some(3000))"]);
    assert!(!socket.is_open());
    let mut socket = server();
    assert_eq!(
        socket.close(1001, &mut rng()).unwrap(),
        [0x88, 2, 0x03, 0xe9]
    );
    assert_eq!(socket.close(1001, &mut rng()), None);
    // What was under way still arrives.
    assert_eq!(
        steps(&mut socket, &masked(Opcode::Text, true, b"a")),
        ["Text a"]
    );
    let seen = steps(
        &mut socket,
        &masked(Opcode::Close, true, &1001_u16.to_be_bytes()),
    );
    assert_eq!(seen, ["Closed(Some(1001))"]);
    let seen = steps(&mut server(), &masked(Opcode::Close, true, &[]));
    assert_eq!(seen, ["send [88, 0]", "Closed(None)"]);
}
