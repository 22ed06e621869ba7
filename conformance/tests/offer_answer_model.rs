//! Offer and answer (RFC 3264) against a second, plainer account of it: tables and lists of small things, no
//! text. All sequences of offers, answers, refusals, rejections, cancellations and deliveries of two ends are
//! gone through to a stated depth, and after each step the machine and the model are in one state.
//!
//! Below it, properties of one exchange between any two sets of media.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use offhook::sdp::{
    Codec, Direction, LocalMedia, MediaKind, MediaPlan, Negotiation, NegotiationError,
    SessionDescription,
};
use proptest::prelude::*;

/// Steps from the start within which every sequence is gone through.
const DEPTH: usize = 5;
/// Steps within which every state is reached once, whichever way.
const REACH: usize = 9;

// The model.

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Audio,
    Video,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mark {
    Both,
    Send,
    Receive,
    Neither,
}

use Mark::{Both, Neither, Receive, Send};

/// RFC 3264 §6.1, printed out: the offer's mark, and for each wish what the answer is marked.
const ANSWERS: [(Mark, [(Mark, Mark); 4]); 4] = [
    (
        Both,
        [
            (Both, Both),
            (Send, Send),
            (Receive, Receive),
            (Neither, Neither),
        ],
    ),
    (
        Send,
        [
            (Both, Receive),
            (Send, Neither),
            (Receive, Receive),
            (Neither, Neither),
        ],
    ),
    (
        Receive,
        [
            (Both, Send),
            (Send, Send),
            (Receive, Neither),
            (Neither, Neither),
        ],
    ),
    (
        Neither,
        [
            (Both, Neither),
            (Send, Neither),
            (Receive, Neither),
            (Neither, Neither),
        ],
    ),
];

fn answer_mark(offered: Mark, wish: Mark) -> Mark {
    let (_, row) = ANSWERS.iter().find(|(mark, _)| *mark == offered).unwrap();
    row.iter().find(|(mark, _)| *mark == wish).unwrap().1
}

/// The same stream from the other end.
fn turned(mark: Mark) -> Mark {
    match mark {
        Both => Both,
        Send => Receive,
        Receive => Send,
        Neither => Neither,
    }
}

/// A description: at each place a kind, and the mark unless the port is 0.
type Description = Vec<(Kind, Option<Mark>)>;
/// What an end brings: at each number of its list a kind, and a mark unless it is not wanted.
type Wishes = &'static [(Kind, Option<Mark>)];

/// What the ends may bring.
const WISHES: [Wishes; 5] = [
    &[(Kind::Audio, Some(Both))],
    &[(Kind::Audio, Some(Send))],
    &[(Kind::Audio, Some(Neither)), (Kind::Video, Some(Both))],
    &[(Kind::Audio, None), (Kind::Video, Some(Receive))],
    &[],
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    Stable,
    Sent,
    Received,
}

