//! From packets to the rows of ladders: grouped by Call-ID, media counted.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::label::{self, Look, Media, Signal};
use super::websocket;
use crate::time::Instant;
use crate::trace::packet::Packet;
use crate::trace::transcript::Transcript;

/// One arrow.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) at: Instant,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Heads at both ends.
    pub(super) both: bool,
    pub(super) look: Look,
    pub(super) label: String,
    /// What stands at the right.
    pub(super) note: String,
    pub(super) lost: bool,
    /// The whole message, for a reader who asks.
    pub(super) detail: String,
}

/// The ladder of one Call-ID.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) call_id: String,
    pub(super) is_call: bool,
    pub(super) messages: usize,
    pub(super) rows: Vec<Row>,
}

/// All columns and all ladders of a transcript.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder {
    pub(super) columns: Vec<String>,
    pub(super) groups: Vec<Group>,
    pub(super) start: Instant,
}

impl Ladder {
    /// Draws up the rows of a whole transcript.
    pub(super) fn of(transcript: &Transcript) -> Self {
        let mut columns = Columns::of(transcript);
        let mut builder = Builder::default();
        for packet in transcript.packets() {
            let from = columns.index(&transcript.name_of(packet.source));
            let to = columns.index(&transcript.name_of(packet.destination));
            builder.packet(from, to, packet);
        }
        let start = transcript.packets().iter().map(|packet| packet.at).min();
        let mut groups = builder.finish();
        columns.drop_unused(&mut groups);
        Self {
            columns: columns.names,
            groups,
            start: start.unwrap_or_default(),
        }
    }
}

/// The columns, in the order in which they were named.
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn of(transcript: &Transcript) -> Self {
        let named = transcript.participants().iter();
        Self {
            names: named.map(|who| who.name.clone()).collect(),
        }
    }

    fn index(&mut self, name: &str) -> usize {
        let found = self.names.iter().position(|known| known == name);
        found.unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len().saturating_sub(1)
        })
    }

    /// Takes away the columns at which no arrow begins or ends.
    fn drop_unused(&mut self, groups: &mut [Group]) {
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let used: BTreeSet<usize> = rows().flat_map(|row| [row.from, row.to]).collect();
        let place = |old: usize| used.range(..old).count();
        for row in groups.iter_mut().flat_map(|group| &mut group.rows) {
            row.from = place(row.from);
            row.to = place(row.to);
        }
        let mut index = 0_usize;
        self.names.retain(|_| {
            index = index.saturating_add(1);
            used.contains(&index.saturating_sub(1))
        });
    }
}

/// Media between two columns since the last message of the group.
#[derive(Clone, Debug)]
struct Run {
    first: Instant,
    last: Instant,
    payload_type: Option<u8>,
    /// RTP packets towards the right column, and towards the left one.
    rtp: [u64; 2],
    rtcp: [u64; 2],
    lost: u64,
}

/// Collects rows, one packet after another.
#[derive(Default)]
pub(super) struct Builder {
    groups: Vec<Group>,
    by_call_id: BTreeMap<String, usize>,
    runs: BTreeMap<(usize, usize, usize), Run>,
    seen: BTreeSet<(usize, usize, Vec<u8>)>,
    one_ladder: bool,
}

impl Builder {
    /// Puts all Call-IDs in one ladder.
    pub(super) fn one_ladder() -> Self {
        Self {
            one_ladder: true,
            ..Self::default()
        }
    }

    /// Adds one packet that went from one column to another.
    pub(super) fn packet(&mut self, from: usize, to: usize, packet: &Packet) {
        if websocket::carries(packet) {
            match websocket::unframed(packet) {
                Some(message) => self.signal(from, to, &message),
                None if packet.is_text() => self.signal(from, to, packet),
                // A ping, a piece: nothing that is said.
                None => {}
            }
        } else if packet.is_text() {
            self.signal(from, to, packet);
        } else if let Some(kind) = label::media(&packet.bytes) {
            self.media(from, to, packet, kind);
        }
    }

    fn signal(&mut self, from: usize, to: usize, packet: &Packet) {
        let signal = label::signal(packet);
        let group = self.group(&signal.call_id);
        self.close_runs(group);
        let again = !self.seen.insert((from, to, packet.bytes.clone()));
        let Signal {
            look,
            label,
            cseq,
            call_id: _,
            is_invite,
        } = signal;
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        group.is_call |= is_invite;
        group.messages = group.messages.saturating_add(1);
        let mut note = cseq;
        if again {
            note.push_str("  again");
        }
        if packet.lost {
            note.push_str("  lost");
        }
        group.rows.push(Row {
            at: packet.at,
            from,
            to,
            both: false,
            look,
            label,
            note,
            lost: packet.lost,
            detail: String::from_utf8_lossy(&packet.bytes).into_owned(),
        });
    }

