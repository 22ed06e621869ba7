//! A stream of messages, however it is cut (RFC 3261 §7.5, §18.3).

use offhook::Limits;
use offhook::sip::message::{Frame, MessageView, ParseError, Scratch, StreamFramer};

/// How many octets at the start of the input say where to cut.
const CUTS: usize = 8;

/// What a stream came to: its frames, `None` for a line end between messages, and the fault at
/// its end.
type Framed = (Vec<Option<Vec<u8>>>, Option<ParseError>);

fn frames(stream: &[u8], cuts: impl Iterator<Item = usize>, limits: &Limits) -> Framed {
    let mut framer = StreamFramer::new();
    let mut found = Vec::new();
    let mut rest = stream;
    for cut in cuts {
        let (chunk, tail) = rest.split_at(cut.min(rest.len()));
        rest = tail;
        framer.push(chunk);
        loop {
            match framer.next_frame(limits) {
                Ok(Some(Frame::Message(bytes))) => found.push(Some(bytes.to_vec())),
                Ok(Some(Frame::Crlf)) => found.push(None),
                Ok(None) => break,
                Err(fault) => return (found, Some(fault)),
            }
        }
        // What waits is at most a message that is not whole yet.
        assert!(framer.waiting() <= limits.message_bytes + chunk.len());
        if rest.is_empty() {
            break;
        }
    }
    (found, None)
}

/// A stream in one piece and in pieces of the lengths that its first octets say: the frames are the
/// same, and each is a message or a request that can be refused.
pub fn chunks(bytes: &[u8]) {
    let Some((cuts, stream)) = bytes.split_at_checked(CUTS) else {
        return;
    };
    // Small bounds are reached by small inputs.
    let limits = Limits::small();
    let whole = frames(stream, [stream.len()].into_iter(), &limits);
    let cuts = cuts.iter().map(|cut| usize::from(*cut) + 1).cycle();
    assert_eq!(frames(stream, cuts, &limits), whole);
    let ones = std::iter::repeat(1);
    assert_eq!(frames(stream, ones, &limits), whole);
    let mut scratch = Scratch::new();
    for frame in whole.0.iter().flatten() {
        if let Ok((view, _)) = MessageView::parse_faulty(frame, &limits, &mut scratch) {
            assert!(view.as_bytes().len() <= frame.len());
        }
        if let Ok(view) = MessageView::parse(frame, &limits, &mut scratch) {
            assert_eq!(view.as_bytes(), &frame[..], "a frame is one message");
        }
    }
}
