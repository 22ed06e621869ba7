//! How large a description may be, and which deviations from RFC 8866 are put up with.

/// How large a description may be; more is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionLimits {
    /// Bytes of one line, without its end.
    pub line_bytes: usize,
    /// Lines altogether.
    pub lines: usize,
    /// `m=` lines.
    pub media: usize,
    /// Formats of one `m=` line.
    pub formats: usize,
}

impl Default for DescriptionLimits {
    fn default() -> Self {
        Self {
            line_bytes: 4096,
            lines: 1024,
            media: 32,
            formats: 128,
        }
    }
}

/// The named deviations from RFC 8866 that are put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Lines of a section in another order than that of §5.
    pub line_order: bool,
    /// `s=` with nothing after it, as RFC 3264 §10 and RFC 3420 §3.1 print it (against §5.3). It
    /// is read as the `-` that means the same.
    pub empty_session_name: bool,
    /// `i=` or `u=` with nothing after it, which is read as none; `a=name:` likewise, which is
    /// kept.
    pub empty_values: bool,
    /// No `s=`, no `t=`, or no `c=` for some media description.
    pub missing_lines: bool,
    /// An `e=` or `p=` that has neither form of §5.6.
    pub loose_contact: bool,
    /// A time other than 0 in fewer than ten digits (against §9).
    pub short_times: bool,
    /// A `z=` that follows no `r=`, which RFC 4566 allowed (§10).
    pub zone_without_repeat: bool,
    /// A `c=` whose multicast address lacks its time to live, or whose other address has one; or
    /// several in one media description that are not all multicast (against §5.7).
    pub loose_connection: bool,
    /// A format that is not a token, a `u=` that is not a URI, a `k=` of no known method (§9).
    pub loose_words: bool,
    /// More than one space between the words of a line, or one at its end.
    pub extra_spaces: bool,
    /// Blank lines after the last one, and a last one that does not end.
    pub loose_end: bool,
}

impl Tolerance {
    /// What RFC 8866 says and nothing else.
    pub const STRICT: Self = Self::all(false);
    /// Everything that still makes sense.
    pub const LENIENT: Self = Self::all(true);

    const fn all(tolerated: bool) -> Self {
        Self {
            line_order: tolerated,
            empty_session_name: tolerated,
            empty_values: tolerated,
            missing_lines: tolerated,
            loose_contact: tolerated,
            short_times: tolerated,
            zone_without_repeat: tolerated,
            loose_connection: tolerated,
            loose_words: tolerated,
            extra_spaces: tolerated,
            loose_end: tolerated,
        }
    }
}
