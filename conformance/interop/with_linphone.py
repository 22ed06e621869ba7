"""linphone (liblinphone and belle-sip): a third stack, told what to do as a person would at its console."""
import os, time

from peer import Failed, Peer, Phone, check, folder, free_ports, missing, offhook
import sound


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
    with offhook("server", "--listen", f"127.0.0.1:{port}", "--user", "alice:wonder", "--user", "carol:builder", "--digest",
                 "SHA-256") as server:
        server.expect("listening")
        with Linphone(early=True) as peer, \
                Phone("--aor", f"sip:alice@127.0.0.1:{port}", "--register", f"127.0.0.1:{port}", "--password", "wonder",
                      "--play", sound.tone(where / "500.wav", 500, 30), "--record", ours) as phone:
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
            hold_and_resume(phone, peer, 1)
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
    we, _ = sound.seconds_of(ours, 1000)
    they, _ = sound.seconds_of(peer.heard, 500)
    check(we >= 3, f"we heard 1000 Hz for {we:.1f} s of the first call")
    check(they >= 2, f"linphone heard 500 Hz for {they:.1f} s")
    return f"SHA-256, hold and resume both ways; heard {we:.1f} s here, {they:.1f} s there"


def hold_and_resume(phone, peer, call):
    """Each side puts the other on hold and takes it back, and each time both say so."""
    phone.do("hold")
    phone.told("held", call=call)
    peer.then("has been paused by")
    phone.do("resume")
    phone.told("resumed", call=call)
    peer.then("Media streams established")
    peer.do("pause")
    phone.told("remote-hold", call=call)
    peer.then("is now paused")
    time.sleep(0.5)
    peer.do("resume")
    phone.told("remote-resumed", call=call)
    peer.then("Media streams established")
    time.sleep(2)


def calls_given_up_and_refused():
    """CANCEL, busy and declined in both directions; each side says what the other did."""
    with Linphone() as peer, Phone("--no-audio") as phone, Phone("--no-audio") as second:
        call = f"call {peer.uri}"
        phone.do(call)
        peer.then("incoming call from")
        phone.told("ringing", call=1, status=180)
        phone.do("hangup")
        phone.told("ended", call=1, reason="cancelled")
        peer.then(r"Call 1 .* ended \(Not answered\)")

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

        ours = f"call sip:alice@{phone.address}"
        peer.do(ours)
        phone.told("incoming", call=4)
        peer.then(r"Call \d to .* ringing")
        peer.do("terminate")
        phone.told("ended", call=4, reason="remote-cancelled")
        peer.then(r"Call \d .* ended")
        for number, (command, status, said) in enumerate((("busy", 486, "error"), ("decline", 603, "Call declined")), 5):
            peer.do(ours)
            phone.told("incoming", call=number)
            phone.do(command)
            phone.told("ended", call=number, reason="refused", status=status)
            peer.then(rf"Call \d .*{said}")
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


SCENARIOS = [linphone_and_phone_at_the_server_call_each_other, calls_given_up_and_refused]
WAITING = [linphone_refreshes_the_session]
