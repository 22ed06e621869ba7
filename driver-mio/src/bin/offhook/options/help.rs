//! The help that teaches each command.

/// Shown for `offhook`, `offhook --help` and `offhook help`.
pub(crate) const HELP: &str = "\
offhook - make and answer SIP calls, run a SIP server, look at what went over the wire

  offhook demo                      the whole thing at once: a server, two phones, a spoken call
  offhook phone [options] [URI]     a softphone: register, call URI or answer, play and record
  offhook server [options]          a registrar, proxy and redirect server
  offhook ladder FILE               a transcript or a capture as a ladder diagram
  offhook check FILE|DIR|-          what is wrong with messages, in files or captures
  offhook rtp FILE                  how the media streams of a capture or a recording fared

`offhook COMMAND --help` explains a command. Start with `offhook demo`.

exit codes
  0  done
  1  done, but wrong: what was heard is not what was said, a checked message is invalid
  2  the command line cannot be understood; a file to check cannot be read
  3  this machine: a file is missing, a port is in use
  4  refused: busy, declined, unknown user, wrong password
  5  silence: no answer, no server there
";

/// Shown for `offhook demo --help`.
pub(crate) const DEMO_HELP: &str = "\
offhook demo [--out FOLDER] [--plain]

Starts a server and two phones on loopback sockets. Alice and Bob register with digest
authentication; Alice calls Bob through the server; both speak at once; Alice puts Bob on hold,
takes him back, both speak again; Alice hangs up. Prints the ladder diagram as it happens and the
quality of both directions, writes what each heard (alice-heard.wav, bob-heard.wav) and the packets
it heard it from (alice-heard.rtp, bob-heard.rtp, for `offhook rtp`), the transcript
(call.transcript) and the ladder (call.svg), and exits 1 if anyone heard anything else than what was
said.

  --out FOLDER   where the files go (default: offhook-demo in the folder you are in)
  --plain        no colours and no progress line, as when the output is not a terminal
";

/// Shown for `offhook phone --help`.
pub(crate) const PHONE_HELP: &str = "\
offhook phone [options] [URI]

With a URI it calls; without, it waits for calls. Numeric addresses or names both work; of a name,
the servers are found and tried in order as RFC 3263 says (NAPTR, SRV, A and AAAA):

  offhook phone --listen 127.0.0.1:5070 --auto-answer --record heard.wav
  offhook phone --listen 127.0.0.1:5071 --play speech.wav sip:bob@127.0.0.1:5070
  offhook phone --aor sip:alice@example.com --password-file pw --register sip:bob@example.com

who and where
  --listen ADDR        address and port to receive on (default 0.0.0.0:5060, or any free port if
                       another program has that; port 0: any free port); over what stands in front
                       of it: udp:ADDR, tcp:ADDR, tls:ADDR, ws:ADDR or wss:ADDR. Unless ADDR is
                       one address, it goes along when that of this host changes
  --transport NAME     udp, tcp, tls, ws or wss: what it sends over where a URI does not say, and
                       receives on where --listen does not (default udp, with tcp beside it at the
                       same port; ports 5061 for tls, 80 for ws, 443 for wss). Over ws and wss it
                       is called on the connection it has opened, and listens only with --listen
  --aor URI            who you are (default sip:offhook@ADDR); may be repeated: each further one
                       is another identity, with the --name, --register, --proxy, --username,
                       --password and --account that follow it
  --name TEXT          the name shown to the other side
  --register [HOST]    register, at HOST or at the host of --aor
  --expires SECS       how long a registration lasts (default 600)
  --proxy HOST         send every call through this server (default: where it registers)
  --dns ADDR           whom to ask about names, may be repeated (default: as this machine does;
                       the hosts file goes first)
  --username NAME      for authentication, if not the user of --aor
  --password TEXT      seen by others on this machine; better: --password-file FILE, or the
                       environment variable OFFHOOK_PASSWORD
  --account NAME:REALM:PASSWORD
                       another name and password, for one realm; may be repeated
  --accounts FILE      accounts, one NAME:REALM:PASSWORD a line, # starts a comment. The hash of the
                       password may stand in its place, as for --users of `offhook server`

