//! Choosing the best final response (RFC 3261 §16.7 steps 4, 6 and 7).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::sip::message::{Message, StatusCode};

/// A final response of one branch.
#[derive(Clone, Debug)]
pub(crate) enum Final {
    /// It came from downstream.
    Received(Arc<Message>),
    /// Nothing came: what §16.7 step 6, §16.8 or §16.9 says to act on instead.
    Generated(StatusCode),
}

impl Final {
    /// The status of the response; a received one that has none counts as 500.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Received(response) => response
                .status()
                .unwrap_or(StatusCode::SERVER_INTERNAL_ERROR),
            Self::Generated(status) => *status,
        }
    }
}

/// The final responses of a response context, as far as they still matter.
#[derive(Debug, Default)]
pub(crate) struct BestResponse {
    best: Option<Final>,
    challenges: Vec<Arc<Message>>,
}

impl BestResponse {
    /// Adds the final response of one branch (step 4).
    pub(crate) fn add(&mut self, response: Final) {
        if let Final::Received(message) = &response {
            if is_challenge(response.status()) {
                self.challenges.push(Arc::clone(message));
            }
        }
        // Of equals the first that came stays.
        let better = self
            .best
            .as_ref()
            .is_none_or(|best| rank(response.status()) < rank(best.status()));
        if better {
            self.best = Some(response);
        }
    }

    /// The best so far; 408 when no branch gave any (step 6).
    pub(crate) fn choose(&self) -> Final {
        match &self.best {
            // A 503 says that its sender is overloaded, which upstream would take for us: alone
            // it leaves as 500.
            Some(best) if best.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Final::Generated(StatusCode::SERVER_INTERNAL_ERROR)
            }
            Some(best) => best.clone(),
            None => Final::Generated(StatusCode::REQUEST_TIMEOUT),
        }
    }

    /// The 401 and 407 responses other than `chosen`, whose challenges go with it (step 7).
    pub(crate) fn other_challenges<'a>(
        &'a self,
        chosen: &'a Message,
    ) -> impl Iterator<Item = &'a Message> {
        let wanted = chosen.status().is_some_and(is_challenge);
        self.challenges
            .iter()
            .map(AsRef::as_ref)
            .filter(move |other| wanted && !core::ptr::eq(*other, chosen))
    }
}

fn is_challenge(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
}

/// Lower is better. Step 6: any 6xx before everything else, then the lowest class; within 4xx
/// first what tells the caller how to ask again.
fn rank(status: StatusCode) -> (u16, u16) {
    match status.as_u16() {
        600.. => (0, 0),
        401 | 407 => (4, 0),
        415 | 420 | 484 => (4, 1),
        // That some branch did not answer says less than any answer of another.
        408 => (4, 3),
        code @ 400..=499 => (code / 100, 2),
        503 => (5, 1),
        code => (code / 100, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(codes: &[u16]) -> u16 {
        let mut best = BestResponse::default();
        for code in codes {
            best.add(Final::Generated(StatusCode::new(*code).unwrap()));
        }
        best.choose().status().as_u16()
    }

    /// The example of §16.7 step 6, and its other rules.
    #[test]
    fn the_best_response() {
        assert_eq!(chosen(&[503, 407, 501, 404]), 407);
        assert_eq!(chosen(&[404, 486]), 404, "the first of equals");
        assert_eq!(chosen(&[486, 302, 500]), 302, "the lowest class");
        assert_eq!(chosen(&[302, 401, 603, 600]), 603, "any 6xx wins");
        assert_eq!(chosen(&[503]), 500, "a lone 503 leaves as 500");
        assert_eq!(chosen(&[503, 501]), 501);
        assert_eq!(chosen(&[408, 486]), 486);
        assert_eq!(chosen(&[]), 408, "nothing at all is a timeout");
    }
}
