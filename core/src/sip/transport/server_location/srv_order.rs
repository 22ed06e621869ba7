//! In which order the servers of a service are tried (RFC 2782, "Usage rules"; RFC 3263 §4.4).

use alloc::vec::Vec;

use crate::dns::Srv;
use crate::rng::Rng;

/// How servers of equal priority are ordered.
#[derive(Clone, Debug)]
pub enum SrvOrder {
    /// At random, in proportion to their weights (RFC 2782).
    Weighted(Rng),
    /// The same each time: by weight, then by name and port, and addresses by their numbers. For a
    /// stateless proxy, whose retransmissions have to find the same server (RFC 3263 §4.4).
    Fixed,
}

/// The records in the order in which their servers are to be tried, each with what came with it.
pub(super) fn in_order<T>(mut records: Vec<(Srv, T)>, order: &mut SrvOrder) -> Vec<(Srv, T)> {
    // The heaviest first, which is the end of it for a fixed order.
    records.sort_by(|(a, _), (b, _)| {
        let key = |srv: &Srv| (srv.priority, core::cmp::Reverse(srv.weight));
        let a_key = (key(a), &a.target, a.port);
        a_key.cmp(&(key(b), &b.target, b.port))
    });
    let SrvOrder::Weighted(rng) = order else {
        return records;
    };
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|(srv, _)| srv.priority) {
        let here = records
            .iter()
            .take_while(|(srv, _)| srv.priority == priority);
        let mut left = here.count();
        while left > 0 {
            let drawn = draw(records.iter().take(left).map(|(srv, _)| srv.weight), rng);
            ordered.push(records.remove(drawn));
            left -= 1;
        }
    }
    ordered
}