over tls and wss, files in PEM
  --tls-ca FILE        whom to trust, may be repeated; the server must show a certificate that leads
                       there, for the host of --register or --proxy (RFC 5922)
  --tls-cert FILE      the certificate to show to those who connect, and if a server asks; without
                       it nobody can connect
  --tls-key FILE       its key

calls
  --auto-answer        answer every call at once
  --answer-after MS    ring this long before answering (implies --auto-answer)
  --early-media        let the caller hear you while it rings (183)
  --lines N            how many calls at once: who calls beyond that hears that you are busy
                       (486; default: any number)
  --late-offer         let the other side offer what to hear first
  --no-redirect        do not call elsewhere when told to (3xx)
  --follow-transfers   call whom the other side of a call asks you to, without asking (RFC 3515)
  --session-expires SECS  a call is over if nobody keeps it alive for so long (RFC 4028; default
                       1800, at least 90; 0: ask for no such thing)
  --min-se SECS        the shortest such time to take from others (default 90)
  --ring-limit SECS    give up a call that only rings (default 180)
  --duration SECS      hang up after this long in a call
  --hold-after SECS    hold after this long in a call, and take it back as long after
  --calls N            leave after N calls (a calling phone leaves after its one call)
  --leave-after SECS   leave after this long, whatever goes on
  --state FILE         keep registrations and answered calls in FILE, so that a phone that is started
                       again after it was killed goes on with them, sound included

sound
  --dtmf KEYS          keys to press in each call once it is answered, as telephone events
                       (RFC 4733): 0 to 9, *, #, A to D
  --play FILE          what you say, a WAV file or an rtpdump of G.711: played once, from the start
                       of each call
  --record FILE        what you hear, as WAV; or, if FILE ends in .rtp or .rtpdump, the packets that
                       arrive, for `offhook rtp FILE` and rtptools. May be repeated; the second call
                       goes to FILE-2 and so on
  --codec LIST         PCMU, PCMA or both, in order of preference (default PCMU,PCMA)
  --rtp-port PORT      first port for media (default: any free pair)
  --srtp               protect what is said and heard (SRTP), or have no call: keys go along in the
                       signalling (RFC 4568), which is secret over tls and wss alone
  --srtp=LIST          the same with these suites, in order of preference (default
                       AES_CM_128_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_32; further ones:
                       AES_192_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_80, and the same with 32,
                       AEAD_AES_128_GCM, AEAD_AES_256_GCM)
  --srtp=optional, --srtp=optional,LIST
                       the same with whoever can, and in the clear, with a warning, with all others
                       (RFC 8643); who protects in any case needs --srtp at this end as well
  --red, --red=N       packets that hold the one before again, or N of them, 1 to 4 (RFC 2198), with
                       whoever takes such
  --fec                every four packets are followed by their parity (RFC 5109), from which one of
                       them can be had back, with whoever takes such; with --red both
  --rtx, --rtx=MS      lost packets are asked for and sent again (RFC 4585, RFC 4588), or there is no
                       call; MS, 40 to 400, is how long they are waited for (default 200). Not those
                       that hold others again, as --red has them
  --no-audio           signalling only; several thousand calls at once are fine

what is shown
  --transcript FILE    keep all messages for `offhook ladder FILE`
  --ladder             print the ladder as it happens
  --json               what happens as JSON, for programs: one object a line (see below)
  --quiet              only what went wrong, and the quality report

what it is told while it runs, by a person or a program: one line each on the standard input
  a, answer            answer                    h, hold              put on hold
  e, early             be heard while it rings   r, resume            take off hold
  d, decline           refuse (603)              i, info TEXT         say TEXT within the call
  b, busy              refuse (486)              x, hangup            hang up, give up, or refuse
  f, forward URI       send elsewhere (302)      c, call URI          call as well
  l, list              how every call stands     m, message URI TEXT  say TEXT outside a call
  k, codec LIST        other codecs, as --codec  v, move IP           go on at another address
  t, tones KEYS        press KEYS, as --dtmf     q, quit              hang up, unregister, leave
  g, transfer URI      have them call URI, and   w, watch URI EVENT   be told of an event of URI,
                       hang up once they do                           such as presence (RFC 6665)
  y, yes               call whom they ask you    u, unwatch           be told no more
  n, no                to call, or do not

  Calls have the numbers they are shown with, and one in front says which is meant: `2 a`, `1 hold`.
  Without a number it is, of those that ring here, the oldest, and else the newest of the others.
  Before c, m and w it is the identity to call or speak as: `2 c URI`.

