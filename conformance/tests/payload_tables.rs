//! The tables of payload formats, as the text of the RFCs has them.

use std::fs;
use std::path::Path;

use offhook::rtp::PayloadType;
use offhook::rtp::payload::adpcm::Adpcm;
use offhook::rtp::payload::codec::Codec;
use offhook::rtp::payload::dat12::Dat12;
use offhook::rtp::payload::dvi4::Vdvi;
use offhook::rtp::payload::jpeg::quantisers;
use offhook::rtp::profile::{Assignment, assignment};

fn rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let fields = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().map(fields).collect()
}

// shows: S040
#[test]
fn every_payload_type_is_as_in_tables_4_and_5_of_rfc_3551() {
    let mut count = 0;
    for row in rows("rfc3551/tables-4-5.tsv") {
        let (first, last) = row[0].split_once('-').unwrap_or((&row[0], &row[0]));
        for number in first.parse().unwrap()..=last.parse::<u8>().unwrap() {
            count += 1;
            let found = assignment(PayloadType::new(number).unwrap());
            match row[1].as_str() {
                "reserved" => assert_eq!(found, Assignment::Reserved, "{number}"),
                "unassigned" => assert_eq!(found, Assignment::Unassigned, "{number}"),
                "dynamic" => assert_eq!(found, Assignment::Dynamic, "{number}"),
                name => {
                    let Assignment::Static(format) = found else {
                        panic!("{number}: {found:?}");
                    };
                    let channels = row[4].parse().unwrap_or(0);
                    let rate = row[3].parse().unwrap();
                    assert_eq!((format.name, format.clock_rate), (name, rate), "{number}");
                    assert_eq!(format.channels, channels, "{number}");
                }
            }
        }
    }
    assert_eq!(count, 128);
}

#[test]
fn vdvi_has_the_codes_of_rfc_3551() {
    let rows = rows("rfc3551/4.5.17.tsv");
    assert_eq!(rows.len(), 16);
    let mut bits: String = rows.iter().map(|row| row[1].as_str()).collect();
    bits.extend(std::iter::repeat_n('1', bits.len().wrapping_neg() % 8));
    let octet = |bits: &[u8]| bits.iter().fold(0, |octet, bit| octet << 1 | (bit - b'0'));
    let mut payload = vec![0; 4];
    payload.extend(bits.as_bytes().chunks(8).map(octet));
    let mut samples = [0; 16];
    assert_eq!(Vdvi::default().decode(&payload, &mut samples), Some(16));
    let mut decoder = Adpcm::default();
    let codes = rows.iter().map(|row| row[0].parse().unwrap());
    assert!(codes.map(|code| decoder.decode(code)).eq(samples));
}

#[test]
fn dat12_has_the_ranges_of_rfc_3190() {
    let rows = rows("rfc3190/table-1.tsv");
    assert_eq!(rows.len(), 28);
    for row in rows {
        let (sample, value): (i16, i16) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        assert_eq!(Dat12::compress(sample), value, "{sample}");
    }
}

#[test]
fn jpeg_has_the_quantisers_of_rfc_2435() {
    let rows = rows("rfc2435/quantisers.tsv");
    let numbers = |row: &Vec<String>| row.iter().map(|n| n.parse().unwrap()).collect::<Vec<u32>>();
    let tables: Vec<_> = rows.iter().map(numbers).collect();
    for q in 1..=99_u32 {
        // The code of appendix A.
        let scale = if q < 50 { 5_000 / q } else { 200 - q * 2 };
        let found = quantisers(q as u8).unwrap();
        for (table, found) in tables.iter().zip(found) {
            let scaled = table.iter().map(|n| (n * scale + 50) / 100);
            let limited = scaled.map(|n| n.clamp(1, 255) as u8);
            assert!(limited.eq(found), "{q}");
        }
    }
    assert_eq!(tables.len(), 2);
}
