//! The server's nonces: no state until one is used, and then a bounded one (RFC 7616 §3.3, §5.5).
//!
//! A nonce says when it was made and proves that we made it, so none has to be remembered. Only
//! one that a valid digest came with is: for the counts it was used with.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::time::Duration;

use crate::hash::{Hmac, Sha256, is_equal};
use crate::text::{base64_decode, base64_encode};
use crate::time::Instant;

/// When a nonce was made, and which of that instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct NonceId {
    made: Instant,
    serial: u32,
}

/// Makes nonces and knows them again.
#[derive(Clone, Debug)]
pub(super) struct Nonces {
    lifetime: Duration,
    serial: u32,
    capacity: usize,
    used: BTreeMap<NonceId, Window>,
    /// Of what is not newer than this, and not in `used`, nothing is known any more.
    forgotten: Option<NonceId>,
}

/// Which counts a nonce was used with: the highest, and a bit for each of the 64 up to it.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    highest: u32,
    seen: u64,
}

/// Bytes of the code in a nonce: 128 bits.
const CODE_BYTES: usize = 16;

impl Nonces {
    pub(super) fn new(lifetime: Duration, capacity: usize) -> Self {
        Self {
            lifetime,
            serial: 0,
            capacity,
            used: BTreeMap::new(),
            forgotten: None,
        }
    }

    /// One that was never made before.
    pub(super) fn make(&mut self, secret: &[u8; 32], realm: &str, now: Instant) -> String {
        self.serial = self.serial.wrapping_add(1);
        let made = now.as_nanos().to_be_bytes();
        let serial = self.serial.to_be_bytes();
        let code = code(secret, realm, made, serial);
        let mut nonce = alloc::vec::Vec::with_capacity(28);
        for part in [&made[..], &serial, &code] {
            nonce.extend_from_slice(part);
        }
        base64_encode(&nonce)
    }

    /// Which of ours it is, if it is ours and not too old.
    pub(super) fn recognise(
        &self,
        secret: &[u8; 32],
        realm: &str,
        now: Instant,
        nonce: &[u8],
    ) -> Option<NonceId> {
        // A nonce of ours is 40 characters: longer text is not worth decoding.
        let bytes = base64_decode(nonce.get(..40).filter(|_| nonce.len() == 40)?)?;
        let (made, rest) = bytes.split_first_chunk::<8>()?;
        let (serial, proof) = rest.split_first_chunk::<4>()?;
        if !is_equal(proof, &code(secret, realm, *made, *serial)) {
            return None;
        }
        let id = NonceId {
            made: Instant::from_nanos(u64::from_be_bytes(*made)),
            serial: u32::from_be_bytes(*serial),
        };
        (now <= id.made + self.lifetime).then_some(id)
    }

    /// Whether more than half of a nonce's time is over.
    pub(super) fn is_aging(&self, now: Instant, id: NonceId) -> bool {
        now > id.made + self.lifetime / 2
    }

    /// Notes that a valid digest came with this count; `false` if that is a replay, or may be one.
    ///
    /// Without a count the nonce is good for one request only.
    pub(super) fn spend(&mut self, now: Instant, id: NonceId, count: Option<u32>) -> bool {
        self.forget_expired(now);
        if !self.used.contains_key(&id) {
            if self.forgotten.is_some_and(|forgotten| id <= forgotten) || self.capacity == 0 {
                return false;
            }
            if self.used.len() >= self.capacity {
                if let Some((oldest, _)) = self.used.pop_first() {
                    self.forgotten = self.forgotten.max(Some(oldest));
                }
                // The newcomer may itself be older than what had to go.
                if self.forgotten.is_some_and(|forgotten| id <= forgotten) {
                    return false;
                }
            }
        }
        self.used.entry(id).or_default().take(count)
    }

    /// At most two: over time as many go as come.
    fn forget_expired(&mut self, now: Instant) {
        for _ in 0..2 {
            let oldest = self.used.first_key_value().map(|(id, _)| *id);
            match oldest.filter(|id| now > id.made + self.lifetime) {
                Some(id) => self.used.remove(&id),
                None => return,
            };
        }
    }

    /// How many nonces are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.used.len()
    }
}