/// A place in the session: its kind, and whose stream is there, by its number in the list, with the mark.
type Place = (Kind, Option<(usize, Mark)>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ModelEnd {
    phase: Phase,
    agreed: Vec<Place>,
    /// The offer under way, ours or the peer's; and whose stream is where, if it is ours.
    offer: Description,
    owners: Vec<Option<usize>>,
    preview: Option<Vec<Place>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Message {
    Offer(Description),
    Preview(Description),
    Answer(Description),
    Rejection,
    Cancellation,
}

impl ModelEnd {
    fn new() -> Self {
        Self {
            phase: Phase::Stable,
            agreed: Vec::new(),
            offer: Vec::new(),
            owners: Vec::new(),
            preview: None,
        }
    }

    fn offer(&mut self, wishes: Wishes) -> Description {
        let wanted = |number: usize| wishes.get(number).and_then(|wish| wish.1);
        let mut owners: Vec<Option<usize>> = Vec::new();
        let mut kinds: Vec<Kind> = Vec::new();
        for (kind, stream) in &self.agreed {
            kinds.push(*kind);
            owners.push(
                stream
                    .map(|(number, _)| number)
                    .filter(|number| wanted(*number).is_some()),
            );
        }
        for (number, (kind, mark)) in wishes.iter().enumerate() {
            if mark.is_none() || owners.contains(&Some(number)) {
                continue;
            }
            let dead = |at: &usize| self.agreed[*at] == (*kind, None) && owners[*at].is_none();
            match (0..self.agreed.len()).find(dead) {
                Some(at) => owners[at] = Some(number),
                None => {
                    kinds.push(*kind);
                    owners.push(Some(number));
                }
            }
        }
        self.phase = Phase::Sent;
        self.preview = None;
        let marks = owners.iter().map(|owner| owner.and_then(wanted));
        self.offer = kinds.into_iter().zip(marks).collect();
        self.owners = owners;
        self.offer.clone()
    }

    /// `None`: nothing of the offer will do.
    fn answer(&mut self, wishes: Wishes) -> Option<Description> {
        let mut owners: Vec<Option<usize>> = vec![None; self.offer.len()];
        let fits = |at: usize, number: usize, offer: &Description| {
            let wish = wishes.get(number).copied();
            offer[at].1.is_some()
                && wish.is_some_and(|(kind, mark)| kind == offer[at].0 && mark.is_some())
        };
        for (at, (_, stream)) in self.agreed.iter().enumerate() {
            owners[at] = stream
                .map(|(number, _)| number)
                .filter(|it| fits(at, *it, &self.offer));
        }
        for at in 0..self.offer.len() {
            if owners[at].is_none() {
                let mut free = (0..wishes.len()).filter(|number| !owners.contains(&Some(*number)));
                owners[at] = free.find(|number| fits(at, *number, &self.offer));
            }
        }
        let wanted = self.offer.iter().any(|(_, mark)| mark.is_some());
        if wanted && owners.iter().all(Option::is_none) {
            return None;
        }
        let stream = |(at, owner): (usize, &Option<usize>)| {
            let (kind, offered) = self.offer[at];
            let stream = owner.map(|number| {
                (
                    number,
                    answer_mark(offered.unwrap(), wishes[number].1.unwrap()),
                )
            });
            (kind, stream)
        };
        self.agreed = owners.iter().enumerate().map(stream).collect();
        self.phase = Phase::Stable;
        Some(described(&self.agreed))
    }

    fn refuse(&mut self) -> Description {
        self.agreed = self.offer.iter().map(|(kind, _)| (*kind, None)).collect();
        self.phase = Phase::Stable;
        described(&self.agreed)
    }

    /// What an answer makes of our offer.
    fn read(&self, answer: &Description) -> Vec<Place> {
        let places = answer.iter().zip(&self.owners);
        places
            .map(|((kind, mark), owner)| (*kind, owner.zip(mark.map(turned))))
            .collect()
    }
}

fn described(agreed: &[Place]) -> Description {
    let place = |(kind, stream): &Place| (*kind, stream.map(|(_, mark)| mark));
    agreed.iter().map(place).collect()
}

// The machine beside it.

#[derive(Clone)]
struct MachineEnd {
    machine: Negotiation,
    last: Option<Vec<u8>>,
    /// What every number has meant at every place.
    numbers: BTreeMap<(usize, u8), String>,
}

/// Two ends and what is on its way between them.
#[derive(Clone)]
struct World {
    model: [ModelEnd; 2],
    machines: [MachineEnd; 2],
    way: [VecDeque<(Message, Vec<u8>)>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Offer(usize, usize),
    Answer(usize, usize),
    /// An answer that goes ahead in an unreliable response (RFC 6337 §3.1.1).
    AnswerTwice(usize, usize),
    Refuse(usize),
    Reject(usize),
    Cancel(usize),
    Receive(usize),
}

/// The streams of the model in full: other codecs for each of the wishes, one of them always in common.
fn media(end: usize, choice: usize) -> Vec<LocalMedia> {
    let direction = |mark| match mark {
        Both => Direction::SendRecv,
        Send => Direction::SendOnly,
        Receive => Direction::RecvOnly,
        Neither => Direction::Inactive,
    };
    let stream = |(number, (kind, mark)): (usize, &(Kind, Option<Mark>))| {
        let (kind, names) = match kind {
            Kind::Audio => (MediaKind::Audio, ["opus", "speex", "iLBC"]),
            Kind::Video => (MediaKind::Video, ["VP8", "VP9", "AV1"]),
        };
        let mut codecs = vec![Codec::audio(names[0], 48000)];
        codecs.insert(
            (choice + end) % 2,
            Codec::audio(names[1 + choice % 2], 48000),
        );
        let port = 4000 + 10 * u16::try_from(number).unwrap();
        let ip = [192, 0, 2, 1 + u8::try_from(end).unwrap()];
        LocalMedia {
            direction: mark.map_or(Direction::SendRecv, direction),
            ..LocalMedia::rtp(
                kind,
                (ip, if mark.is_some() { port } else { 0 }).into(),
                codecs,
            )
        }
    };
    WISHES[choice].iter().enumerate().map(stream).collect()
}

impl World {
    fn new() -> Self {
        let end = |end: u8| MachineEnd {
            machine: Negotiation::new(7, [192, 0, 2, 1 + end].into()),
            last: None,
            numbers: BTreeMap::new(),
        };
        Self {
            model: [ModelEnd::new(), ModelEnd::new()],
            machines: [end(0), end(1)],
            way: [VecDeque::new(), VecDeque::new()],
        }
    }

    /// The steps that make sense now.
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for end in 0..2 {
            let choices = 0..WISHES.len();
            match self.model[end].phase {
                Phase::Stable => steps.extend(choices.map(|choice| Step::Offer(end, choice))),
                Phase::Sent => {
                    let cancelled = self.way[1 - end]
                        .iter()
                        .any(|it| it.0 == Message::Cancellation);
                    steps.extend((!cancelled).then_some(Step::Cancel(end)));
                }
                Phase::Received => {
                    steps.extend(choices.clone().map(|choice| Step::Answer(end, choice)));
                    steps.push(Step::AnswerTwice(end, 0));
                    steps.push(Step::Refuse(end));
                    steps.push(Step::Reject(end));
                }
            }
            if !self.way[end].is_empty() {
                steps.push(Step::Receive(end));
            }
        }
        steps
    }

    fn send(&mut self, from: usize, message: Message, text: Vec<u8>) {
        self.way[1 - from].push_back((message, text));
    }

    /// Goes one step on both sides, and holds them against each other.
    fn go(&mut self, step: Step) {
        match step {
            Step::Offer(end, choice) => {
                let offer = self.model[end].offer(WISHES[choice]);
                let text = self.machines[end]
                    .machine
                    .create_offer(media(end, choice))
                    .unwrap();
                self.machines[end].wrote(&offer, &text);
                self.send(end, Message::Offer(offer), text);
            }
            Step::Answer(end, choice) | Step::AnswerTwice(end, choice) => {
                let answer = self.model[end].answer(WISHES[choice]);
                let text = self.machines[end].machine.create_answer(media(end, choice));
                let Some(answer) = answer else {
                    assert_eq!(text, Err(NegotiationError::NotAcceptable));
                    return self.check(end);
                };
                let text = text.unwrap();
                self.machines[end].wrote(&answer, &text);
                if matches!(step, Step::AnswerTwice(..)) {
                    self.send(end, Message::Preview(answer.clone()), text.clone());
                }
                self.send(end, Message::Answer(answer), text);
            }
            Step::Refuse(end) => {
                let answer = self.model[end].refuse();
                let text = self.machines[end].machine.create_refusal().unwrap();
                self.machines[end].wrote(&answer, &text);
                self.send(end, Message::Answer(answer), text);
            }
            Step::Reject(end) => self.reject(end),
            Step::Cancel(end) => self.send(end, Message::Cancellation, Vec::new()),
            Step::Receive(end) => self.receive(end),
        }
        self.check(0);
        self.check(1);
    }

    fn reject(&mut self, end: usize) {
        self.model[end].phase = Phase::Stable;
        self.machines[end].machine.reject_offer();
        self.send(end, Message::Rejection, Vec::new());
    }

    fn receive(&mut self, end: usize) {
        let (message, text) = self.way[end].pop_front().unwrap();
        let machine = &mut self.machines[end].machine;
        let model = &mut self.model[end];
        match (message, model.phase) {
            (Message::Offer(offer), Phase::Stable) => {
                model.phase = Phase::Received;
                model.offer = offer;
                machine.receive_offer(&text).unwrap();
            }
            // RFC 6337 §4.2: both offered, and both refuse with 491.
            (Message::Offer(_), Phase::Sent) => {
                assert_eq!(machine.receive_offer(&text), Err(NegotiationError::Glare));
                self.send(end, Message::Rejection, Vec::new());
            }
            (Message::Preview(answer), Phase::Sent) => {
                model.preview = Some(model.read(&answer));
                machine.preview_answer(&text).unwrap();
            }
            (Message::Answer(answer), Phase::Sent) => {
                model.agreed = model.read(&answer);
                model.preview = None;
                model.phase = Phase::Stable;
                machine.receive_answer(&text).unwrap();
                // RFC 3261 §13.2.1: what comes again says nothing.
                assert_eq!(
                    machine.receive_answer(&text),
                    Err(NegotiationError::NoOffer)
                );
                assert_eq!(
                    machine.preview_answer(&text),
                    Err(NegotiationError::NoOffer)
                );
            }
            (Message::Rejection, Phase::Sent) => {
                model.phase = Phase::Stable;
                model.preview = None;
                machine.offer_rejected();
            }
            (Message::Cancellation, Phase::Received) => self.reject(end),
            // It crossed the answer, the rejection, or an offer of ours.
            (Message::Cancellation, Phase::Stable | Phase::Sent) => {}
            (message, phase) => panic!("{message:?} while {phase:?}"),
        }
    }

    fn check(&self, end: usize) {
        let (model, machine) = (&self.model[end], &self.machines[end].machine);
        let phase = (
            machine.is_stable(),
            machine.is_offer_sent(),
            machine.is_offer_received(),
        );
        let expected = match model.phase {
            Phase::Stable => (true, false, false),
            Phase::Sent => (false, true, false),
            Phase::Received => (false, false, true),
        };
        assert_eq!(phase, expected);
        let present = model.preview.as_ref().unwrap_or(&model.agreed);
        let streams = present.iter().filter_map(|(kind, stream)| {
            let (number, mark) = (*stream)?;
            Some((number, *kind, mark))
        });
        let plans = machine
            .plans()
            .map(|(number, plan)| (number, kind(plan), mark(plan.direction)));
        assert!(plans.eq(streams), "{model:?}");
        self.check_forbidden(end);
        let idle = |end: usize| self.model[end].phase == Phase::Stable && self.way[end].is_empty();
        if idle(0) && idle(1) {
            self.check_agreement();
        }
    }

    /// RFC 3264 §4: what may not be done now is refused, and changes nothing.
    fn check_forbidden(&self, end: usize) {
        let mut machine = self.machines[end].machine.clone();
        let phase = self.model[end].phase;
        if phase != Phase::Stable {
            let offer = machine.create_offer(media(end, 0));
            assert_eq!(offer, Err(NegotiationError::OfferUnanswered));
        }
        if phase != Phase::Received {
            let answer = machine.create_answer(media(end, 0));
            assert_eq!(answer, Err(NegotiationError::NoOffer));
            assert_eq!(machine.create_refusal(), Err(NegotiationError::NoOffer));
        }
        if phase != Phase::Sent {
            assert_eq!(machine.receive_answer(b""), Err(NegotiationError::NoOffer));
        }
    }

    /// Nothing is under way: both ends are in one session.
    fn check_agreement(&self) {
        let plans = |end: usize| -> Vec<&MediaPlan> {
            self.machines[end]
                .machine
                .plans()
                .map(|(_, plan)| plan)
                .collect()
        };
        let (ours, theirs) = (plans(0), plans(1));
        assert_eq!(self.model[0].agreed.len(), self.model[1].agreed.len());
        assert_eq!(ours.len(), theirs.len());
        for (one, other) in ours.iter().zip(&theirs) {
            agree(one, other);
        }
    }
}

impl MachineEnd {
    /// Holds what the machine wrote against the model, and against the rules of RFC 3264 §8.
    fn wrote(&mut self, model: &Description, text: &[u8]) {
        let session = SessionDescription::parse(text).unwrap();
        assert_eq!(session.media.len(), model.len());
        for (at, (media, (kind, stream))) in session.media.iter().zip(model).enumerate() {
            let word = match kind {
                Kind::Audio => "audio",
                Kind::Video => "video",
            };
            assert_eq!(media.media, word);
            let open = (media.port != 0).then(|| mark(media.direction(&session)));
            assert_eq!(open, *stream);
            for number in media.payload_types().filter(|_| open.is_some()) {
                let name = media.codec(number).unwrap().name.into_owned();
                let meant = self
                    .numbers
                    .entry((at, number))
                    .or_insert_with(|| name.clone());
                assert_eq!(*meant, name, "{number} has moved");
            }
        }
        if let Some(last) = &self.last {
            let before = SessionDescription::parse(last).unwrap();
            let version = |one: &SessionDescription<'_>| -> u64 {
                one.origin.session_version.parse().unwrap()
            };
            let up = u64::from(last != text);
            assert_eq!(version(&session), version(&before) + up);
        }
        self.last = Some(text.to_vec());
    }
}

fn kind(plan: &MediaPlan) -> Kind {
    match plan.kind {
        MediaKind::Audio => Kind::Audio,
        _ => Kind::Video,
    }
}

fn mark(direction: Direction) -> Mark {
    match direction {
        Direction::SendRecv => Both,
        Direction::SendOnly => Send,
        Direction::RecvOnly => Receive,
        Direction::Inactive => Neither,
    }
}

/// Two ends of one stream.
fn agree(one: &MediaPlan, other: &MediaPlan) {
    for (here, there) in [(one, other), (other, one)] {
        assert_eq!(here.kind, there.kind);
        assert_eq!(here.remote, there.local);
        assert_eq!(here.remote_rtcp, there.local_rtcp);
        assert_eq!(here.rtcp_mux, there.rtcp_mux);
        assert_eq!(here.direction, there.direction.reversed());
        assert!(here.codec.matches(&there.codec));
        assert_eq!(here.send_payload_type, there.receive_payload_type);
        assert_eq!(here.telephone_event, there.receive_telephone_event);
        // What is sent is known to who receives it.
        let known = there.receive_formats.iter();
        let mut known = known.filter(|format| format.payload_type == here.send_payload_type);
        assert!(known.any(|format| format.codec.matches(&here.codec)));
    }
}

/// Every sequence of [`DEPTH`] steps.
// shows: S237
#[test]
fn the_machine_follows_the_model_through_every_sequence() {
    fn explore(world: &World, depth: usize) -> usize {
        if depth == 0 {
            return 1;
        }
        let steps = world.steps();
        steps
            .into_iter()
            .map(|step| {
                let mut next = world.clone();
                next.go(step);
                explore(&next, depth - 1)
            })
            .sum()
    }
    let sequences = explore(&World::new(), DEPTH);
    assert!(sequences > 5_000, "{sequences} are not all");
}

/// Every state of the model within [`REACH`] steps, each reached once and left by every step there is.
#[test]
fn the_machine_follows_the_model_into_every_state() {
    let state = |world: &World| {
        let way = |end: usize| -> Vec<Message> {
            world.way[end]
                .iter()
                .map(|(message, _)| message.clone())
                .collect()
        };
        (world.model.clone(), way(0), way(1))
    };
    let mut seen = BTreeSet::from([state(&World::new())]);
    let mut edge = vec![World::new()];
    for _ in 0..REACH {
        let mut next = Vec::new();
        for world in &edge {
            for step in world.steps() {
                let mut world = world.clone();
                world.go(step);
                // What has more places than four has only more of the same.
                let small = world.model.iter().all(|end| end.offer.len() <= 4);
                if small && seen.insert(state(&world)) {
                    next.push(world);
                }
            }
        }
        edge = next;
    }
    assert!(seen.len() > 1_000, "{} states", seen.len());
}

// Any two ends.

fn codecs() -> impl Strategy<Value = Vec<Codec>> {
    let with = |name: &'static str, rate, parameters: &'static str| Codec {
        parameters: Some(parameters.into()),
        ..Codec::audio(name, rate)
    };
    let pool = vec![
        Codec::PCMU,
        Codec::PCMA,
        Codec::TELEPHONE_EVENT,
        with("telephone-event", 48000, "0-15,66"),
        Codec::audio("opus", 48000),
        with("opus", 48000, "useinbandfec=1"),
        Codec::audio("G729", 8000),
        with("G729", 8000, "annexb=no"),
        Codec::audio("AMR", 8000),
        with("AMR", 8000, "octet-align=1"),
        with("AMR", 8000, "mode-set=0,2,5,7"),
        with("iLBC", 8000, "mode=20"),
        with("iLBC", 8000, "mode=30"),
        with(
            "H264",
            90000,
            "profile-level-id=42e01f;packetization-mode=1",
        ),
        with(
            "H264",
            90000,
            "profile-level-id=42e00b;packetization-mode=1",
        ),
        with("H264", 90000, "profile-level-id=42e01f"),
    ];
    proptest::sample::subsequence(pool, 1..6).prop_shuffle()
}

fn stream(end: u8) -> impl Strategy<Value = LocalMedia> {
    let kind = prop_oneof![
        Just(MediaKind::Audio),
        Just(MediaKind::Video),
        Just(MediaKind::Text)
    ];
    let direction = proptest::sample::select(Direction::ALL.to_vec());
    let ports = (0u16..500, any::<bool>(), any::<bool>());
    (kind, codecs(), direction, ports, any::<bool>()).prop_map(
        move |(kind, codecs, direction, (port, own_rtcp, rtcp_mux), on_hold)| {
            // A few are not wanted.
            let port = if port < 50 { 0 } else { 4000 + 2 * port };
            LocalMedia {
                rtcp_port: own_rtcp.then_some(3000 + port / 4),
                rtcp_mux,
                direction,
                on_hold,
                ..LocalMedia::rtp(kind, ([192, 0, 2, end], port).into(), codecs)
            }
        },
    )
}

fn side(end: u8) -> impl Strategy<Value = Vec<LocalMedia>> {
    proptest::collection::vec(stream(end), 0..4)
}

/// One exchange, or its rejection.
fn exchange(
    from: &mut Negotiation,
    offered: &[LocalMedia],
    to: &mut Negotiation,
    answering: &[LocalMedia],
) {
    let offer = from.create_offer(offered).unwrap();
    to.receive_offer(&offer).unwrap();
    let before: Vec<MediaPlan> = to.plans().map(|(_, plan)| plan.clone()).collect();
    let Ok(answer) = to.create_answer(answering) else {
        to.reject_offer();
        from.offer_rejected();
        assert!(to.plans().map(|(_, plan)| plan).eq(before.iter()));
        return;
    };
    from.receive_answer(&answer).unwrap();
    let (ours, theirs): (Vec<_>, Vec<_>) = (from.plans().collect(), to.plans().collect());
    assert_eq!(ours.len(), theirs.len());
    for ((at, one), (there, other)) in ours.into_iter().zip(theirs) {
        agree(one, other);
        // Each has what it brought, and no more than it wants.
        let (own, their) = (&offered[at], &answering[there]);
        assert_eq!((one.local, other.local), (own.address, their.address));
        let wants = own.present_direction();
        assert_eq!(
            one.direction,
            wants.and(their.present_direction().reversed())
        );
        assert!(own.codecs.iter().any(|codec| codec.matches(&one.codec)));
        assert!(their.codecs.iter().any(|codec| codec.matches(&one.codec)));
    }
    let shape = |text: &[u8]| -> Vec<String> {
        let session = SessionDescription::parse(text).unwrap();
        session
            .media
            .iter()
            .map(|media| media.media.to_owned())
            .collect()
    };
    assert_eq!(shape(&offer), shape(&answer));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever two sides can do, and however often they offer anew, they agree on one session.
    // shows: S232
    #[test]
    fn both_views_of_a_session_agree(
        rounds in proptest::collection::vec((side(1), side(2), any::<bool>()), 1..4),
    ) {
        let mut one = Negotiation::new(1, [192, 0, 2, 1].into());
        let mut other = Negotiation::new(2, [192, 0, 2, 2].into());
        for (ours, theirs, turned) in &rounds {
            match turned {
                false => exchange(&mut one, ours, &mut other, theirs),
                true => exchange(&mut other, theirs, &mut one, ours),
            }
        }
    }
}
