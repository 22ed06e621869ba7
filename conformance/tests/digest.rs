//! Digest authentication as it is printed, and as client and server do it with each other
//! (RFC 7616, RFC 8760).

use std::path::PathBuf;
use std::time::Duration;

use offhook::Limits;
use offhook::rng::Rng;
use offhook::sip::auth::{
    Account, Algorithm, Challenger, ClientAuth, DigestInput, Ha1, HashAlgorithm, ProtectedRequest,
    Protection, Qop, ServerAuth, ServerAuthConfig, UserStore, Verdict,
};
use offhook::sip::header::{Challenge, Credentials, Username};
use offhook::sip::message::{HeaderName, Message, Method};
use offhook::time::Instant;
use proptest::prelude::*;

/// The value of a printed header field.
fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/digest");
    let field = std::fs::read(folder.join(name)).expect("a vector");
    let value = field
        .iter()
        .position(|byte| *byte == b':')
        .expect("a field");
    field[value + 1..].trim_ascii().to_vec()
}

/// The digest of printed credentials, computed with this name and password.
fn computed(credentials: &Credentials<'_>, method: &str, name: &str, password: &str) -> String {
    let algorithm = Algorithm::from_name(credentials.algorithm).expect("an algorithm");
    let realm = credentials.realm.text();
    let ha1 = Ha1::new(algorithm.hash, name, &realm, password);
    let cnonce = credentials.cnonce.expect("a client nonce").bytes();
    let input = DigestInput {
        algorithm,
        nonce: &credentials.nonce.bytes(),
        protection: Some(Protection {
            qop: Qop::from_name(credentials.qop.expect("a qop")).expect("a known one"),
            nonce_count: credentials.nonce_count.expect("a count").as_bytes(),
            cnonce: &cnonce,
        }),
        method,
        uri: &credentials.uri.bytes(),
        body: b"",
    };
    input.digest(&ha1).as_str().to_owned()
}

/// RFC 2617 §3.5 and both of RFC 7616 §3.9.1: what is printed is what comes out.
// shows: S271
#[test]
fn printed_digests_come_out() {
    for (name, password) in [
        ("rfc2617-3.5-2.credentials", "Circle Of Life"),
        ("rfc7616-3.9.1-3.credentials", "Circle of Life"),
        ("rfc7616-3.9.1-4.credentials", "Circle of Life"),
    ] {
        let value = vector(name);
        let credentials = Credentials::parse(&value).expect(name).expect("Digest");
        let user = credentials.username.text().expect("a name");
        let digest = computed(&credentials, "GET", &user, password);
        assert_eq!(credentials.response, *digest, "{name}");
    }
}

/// RFC 7616 §3.9.2 cuts SHA-512 in half, which is not SHA-512/256 (FIPS 180-4 §5.3.6). Another
/// implementation computed what should stand there. RFC 3261 §22.2 repeats the response of RFC 2617.
#[test]
fn digests_that_are_printed_wrongly() {
    const NAME: &str = "J\u{e4}s\u{f8}n Doe";
    let hashed = vector("rfc7616-3.9.2-2.credentials");
    let hashed = Credentials::parse(&hashed)
        .expect("hashed")
        .expect("Digest");
    let starred = vector("rfc7616-3.9.2-3.credentials");
    let starred = Credentials::parse(&starred)
        .expect("starred")
        .expect("Digest");
    assert!(matches!(hashed.username, Username::Hashed(_)));
    assert!(matches!(starred.username, Username::Extended(_)));
    assert_eq!(starred.username.text().as_deref(), Some(NAME));
    let right = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    for credentials in [&hashed, &starred] {
        let digest = computed(credentials, "GET", NAME, "Secret, or not?");
        assert_eq!(digest, right);
        assert_ne!(credentials.response, *digest);
    }
    let value = vector("rfc3261-22.2-2.credentials");
    let bob = Credentials::parse(&value).expect("bob").expect("Digest");
    let digest = computed(&bob, "INVITE", "bob", "zanzibar");
    assert_eq!(digest, "89eb0059246c02b2f6ee02c7961d5ea3");
    assert_eq!(bob.response, *"6629fae49393a05397450978507c4ef1");
}

