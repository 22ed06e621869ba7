"""libsrtp, through its Python binding, opens what we protect, and the example `srtp` of the driver what libsrtp protects:
every suite, media and RTCP, through a wrap of the sequence numbers, and what is replayed or bent neither lets in."""
import ctypes, importlib, random, struct, subprocess, sys

from peer import ROOT, Failed, check

PACKAGES = ROOT / "conformance/interop/libsrtp/packages"
EXAMPLE = ROOT / "target/debug/examples/srtp"
# Name, octets of key and salt, and what libsrtp calls the policy of media and of RTCP. It has no f8-mode, no NULL cipher
# with a short tag, and derives keys of 192 bits as if they had 256 (its issue 763); RFC 6188 §7.4 is the oracle there.
SUITES = [
    ("AES_CM_128_HMAC_SHA1_80", 30, "rtp_default", "rtp_default"),
    ("AES_CM_128_HMAC_SHA1_32", 30, "aes_cm_128_hmac_sha1_32", "rtp_default"),
    ("AES_256_CM_HMAC_SHA1_80", 46, "aes_cm_256_hmac_sha1_80", "aes_cm_256_hmac_sha1_80"),
    ("AES_256_CM_HMAC_SHA1_32", 46, "aes_cm_256_hmac_sha1_32", "aes_cm_256_hmac_sha1_80"),
    ("AEAD_AES_128_GCM", 28, "aes_gcm_128_16_auth", "aes_gcm_128_16_auth"),
    ("AEAD_AES_256_GCM", 44, "aes_gcm_256_16_auth", "aes_gcm_256_16_auth"),
    ("NULL_HMAC_SHA1_80", 30, "null_cipher_hmac_sha1_80", "null_cipher_hmac_sha1_80"),
]


class Ours:
    """The example, asked line by line."""

    def __init__(self, suite, key):
        self.process = subprocess.Popen(["timeout", "-k", "2", "60", EXAMPLE, suite, key.hex()], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, kind, packet):
        """The packet that comes out; None and the reason if none does."""
        self.process.stdin.write(f"{verb} {kind} {packet.hex()}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        check(line, f"the example ended at {verb} {kind}")
        return None if line.startswith("error") else bytes.fromhex(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)


class Theirs:
    """Two sessions of libsrtp: one sends, one receives."""

    def __init__(self, key, media, control):
        sys.path.insert(0, str(PACKAGES))
        try:
            self.lib = importlib.import_module("pylibsrtp")
        except ImportError as why:
            raise Failed(f"pylibsrtp is not installed ({why}): run .ci/install") from why
        finally:
            sys.path.remove(str(PACKAGES))
        binding = importlib.import_module("pylibsrtp._binding")
        # The binding names four of libsrtp's policies; the others are there, too.
        every = ctypes.CDLL(binding.__file__)

        def session(kind):
            # The binding believes every key to be as long as that of its default.
            policy = self.lib.Policy(key=key.ljust(30, b"\0"), ssrc_type=kind)
            for place, name in ((policy._policy.rtp, media), (policy._policy.rtcp, control)):
                address = int(binding.ffi.cast("uintptr_t", binding.ffi.addressof(place)))
                getattr(every, f"srtp_crypto_policy_set_{name}")(ctypes.c_void_p(address))
            return self.lib.Session(policy=policy)

        self.sender, self.receiver = session(self.lib.Policy.SSRC_ANY_OUTBOUND), session(self.lib.Policy.SSRC_ANY_INBOUND)

    def ask(self, verb, kind, packet):
        session = self.sender if verb == "protect" else self.receiver
        try:
            return bytes(getattr(session, verb + ("_rtcp" if kind == "rtcp" else ""))(packet))
        except self.lib.Error:
            return None


def media(chance, sequence):
    """A packet with whatever one may have: sources, an extension, any length."""
    sources = chance.choice([0, 0, 2])
    extension = chance.choice([b"", struct.pack(">HH", 0xBEDE, 1) + bytes([0x10, 7, 0, 0])])
    first = 0x80 | sources | (0x10 if extension else 0)
    head = struct.pack(">BBHII", first, chance.choice([0, 0x80]), sequence, 160 * sequence & 0xFFFFFFFF, 0x11223344)
    return head + chance.randbytes(4 * sources) + extension + chance.randbytes(chance.choice([0, 1, 15, 16, 17, 160, 1200]))


def control(chance):
    """A receiver report and a BYE, with more words in some."""
    more = chance.choice([0, 5, 30])
    report = struct.pack(">BBHI", 0x80, 201, 1 + more, 0x11223344) + chance.randbytes(4 * more)
    return report + struct.pack(">BBHI", 0x81, 203, 1, 0x11223344)


def exchanged(chance, one, other, suite, way):
    """What `one` protects, `other` opens, once; the number of packets."""
    count, first = 0, 0xFFF0
    for step in range(40):
        for kind, packet in (("rtp", media(chance, first + step & 0xFFFF)), ("rtcp", control(chance))):
            protected = one.ask("protect", kind, packet)
            check(protected and protected != packet, f"{suite}, {way}: {kind} packet {step} is not protected")
            bent = bytearray(protected)
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
            check(other.ask("unprotect", kind, bytes(bent)) is None, f"{suite}, {way}: bent {kind} packet {step} let in")
            opened = other.ask("unprotect", kind, protected)
            check(opened == packet, f"{suite}, {way}: {kind} packet {step} came as {opened and opened.hex()}, not {packet.hex()}")
            check(other.ask("unprotect", kind, protected) is None, f"{suite}, {way}: {kind} packet {step} let in twice")
            count += 1
    return count


def libsrtp_and_we_open_each_others_packets():
    """Every suite, both ways, and the same octets from the same packets."""
    if not EXAMPLE.exists():
        raise Failed(f"there is no {EXAMPLE}: run `cargo build -p offhook-mio --examples` first")
    chance, count = random.Random(3711), 0
    for suite, length, *names in SUITES:
        key = chance.randbytes(length)
        with Ours(suite, key) as ours:
            theirs = Theirs(key, *names)
            count += exchanged(chance, ours, theirs, suite, "from us")
            count += exchanged(chance, theirs, ours, suite, "to us")
        with Ours(suite, key) as ours:
            theirs, packet = Theirs(key, *names), media(chance, 7)
            check(ours.ask("protect", "rtp", packet) == theirs.ask("protect", "rtp", packet), f"{suite}: other octets")
    return f"{len(SUITES)} suites, {count} packets"


SCENARIOS = [libsrtp_and_we_open_each_others_packets]