    fn media(&mut self, from: usize, to: usize, packet: &Packet, kind: Media) {
        let (left, right) = (from.min(to), from.max(to));
        let group = self.group_of_media(left, right);
        let run = self.runs.entry((group, left, right)).or_insert(Run {
            first: packet.at,
            last: packet.at,
            payload_type: None,
            rtp: [0; 2],
            rtcp: [0; 2],
            lost: 0,
        });
        run.last = packet.at;
        run.lost = run.lost.saturating_add(u64::from(packet.lost));
        let counts = match kind {
            Media::Rtp(payload_type) => {
                run.payload_type = run.payload_type.or(Some(payload_type));
                &mut run.rtp
            }
            Media::Rtcp => &mut run.rtcp,
        };
        let [rightwards, leftwards] = counts;
        let count = if from <= to { rightwards } else { leftwards };
        *count = count.saturating_add(1);
    }

    /// The ladder of a Call-ID, opened if it is new.
    fn group(&mut self, call_id: &str) -> usize {
        let call_id = if self.one_ladder { "" } else { call_id };
        if let Some(index) = self.by_call_id.get(call_id) {
            return *index;
        }
        let index = self.groups.len();
        self.by_call_id.insert(call_id.to_string(), index);
        self.groups.push(Group {
            call_id: call_id.to_string(),
            is_call: false,
            messages: 0,
            rows: Vec::new(),
        });
        index
    }

    /// The latest call both ends of the media took part in, else one of them, else a ladder of
    /// its own.
    fn group_of_media(&mut self, left: usize, right: usize) -> usize {
        let involves = |group: &Group, column| {
            let mut rows = group.rows.iter();
            rows.any(|row| row.from == column || row.to == column)
        };
        let calls =
            |test: &dyn Fn(&Group) -> bool| self.groups.iter().rposition(|g| g.is_call && test(g));
        let both = calls(&|group| involves(group, left) && involves(group, right));
        let found = both.or_else(|| calls(&|g| involves(g, left) || involves(g, right)));
        found.unwrap_or_else(|| self.group(""))
    }

    /// Turns what was counted for a ladder into rows.
    fn close_runs(&mut self, group: usize) {
        let runs = core::mem::take(&mut self.runs);
        for (key, run) in runs {
            if key.0 != group {
                self.runs.insert(key, run);
            } else if let Some(group) = self.groups.get_mut(group) {
                group.rows.push(media_row(key.1, key.2, &run));
            }
        }
    }

    /// The rows that are settled: all of them, media that still runs apart.
    pub(super) fn take_rows(&mut self) -> Vec<Row> {
        let groups = self.groups.iter_mut();
        groups
            .flat_map(|group| core::mem::take(&mut group.rows))
            .collect()
    }

    /// Ends the media that is still running.
    pub(super) fn close_all(&mut self) {
        for group in 0..self.groups.len() {
            self.close_runs(group);
        }
    }

    /// The ladders, with the media that was still running.
    pub(super) fn finish(mut self) -> Vec<Group> {
        self.close_all();
        self.groups
    }
}

fn media_row(left: usize, right: usize, run: &Run) -> Row {
    let tenths = run.last.saturating_duration_since(run.first).as_millis() / 100;
    let span = format!("{}.{} s", tenths / 10, tenths % 10);
    let sum = |counts: [u64; 2]| counts.iter().fold(0_u64, |a, b| a.saturating_add(*b));
    let (name, counts) = match run.payload_type {
        Some(payload_type) => (
            format!("RTP {}", label::payload_name(payload_type)),
            run.rtp,
        ),
        None => (String::from("RTCP"), run.rtcp),
    };
    let [rightwards, leftwards] = counts;
    let label = if rightwards > 0 && leftwards > 0 {
        format!("{name} {rightwards}▸ ◂{leftwards}")
    } else {
        format!("{name} {}", sum(counts))
    };
    let mut note = span;
    if run.payload_type.is_some() && sum(run.rtcp) > 0 {
        note = format!("{note}  RTCP {}", sum(run.rtcp));
    }
    if run.lost > 0 {
        note = format!("{note}  lost {}", run.lost);
    }
    let (from, to) = if rightwards == 0 {
        (right, left)
    } else {
        (left, right)
    };
    Row {
        at: run.first,
        from,
        to,
        both: rightwards > 0 && leftwards > 0,
        look: Look::Media,
        detail: format!("{label}, {note}"),
        label,
        note,
        lost: false,
    }
}
