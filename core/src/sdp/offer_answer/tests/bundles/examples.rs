//! The examples of RFC 9143 §7.2.2 and §18. The listings have empty lines and `s=` without a space,
//! which no description has.

use super::*;

const MID: &str = "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid";
/// What is said beside that of a stream that was added.
const ZEN: &str = "a=rtcp-mux\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid";

fn caller_head(group: &str) -> String {
    format!(
        "v=0
        o=alice 2890844526 2890844526 IN IP6 2001:db8::3
        s=-
        c=IN IP6 2001:db8::3
        t=0 0
        {group}"
    )
}

fn callee_head(group: &str) -> String {
    format!(
        "v=0
        o=bob 2808844564 2808844564 IN IP6 2001:db8::1
        s=-
        c=IN IP6 2001:db8::1
        t=0 0
        {group}"
    )
}

/// The `foo` of all offers; `mux` is the line that stands there if it is the tagged one.
fn foo_offer(mux: &str) -> String {
    format!(
        "m=audio 10000 RTP/AVP 0 8 97
        b=AS:200
        a=mid:foo
        {mux}
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:97 iLBC/8000
        {MID}"
    )
}

fn bar_offer(port: u16, lines: &str) -> String {
    format!(
        "m=video {port} RTP/AVP 31 32
        b=AS:1000
        a=mid:bar
        {lines}
        a=rtpmap:31 H261/90000
        a=rtpmap:32 MPV/90000
        {MID}"
    )
}

fn foo_answer(mux: &str) -> String {
    format!(
        "m=audio 20000 RTP/AVP 0
        b=AS:200
        a=mid:foo
        {mux}
        a=rtpmap:0 PCMU/8000
        {MID}"
    )
}

fn bar_answer() -> String {
    format!(
        "m=video 20000 RTP/AVP 32
        b=AS:1000
        a=mid:bar
        a=rtpmap:32 MPV/90000
        {MID}"
    )
}

fn zen(port: u16, number: u8, lines: &str) -> String {
    format!(
        "m=video {port} RTP/AVP {number}
        b=AS:1000
        a=mid:zen
        {lines}
        a=rtpmap:{number} H261/90000"
    )
}

fn all(parts: &[String]) -> String {
    parts.join("\n")
}

/// §7.2.2 (the first), §18.1 (1), §18.2 (1).
fn offer() -> String {
    all(&[
        caller_head("a=group:BUNDLE foo bar"),
        foo_offer("a=rtcp-mux"),
        bar_offer(10002, "a=rtcp-mux"),
    ])
}

/// §7.3.4, §18.1 (2).
fn answer() -> String {
    all(&[
        callee_head("a=group:BUNDLE foo bar"),
        foo_answer("a=rtcp-mux"),
        bar_answer(),
    ])
}

/// What we say for the same: names of our own, and the first dynamic number for iLBC.
fn in_our_words(sdp: &str) -> String {
    let sdp = sdp
        .replace("foo", "1")
        .replace("bar", "2")
        .replace("zen", "3");
    sdp.replace("0 8 97", "0 8 96")
        .replace("rtpmap:97", "rtpmap:96")
}

#[track_caller]
fn same(ours: &[u8], printed: &str) {
    assert_eq!(parts(&text(ours)), parts(printed));
}

/// RFC 9143 §18.1, §7.2.2, §7.3.4: the callee takes the first section as the tagged one, and both
/// streams have one transport on both sides.
#[test]
fn both_streams_share_the_transport_of_the_first() {
    let mut from = caller();
    let ours = from.create_offer(callers()).unwrap();
    same(&ours, &in_our_words(&offer()));
    from.receive_answer(&wire(&in_our_words(&answer())))
        .unwrap();
    assert_eq!(
        transports(&from),
        [(10000, 20000, Some(0)), (10000, 20000, Some(0))]
    );
    let plans: Vec<_> = from
        .plans()
        .map(|(_, plan)| plan.bundle.clone().unwrap())
        .collect();
    assert_eq!((&*plans[0].mid, &*plans[1].mid), ("1", "2"));
    assert_eq!(
        (plans[0].mid_extension, plans[1].mid_extension),
        (Some(1), Some(1))
    );

    let mut to = callee();
    to.receive_offer(&wire(&offer())).unwrap();
    same(&to.create_answer(callees()).unwrap(), &answer());
    assert_eq!(
        transports(&to),
        [(20000, 10000, Some(0)), (20000, 10000, Some(0))]
    );
}

