//! rtpdump files, as rtptools writes them: RTP and RTCP packets as they were received.
//!
//! ```text
//!  #!rtpplay1.0 192.0.2.2/5000\n                     whom the packets were sent to
//!  seconds  microseconds  source  port  0            when recording began, and who sent them
//!  [length  octets sent  milliseconds  octets …]     each packet; RTCP has no octets sent
//! ```
//!
//! All numbers are big-endian. There is room for an address of IPv4 only; of IPv6, the first line has
//! the one it has, and the other is left zero.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use offhook::rtp::rtcp::is_rtcp;

use crate::failure::Failure;

/// What every such file begins with.
const MAGIC: &[u8] = b"#!rtpplay1.0 ";
/// No first line is longer.
const LONGEST_LINE: usize = 128;
/// Octets before each packet.
const BEFORE: u16 = 8;

/// Whether a file that starts so is an rtpdump.
pub(crate) fn is_rtpdump(start: [u8; 4]) -> bool {
    MAGIC.starts_with(&start)
}

/// Whether a file is to be one, by the end of its name.
pub(crate) fn is_named(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|it| it.eq_ignore_ascii_case("rtp") || it.eq_ignore_ascii_case("rtpdump"))
}

/// When and between whom packets were recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    /// Since the beginning of 1970.
    pub(crate) start: Duration,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
}

/// One packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Recorded {
    /// After the start.
    pub(crate) after: Duration,
    pub(crate) bytes: Vec<u8>,
}

/// A file that is being read.
pub(crate) struct Reader<R> {
    source: R,
    session: Session,
}

impl<R: Read> Reader<R> {
    /// Takes the header; `start` are the four bytes read already.
    ///
    /// # Errors
    /// It cannot be read, or is damaged; so too of what follows.
    pub(crate) fn open(start: [u8; 4], mut source: R) -> io::Result<Self> {
        let mut line = start.to_vec();
        loop {
            let mut byte = [0];
            source.read_exact(&mut byte)?;
            match byte {
                [b'\n'] => break,
                [byte] if line.len() < LONGEST_LINE => line.push(byte),
                [_] => return Err(damaged("a first line that is too long")),
            }
        }
        let address = line.strip_prefix(MAGIC);
        let address = address.and_then(|text| std::str::from_utf8(text).ok());
        let address = address.and_then(|text| text.trim().rsplit_once('/'));
        let destination = address.and_then(|(host, port)| {
            // A host by name has no address that could be told.
            let ip = host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            Some(SocketAddr::new(ip, port.parse().ok()?))
        });
        let destination =
            destination.ok_or_else(|| damaged("a first line without ADDRESS/PORT"))?;
        let mut header = [0; 16];
        source.read_exact(&mut header)?;
        let [s0, s1, s2, s3, u0, u1, u2, u3, a, b, c, d, p0, p1, _, _] = header;
        let micros = u32::from_be_bytes([u0, u1, u2, u3]);
        let seconds = u32::from_be_bytes([s0, s1, s2, s3]);
        let start = Duration::from_secs(seconds.into()) + Duration::from_micros(micros.into());
        Ok(Self {
            source,
            session: Session {
                start,
                source: SocketAddr::from(([a, b, c, d], u16::from_be_bytes([p0, p1]))),
                destination,
            },
        })
    }

    pub(crate) fn session(&self) -> Session {
        self.session
    }

    /// The next packet; `None` at the end.
    pub(crate) fn next_packet(&mut self) -> io::Result<Option<Recorded>> {
        let mut header = [0; BEFORE as usize];
        let (first, rest) = header.split_at_mut(1);
        if self.source.read(first)? == 0 {
            return Ok(None);
        }
        self.source.read_exact(rest)?;
        let [l0, l1, _, _, m0, m1, m2, m3] = header;
        let length = u16::from_be_bytes([l0, l1]).checked_sub(BEFORE);
        let length = length.ok_or_else(|| damaged("a packet that is too short"))?;
        let mut bytes = vec![0; length.into()];
        self.source.read_exact(&mut bytes)?;
        let millis = u32::from_be_bytes([m0, m1, m2, m3]);
        Ok(Some(Recorded {
            after: Duration::from_millis(millis.into()),
            bytes,
        }))
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the rtpdump has {what}"),
    )
}

/// A file that is being written.
pub(crate) struct Writer<W>(W);

impl<W: Write> Writer<W> {
    pub(crate) fn begin(mut out: W, session: &Session) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        let (ip, port) = (session.destination.ip(), session.destination.port());
        writeln!(out, "{ip}/{port}")?;
        let seconds = u32::try_from(session.start.as_secs()).unwrap_or(u32::MAX);
        out.write_all(&seconds.to_be_bytes())?;
        out.write_all(&session.start.subsec_micros().to_be_bytes())?;
        let source = match session.source.ip() {
            IpAddr::V4(ip) => ip.octets(),
            IpAddr::V6(_) => [0; 4],
        };
        out.write_all(&source)?;
        out.write_all(&session.source.port().to_be_bytes())?;
        out.write_all(&[0; 2])?;
        Ok(Self(out))
    }

    pub(crate) fn packet(&mut self, after: Duration, bytes: &[u8]) -> io::Result<()> {
        // A datagram that fills 64 kB leaves no room for what stands before it.
        let most = usize::from(u16::MAX - BEFORE);
        let kept = bytes.get(..most).unwrap_or(bytes);
        let length = u16::try_from(kept.len()).unwrap_or(0);
        let sent = match is_rtcp(bytes) {
            true => 0,
            false => u16::try_from(bytes.len()).unwrap_or(u16::MAX),
        };
        let millis = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        self.0.write_all(&(length + BEFORE).to_be_bytes())?;
        self.0.write_all(&sent.to_be_bytes())?;
        self.0.write_all(&millis.to_be_bytes())?;
        self.0.write_all(kept)
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.0.flush()?;
        Ok(self.0)
    }
}

