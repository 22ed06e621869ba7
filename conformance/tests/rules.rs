//! The matrix of rules is whole, and every test it names is there.

use offhook_conformance::rules::{Matrix, RFCS};

#[test]
fn every_rule_has_its_tests_or_a_reason() {
    let matrix = Matrix::read().unwrap();
    assert!(matrix.faults.is_empty(), "{:#?}", matrix.faults);
    for rfc in RFCS {
        assert!(matrix.totals(Some(rfc)).tested > 0, "RFC {rfc}");
    }
}
