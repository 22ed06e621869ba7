//! Messages: a question, and the records that answer it (RFC 1035 §4, with the OPT record of
//! RFC 6891 §6).

use alloc::vec::Vec;
use core::fmt;

use super::error::{DnsError, DnsErrorKind};
use super::name::Name;
use super::read::Reader;
use super::record::{CLASS_IN, Record, RecordData, RecordKind};

/// The number of an OPT record (RFC 6891 §6.1.2).
const OPT: u16 = 41;

/// What a message is about (RFC 1035 §4.1.2), in class IN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Question {
    /// Whose records are wanted.
    pub name: Name,
    /// Which of them.
    pub kind: RecordKind,
}

/// What came of a query (RFC 1035 §4.1.1; with the upper bits of an OPT record, RFC 6891 §6.1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ResponseCode(u16);

impl ResponseCode {
    /// There was no error.
    pub const NO_ERROR: Self = Self(0);
    /// The server could not read the query.
    pub const FORMAT_ERROR: Self = Self(1);
    /// The server has a problem of its own.
    pub const SERVER_FAILURE: Self = Self(2);
    /// The name does not exist.
    pub const NO_SUCH_NAME: Self = Self(3);
    /// The server does not know this kind of query.
    pub const NOT_IMPLEMENTED: Self = Self(4);
    /// The server does not want to answer.
    pub const REFUSED: Self = Self(5);
    /// The server does not know this version of OPT (RFC 6891 §9).
    pub const BAD_VERSION: Self = Self(16);

    /// The code of that number, of which twelve bits count.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number & 0xfff)
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rcode {}", self.0)
    }
}

/// A query or a response (RFC 1035 §4.1).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Message {
    /// Which query it is, or answers.
    pub id: u16,
    /// Whether it is a response.
    pub is_response: bool,
    /// What is wanted: 0 for a standard query.
    pub opcode: u8,
    /// Whether the server is an authority for the name.
    pub is_authoritative: bool,
    /// Whether there was more than would fit.
    pub is_truncated: bool,
    /// Whether the server is to ask others on our behalf.
    pub recursion_desired: bool,
    /// Whether it does.
    pub recursion_available: bool,
    /// What came of it.
    pub code: ResponseCode,
    /// The question, if it is one this crate knows.
    pub question: Option<Question>,
    /// Records that answer it.
    pub answers: Vec<Record>,
    /// Records of the authority.
    pub authority: Vec<Record>,
    /// Records that may be of use, without that of EDNS.
    pub additional: Vec<Record>,
    /// How many bytes the sender takes in a datagram, if it knows of OPT records (RFC 6891).
    pub payload_size: Option<u16>,
}

impl Message {
    /// A query that asks a recursive server.
    #[must_use]
    pub fn query(id: u16, question: Question, payload_size: Option<u16>) -> Self {
        Self {
            id,
            recursion_desired: true,
            question: Some(question),
            payload_size,
            ..Self::default()
        }
    }

    /// Reads a message of at most `records_max` records. Records of other classes and of kinds
    /// that are not in [`RecordKind`] are checked for their length and left out; what follows the
    /// last record is ignored.
    ///
    /// # Errors
    /// What is wrong and where; nothing of the message is to be believed then.
    pub fn parse(bytes: &[u8], records_max: usize) -> Result<Self, DnsError> {
        let mut reader = Reader::new(bytes);
        let mut message = Self {
            id: reader.u16()?,
            ..Self::default()
        };
        message.take_flags(reader.u16()?);
        let questions = reader.u16()?;
        let counts = [reader.u16()?, reader.u16()?, reader.u16()?];
        message.question = match questions {
            0 => None,
            1 => question(&mut reader)?,
            _ => return Err(DnsErrorKind::TooManyQuestions.at(4)),
        };
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        if total > records_max {
            return Err(DnsErrorKind::TooManyRecords.at(6));
        }
        let [answers, authority, additional] = counts;
        message.answers = message.records(answers, &mut reader)?;
        message.authority = message.records(authority, &mut reader)?;
        message.additional = message.records(additional, &mut reader)?;
        Ok(message)
    }

