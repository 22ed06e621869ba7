//! Values made from a pattern.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Holds every value of a pattern to `check`, and names the pattern if one fails.
pub(crate) fn for_all(name: &str, pattern: &str, check: impl Fn(&str) -> bool) {
    let values = proptest::string::string_regex(pattern);
    let values = values.unwrap_or_else(|error| panic!("{name}: {error}"));
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&values, |value| {
        prop_assert!(check(&value), "`{value}` is refused");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{name}: {error}"));
}