/// What a client of ours makes of the printed challenges: everything but its own nonce is as printed,
/// and in §3.9.2 the hash of the name is the right one.
#[test]
fn printed_challenges_are_answered() {
    let answer = |name: &str, user: &str, password: &str| {
        let value = vector(name);
        assert!(Challenge::parse(&value).expect(name).is_some());
        let value = String::from_utf8(value).expect("text");
        let challenge = message(
            "SIP/2.0 401 Unauthorized",
            HeaderName::WwwAuthenticate,
            &value,
            b"",
        );
        let account = [Account::new(user, password)];
        let request = request("sip:x@example.com", b"");
        let mut rng = Rng::from_seed([1; 32]);
        let mut client = ClientAuth::new();
        let mut fields = client
            .answer(&challenge, &request, &account, &mut rng)
            .expect("an answer");
        assert_eq!(fields.len(), 1);
        fields.remove(0).value
    };
    let opaque = "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    for (name, algorithm) in [
        ("rfc7616-3.9.1-1.challenge", "algorithm=SHA-256"),
        ("rfc7616-3.9.1-2.challenge", "algorithm=MD5"),
    ] {
        let value = answer(name, "Mufasa", "Circle of Life");
        let parts = [
            algorithm,
            opaque,
            "username=\"Mufasa\"",
            "qop=auth",
            "nc=00000001",
        ];
        assert!(parts.iter().all(|part| value.contains(part)), "{value}");
    }
    // Without an algorithm in the challenge there is none in the answer (RFC 7616 §3.4).
    let value = answer("rfc3261-22.2-1.challenge", "bob", "zanzibar");
    assert!(
        !value.contains("algorithm") && value.contains("qop=auth"),
        "{value}"
    );
    let value = answer(
        "rfc7616-3.9.2-1.challenge",
        "J\u{e4}s\u{f8}n Doe",
        "Secret, or not?",
    );
    let hash = "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\"";
    assert!(
        value.contains(hash) && value.contains("userhash=true"),
        "{value}"
    );
}

fn request<'a>(request_uri: &'a str, body: &'a [u8]) -> ProtectedRequest<'a> {
    ProtectedRequest {
        method: Method::Message,
        request_uri,
        cseq: 1,
        body,
    }
}

fn message(start: &str, name: HeaderName, value: &str, body: &[u8]) -> Message {
    let mut bytes = format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n\
         To: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n{}: {value}\r\n\
         Content-Length: {}\r\n\r\n",
        name.as_str(),
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Message::parse(&bytes, &Limits::default()).expect("a message")
}

/// A realm, a user of it, and a request.
#[derive(Clone, Debug)]
struct Case {
    algorithm: Algorithm,
    qop: Qop,
    challenger: Challenger,
    userhash: bool,
    realm: String,
    name: String,
    password: String,
    uri: String,
    body: Vec<u8>,
}

prop_compose! {
    fn case()(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        qop in prop::sample::select(vec![Qop::Auth, Qop::AuthInt]),
        challenger in prop::sample::select(vec![Challenger::Server, Challenger::Proxy]),
        userhash: bool,
        // Quotes, backslashes and what is not ASCII; a name has no colon (RFC 7616 §4).
        realm in "[a-z\"\\\\ @.\u{e4}\u{4e2d}]{1,12}",
        name in "[a-zA-Z0-9\"\\\\ @.,;=\u{e4}\u{f8}\u{1f600}]{1,16}",
        password in "\\PC{0,20}",
        uri in "sips?:[a-z]{0,4}(%20)?[a-z]{1,5}@[a-z]{1,8}\\.example(;lr)?",
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) -> Case {
        Case { algorithm, qop, challenger, userhash, realm, name, password, uri, body }
    }
}