what it says with --json: \"event\", then \"call\" with its number where it is about one, then
  listening            address, aor              calling              to
  registered           aor, seconds              incoming             from, name, to
  unregistered         aor                       ringing              status
  moved                address
  registration-failed  aor, status, retry_in     answered, restored   peer
  early-media, media   codec, ptime, local, remote, direction, srtp (the suite), repair (red,
                       fec, rtx, or several)
  session-timer, session-refreshed               seconds, refresher (us or them)
  held, resumed, remote-hold, remote-resumed, silence
  key                  key, ms (they pressed one, for so long)
  modified, stream-removed                       stream-refused       kind (video and the like)
  change-refused       status, and as of ended   info                 package, type, text
  info-answered        status                    error                why
  message              call, from, to, type, text (call, if it belongs to one)
  message-answered     status, retry_after, contacts, says
  early-dialog-terminated                        ringing (RFC 6228)
  transfer-asked       call, from, to (they ask you to call somebody)
  transfer-answered    call, status, retry_after, contacts, says
  transfer             call, status (how their call goes), over
  notified             of, package, state (pending, active, terminated), reason, type, text
  watch-ended          retry_in, retry_after, contacts, says
  call                 state, peer, incoming, held, held_by_them
  quality              expected, received, lost, late, repaired, jitter_us, mos, not_authentic,
                       replayed
  warning              why                       key-exhausted
  ended                reason, status, seconds, retry_after, contacts (where else), says
  with null for what there is not. Reasons: hung-up, remote-hung-up, cancelled, remote-cancelled,
  refused, rejected, unanswered, timed-out, unreachable, not-located, wrong-password,
  no-common-media, unacknowledged, dialog-lost, session-expired.
";

/// Shown for `offhook server --help`.
pub(crate) const SERVER_HELP: &str = "\
offhook server [options]

A registrar and record-routing proxy, or redirect server, over UDP, TCP, TLS and WebSocket. Stops in
good order on Ctrl-C or SIGTERM; on SIGHUP it reads its certificates anew.

  offhook server --user alice:wonder --user bob:builder
  offhook server --listen 192.168.1.10:5060 --domain example.com --users users.txt

  offhook server --listen udp:[::1] --listen tls:192.168.1.10 --listen wss:192.168.1.10 \\
    --tls-cert pbx.pem --tls-key pbx.key

  --listen ADDR        address and port, may be repeated (default 127.0.0.1:5060): over UDP and TCP,
                       or over what stands in front of it: udp:ADDR, tcp:ADDR, tls:ADDR, ws:ADDR
                       and wss:ADDR for WebSocket (RFC 7118; ports 80 and 443 where none is said)
  --tls-cert FILE      the certificate for tls: and wss:, and those between it and whom others
                       trust, in PEM
  --tls-key FILE       its key
  --tls-name HOST      what it is called there, which others must be able to look up (default: its
                       address)
  --tls-ca FILE        whom to trust when it connects itself, may be repeated
  --tls-clients FILE   who connects under TLS must show a certificate that leads to one in FILE
  --domain NAME        a domain it serves, may be repeated (default: the address it listens on)
  --user NAME:PASSWORD a user, may be repeated; NAME@DOMAIN:PASSWORD for one domain only
  --users FILE         users, one NAME:PASSWORD a line, # starts a comment. Instead of a password its
                       hash will do: NAME:REALM:HASH with 32 digits of MD5, as htdigest writes it, or
                       64 of SHA-256; NAME:REALM:SHA-512-256:HASH. Passwords are not kept
  --realm TEXT         the realm shown to users (default: the first domain); DOMAIN=TEXT for a domain
                       with users of its own, may be repeated
  --digest LIST        what to challenge with, in order of preference (default SHA-256,MD5); some
                       old phones look only at the first
  --no-auth            let anyone register and call, without a password
  --closed DOMAIN      nobody calls its users without a password of its realm, from wherever; may be
                       repeated (default: anyone may call them)
  --redirect           tell callers where a user is (302) and send nothing on; --redirect=DOMAIN or
                       --redirect=USER@DOMAIN for those alone, may be repeated
  --moved WHO=URI      who calls WHO, a USER@DOMAIN or everyone of a DOMAIN, is sent to URI (302); may
                       be repeated, the best first
  --dns ADDR           whom to ask about names, may be repeated (default: as this machine does;
                       the hosts file goes first)
  --next HOST          send every request from outside a dialog there (a test rig, no location service)
  --no-record-route    stay out of the dialogs it sets up
  --transcript FILE    keep all messages for `offhook ladder FILE`
  --quiet              only what goes wrong