/// Writes down what arrives at a socket pair while it arrives.
pub(crate) struct Recorder {
    path: PathBuf,
    destination: SocketAddr,
    out: Option<Out>,
    failed: Option<io::Error>,
}

/// The file, and when its first packet came.
struct Out {
    writer: Writer<BufWriter<File>>,
    start: offhook::Instant,
}

impl Recorder {
    /// A recorder that makes the file with the first packet.
    pub(crate) fn new(path: &Path, destination: SocketAddr) -> Self {
        Self {
            path: path.to_owned(),
            destination,
            out: None,
            failed: None,
        }
    }

    pub(crate) fn take(&mut self, now: offhook::Instant, source: SocketAddr, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.write(now, source, bytes).err();
        }
    }

    fn write(&mut self, now: offhook::Instant, source: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let out = match &mut self.out {
            Some(out) => out,
            none => none.insert(Out {
                writer: self::begin(&self.path, source, self.destination)?,
                start: now,
            }),
        };
        let after = now.saturating_duration_since(out.start);
        out.writer.packet(after, bytes)
    }

    /// Closes the file: an empty one, if nothing came.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let all = || -> io::Result<()> {
            if let Some(error) = self.failed {
                return Err(error);
            }
            let writer = match self.out {
                Some(out) => out.writer,
                None => {
                    let nobody = SocketAddr::from(([0; 4], 0));
                    begin(&self.path, nobody, self.destination)?
                }
            };
            writer.finish().map(drop)
        };
        let path = self.path.clone();
        all().map_err(|error| Failure::local(format!("cannot write {}: {error}", path.display())))
    }
}

fn begin(
    path: &Path,
    source: SocketAddr,
    destination: SocketAddr,
) -> io::Result<Writer<BufWriter<File>>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let session = Session {
        start: now.unwrap_or_default(),
        source,
        destination,
    };
    Writer::begin(BufWriter::new(File::create(path)?), &session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            start: Duration::new(0x0102_0304, 5_000),
            source: "192.0.2.1:4000".parse().unwrap(),
            destination: "192.0.2.2:5000".parse().unwrap(),
        }
    }

    fn read(file: &[u8]) -> io::Result<(Session, Vec<Recorded>)> {
        let (start, rest) = file.split_first_chunk::<4>().unwrap();
        let mut reader = Reader::open(*start, rest)?;
        let mut packets = Vec::new();
        while let Some(packet) = reader.next_packet()? {
            packets.push(packet);
        }
        Ok((reader.session(), packets))
    }

    fn file() -> Vec<u8> {
        let mut writer = Writer::begin(Vec::new(), &session()).unwrap();
        writer.packet(Duration::ZERO, &[0x80, 0, 0, 1]).unwrap();
        writer
            .packet(Duration::from_millis(258), &[0x80, 200])
            .unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_file_is_what_rtptools_reads() {
        let mut expected = b"#!rtpplay1.0 192.0.2.2/5000\n".to_vec();
        expected.extend([1, 2, 3, 4, 0, 0, 0, 5, 192, 0, 2, 1, 0x0f, 0xa0, 0, 0]);
        expected.extend([0, 12, 0, 4, 0, 0, 0, 0, 0x80, 0, 0, 1]);
        // RTCP is told by a length of zero.
        expected.extend([0, 10, 0, 0, 0, 0, 1, 2, 0x80, 200]);
        assert_eq!(file(), expected);
    }

    #[test]
    fn what_was_written_is_read() {
        let (back, packets) = read(&file()).unwrap();
        assert_eq!(back, session());
        let expected = [(0, vec![0x80, 0, 0, 1]), (258, vec![0x80, 200])].map(|(millis, bytes)| {
            let after = Duration::from_millis(millis);
            Recorded { after, bytes }
        });
        assert_eq!(packets, expected);
    }

    #[test]
    fn what_is_broken_is_an_error() {
        let whole = file();
        let cut = read(&whole[..whole.len() - 1]).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        let mut short = whole.clone();
        short[28 + 17] = 3;
        assert!(read(&short).unwrap_err().to_string().contains("too short"));
        for line in [
            "#!rtpplay1.0 nowhere\n",
            "#!rtp\n",
            "#!rtpplay1.0 1.2.3.4/x\n",
        ] {
            let error = read(line.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("ADDRESS/PORT"), "{line}");
        }
        let endless = [MAGIC, &[b'1'; 500]].concat();
        assert!(read(&endless).unwrap_err().to_string().contains("too long"));
    }
}
