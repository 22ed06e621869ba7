use super::*;

#[test]
fn fragments_in_order_are_a_whole() {
    let mut unit = [0; 6];
    let mut assembly = Assembly::new();
    assembly.append(&[1, 2], &mut unit);
    assembly.place(2, &[3], &mut unit);
    assembly.append(&[4, 5, 6], &mut unit);
    assert_eq!((assembly.size(), assembly.is_whole()), (6, true));
    assert_eq!(unit, [1, 2, 3, 4, 5, 6]);
    // No room.
    assembly.append(&[7], &mut unit);
    assert_eq!((assembly.size(), assembly.is_whole()), (6, false));
    assembly.begin();
    assert_eq!(assembly, Assembly::new());
}

#[test]
fn a_gap_or_an_overlap_breaks_it() {
    for offset in [1, 3, usize::MAX] {
        let mut unit = [0; 9];
        let mut assembly = Assembly::new();
        assembly.append(&[1, 2], &mut unit);
        assembly.place(offset, &[3], &mut unit);
        assert_eq!((assembly.size(), assembly.is_whole()), (2, false));
        assert_eq!(unit, [1, 2, 0, 0, 0, 0, 0, 0, 0]);
    }
    let mut assembly = Assembly::new();
    assembly.give_up();
    assert!(!assembly.is_whole());
}
