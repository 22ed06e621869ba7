//! The floor under a user agent's cost of a call: sockets, and answers copied together.
//!
//! No transaction, no dialog, nothing checked and nothing sent again: what this costs at some rate
//! of calls, a SIP stack costs too, and its own work comes on top. Beside `user_agent` it tells
//! how much of a call is the system's.
//!
//! ```sh
//! cargo run --release -p offhook-conformance --example bare_sockets 127.0.0.1:5070
//! ```

use std::io;
use std::net::UdpSocket;

/// What an answer copies from its request (RFC 3261 §8.2.6.2).
const COPIED: [&str; 4] = ["via:", "from:", "call-id:", "cseq:"];
const DESCRIPTION: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n\
                           t=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let socket = UdpSocket::bind(address.as_deref().unwrap_or("127.0.0.1:5070"))?;
    let contact = format!("Contact: <sip:{}>\r\n", socket.local_addr()?);
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        let Ok(request) = std::str::from_utf8(&buffer[..length]) else {
            continue;
        };
        for (status, body) in answers(request) {
            let answer = answer(request, status, &contact, body);
            socket.send_to(answer.as_bytes(), from)?;
        }
    }
}

/// The status lines a request is answered with, each with its body.
fn answers(request: &str) -> &'static [(&'static str, &'static str)] {
    match request.split(' ').next() {
        Some("ACK") => &[],
        Some("INVITE") => &[("180 Ringing", ""), ("200 OK", DESCRIPTION)],
        _ => &[("200 OK", "")],
    }
}

fn answer(request: &str, status: &str, contact: &str, body: &str) -> String {
    let starts = |line: &str, name: &str| {
        let start = line.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let mut answer = format!("SIP/2.0 {status}\r\n");
    for line in request.split("\r\n").take_while(|line| !line.is_empty()) {
        if COPIED.iter().any(|name| starts(line, name)) {
            answer.extend([line, "\r\n"]);
        } else if starts(line, "to:") {
            let tag = if line.contains("tag=") {
                ""
            } else {
                ";tag=bare"
            };
            answer.extend([line, tag, "\r\n"]);
        }
    }
    answer.push_str(contact);
    if !body.is_empty() {
        answer.push_str("Content-Type: application/sdp\r\n");
    }
    answer.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    answer
}