    /// Appends the message without compression.
    ///
    /// # Errors
    /// It would have more than 65535 bytes. What was appended is of no use then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), DnsError> {
        let start = out.len();
        let opt = usize::from(self.payload_size.is_some());
        let counts = [
            usize::from(self.question.is_some()),
            self.answers.len(),
            self.authority.len(),
            self.additional.len() + opt,
        ];
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&self.flags().to_be_bytes());
        let too_long = DnsErrorKind::MessageTooLong.at(usize::from(u16::MAX));
        for count in counts {
            let count = u16::try_from(count).map_err(|_| too_long)?;
            out.extend_from_slice(&count.to_be_bytes());
        }
        if let Some(question) = &self.question {
            out.extend_from_slice(question.name.as_wire());
            out.extend_from_slice(&question.kind.as_u16().to_be_bytes());
            out.extend_from_slice(&CLASS_IN.to_be_bytes());
        }
        let sections = [&self.answers, &self.authority, &self.additional];
        for record in sections.into_iter().flatten() {
            record.write(out);
        }
        if let Some(payload_size) = self.payload_size {
            // RFC 6891 §6.1.2: the root, OPT, the size for a class; the upper bits of the code,
            // version 0 and no flags for a TTL; no data.
            let [upper, _] = (self.code.0 << 4).to_be_bytes();
            out.push(0);
            out.extend_from_slice(&OPT.to_be_bytes());
            out.extend_from_slice(&payload_size.to_be_bytes());
            out.extend_from_slice(&[upper, 0, 0, 0, 0, 0]);
        }
        match u16::try_from(out.len() - start) {
            Ok(_) => Ok(()),
            Err(_) => Err(too_long),
        }
    }

    const FLAGS: [u16; 5] = [0x8000, 0x0400, 0x0200, 0x0100, 0x0080];

    fn take_flags(&mut self, flags: u16) {
        let [response, authoritative, truncated, desired, available] =
            Self::FLAGS.map(|flag| flags & flag != 0);
        self.is_response = response;
        self.opcode = ((flags >> 11) & 0xf) as u8;
        self.is_authoritative = authoritative;
        self.is_truncated = truncated;
        self.recursion_desired = desired;
        self.recursion_available = available;
        self.code = ResponseCode(flags & 0xf);
    }

    fn flags(&self) -> u16 {
        let set = [
            self.is_response,
            self.is_authoritative,
            self.is_truncated,
            self.recursion_desired,
            self.recursion_available,
        ];
        let flags = set.into_iter().zip(Self::FLAGS);
        let flags = flags.filter(|(set, _)| *set).map(|(_, flag)| flag);
        flags.sum::<u16>() | (u16::from(self.opcode & 0xf) << 11) | (self.code.0 & 0xf)
    }

    fn records(&mut self, count: u16, reader: &mut Reader<'_>) -> Result<Vec<Record>, DnsError> {
        let mut records = Vec::new();
        for _ in 0..count {
            records.extend(self.record(reader)?);
        }
        Ok(records)
    }

    /// One record, if it is of a kind and class that is known; an OPT record is taken in.
    fn record(&mut self, reader: &mut Reader<'_>) -> Result<Option<Record>, DnsError> {
        let at = reader.position();
        let name = reader.name()?;
        let kind = reader.u16()?;
        let class = reader.u16()?;
        let ttl = reader.u32()?;
        let length = usize::from(reader.u16()?);
        let mut data = reader.part(length)?;
        if kind == OPT {
            if self.payload_size.is_some() || !name.is_root() {
                return Err(DnsErrorKind::Edns.at(at));
            }
            self.payload_size = Some(class);
            let [upper, ..] = ttl.to_be_bytes();
            self.code.0 |= u16::from(upper) << 4;
            return Ok(None);
        }
        let Some(kind) = RecordKind::from_u16(kind).filter(|_| class == CLASS_IN) else {
            return Ok(None);
        };
        let read = RecordData::read(kind, &mut data);
        // Both what ends before its length and what would go on beyond it is a lie.
        let misread = DnsErrorKind::DataLength.at(data.position());
        match read {
            Ok(content) if data.is_at_end() => Ok(Some(Record {
                name,
                // RFC 2181 §8: a TTL with its highest bit set is taken as none.
                ttl: if ttl >> 31 == 0 { ttl } else { 0 },
                data: content,
            })),
            Ok(_) => Err(misread),
            Err(error) if error.kind == DnsErrorKind::Truncated => Err(misread),
            Err(error) => Err(error),
        }
    }
}

/// The question, unless it asks for another class or for a kind that is not known here.
fn question(reader: &mut Reader<'_>) -> Result<Option<Question>, DnsError> {
    let name = reader.name()?;
    let kind = RecordKind::from_u16(reader.u16()?);
    let class = reader.u16()?;
    Ok(kind
        .filter(|_| class == CLASS_IN)
        .map(|kind| Question { name, kind }))
}