/// The place of one of the weights, drawn in proportion to them: the first at which the running sum
/// reaches a random number. Those without weight come first in the sum, so that they are drawn
/// with the number zero and hardly ever otherwise; where there are none, zero would favour
/// whoever comes first, and is left out.
fn draw(weights: impl Iterator<Item = u16> + Clone, rng: &mut Rng) -> usize {
    let total: u64 = weights.clone().map(u64::from).sum();
    let placed = || weights.clone().enumerate();
    let weightless = placed().filter(|(_, weight)| *weight == 0);
    let count = u64::try_from(weightless.clone().count()).unwrap_or(0);
    let drawn = if count == 0 {
        1 + rng.below(total)
    } else {
        rng.below(total + 1)
    };
    let mut sum = 0;
    let found = if drawn == 0 {
        let nth = usize::try_from(rng.below(count)).unwrap_or(0);
        weightless.clone().nth(nth)
    } else {
        placed().find(|(_, weight)| {
            sum += u64::from(*weight);
            sum >= drawn
        })
    };
    found.map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;
    use crate::dns::Name;

    fn srv(priority: u16, weight: u16, host: &str) -> (Srv, ()) {
        let target = Name::parse(host).unwrap();
        let srv = Srv {
            priority,
            weight,
            port: 5060,
            target,
        };
        (srv, ())
    }

    fn weighted(seed: u8) -> SrvOrder {
        SrvOrder::Weighted(Rng::from_seed([seed; 32]))
    }

    fn order(records: &[(Srv, ())], order: &mut SrvOrder) -> Vec<alloc::string::String> {
        let ordered = in_order(records.to_vec(), order);
        ordered
            .iter()
            .map(|(srv, ())| format!("{}", srv.target))
            .collect()
    }

    #[test]
    fn lower_priorities_come_first_whatever_they_weigh() {
        let records = [srv(2, 65535, "c"), srv(0, 0, "a"), srv(1, 1, "b")];
        for seed in 0..50 {
            assert_eq!(order(&records, &mut weighted(seed)), ["a", "b", "c"]);
        }
    }

    /// Three quarters of the logins of RFC 2782's example go to the new, fast box.
    #[test]
    fn weights_are_shares() {
        let records = [srv(0, 1, "old-slow"), srv(0, 3, "new-fast")];
        let mut rng = weighted(7);
        let runs = 4000;
        let fast = (0..runs).filter(|_| order(&records, &mut rng)[0] == "new-fast");
        let fast = fast.count();
        // Five deviations of 27 on each side.
        assert!((2863..=3137).contains(&fast), "{fast} of {runs}");
    }

    /// Of two that weigh the least there is, each comes first about as often as the other.
    #[test]
    fn equal_weights_are_equal_shares() {
        let records = [srv(0, 1, "a"), srv(0, 1, "b")];
        let mut rng = weighted(3);
        let first = (0..1000)
            .filter(|_| order(&records, &mut rng)[0] == "a")
            .count();
        assert!((421..=579).contains(&first), "{first} of 1000");
    }

    #[test]
    fn many_servers_come_first_as_often_as_they_weigh() {
        let weights = [10, 20, 30, 40, 900];
        let names = ["a", "b", "c", "d", "e"];
        let records: Vec<_> = weights
            .iter()
            .zip(names)
            .map(|(w, n)| srv(0, *w, n))
            .collect();
        let mut rng = weighted(9);
        let runs = 5000_u32;
        let mut firsts = [0_u32; 5];
        for _ in 0..runs {
            let first = order(&records, &mut rng).remove(0);
            firsts[names.iter().position(|name| **name == first).unwrap()] += 1;
        }
        let mut chi_square = 0.0;
        for (seen, weight) in firsts.iter().zip(weights) {
            let expected = f64::from(runs) * f64::from(weight) / 1000.0;
            let off = f64::from(*seen) - expected;
            chi_square += off * off / expected;
        }
        // Four degrees of freedom: 18.5 is passed once in a thousand.
        assert!(chi_square < 18.5, "{chi_square} {firsts:?}");
    }

    #[test]
    fn a_server_without_weight_is_hardly_ever_first_and_never_lost() {
        let records = [srv(0, 65535, "heavy"), srv(0, 0, "light")];
        let mut rng = weighted(1);
        let mut light_first = 0;
        for _ in 0..1000 {
            let order = order(&records, &mut rng);
            assert_eq!(order.len(), 2);
            light_first += usize::from(order[0] == "light");
        }
        assert!(light_first < 3, "{light_first}");
        // Where nobody has any, each is first at times.
        let nobody = [srv(0, 0, "a"), srv(0, 0, "b")];
        let firsts = (0..100).filter(|_| order(&nobody, &mut rng)[0] == "a");
        assert!((20..=80).contains(&firsts.count()));
    }

    /// RFC 2782: a number from zero to the sum of all weights, both of them included, of which only
    /// zero draws the one without weight.
    #[test]
    fn a_server_without_weight_has_one_number_of_all() {
        let records = [srv(0, 0, "light"), srv(0, 3, "heavy")];
        let mut rng = weighted(4);
        let light = (0..4000).filter(|_| order(&records, &mut rng)[0] == "light");
        let light = light.count();
        // Five deviations of 27 on each side of a quarter.
        assert!((863..=1137).contains(&light), "{light} of 4000");
    }

    // shows: S164
    #[test]
    fn the_same_seed_gives_the_same_order() {
        let records: Vec<_> = (0..20).map(|n| srv(n % 2, n, &format!("s{n}"))).collect();
        let first = order(&records, &mut weighted(5));
        assert_eq!(first, order(&records, &mut weighted(5)));
        assert_ne!(first, order(&records, &mut weighted(6)));
    }

    /// RFC 3263 §4.4.
    #[test]
    fn a_fixed_order_depends_on_nothing_but_the_records() {
        let mut records = vec![
            srv(0, 5, "c"),
            srv(0, 5, "a"),
            srv(0, 9, "b"),
            srv(1, 99, "d"),
        ];
        for _ in 0..4 {
            records.rotate_left(1);
            assert_eq!(order(&records, &mut SrvOrder::Fixed), ["b", "a", "c", "d"]);
        }
    }
}
