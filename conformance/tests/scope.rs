//! The scope's rows and the tests that show them stay together.

use offhook_conformance::scope::Scope;

#[test]
fn no_row_that_had_a_test_has_lost_it() {
    let scope = Scope::read().unwrap();
    assert!(scope.faults.is_empty(), "{:#?}", scope.faults);
    let lost = scope.lost();
    assert!(lost.is_empty(), "rows that lost their last test: {lost:?}");
}

#[test]
fn the_table_is_whole() {
    let scope = Scope::read().unwrap();
    assert_eq!(scope.rows.len(), 509);
    for (index, row) in scope.rows.iter().enumerate() {
        assert_eq!(row.id, format!("S{:03}", index + 1));
    }
}
