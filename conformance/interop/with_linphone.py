"""linphone (liblinphone and belle-sip): a third stack, told what to do as a person would at its console."""
import os, time

from peer import Failed, Peer, Phone, check, folder, free_ports, missing
import pair, sound


class Linphone(Peer):
    """One at a port of its own: it says a tone, writes down what it hears, and takes one call at a time."""

    def __init__(self, hertz=1000, early=False, seconds=60):
        absent = missing("linphonec")
        if absent:
            raise Failed(absent)
        where = folder("linphone")
        for inner in (".local/share/linphone", ".config/linphone"):
            (where / inner).mkdir(parents=True)
        self.port, media = free_ports(1), free_ports(pair=True)
        self.uri, self.heard = f"sip:carol@127.0.0.1:{self.port}", where / "heard.wav"
        (where / "linphonerc").write_text(
            f"[sip]\nsip_port={self.port}\nsip_tcp_port=0\nsip_tls_port=0\nbind_address=127.0.0.1\nguess_hostname=0\n"
            f"contact=sip:carol@127.0.0.1\nincoming_calls_early_media={int(early)}\n100rel_support_level=1\n"
            "session_expires_enabled=1\nsession_expires_value=90\nsession_expires_min_value=90\n"
            f"[rtp]\naudio_rtp_port={media}\nnortp_timeout=90\n[misc]\nmax_calls=1\n")
        tone = sound.tone(where / "tone.wav", hertz, 30)
        super().__init__("linphone", ["linphonec", "-c", where / "linphonerc", "-d", "0"], seconds, cwd=where,
                         env={**os.environ, "HOME": str(where)}, stdin="")
        self.do("ipv6 disable")
        self.do("soundcard use files")
        self.then("^Using wav files")
        self.do(f"record {self.heard}")
        self.do(f"play {tone}")

    def do(self, command):
        self.say(command + "\n")

    def leave(self):
        self.do("quit")
        self.succeed(15)


def linphone_and_phone_at_the_server_call_each_other():
    """Both register with SHA-256; linphone's sound is heard before it answers, ours after a PRACK of its; both hold and resume."""
    port = free_ports(1)
    where = folder("phone")
    ours = where / "ours.wav"
    with pair.server(port, "carol") as server:
        server.expect("listening")
        with Linphone(early=True) as peer, \
                Phone(*pair.at_server(port), "--play", sound.tone(where / "500.wav", 500, 30), "--record", ours) as phone:
            phone.told("registered")
            peer.do(f"register sip:carol@127.0.0.1:{port} sip:127.0.0.1:{port} builder")
            server.expect("registered carol@")
            phone.do(f"call sip:carol@127.0.0.1:{port}")
            peer.then("incoming call from sip:alice@")
            phone.told("ringing", call=1, status=183)
            phone.told("early-media", call=1, codec="PCMU")
            time.sleep(2)
            peer.do("answer")
            phone.told("answered", call=1)
            phone.told("session-timer", call=1)
            peer.then("Media streams established")
            back = ("Media streams established",)
            pair.hold_and_resume(phone, peer, 1, (("has been paused by",), back),
                                 (("pause", ("is now paused",)), ("resume", back)))
            time.sleep(1.5)
            peer.do("terminate")
            phone.told("ended", call=1, reason="remote-hung-up")
            peer.then("Call 1 .* ended")

            peer.do(f"call sip:alice@127.0.0.1:{port}")
            phone.told("incoming", call=2)
            phone.do("early")
            phone.told("early-media", call=2)
            peer.then("Call 2 .* early media")
            time.sleep(1)
            phone.do("answer")
            phone.told("answered", call=2)
            peer.then("Call 2 .* connected")
            phone.do("hangup")
            phone.told("ended", call=2, reason="hung-up")
            peer.then("Call 2 .* ended")
            phone.leave()
            peer.leave()
    return pair.both_heard(ours, 3, peer.heard, "linphone")


def calls_given_up_and_refused():
    """CANCEL, busy and declined in both directions; each side says what the other did."""
    with Linphone() as peer, Phone("--no-audio") as phone, Phone("--no-audio") as second:
        call = f"call {peer.uri}"
        pair.gives_up(phone, peer, 1, peer.uri, "incoming call from", r"Call 1 .* ended \(Not answered\)")

        phone.do(call)
        peer.then("incoming call from")
        phone.told("ringing", call=2)
        peer.do("terminate")
        phone.told("ended", call=2, reason="rejected", status=603)
        peer.then(r"Call 2 .* ended \(Call declined\)")

        phone.do(call)
        peer.then("incoming call from")
        peer.do("answer")
        phone.told("answered", call=3)
        second.do(call)
        second.told("ended", call=1, reason="rejected", status=486)
        phone.do("hangup")
        phone.told("ended", call=3, reason="hung-up")
        peer.then(r"Call \d .* ended \(No error\)")

        pair.is_given_up(phone, peer, 4, r"Call \d to .* ringing", "terminate", r"Call \d .* ended")
        pair.refuses(phone, peer, 5, lambda status: rf"Call \d .*{'error' if status == 486 else 'Call declined'}")
        phone.leave()
        second.leave()
        peer.leave()
    return "CANCEL, busy and declined both ways"


def linphone_refreshes_the_session():
    """Asked for the shortest session interval there is, linphone chooses to refresh, and does at half of it."""
    with Linphone(seconds=75) as peer, Phone("--no-audio", "--session-expires", "90", seconds=75) as phone:
        phone.do(f"call {peer.uri}")
        peer.then("incoming call from")
        peer.do("answer")
        phone.told("answered", call=1)
        phone.told("session-timer", call=1, seconds=90, refresher="them")
        begun = time.monotonic()
        phone.told("session-refreshed", within=58, call=1, seconds=90, refresher="them")
        after = time.monotonic() - begun
        check(after > 40, f"refreshed after {after:.0f} s already")
        phone.do("list")
        phone.told("call", call=1, state="answered")
        peer.do("terminate")
        phone.told("ended", call=1, reason="remote-hung-up")
        phone.leave()
        peer.leave()
    return f"after {after:.0f} s of 90"


def each_hears_the_keys_of_the_other():
    """Keys as telephone events (RFC 4733): each is heard once, and in their order, whichever side presses them."""
    with Linphone() as peer, Phone() as phone:
        phone.do(f"call {peer.uri}")
        peer.then("incoming call from")
        peer.do("answer")
        phone.told("answered", call=1)
        peer.then("Media streams established")
        phone.do(f"tones {pair.KEYS}")
        there = "".join(peer.then("Receiving tone (.) from")[1] for _ in pair.KEYS)
        for key in pair.KEYS:
            peer.do(key)
            # Each for as long as a finger would: it does not wait for the one before.
            time.sleep(0.4)
        return pair.both_heard_keys(phone, 1, there)


SCENARIOS = [linphone_and_phone_at_the_server_call_each_other, calls_given_up_and_refused, each_hears_the_keys_of_the_other]
WAITING = [linphone_refreshes_the_session]
