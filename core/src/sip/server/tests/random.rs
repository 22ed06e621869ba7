//! RFC 3261 §16.7 step 5 and 6 as a property: whatever the branches do, in whatever order.

use super::*;
use crate::rng::Rng;

const PEERS: [&str; 4] = [BOB, BOB2, BOB3, "192.0.2.23:5060"];
const STATUSES: [u16; 14] = [
    100, 180, 183, 199, 200, 202, 302, 401, 404, 407, 486, 500, 503, 603,
];

/// One call of alice to bob, with everything drawn from `seed`.
struct Run {
    net: Net,
    rng: Rng,
    method: &'static str,
    asked: String,
    /// Requests that have reached a peer.
    branches: Vec<(&'static str, Message)>,
    /// Final responses that have reached alice, without copies.
    finals: Vec<(u16, Option<String>)>,
    cancelled: bool,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut rng = Rng::from_seed(bytes);
        let mut net = Net::open();
        let peers = 1 + rng.below(4) as usize;
        let contacts: Vec<String> = PEERS[..peers]
            .iter()
            .map(|peer| format!("<sip:bob@{peer}>;q=0.{}", 1 + rng.below(2)))
            .collect();
        net.register("bob", &contacts.join(", "));
        let method = ["INVITE", "INVITE", "MESSAGE"][rng.below(3) as usize];
        let breadth = 1 + rng.below(4);
        let rows = format!("Max-Breadth: {breadth}");
        let asked = net.ask(ALICE, method, "sip:bob@example.com", &rows);
        Self {
            net,
            rng,
            method,
            asked,
            branches: Vec::new(),
            finals: Vec::new(),
            cancelled: false,
        }
    }

    /// Takes what is on its way; a phone answers a CANCEL as it must, or not at all.
    fn collect(&mut self) {
        while let Some((to, message)) = self.net.sent.pop_front() {
            let peer = PEERS.iter().find(|peer| to.to_string() == **peer);
            match (peer, message.is_request()) {
                (Some(peer), true) if message.method().as_str() == self.method => {
                    let copy = |(_, known): &(_, Message)| branch(known) == branch(&message);
                    if !self.branches.iter().any(copy) {
                        self.branches.push((*peer, message));
                    }
                }
                (Some(peer), true) if message.method().as_str() == "CANCEL" => {
                    assert_eq!(self.method, "INVITE", "only an INVITE is cancelled");
                    if self.rng.below(2) == 0 {
                        let tag = peer.replace([':', '.'], "-");
                        self.net.answer(peer, &message, 200, &tag, "");
                    }
                }
                (_, true) => assert_eq!(message.method().as_str(), "ACK"),
                (_, false) => self.take(&message),
            }
        }
    }

    /// A response for alice.
    fn take(&mut self, response: &Message) {
        assert_eq!(response.vias().count(), 1);
        let own = response.cseq().unwrap().method.as_str() == self.method;
        if !own {
            assert_eq!(code(response), 200, "a CANCEL is answered 200 at once");
            return;
        }
        if code(response) < 200 {
            let settled = self.finals.iter().any(|(status, _)| *status >= 200);
            assert!(!settled, "a provisional response after a final one");
            return;
        }
        let tag = response.to().unwrap().tag.map(ToString::to_string);
        if code(response) >= 300 && self.method == "INVITE" {
            let ack = self.asked.replace("INVITE", "ACK");
            self.net.send(ALICE, &ack);
        }
        let last = (code(response), tag);
        if !self.finals.contains(&last) {
            self.finals.push(last);
        }
    }

    fn step(&mut self) {
        match self.rng.below(8) {
            0 if self.method == "INVITE" && !self.cancelled && self.finals.is_empty() => {
                self.cancelled = true;
                let cancel = self.asked.replace("INVITE", "CANCEL");
                self.net.send(ALICE, &cancel);
            }
            1 => {
                let span = [1, 40, 500, 5000, 40_000, 200_000][self.rng.below(6) as usize];
                self.net.pass(Duration::from_millis(span));
            }
            // A client sends copies as long as it has no final response, and no longer than this.
            2 if self.finals.is_empty() && self.net.now < Instant::from_millis(30_000) => {
                let asked = self.asked.clone();
                self.net.send(ALICE, &asked);
            }
            _ if self.branches.is_empty() => {}
            _ => {
                let place = self.rng.below(self.branches.len() as u64) as usize;
                let status = STATUSES[self.rng.below(STATUSES.len() as u64) as usize];
                let (peer, request) = &self.branches[place];
                let tag = format!("{}-{}", peer.replace([':', '.'], "-"), self.rng.below(2));
                self.net.answer(peer, request, status, &tag, "");
            }
        }
        self.collect();
    }

    fn finish(mut self, seed: u64) {
        self.net.pass(Duration::from_secs(1000));
        self.collect();
        self.net.pass(Duration::from_secs(1000));
        self.collect();
        assert!(
            self.net.server.is_idle(),
            "seed {seed}: something is left (P5)"
        );
        let successes = self.finals.iter().filter(|(status, _)| *status < 300);
        let (successes, all) = (successes.count(), self.finals.len());
        if self.method == "INVITE" {
            let fine = all == successes && all > 0 || all == 1 && successes == 0;
            assert!(fine, "seed {seed}: {:?}", self.finals);
        } else {
            assert!(all <= 1, "seed {seed}: {:?}", self.finals);
        }
        assert!(self.finals.iter().all(|(status, _)| *status != 503));
    }
}

/// Exactly one final response to anything but an INVITE, or none if nobody answered in time
/// (RFC 4320 §4.2); to an INVITE exactly one that is not 2xx, or one or more 2xx.
#[test]
fn every_request_gets_the_final_responses_it_must_and_nothing_is_left() {
    for seed in 0..400 {
        let mut run = Run::new(seed);
        run.collect();
        for _ in 0..40 {
            run.step();
        }
        run.finish(seed);
    }
}
