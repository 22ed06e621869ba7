//! Messages as text.

/// The method of a request; the status of a response and the method it answers.
pub(crate) fn kind(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    match words.next() {
        Some("SIP/2.0") => {
            let status = words.next().unwrap_or_default();
            let method = field(text, "CSeq").and_then(|cseq| cseq.split_once(' '));
            format!("{status} {}", method.map_or("", |(_, method)| method))
        }
        first => first.unwrap_or_default().to_owned(),
    }
}

/// The rows of the header.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let (header, _) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let rows = header.split("\r\n").skip(1);
    rows.filter_map(|row| {
        row.split_once(':')
            .map(|(name, value)| (name, value.trim()))
    })
}

/// The values of one name, in order.
pub(crate) fn fields<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let found = rows(text).filter(|(row, _)| row.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).collect()
}

/// The elements of a list, over as many rows as it takes.
pub(crate) fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mut elements = Vec::new();
    for row in fields(text, name) {
        let (mut begin, mut is_inside) = (0, false);
        for (at, mark) in row.char_indices() {
            match mark {
                '<' => is_inside = true,
                '>' => is_inside = false,
                ',' if !is_inside => {
                    elements.push(row[begin..at].trim());
                    begin = at + 1;
                }
                _ => {}
            }
        }
        elements.push(row[begin..].trim());
    }
    elements
}

/// The first value of one name.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    fields(text, name).first().copied()
}

/// One parameter of a value.
pub(crate) fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = value.split_once(&format!("{name}="))?;
    let after = after.trim_start_matches('"');
    Some(
        after
            .split([';', ',', '"', '>', ' '])
            .next()
            .unwrap_or(after),
    )
}