/// RFC 3550 §5.2: by default every stream has an RTP session of its own. Nothing is bundled in an
/// offer, and RFC 9143 §18.2: nor in the answer to one that would.
// shows: S030
#[test]
fn nothing_is_bundled_unless_it_is_asked_for() {
    let plain = [
        LocalMedia::audio(address("[2001:db8::3]:10000")),
        LocalMedia::rtp(
            MediaKind::Video,
            address("[2001:db8::3]:10002"),
            Vec::from([video(32)]),
        ),
    ];
    let mut from = caller();
    let ours = text(&from.create_offer(plain.to_vec()).unwrap());
    assert!(!ours.contains("a=group") && !ours.contains("a=mid") && !ours.contains("a=extmap"));

    let printed = all(&[
        callee_head(""),
        "m=audio 20000 RTP/AVP 0
        b=AS:200
        a=rtcp-mux
        a=rtpmap:0 PCMU/8000

        m=video 30000 RTP/AVP 32
        b=AS:1000
        a=rtcp-mux
        a=rtpmap:32 MPV/90000"
            .into(),
    ]);
    let mut to = callee();
    to.receive_offer(&wire(&offer())).unwrap();
    same(&to.create_answer(apart(callees())).unwrap(), &printed);
    let sessions: Vec<_> = to
        .plans()
        .map(|(_, plan)| {
            (
                plan.kind,
                plan.local.port(),
                plan.remote.port(),
                plan.bundle.clone(),
            )
        })
        .collect();
    let separate = [
        (MediaKind::Audio, 20000, 10000, None),
        (MediaKind::Video, 30000, 10002, None),
    ];
    assert_eq!(sessions, separate);

    // And who offered a bundle and did not get it has two transports as well.
    let mut from = caller();
    from.create_offer(callers()).unwrap();
    from.receive_answer(&wire(&printed)).unwrap();
    assert_eq!(
        transports(&from),
        [(10000, 20000, None), (10002, 30000, None)]
    );
}

/// RFC 9143 §7.2.2 (the second), §6: with the port zero who knows no bundles refuses the stream.
#[test]
fn a_stream_can_be_had_bundled_or_not_at_all() {
    let offer = all(&[
        caller_head("a=group:BUNDLE foo bar"),
        foo_offer("a=rtcp-mux"),
        bar_offer(0, "a=bundle-only"),
    ]);
    let mut ours = callers();
    ours[1] = ours[1].clone().bundle_only();
    let mut from = caller();
    same(&from.create_offer(ours).unwrap(), &in_our_words(&offer));
    from.receive_answer(&wire(&in_our_words(&answer())))
        .unwrap();
    assert_eq!(
        transports(&from),
        [(10000, 20000, Some(0)), (10000, 20000, Some(0))]
    );

    let mut to = callee();
    to.receive_offer(&wire(&offer)).unwrap();
    same(&to.create_answer(callees()).unwrap(), &answer());
    assert_eq!(
        transports(&to),
        [(20000, 10000, Some(0)), (20000, 10000, Some(0))]
    );
    let mut to = callee();
    to.receive_offer(&wire(&offer)).unwrap();
    let refused = text(&to.create_answer(apart(callees())).unwrap());
    assert_eq!(
        lines(&refused, "m="),
        ["m=audio 20000 RTP/AVP 0", "m=video 0 RTP/AVP 31"]
    );
    assert!(!refused.contains("bundle-only"));
    assert_eq!(transports(&to), [(20000, 10000, None)]);
}

/// The stream that §18.3 adds, as an end has it.
fn third(at: &str) -> LocalMedia {
    media(MediaKind::Video, at, 1000, Vec::from([video(31)]))
}

/// The offer of §18.3, with this number for what is added.
fn added(number: u8) -> String {
    all(&[
        caller_head("a=group:BUNDLE zen foo bar"),
        foo_offer(""),
        bar_offer(10000, ""),
        zen(10000, number, ZEN),
    ])
}