";

/// Shown for `offhook ladder --help`.
pub(crate) const LADDER_HELP: &str = "\
offhook ladder FILE [--svg OUT] [--call ID]

Draws a transcript (from --transcript, or the demo's call.transcript), or a capture (pcap or pcapng)
of SIP over UDP or TCP, as ladder diagrams: one for each Call-ID, one column for each participant,
one arrow for each message. What of a capture cannot be drawn is counted on the standard error.

  --svg OUT   write it as SVG to OUT, or to the standard output for -
  --call ID   only the messages with this Call-ID
";

/// Shown for `offhook check --help`.
pub(crate) const CHECK_HELP: &str = "\
offhook check FILE|DIR|- [--json] [--strict | --lenient]

Holds SIP messages against the RFCs: one line a message, and under it each thing that is wrong,
pointed at in the text. A file is one message byte for byte, or a capture (pcap or pcapng) of SIP
over UDP or TCP; a folder is walked in the order of its names; - is the standard input.

  ok    valid, or wrong only in what is to be ignored
  400   a request to be refused with this status
  drop  a response to be dropped, or a request that cannot be answered
  gap   bytes of a TCP stream that the capture does not have, or that belong to no whole message

  --strict    by the grammar and nothing else (the default)
  --lenient   let pass what is known to be meant well: bare line feeds, extra spaces in the start
              line, a Content-Length beyond the datagram, a missing last line and the like; each
              is still shown
  --json      one object a line and message: file, message (from 1), valid, answer (status or
              null), findings (field, line, column, rule, text)

Exits 1 if any message is invalid, 2 if a file cannot be read.
";

/// Shown for `offhook rtp --help`.
pub(crate) const RTP_HELP: &str = "\
offhook rtp FILE [--json] [--svg OUT]

Finds the RTP streams in a capture (pcap or pcapng) or an rtpdump (of `offhook phone --record`, or of
rtptools), and tells of each how it fared. Where the capture has the SIP that announced a stream, it
says what the payload types mean; without it, streams are found by their packets, the clock of a
dynamic payload type is the one that fits, and telephone events are known by how they repeat.

  lost              by the sequence numbers (RFC 3550 A.3): negative if copies outnumber losses
  jitter            the interarrival jitter (A.8), of all packets but those of telephone events
  delay variation   how much later than the fastest packet the others came (RFC 5481)
  bursts            where losses lie close together (RFC 3611 4.7.2, Gmin 16)
  MOS               for G.711: the E-model, from loss, the length of packets, a playout buffer of twice
                    the largest jitter, and half the round trip if RTCP tells it
  keys              telephone events (RFC 4733), each once

  --json      one object: {\"streams\": [...]} with ssrc, source, destination, payload_type, encoding,
              packets, expected, lost, reordered, duplicates, jitter_ms (mean), max_jitter_ms,
              delay_variation_ms, burst_density, gap_density, mos, dtmf, rtcp and more; times in ms,
              null for what is not known
  --svg OUT   a plot of jitter and loss over time for each stream, as SVG to OUT, or to the standard
              output for -

Of a file that was cut short, what could be read is told, and that it is not all on the standard
error. Exits 3 if there is no RTP in it, or it cannot be read.
";
