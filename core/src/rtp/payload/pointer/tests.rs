use super::*;

// shows: S070
#[test]
fn a_pointer_comes_back() {
    let pointer = Pointer {
        left: true,
        middle: false,
        right: true,
        x: 0x123,
        icon: 5,
        y: 0xfed,
    };
    // RFC 2862 figure 1: L M R 0 x(12), 0 PIN y(12).
    assert_eq!(pointer.pack(), [0b1010_0001, 0x23, 0b0101_1111, 0xed]);
    assert_eq!(Pointer::unpack(&pointer.pack()), Some(pointer));
    let middle = Pointer {
        middle: true,
        ..Pointer::default()
    };
    assert_eq!(middle.pack(), [0x40, 0, 0, 0]);
    assert_eq!(Pointer::unpack(&[0x40, 0, 0, 0]), Some(middle));
}

#[test]
fn zero_bits_are_ignored_and_never_written() {
    let dirty = Pointer::unpack(&[0x10, 0, 0x80, 0]);
    assert_eq!(dirty, Some(Pointer::default()));
    let large = Pointer {
        x: 4_096,
        y: 0xffff,
        icon: 8,
        ..Pointer::default()
    };
    assert_eq!(large.pack(), [0x0f, 0xff, 0x7f, 0xff]);
    assert_eq!(Pointer::unpack(&[0; 3]), None);
    assert_eq!(Pointer::unpack(&[0; 5]), None);
}