/// RFC 9143 §18.3: what was added, and is the tagged section now. The number 66 of the listing could
/// be taken for RTCP where both share a port (RFC 5761 §4), so here it is 100; the listing as it
/// stands has a tagged section that cannot be had, and so nothing of it can (§7.3.3).
#[test]
fn a_stream_is_added() {
    let mut theirs = callees();
    theirs.push(third("[2001:db8::1]:60000"));
    let answer = all(&[
        callee_head("a=group:BUNDLE zen foo bar"),
        foo_answer(""),
        bar_answer(),
        zen(20000, 100, ZEN),
    ]);
    // The address of the bundle is the one of the tagged stream, and the callee keeps it.
    theirs[2].address.set_port(20000);
    theirs[0].address.set_port(60000);
    let mut to = callee();
    to.receive_offer(&wire(&offer())).unwrap();
    to.create_answer(callees()).unwrap();
    to.receive_offer(&wire(&added(66))).unwrap();
    let error = to.create_answer(theirs.clone()).unwrap_err();
    assert_eq!(error, NegotiationError::NotAcceptable);
    to.reject_offer();
    to.receive_offer(&wire(&added(100))).unwrap();
    same(&to.create_answer(theirs).unwrap(), &answer);
    assert_eq!(transports(&to), [(20000, 10000, Some(2)); 3]);

    // We leave the tag where it is.
    let (mut from, _) = bundled_call();
    let mut ours = callers();
    ours.push(third("[2001:db8::3]:10004"));
    let printed = all(&[
        caller_head("a=group:BUNDLE foo bar zen"),
        foo_offer("a=rtcp-mux"),
        bar_offer(10000, ""),
        zen(10000, 31, MID),
    ]);
    same(&from.create_offer(ours).unwrap(), &in_our_words(&printed));
}

/// Both ends after §18.3, by our own words.
fn three() -> (Negotiation, Negotiation, [Vec<LocalMedia>; 2]) {
    let (mut ours, mut theirs) = (callers(), callees());
    ours.push(third("[2001:db8::3]:50000"));
    theirs.push(third("[2001:db8::1]:60000"));
    let (mut from, mut to) = bundled_call();
    agree(&mut from, ours.clone(), &mut to, theirs.clone());
    assert_eq!(transports(&from), [(10000, 20000, Some(0)); 3]);
    assert_eq!(transports(&to), [(20000, 10000, Some(0)); 3]);
    (from, to, [ours, theirs])
}

/// RFC 9143 §18.4: the offerer moves a stream out; in the answer it has an address of its own, too.
#[test]
fn a_stream_is_moved_out() {
    let (mut from, mut to, [mut ours, theirs]) = three();
    ours[2].bundling = None;
    let printed = |number: u8| {
        all(&[
            caller_head("a=group:BUNDLE foo bar"),
            foo_offer("a=rtcp-mux"),
            bar_offer(10000, ""),
            zen(50000, number, "a=rtcp-mux"),
        ])
    };
    let answered = |number: u8| {
        all(&[
            callee_head("a=group:BUNDLE foo bar"),
            foo_answer("a=rtcp-mux"),
            bar_answer(),
            zen(60000, number, "a=rtcp-mux"),
        ])
    };
    let offer = from.create_offer(ours).unwrap();
    same(&offer, &in_our_words(&printed(31)));
    to.receive_offer(&offer).unwrap();
    let answer = to.create_answer(theirs).unwrap();
    same(&answer, &in_our_words(&answered(31)));
    from.receive_answer(&answer).unwrap();
    let bundled = (10000, 20000, Some(0));
    assert_eq!(transports(&from), [bundled, bundled, (50000, 60000, None)]);
    let bundled = (20000, 10000, Some(0));
    assert_eq!(transports(&to), [bundled, bundled, (60000, 50000, None)]);
}

