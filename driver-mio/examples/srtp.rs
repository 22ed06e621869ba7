//! SRTP from the command line: `srtp SUITE KEY`, both as in a `crypto` attribute but for the key in
//! hexadecimal. Each line of the input is `protect` or `unprotect`, `rtp` or `rtcp`, and a packet in
//! hexadecimal; each line of the output is what becomes of it, or `error` and why.

use std::error::Error;
use std::io::{self, BufRead, Write};

use offhook::rtp::srtp::{MasterKey, Policy, ReceiveContext, SendContext, Suite};
use offhook::text::{hex_decode, hex_encode};
use offhook_mio::RustCrypto;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(suite), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("usage: srtp SUITE KEY".into());
    };
    let suite = Suite::from_name(&suite).ok_or("no such suite")?;
    let octets = hex_decode(key.as_bytes()).ok_or("the key is not hexadecimal")?;
    let key = MasterKey::new(suite, &octets).ok_or("the key has the wrong length")?;
    let mut send = SendContext::new(&RustCrypto, Policy::new(suite), vec![key.clone()])?;
    let mut receive = ReceiveContext::new(&RustCrypto, Policy::new(suite), vec![key])?;
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        match answer(&line?, &mut send, &mut receive) {
            Ok(packet) => writeln!(output, "{}", hex_encode(&packet))?,
            Err(error) => writeln!(output, "error {error}")?,
        }
        output.flush()?;
    }
    Ok(())
}

/// What becomes of one packet.
fn answer(
    line: &str,
    send: &mut SendContext,
    receive: &mut ReceiveContext,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [verb, kind, packet] = words[..] else {
        return Err("three words expected".into());
    };
    let mut packet = hex_decode(packet.as_bytes()).ok_or("not hexadecimal")?;
    let length = packet.len();
    let length = match (verb, kind) {
        ("protect", "rtp") => {
            packet.resize(length + send.media_overhead(), 0);
            send.protect_rtp(&mut packet, length)?
        }
        ("protect", "rtcp") => {
            packet.resize(length + send.control_overhead(), 0);
            send.protect_rtcp(&mut packet, length)?
        }
        ("unprotect", "rtp") => receive.unprotect_rtp(&mut packet)?,
        ("unprotect", "rtcp") => receive.unprotect_rtcp(&mut packet)?,
        _ => return Err("protect or unprotect, rtp or rtcp".into()),
    };
    packet.truncate(length);
    Ok(packet)
}
