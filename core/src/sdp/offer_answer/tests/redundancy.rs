//! Parity within redundant data (RFC 5109 §14.2, §14.3).

use super::*;

fn with_list(list: &'static str) -> Codec {
    Codec {
        parameters: Some(list.into()),
        ..Codec::audio("red", 8000)
    }
}

fn parity() -> Codec {
    Codec::audio("ulpfec", 8000)
}

/// The offer of §14.2's example, less the formats named.
fn example(without: &[&str]) -> Vec<u8> {
    let mut text = String::from(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n\
         m=audio 12345 RTP/AVP 121 0 5 100\na=rtpmap:121 red/8000/1\n\
         a=rtpmap:100 ulpfec/8000\na=fmtp:121 0/5/100",
    );
    for line in without {
        assert!(text.contains(line));
        text = text.replace(line, "");
    }
    wire(&text)
}

fn taken(offer: &[u8], codecs: &[Codec]) -> (String, MediaPlan) {
    let local = with_codecs(bob(), codecs);
    let mut callee = negotiation(&local);
    callee.receive_offer(offer).unwrap();
    let answer = text(&callee.create_answer(local).unwrap());
    (answer, callee.plan().unwrap().clone())
}

/// §14.2: "indicated in the same fashion as any other secondary codec".
#[test]
fn an_offer_lists_parity_by_the_number_it_has() {
    let local = with_codecs(
        alice(),
        &[
            Codec::PCMU,
            Codec::TELEPHONE_EVENT,
            with_list("0/0"),
            parity(),
        ],
    );
    let mut caller = negotiation(&local);
    let offer = text(&caller.create_offer(local.clone()).unwrap());
    assert_eq!(
        lines(&offer, "m="),
        ["m=audio 49170 RTP/AVP 0 96 97 98"],
        "{offer}"
    );
    assert!(offer.contains("a=rtpmap:98 ulpfec/8000"), "{offer}");
    assert_eq!(lines(&offer, "a=fmtp:97"), ["a=fmtp:97 0/0/98"]);
    // In another offer it keeps its number, and is not listed twice.
    caller
        .receive_answer(&answer_to(&offer, &local))
        .expect("an answer");
    let again = text(&caller.create_reoffer(false).unwrap());
    assert_eq!(lines(&again, "a=fmtp:97"), ["a=fmtp:97 0/0/98"]);
}

fn answer_to(offer: &str, local: &LocalMedia) -> Vec<u8> {
    let theirs = LocalMedia {
        address: bob().address,
        ..local.clone()
    };
    let mut callee = negotiation(&theirs);
    callee.receive_offer(offer.as_bytes()).unwrap();
    callee.create_answer(theirs).unwrap()
}

/// §14.3: to accept it, the answer includes the payload type; here with the offer's number in the
/// list of our own.
#[test]
fn an_answer_that_takes_parity_has_its_payload_type() {
    let codecs = [Codec::PCMU, with_list("0"), parity()];
    let (answer, plan) = taken(&example(&[]), &codecs);
    assert_eq!(
        lines(&answer, "m="),
        ["m=audio 49920 RTP/AVP 121 0 100"],
        "{answer}"
    );
    assert_eq!(lines(&answer, "a=fmtp:121"), ["a=fmtp:121 0/100"]);
    let beside: Vec<u8> = plan.beside.iter().map(|one| one.payload_type).collect();
    assert_eq!(beside, [121, 100]);
}

/// §14.3: "the answerer MAY reject the FEC stream by removing the payload type"; where redundant data
/// hold nothing else, they "SHOULD also be removed".
#[test]
fn redundant_data_that_would_hold_only_parity_are_not_taken_without_it() {
    let without_parity = [Codec::PCMU, Codec::audio("DVI4", 8000), with_list("0/5")];
    let (answer, _) = taken(&example(&[]), &without_parity);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 121 0 5"]);
    assert_eq!(lines(&answer, "a=fmtp:121"), ["a=fmtp:121 0/5"]);
    let (answer, plan) = taken(&example(&["/5"]), &without_parity);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 0 5"]);
    assert!(plan.beside.is_empty());
}

/// §14.2: parity "MUST NOT be sent by itself for this stream".
#[test]
fn parity_is_not_taken_where_nothing_may_hold_it() {
    let codecs = [Codec::PCMU, with_list("0"), parity()];
    let (answer, _) = taken(&example(&["a=rtpmap:121 red/8000/1\n"]), &codecs);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 0"]);
    let (answer, _) = taken(&example(&[]), &[Codec::PCMU, parity()]);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 0"]);
    // A stream of its own is another matter (§14.1).
    let offer = example(&[
        "121 0 5 ",
        "a=rtpmap:121 red/8000/1\n",
        "\na=fmtp:121 0/5/100",
    ]);
    let (answer, _) = taken(&offer, &[parity()]);
    assert_eq!(lines(&answer, "m="), ["m=audio 49920 RTP/AVP 100"]);
}