/// RFC 9143 §18.5: the offerer takes a stream of the bundle away. Of one that is gone we say no
/// `rtpmap`, and that its listing has `c=` in the sections is nothing to the streams.
#[test]
fn a_stream_is_disabled() {
    let (mut from, mut to, [mut ours, theirs]) = three();
    ours[2].address.set_port(0);
    let gone = "m=video 0 RTP/AVP 31\na=mid:zen";
    let printed = all(&[
        caller_head("a=group:BUNDLE foo bar"),
        foo_offer("a=rtcp-mux"),
        bar_offer(10000, ""),
        gone.into(),
    ]);
    let answered = all(&[
        callee_head("a=group:BUNDLE foo bar"),
        foo_answer("a=rtcp-mux"),
        bar_answer(),
        gone.into(),
    ]);
    let offer = from.create_offer(ours).unwrap();
    same(&offer, &in_our_words(&printed));
    to.receive_offer(&offer).unwrap();
    let answer = to.create_answer(theirs).unwrap();
    same(&answer, &in_our_words(&answered));
    from.receive_answer(&answer).unwrap();
    assert_eq!(transports(&from), [(10000, 20000, Some(0)); 2]);
    assert_eq!(transports(&to), [(20000, 10000, Some(0)); 2]);
}

/// The callee of the listings after §18.1 and §18.3, with 100 for the number of that.
fn callee_of_three() -> (Negotiation, Vec<LocalMedia>) {
    let mut theirs = callees();
    theirs.push(third("[2001:db8::1]:60000"));
    let mut to = callee();
    to.receive_offer(&wire(&offer())).unwrap();
    to.create_answer(callees()).unwrap();
    to.receive_offer(&wire(&added(100))).unwrap();
    to.create_answer(theirs.clone()).unwrap();
    assert_eq!(transports(&to).len(), 3);
    (to, theirs)
}

/// RFC 9143 §18.4 as it is printed, but for the number: the callee takes the stream out of the bundle,
/// tags the audio, and answers just as printed. As it is printed the stream cannot share a port with
/// its RTCP (RFC 5761 §4), whether it is bundled or not: so it is had on two ports (§5.1.1), which
/// only costs it the line `rtcp-mux`.
#[test]
fn the_callee_moves_a_stream_out_as_printed() {
    for (number, mux) in [(100, "a=rtcp-mux"), (66, "")] {
        let printed = all(&[
            caller_head("a=group:BUNDLE foo bar"),
            foo_offer("a=rtcp-mux"),
            bar_offer(10000, ""),
            zen(50000, number, "a=rtcp-mux"),
        ]);
        let answered = all(&[
            callee_head("a=group:BUNDLE foo bar"),
            foo_answer("a=rtcp-mux"),
            bar_answer(),
            zen(60000, number, mux),
        ]);
        let (mut to, theirs) = callee_of_three();
        to.receive_offer(&wire(&printed)).unwrap();
        same(&to.create_answer(theirs).unwrap(), &answered);
        let bundled = (20000, 10000, Some(0));
        assert_eq!(transports(&to), [bundled, bundled, (60000, 50000, None)]);
        let (_, moved) = to.plans().nth(2).unwrap();
        assert_eq!(moved.rtcp_mux, !mux.is_empty());
        assert_eq!(moved.remote_rtcp.port() == 50000, moved.rtcp_mux);
        assert_eq!(moved.receive_payload_type, number);
    }
}

/// RFC 9143 §18.5 as it is printed, where the number harms nobody: the callee takes the stream away,
/// and the others stay in their bundle.
#[test]
fn the_callee_disables_a_stream_as_printed() {
    let listing = |head: String, foo: String, bar: String, connection: &str| {
        // The connection stands in the sections there.
        let head = head.replace(&format!("{connection}\n"), "");
        let moved = |section: String| {
            let (media, rest) = section.split_once('\n').unwrap();
            format!("{media}\n{connection}\n{rest}")
        };
        let gone = "m=video 0 RTP/AVP 66\na=mid:zen\na=rtpmap:66 H261/90000";
        all(&[head, moved(foo), moved(bar), gone.into()])
    };
    let printed = listing(
        caller_head("a=group:BUNDLE foo bar"),
        foo_offer("a=rtcp-mux"),
        bar_offer(10000, ""),
        "c=IN IP6 2001:db8::3",
    );
    // Of one that is gone we say no `rtpmap`, and the connection once for all.
    let answered = all(&[
        callee_head("a=group:BUNDLE foo bar"),
        foo_answer("a=rtcp-mux"),
        bar_answer(),
        "m=video 0 RTP/AVP 66\na=mid:zen".into(),
    ]);
    let (mut to, theirs) = callee_of_three();
    to.receive_offer(&wire(&printed)).unwrap();
    same(&to.create_answer(theirs).unwrap(), &answered);
    assert_eq!(transports(&to), [(20000, 10000, Some(0)); 2]);
}
