//! The table of members (RFC 3550 §6.2.1, §6.3.5, §8.2).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::net::SocketAddr;
use core::time::Duration;

use super::conflict::Channel;
use crate::rtp::drops::DropReason;
use crate::rtp::jitter::{Jitter, span_of};
use crate::rtp::number::Ssrc;
use crate::rtp::rtcp::{SdesItem, SdesKind, SenderInfo};
use crate::rtp::source::Source;
use crate::time::Instant;

/// §6.2.1: how long a member that said goodbye is remembered, so that stragglers do not bring it
/// back.
pub(in crate::rtp) const AFTER_GOODBYE: Duration = Duration::from_secs(2);
/// For how long of that its data may be stragglers: longer than two sockets disagree about the order
/// of what one sender sent. Some say goodbye whenever the session changes, and go on under the same
/// name as soon as it has.
const DATA_STRAGGLES: Duration = Duration::from_millis(200);
/// §8.2 lets telephony follow a source to another address. To tell that from two sources that
/// collide, the old address must have been quiet for this long.
const MOVED_AFTER: Duration = Duration::from_secs(2);
/// What members may tell about themselves for others to read (§6.5.2, §6.5.3, §6.5.7).
const SHOWN: [SdesKind; 3] = [SdesKind::Name, SdesKind::Email, SdesKind::Note];

/// One other participant.
#[derive(Debug)]
pub(super) struct Member {
    data: Option<(SocketAddr, Instant)>,
    control: Option<(SocketAddr, Instant)>,
    pub(super) source: Option<Source>,
    pub(super) jitter: Jitter,
    heard: Instant,
    pub(super) heard_data: Option<Instant>,
    /// Whether data came since it was last reported on.
    pub(super) unreported: bool,
    valid: bool,
    sender: bool,
    left: Option<Instant>,
    pub(super) cname: Option<Box<[u8]>>,
    /// NAME, EMAIL and NOTE, if they were told.
    described: [Option<Box<[u8]>>; SHOWN.len()],
    pub(super) last_report: Option<(SenderInfo, Instant)>,
}

impl Channel {
    /// For how long after a goodbye what comes may be older than it.
    fn straggles(self) -> Duration {
        match self {
            Self::Data => DATA_STRAGGLES,
            Self::Control => AFTER_GOODBYE,
        }
    }
}

impl Member {
    fn new(now: Instant) -> Self {
        Self {
            data: None,
            control: None,
            source: None,
            jitter: Jitter::default(),
            heard: now,
            heard_data: None,
            unreported: false,
            valid: false,
            sender: false,
            left: None,
            cname: None,
            described: [const { None }; SHOWN.len()],
            last_report: None,
        }
    }

    /// Keeps an SDES item if it is one that is shown. An empty one takes the last one back (§6.5.7
    /// has that for NOTE).
    pub(super) fn describe(&mut self, item: &SdesItem<'_>) {
        for (kind, place) in SHOWN.into_iter().zip(&mut self.described) {
            if kind == item.kind {
                *place = (!item.text.is_empty()).then(|| item.text.into());
            }
        }
    }

    fn counts(&self) -> bool {
        self.valid && self.left.is_none()
    }

    /// Compares the address a packet came from with the one on record for its channel (§8.2).
    fn admit(&mut self, now: Instant, channel: Channel, from: SocketAddr) -> bool {
        let place = match channel {
            Channel::Data => &mut self.data,
            Channel::Control => &mut self.control,
        };
        match place {
            Some((address, seen))
                if *address != from && now.saturating_duration_since(*seen) < MOVED_AFTER =>
            {
                false
            }
            _ => {
                *place = Some((from, now));
                true
            }
        }
    }
}

