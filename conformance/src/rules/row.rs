//! One rule.

/// The words an RFC has for how much it means a rule (RFC 2119).
pub const LEVELS: [&str; 8] = [
    "MUST",
    "MUST NOT",
    "SHALL",
    "SHALL NOT",
    "REQUIRED",
    "SHOULD",
    "SHOULD NOT",
    "MAY",
];

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// RFC, section and running number, with dashes between.
    pub id: String,
    /// The number of the RFC.
    pub rfc: String,
    /// The section, as numbers with dots between.
    pub section: String,
    /// The running number within the section, from 1.
    pub number: u32,
    /// One of [`LEVELS`].
    pub level: String,
    /// Whose rule it is.
    pub who: String,
    /// What it asks for.
    pub rule: String,
    /// How it is held.
    pub shown: Shown,
}

/// What stands behind a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Tests that fail when the rule is broken: at least one.
    Tests(Vec<String>),
    /// Why there is none.
    Reason(String),
}

impl Row {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(line: &str) -> Result<Self, String> {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [id, level, who, rule, shown] = cells[..] else {
            return Err(format!("not five columns: {line:?}"));
        };
        if let Some(blank) = cells.iter().position(|cell| cell.is_empty()) {
            return Err(format!("column {} is blank: {line:?}", blank + 1));
        }
        let parts: Vec<&str> = id.split('-').collect();
        let [rfc, section, number] = parts[..] else {
            return Err(format!("{id} is not RFC, section and number"));
        };
        let is_section = section
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.parse().ok().filter(|_| is_section);
        let Some(number) = number else {
            return Err(format!("{id} has no section or no number"));
        };
        if !LEVELS.contains(&level) {
            return Err(format!("{id}: {level} is no level"));
        }
        Ok(Self {
            id: id.to_owned(),
            rfc: rfc.to_owned(),
            section: section.to_owned(),
            number,
            level: level.to_owned(),
            who: who.to_owned(),
            rule: rule.to_owned(),
            shown: Shown::parse(shown).ok_or_else(|| format!("{id}: no reason is given"))?,
        })
    }
}

impl Shown {
    fn parse(cell: &str) -> Option<Self> {
        match cell.strip_prefix("reason:") {
            Some(reason) => {
                let reason = reason.trim();
                let says = reason
                    .trim_start_matches("not built:")
                    .trim_start_matches("broken:");
                (!says.trim().is_empty()).then(|| Self::Reason(reason.to_owned()))
            }
            None => Some(Self::Tests(
                cell.split_ascii_whitespace().map(str::to_owned).collect(),
            )),
        }
    }
}
