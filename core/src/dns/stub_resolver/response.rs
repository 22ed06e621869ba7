//! What a response says to a question: records, a negative answer, or another name to ask for
//! (RFC 1034 §3.6.2, RFC 2308 §2, RFC 6604 §2).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::dns::{
    Answer, LookupFailure, Message, Name, Question, Record, RecordData, RecordKind, ResponseCode,
};

/// What a response comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// That is it.
    Answered(Answer),
    /// The name is another name for this one, of which the response says nothing.
    Alias {
        to: Name,
        /// Aliases on the way.
        links: u8,
        /// The smallest TTL of theirs.
        ttl: u32,
    },
}

/// Reads the answer to `question` out of a response without an error, following at most
/// `links_max` aliases.
///
/// Only records of the answer section count that belong to the name or to one its aliases lead to:
/// whatever else a server volunteers could be about anything.
pub(super) fn read(question: &Question, response: &Message, links_max: u8) -> Reading {
    let mut name = &question.name;
    let mut ttl = u32::MAX;
    let mut links = 0_u8;
    loop {
        let found = records_of(name, question.kind, response, ttl);
        if !found.is_empty() {
            return Reading::Answered(Answer::Records(Arc::from(found)));
        }
        let Some((to, alias_ttl)) = alias_of(name, question.kind, response) else {
            break;
        };
        // A loop is a chain without an end.
        if links >= links_max {
            return Reading::Answered(Answer::Failed(LookupFailure::TooManyAliases));
        }
        links += 1;
        ttl = ttl.min(alias_ttl);
        name = to;
    }
    let zone_ttl = negative_ttl(name, response).map(|negative| negative.min(ttl));
    if response.code == ResponseCode::NO_SUCH_NAME {
        // RFC 6604 §2: it is the last name of the chain that does not exist.
        let ttl = zone_ttl.unwrap_or(0);
        return Reading::Answered(Answer::NoSuchName { ttl });
    }
    match zone_ttl {
        Some(ttl) => Reading::Answered(Answer::NoData { ttl }),
        // The server followed the aliases as far as it would.
        None if links > 0 => Reading::Alias {
            to: name.clone(),
            links,
            ttl,
        },
        // RFC 2308 §5: a negative answer without the start of its zone is not kept.
        None => Reading::Answered(Answer::NoData { ttl: 0 }),
    }
}

fn records_of(name: &Name, kind: RecordKind, response: &Message, ttl: u32) -> Vec<Record> {
    let mine = |record: &&Record| record.data.kind() == kind && record.name == *name;
    let found = response.answers.iter().filter(mine);
    found
        .map(|record| Record {
            ttl: record.ttl.min(ttl),
            ..record.clone()
        })
        .collect()
}

fn alias_of<'a>(name: &Name, kind: RecordKind, response: &'a Message) -> Option<(&'a Name, u32)> {
    if kind == RecordKind::Cname {
        return None;
    }
    let mine = response
        .answers
        .iter()
        .filter(|record| record.name == *name);
    mine.filter_map(|record| match &record.data {
        RecordData::Cname(to) => Some((to, record.ttl)),
        RecordData::A(_)
        | RecordData::Aaaa(_)
        | RecordData::Soa(_)
        | RecordData::Srv(_)
        | RecordData::Naptr(_) => None,
    })
    .next()
}

/// RFC 2308 §5: the smaller of the TTL of the SOA record and of the minimum in it.
fn negative_ttl(name: &Name, response: &Message) -> Option<u32> {
    let zones = response.authority.iter();
    let mut zones = zones.filter(|record| name.is_within(&record.name));
    zones.find_map(|record| match &record.data {
        RecordData::Soa(soa) => Some(record.ttl.min(soa.minimum)),
        RecordData::A(_)
        | RecordData::Aaaa(_)
        | RecordData::Cname(_)
        | RecordData::Srv(_)
        | RecordData::Naptr(_) => None,
    })
}