/// What is known of another member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberView<'a> {
    /// Its CNAME, once it said it. Whoever can send packets can claim any name.
    pub cname: Option<&'a [u8]>,
    /// Its NAME, EMAIL and NOTE, for people to read: nothing here is ever decided by them.
    pub name: Option<&'a [u8]>,
    /// See `name`.
    pub email: Option<&'a [u8]>,
    /// See `name`.
    pub note: Option<&'a [u8]>,
    /// Packets received from it, duplicates included.
    pub received: u32,
    /// Packets that should have come.
    pub expected: u32,
    /// Packets lost, by RFC 3550 A.3: negative if duplicates outnumber losses.
    pub cumulative_lost: i32,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// Its last sender report and when that came.
    pub sender_report: Option<(SenderInfo, Instant)>,
}

/// All other participants.
#[derive(Debug)]
pub(super) struct Members {
    table: BTreeMap<Ssrc, Member>,
    limit: usize,
    valid: u32,
    senders: u32,
    /// The member last reported on: the next report begins behind it (§6.1).
    cursor: Ssrc,
}

impl Members {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            table: BTreeMap::new(),
            limit,
            valid: 0,
            senders: 0,
            cursor: Ssrc::new(0),
        }
    }

    pub(super) const fn cursor(&self) -> Ssrc {
        self.cursor
    }

    pub(super) fn set_cursor(&mut self, last: Ssrc) {
        self.cursor = last;
    }

    /// How many others count as members.
    pub(super) const fn valid_count(&self) -> u32 {
        self.valid
    }

    /// How many others count as senders.
    pub(super) const fn sender_count(&self) -> u32 {
        self.senders
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub(super) fn contains(&self, ssrc: Ssrc) -> bool {
        self.table.contains_key(&ssrc)
    }

    /// The member a packet belongs to, created if it is new (§6.3.3), unless §8.2 or §6.2.1 says
    /// that the packet is not its own.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        ssrc: Ssrc,
        channel: Channel,
        from: SocketAddr,
    ) -> Result<&mut Member, DropReason> {
        if !self.table.contains_key(&ssrc) {
            self.make_room()?;
        }
        let member = self.table.entry(ssrc).or_insert_with(|| Member::new(now));
        match member.left {
            Some(left) if now.saturating_duration_since(left) < channel.straggles() => {
                return Err(DropReason::AfterGoodbye);
            }
            // It said goodbye and is back.
            Some(_) => *member = Member::new(now),
            None => {}
        }
        if !member.admit(now, channel, from) {
            return Err(DropReason::Collision);
        }
        member.heard = now;
        Ok(member)
    }

    /// Notes a source that a mixer lists (§6.3.3); whether it did not count before.
    pub(super) fn contribute(&mut self, now: Instant, ssrc: Ssrc) -> bool {
        if !self.table.contains_key(&ssrc) && self.make_room().is_err() {
            return false;
        }
        let member = self.table.entry(ssrc).or_insert_with(|| Member::new(now));
        if member.left.is_some() {
            return false;
        }
        member.heard = now;
        self.validate(ssrc)
    }

    /// Frees a place if all are taken: of the members nobody believes in yet, the one that was
    /// silent longest goes.
    fn make_room(&mut self) -> Result<(), DropReason> {
        if self.table.len() < self.limit {
            return Ok(());
        }
        let stale = self
            .table
            .iter()
            .filter(|(_, member)| !member.counts())
            .min_by_key(|(_, member)| member.heard)
            .map(|(ssrc, _)| *ssrc);
        match stale {
            Some(ssrc) => {
                self.remove(ssrc);
                Ok(())
            }
            None => Err(DropReason::TooManyMembers),
        }
    }

    pub(super) fn get_mut(&mut self, ssrc: Ssrc) -> Option<&mut Member> {
        self.table.get_mut(&ssrc)
    }

    /// Counts a member from now on; says whether it did not count before.
    pub(super) fn validate(&mut self, ssrc: Ssrc) -> bool {
        match self.table.get_mut(&ssrc) {
            Some(member) if !member.valid => {
                member.valid = true;
                self.valid = self.valid.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// Counts a member as one that sends data; says whether it did not before.
    pub(super) fn mark_sender(&mut self, ssrc: Ssrc) -> bool {
        match self.table.get_mut(&ssrc) {
            Some(member) if !member.sender => {
                member.sender = true;
                self.senders = self.senders.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// Notes a BYE (§6.3.4); says whether the member counted until now.
    pub(super) fn leave(&mut self, now: Instant, ssrc: Ssrc) -> bool {
        let Some(member) = self.table.get_mut(&ssrc) else {
            return false;
        };
        let counted = member.counts();
        let sender = core::mem::take(&mut member.sender);
        member.left = Some(now);
        self.uncount(counted, sender);
        counted
    }

    fn remove(&mut self, ssrc: Ssrc) {
        if let Some(member) = self.table.remove(&ssrc) {
            self.uncount(member.counts(), member.sender);
        }
    }

    fn uncount(&mut self, counted: bool, sender: bool) {
        self.valid = self.valid.saturating_sub(u32::from(counted));
        self.senders = self.senders.saturating_sub(u32::from(sender));
    }

    /// Removes whoever was silent for `member_span` (§6.3.5) and whoever's goodbye is long enough
    /// ago; senders that sent no data for `sender_span` stop being senders. Calls `gone` with each
    /// that timed out.
    pub(super) fn expire(
        &mut self,
        now: Instant,
        member_span: Duration,
        sender_span: Duration,
        mut gone: impl FnMut(Ssrc),
    ) {
        let (mut valid, mut senders) = (self.valid, self.senders);
        self.table.retain(|ssrc, member| {
            if let Some(left) = member.left {
                return now.saturating_duration_since(left) < AFTER_GOODBYE;
            }
            if now.saturating_duration_since(member.heard) > member_span {
                valid = valid.saturating_sub(u32::from(member.valid));
                senders = senders.saturating_sub(u32::from(member.sender));
                if member.valid {
                    gone(*ssrc);
                }
                return false;
            }
            let silent = member
                .heard_data
                .is_none_or(|heard| now.saturating_duration_since(heard) > sender_span);
            if member.sender && silent {
                member.sender = false;
                senders = senders.saturating_sub(1);
            }
            true
        });
        (self.valid, self.senders) = (valid, senders);
    }

    pub(super) fn forget_addresses(&mut self) {
        for member in self.table.values_mut() {
            member.data = None;
            member.control = None;
        }
    }

    /// The members heard since their last report, beginning behind `after` and going round.
    pub(super) fn unreported(&self, after: Ssrc) -> impl Iterator<Item = Ssrc> + '_ {
        let wanted = |(ssrc, member): (&Ssrc, &Member)| {
            let valid = member.source.as_ref().is_some_and(Source::is_valid);
            (member.unreported && member.counts() && valid).then_some(*ssrc)
        };
        let behind = self
            .table
            .range(after..)
            .filter(move |(ssrc, _)| **ssrc != after)
            .filter_map(wanted);
        let round = self.table.range(..=after).filter_map(wanted);
        behind.chain(round)
    }

    pub(super) fn view(&self, ssrc: Ssrc, clock_rate: u32) -> Option<MemberView<'_>> {
        let member = self.table.get(&ssrc)?;
        let source = member.source.filter(Source::is_valid);
        let [name, email, note] = &member.described;
        Some(MemberView {
            cname: member.cname.as_deref(),
            name: name.as_deref(),
            email: email.as_deref(),
            note: note.as_deref(),
            received: source.map_or(0, |source| source.received()),
            expected: source.map_or(0, |source| source.expected()),
            cumulative_lost: source.map_or(0, |source| source.cumulative_lost()),
            jitter: span_of(u64::from(member.jitter.ticks()), clock_rate),
            sender_report: member.last_report,
        })
    }
}