impl Case {
    fn server(&self) -> (ServerAuth, UserStore) {
        let mut config = ServerAuthConfig::new(self.realm.as_str());
        config.algorithms = vec![self.algorithm];
        config.qops = vec![self.qop];
        config.offers_userhash = self.userhash;
        let mut users = UserStore::new();
        users.add_password(&self.name, &self.realm, &self.password);
        (ServerAuth::new(config, [7; 32]), users)
    }

    /// The credentials the client answers the server's challenge with.
    fn answer(&self, server: &mut ServerAuth, password: &str) -> (ClientAuth, String) {
        let (name, value) = server
            .challenge(Instant::ZERO, self.challenger, false)
            .remove(0);
        let status = self.challenger.status().as_u16();
        let challenge = message(&format!("SIP/2.0 {status} No"), name, &value, b"");
        let accounts = [Account::new(self.name.as_str(), password).in_realm(self.realm.as_str())];
        let mut rng = Rng::from_seed([1; 32]);
        let mut client = ClientAuth::new();
        let request = request(&self.uri, &self.body);
        let fields = client.answer(&challenge, &request, &accounts, &mut rng);
        (client, fields.expect("an answer").remove(0).value)
    }

    fn judge(
        &self,
        server: &mut ServerAuth,
        users: &UserStore,
        credentials: &str,
        body: &[u8],
    ) -> Verdict {
        let start = format!("MESSAGE {} SIP/2.0", self.uri);
        let field = self.challenger.credentials_field();
        let request = message(&start, field, credentials, body);
        server.verify(Instant::ZERO, self.challenger, &request, users)
    }
}

/// Where the value of a parameter stands in credentials.
fn span(credentials: &str, name: &str) -> std::ops::Range<usize> {
    let mark = format!(" {name}=");
    let start = credentials.find(&mark).expect(name) + mark.len();
    let start = start + usize::from(credentials[start..].starts_with('"'));
    let rest = &credentials[start..];
    let length = rest.find(['"', ',']).unwrap_or(rest.len());
    start..start + length
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the algorithm, the quality, the body, and the names: they agree, the server knows who
    /// it was, and each count is good once.
    #[test]
    fn client_and_server_agree(case in case()) {
        let (mut server, users) = case.server();
        let (mut client, first) = case.answer(&mut server, &case.password);
        let second = client.credentials(&request(&case.uri, &case.body)).remove(0).value;
        for credentials in [&second, &first] {
            match case.judge(&mut server, &users, credentials, &case.body) {
                Verdict::Accepted(accepted) => prop_assert_eq!(accepted.username, case.name.as_str()),
                other => prop_assert!(false, "{:?}: {}", other, credentials),
            }
        }
        for credentials in [&first, &second] {
            let again = case.judge(&mut server, &users, credentials, &case.body);
            prop_assert_eq!(again, Verdict::Stale, "a replay: {}", credentials);
        }
    }

    /// One bit of the response, the nonces, the count or the URI is enough; so is one of the body where
    /// that is vouched for.
    #[test]
    fn one_bit_is_enough(case in case(), at: prop::sample::Index, bit in 0..7_u32, part in 0..6_usize) {
        let (mut server, users) = case.server();
        let (_, credentials) = case.answer(&mut server, &case.password);
        let names = ["response", "nonce", "cnonce", "nc", "uri"];
        let (mut bytes, mut body) = (credentials.clone().into_bytes(), case.body.clone());
        if let Some(name) = names.get(part) {
            let span = span(&credentials, name);
            let place = span.start + at.index(span.len());
            bytes[place] ^= 1 << bit;
            // Another case of the same digit says the same (RFC 7616 §3.4.1 hashes what it says).
            prop_assume!(*name != "response" || !bytes[place].eq_ignore_ascii_case(&credentials.as_bytes()[place]));
        } else if body.is_empty() {
            body.push(0);
        } else {
            let place = at.index(body.len());
            body[place] ^= 1 << bit;
        }
        // What can no longer be a message is refused before anyone asks who sent it.
        prop_assume!(bytes.iter().all(|byte| (0x20..0x7f).contains(byte) || *byte >= 0x80));
        let Ok(bent) = String::from_utf8(bytes) else { return Ok(()); };
        let verdict = case.judge(&mut server, &users, &bent, &body);
        let is_body = part == names.len();
        if is_body && case.qop == Qop::Auth {
            prop_assert!(matches!(verdict, Verdict::Accepted(_)), "auth does not cover the body");
        } else {
            prop_assert!(!matches!(verdict, Verdict::Accepted(_) | Verdict::Stale), "{:?}: {}", verdict, bent);
            prop_assert_eq!(server.remembered_nonces(), 0);
        }
    }

    /// A wrong password is told from a right one, and from nobody at all it is not.
    #[test]
    fn a_wrong_password_is_like_no_user(case in case(), other in "\\PC{0,20}") {
        prop_assume!(other != case.password);
        let (mut server, users) = case.server();
        let (_, credentials) = case.answer(&mut server, &other);
        let wrong = case.judge(&mut server, &users, &credentials, &case.body);
        let nobody = case.judge(&mut server, &UserStore::new(), &credentials, &case.body);
        prop_assert_eq!((&wrong, &nobody), (&Verdict::Refused, &Verdict::Refused));
    }

    /// Nonces of another server, another realm or another time are none.
    #[test]
    fn a_nonce_is_good_where_and_while_it_was_made(case in case(), secs in 301..100_000_u64) {
        let (mut server, users) = case.server();
        let (_, credentials) = case.answer(&mut server, &case.password);
        let start = format!("MESSAGE {} SIP/2.0", case.uri);
        let field = case.challenger.credentials_field();
        let asked = message(&start, field, &credentials, &case.body);
        let late = Instant::ZERO + Duration::from_secs(secs);
        prop_assert_eq!(server.verify(late, case.challenger, &asked, &users), Verdict::Stale);
        let mut config = ServerAuthConfig::new(case.realm.as_str());
        config.algorithms = vec![case.algorithm];
        config.qops = vec![case.qop];
        let mut another = ServerAuth::new(config, [8; 32]);
        let verdict = another.verify(Instant::ZERO, case.challenger, &asked, &users);
        prop_assert_eq!(verdict, Verdict::Stale);
    }
}