impl Window {
    fn take(&mut self, count: Option<u32>) -> bool {
        let Some(count) = count else {
            let fresh = self.highest == 0;
            self.highest = u32::MAX;
            self.seen = u64::MAX;
            return fresh;
        };
        if count == 0 {
            return false;
        }
        if count > self.highest {
            let step = count.wrapping_sub(self.highest);
            self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        // Requests may overtake each other: a lower count is no replay unless it was here before.
        let behind = self.highest.wrapping_sub(count);
        let bit = 1_u64.checked_shl(behind).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

fn code(secret: &[u8; 32], realm: &str, made: [u8; 8], serial: [u8; 4]) -> [u8; CODE_BYTES] {
    let mut hmac = Hmac::<Sha256>::new(secret);
    hmac.update(&made);
    hmac.update(&serial);
    hmac.update(realm.as_bytes());
    let mut code = [0; CODE_BYTES];
    for (to, from) in code.iter_mut().zip(hmac.finish()) {
        *to = from;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const HOUR: Duration = Duration::from_secs(3600);

    fn used(nonces: &mut Nonces, now: Instant) -> NonceId {
        let nonce = nonces.make(&SECRET, "r", now);
        nonces
            .recognise(&SECRET, "r", now, nonce.as_bytes())
            .unwrap()
    }

    #[test]
    fn only_our_own_nonces_are_known_and_only_for_a_while() {
        let mut nonces = Nonces::new(HOUR, 4);
        let nonce = nonces.make(&SECRET, "r", Instant::ZERO);
        assert_ne!(nonce, nonces.make(&SECRET, "r", Instant::ZERO));
        let known = |nonces: &Nonces, secret, realm, now| {
            nonces
                .recognise(secret, realm, now, nonce.as_bytes())
                .is_some()
        };
        assert!(known(&nonces, &SECRET, "r", Instant::ZERO + HOUR));
        let late = Instant::ZERO + HOUR + Duration::from_nanos(1);
        assert!(!known(&nonces, &SECRET, "r", late));
        assert!(!known(&nonces, &SECRET, "s", Instant::ZERO));
        assert!(!known(&nonces, &[8; 32], "r", Instant::ZERO));
        for at in 0..nonce.len() {
            let mut bent = nonce.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let known = nonces.recognise(&SECRET, "r", Instant::ZERO, &bent);
            assert!(known.is_none(), "byte {at}");
        }
        assert!(nonces.recognise(&SECRET, "r", Instant::ZERO, b"").is_none());
    }

    #[test]
    fn a_count_is_good_once_also_out_of_order() {
        let mut nonces = Nonces::new(HOUR, 4);
        let id = used(&mut nonces, Instant::ZERO);
        let mut spend = |count| nonces.spend(Instant::ZERO, id, Some(count));
        assert!(!spend(0));
        assert!(spend(1));
        assert!(!spend(1));
        assert!(spend(4));
        assert!(spend(3));
        assert!(!spend(3));
        assert!(spend(100));
        assert!(spend(37), "63 behind is still known");
        assert!(!spend(36), "64 behind may be a replay");
        assert!(spend(u32::MAX));
        assert!(!spend(u32::MAX));
    }

    #[test]
    fn without_a_count_a_nonce_is_good_once() {
        let mut nonces = Nonces::new(HOUR, 4);
        let id = used(&mut nonces, Instant::ZERO);
        assert!(nonces.spend(Instant::ZERO, id, None));
        assert!(!nonces.spend(Instant::ZERO, id, None));
        assert!(!nonces.spend(Instant::ZERO, id, Some(5)));
    }

    #[test]
    fn what_is_forgotten_is_not_taken_for_new() {
        let mut nonces = Nonces::new(HOUR, 2);
        let ids: [NonceId; 3] = core::array::from_fn(|_| used(&mut nonces, Instant::ZERO));
        for id in ids {
            assert!(nonces.spend(Instant::ZERO, id, Some(1)));
        }
        assert_eq!(nonces.remembered(), 2);
        assert!(
            !nonces.spend(Instant::ZERO, ids[0], Some(1)),
            "replayed after it was forgotten"
        );
        assert!(!nonces.spend(Instant::ZERO, ids[0], Some(2)));
        assert!(nonces.spend(Instant::ZERO, ids[2], Some(2)));
    }

    #[test]
    fn expired_nonces_leave() {
        let mut nonces = Nonces::new(HOUR, 8);
        for _ in 0..3 {
            let id = used(&mut nonces, Instant::ZERO);
            assert!(nonces.spend(Instant::ZERO, id, Some(1)));
        }
        let later = Instant::ZERO + HOUR + HOUR;
        let id = used(&mut nonces, later);
        assert!(nonces.spend(later, id, Some(1)));
        let id = used(&mut nonces, later);
        assert!(nonces.spend(later, id, Some(1)));
        assert_eq!(nonces.remembered(), 2);
    }
}