/// The issues that users of other stacks have filed about several challenges and SHA-256 (one realm in
/// two algorithms, the better one not known to the account, two realms at once): the topmost that can
/// be answered is, and nothing else.
#[test]
fn the_better_algorithm_is_used_when_it_can_be_and_md5_when_not() {
    let mut config = ServerAuthConfig::new("example.com");
    config.algorithms = vec![Algorithm::SHA_512_256, Algorithm::SHA_256, Algorithm::MD5];
    let mut server = ServerAuth::new(config, [7; 32]);
    let challenge = server.challenge(Instant::ZERO, Challenger::Server, false);
    let rows: Vec<_> = challenge.iter().map(|(_, value)| value.as_str()).collect();
    let joined = rows.join("\r\nWWW-Authenticate: ");
    let response = message("SIP/2.0 401 No", HeaderName::WwwAuthenticate, &joined, b"");
    let set = |algorithm| {
        let ha1 = Ha1::new(algorithm, "alice", "example.com", "secret");
        offhook::sip::auth::Ha1Set::default().with(algorithm, ha1)
    };
    let mut rng = Rng::from_seed([1; 32]);
    for algorithm in HashAlgorithm::ALL {
        let account = [Account::from_hashes("alice", "example.com", set(algorithm))];
        let mut client = ClientAuth::new();
        let request = request("sip:example.com", b"");
        let fields = client.answer(&response, &request, &account, &mut rng);
        let value = fields.expect("an answer").remove(0).value;
        let credentials = Credentials::parse(value.as_bytes()).expect("well-formed");
        let used = Algorithm::from_name(credentials.expect("Digest").algorithm);
        assert_eq!(used.map(|used| used.hash), Some(algorithm));
        let digits = credentials.expect("Digest").response.escaped().len();
        assert_eq!(
            digits,
            if algorithm == HashAlgorithm::Md5 {
                32
            } else {
                64
            }
        );
    }
}
