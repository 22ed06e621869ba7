"""baresip registered at the offhook server, over TLS too, where every hop proves who it is; and straight to the phone."""
import time

from baresip_peer import Control, baresip, both_ways, heard_by
from peer import Failed, Phone, check, folder, free_ports, missing, offhook, papers, wait_bound
import pair, sound


class Call:
    """A server that speaks nothing but TLS, and what a phone and baresip there say and hear."""

    def __init__(self):
        absent = missing("baresip", "openssl")
        if absent:
            raise Failed(absent)
        self.port, self.theirs = free_ports(2)
        self.good = papers()
        self.shown = ["--tls-cert", self.good / "own.pem", "--tls-key", self.good / "own.key",
                      "--tls-ca", self.good / "root.pem"]
        where = folder("phone")
        self.low, self.high = sound.tone(where / "500.wav", 500, 20), sound.tone(where / "1000.wav", 1000, 20)
        self.heard = where / "heard.wav"

    def server(self):
        # baresip answers the first challenge there is.
        server = offhook("server", "--listen", f"tls:127.0.0.1:{self.port}", *self.shown, "--user", "alice:wonder",
                         "--user", "bob:wonder", "--digest", "MD5")
        wait_bound(self.port, "tcp")
        return server

    def baresip(self, **more):
        return baresip(self.theirs, self.port, self.high, over="tls", certificate=self.good / "both.pem",
                       authority=self.good / "root.pem", **more)

    def phone(self, *more):
        return offhook("phone", "--listen", "127.0.0.1:0", "--transport", "tls", *self.shown, "--aor",
                       f"sip:alice@127.0.0.1:{self.port}", "--register", f"127.0.0.1:{self.port}", "--password", "wonder",
                       "--play", self.low, "--record", self.heard, "--duration", "4", *more)

    def both_ways(self, bare):
        time.sleep(0.5)
        return both_ways(self.heard, 500, bare, 1000)


def phone_calls_baresip_through_server_over_tls():
    """Both register over TLS; the phone calls, and both tones arrive."""
    call = Call()
    with call.server() as server:
        bare, peer = call.baresip()
        with peer:
            server.expect("registered bob@", 10)
            with call.phone(f"sip:bob@127.0.0.1:{call.port}") as phone:
                phone.succeed(25)
            return call.both_ways(bare)


def baresip_calls_phone_through_server_over_tls():
    """The same the other way round."""
    call = Call()
    with call.server():
        with call.phone("--auto-answer", "--calls", "1") as phone:
            phone.expect("registered", 10)
            # It says the transport of its account by itself.
            bare, peer = call.baresip(dial=f"sip:alice@127.0.0.1:{call.port}")
            with peer:
                phone.succeed(25)
                return call.both_ways(bare)


class Straight:
    """baresip that is told what to do, and a phone that is called by it and calls it."""

    def __init__(self, answers="manual", server=None, srtp=False):
        absent = missing("baresip")
        if absent:
            raise Failed(absent)
        where = folder("phone")
        self.low, self.high = sound.tone(where / "500.wav", 500, 30), sound.tone(where / "1000.wav", 1000, 30)
        self.heard = where / "heard.wav"
        self.theirs, control = free_ports(2)
        self.uri = f"sip:bob@127.0.0.1:{self.theirs}"
        self.folder, self.peer = baresip(self.theirs, server, self.high, control=control, answers=answers, srtp=srtp)
        self.bare = Control(control)

    def phone(self, *more):
        return Phone("--play", self.low, "--record", self.heard, *more)


def both_hold_and_resume_at_the_server():
    """Registered with MD5, which is all baresip knows; it calls and is called, and each puts the other on hold."""
    port = free_ports(1)
    with offhook("server", "--listen", f"127.0.0.1:{port}", "--user", "alice:wonder", "--user", "bob:wonder", "--digest",
                 "MD5") as server:
        server.expect("listening")
        call = Straight(server=port)
        with call.peer, call.phone("--aor", f"sip:alice@127.0.0.1:{port}", "--register", f"127.0.0.1:{port}", "--password",
                                   "wonder") as phone:
            server.expect("registered bob@")
            phone.told("registered")
            phone.do(f"call sip:bob@127.0.0.1:{port}")
            call.bare.told("CALL_INCOMING")
            phone.told("ringing", call=1, status=180)
            call.bare.do("accept")
            phone.told("answered", call=1)
            call.bare.told("CALL_ESTABLISHED")
            time.sleep(1)
            phone.do("hold")
            call.bare.told("CALL_REMOTE_SDP", param="offer")
            phone.told("held", call=1)
            phone.do("resume")
            call.bare.told("CALL_REMOTE_SDP", param="offer")
            phone.told("resumed", call=1)
            call.bare.do("hold")
            phone.told("remote-hold", call=1)
            call.bare.told("CALL_REMOTE_SDP", param="answer")
            call.bare.do("resume")
            phone.told("remote-resumed", call=1)
            call.bare.told("CALL_REMOTE_SDP", param="answer")
            time.sleep(2)
            call.bare.do("hangup")
            phone.told("ended", call=1, reason="remote-hung-up")
            # Without a player it records nothing after a hold, but counts what comes.
            arrived = int(call.peer.expect(r"^packets: +\d+ +(\d+)", 5)[1])
            check(arrived >= 125, f"baresip had {arrived} packets of a call of three seconds")

            call.bare.do("dial", f"sip:alice@127.0.0.1:{port}")
            phone.told("incoming", call=2)
            call.bare.told("CALL_RINGING")
            phone.do("answer")
            phone.told("answered", call=2)
            call.bare.told("CALL_ESTABLISHED")
            phone.do("hangup")
            phone.told("ended", call=2, reason="hung-up")
            call.bare.told("CALL_CLOSED", direction="outgoing")
            phone.leave()
        heard, total = sound.seconds_of(call.heard, 1000)
        check(heard >= 2.5, f"heard 1000 Hz for {heard:.1f} s of {total:.1f} s")
        return f"hold and resume both ways; 1000 Hz heard for {heard:.1f} s, {arrived} packets there"


def baresip_hears_phone_before_the_answer():
    """A 183 with a description either way, whoever calls: what we say arrives. baresip itself says nothing before it has
    answered, and knows no 100rel, so that our 183 comes as it came before RFC 3262."""
    call = Straight(answers="early")
    with call.peer, call.phone() as phone:
        phone.do(f"call {call.uri}")
        phone.told("ringing", call=1, status=183)
        phone.told("early-media", call=1)
        time.sleep(2)
        phone.do("hangup")
        phone.told("ended", call=1, reason="cancelled")
        arrived = int(call.peer.then(r"^packets: +\d+ +(\d+)", 5)[1])
        check(arrived >= 75, f"baresip had {arrived} packets of two seconds before it would answer")

        call.bare.do("dial", f"sip:alice@{phone.address}")
        phone.told("incoming", call=2)
        phone.do("early")
        phone.told("early-media", call=2)
        call.bare.told("CALL_PROGRESS")
        time.sleep(2)
        phone.do("hangup")
        phone.told("ended", call=2, reason="refused", status=603)
        closed = call.bare.told("CALL_CLOSED", direction="outgoing")
        check(closed["param"] == "603 Decline", f"baresip says of a 603: {closed['param']}")
        phone.leave()
    time.sleep(0.5)
    theirs, total = sound.seconds_of(heard_by(call.folder), 500)
    check(theirs >= 1, f"baresip heard 500 Hz for {theirs:.1f} s of {total:.1f} s")
    return f"{arrived} packets there before it would answer; 500 Hz heard there for {theirs:.1f} s before we would"


def calls_given_up_and_refused():
    """CANCEL and busy in both directions, and declined."""
    call = Straight()
    with call.peer, Phone("--no-audio") as phone:
        phone.do(f"call {call.uri}")
        call.bare.told("CALL_INCOMING")
        phone.told("ringing", call=1, status=180)
        phone.do("hangup")
        phone.told("ended", call=1, reason="cancelled")
        call.bare.told("CALL_CLOSED")

        phone.do(f"call {call.uri}")
        call.bare.told("CALL_INCOMING")
        phone.told("ringing", call=2, status=180)
        call.bare.do("hangup")
        phone.told("ended", call=2, reason="rejected", status=486)
        call.bare.told("CALL_CLOSED")

        call.bare.do("dial", f"sip:alice@{phone.address}")
        phone.told("incoming", call=3)
        call.bare.told("CALL_RINGING")
        call.bare.do("hangup")
        phone.told("ended", call=3, reason="remote-cancelled")
        call.bare.told("CALL_CLOSED")

        for number, (command, status, reason) in enumerate((("busy", 486, "Busy Here"), ("decline", 603, "Decline")), 4):
            call.bare.do("dial", f"sip:alice@{phone.address}")
            phone.told("incoming", call=number)
            phone.do(command)
            phone.told("ended", call=number, reason="refused", status=status)
            closed = call.bare.told("CALL_CLOSED")
            check(closed["param"] == f"{status} {reason}", f"baresip says of a {status}: {closed['param']}")
        phone.leave()
    return "CANCEL and busy both ways, declined"


def protected_calls_both_ways():
    """SRTP with keys in the descriptions (RFC 4568), whoever calls: both tones arrive. Who has none of it is refused."""
    said = []
    for incoming in (True, False):
        call = Straight(srtp=True)
        with call.peer, call.phone("--srtp") as phone:
            if incoming:
                call.bare.do("dial", f"sip:alice@{phone.address}")
                phone.told("incoming", call=1)
                phone.do("answer")
            else:
                phone.do(f"call {call.uri}")
                call.bare.told("CALL_INCOMING")
                call.bare.do("accept")
            suite = phone.told("media", call=1)["srtp"]
            check(suite and suite.startswith("AES_CM_128_HMAC_SHA1_"), f"media are protected with {suite}")
            call.bare.told("CALL_ESTABLISHED")
            time.sleep(4)
            phone.do("hangup")
            quality = phone.told("quality", call=1)
            check(not quality["not_authentic"] and not quality["replayed"], f"not all was authentic: {quality}")
            call.bare.told("CALL_CLOSED")
            phone.leave()
        time.sleep(0.5)
        said.append(f"{suite}: {both_ways(call.heard, 500, call.folder, 1000)}")
    call = Straight(srtp=True)
    with call.peer, call.phone() as phone:
        phone.do(f"call {call.uri}")
        phone.told("ended", call=1, reason="rejected", status=488)
        phone.leave()
    return "; ".join(said)


def each_hears_the_keys_of_the_other():
    """Keys as telephone events (RFC 4733): each is heard once, and in their order, whichever side presses them."""
    call = Straight()
    with call.peer, call.phone() as phone:
        phone.do(f"call {call.uri}")
        call.bare.told("CALL_INCOMING")
        call.bare.do("accept")
        phone.told("answered", call=1)
        call.bare.told("CALL_ESTABLISHED")
        phone.do(f"tones {pair.KEYS}")
        there = "".join(call.bare.told("CALL_DTMF_START")["param"] for _ in pair.KEYS)
        for key in pair.KEYS:
            call.bare.do("sndcode", key)
            # Each for as long as a finger would: it does not wait for the one before.
            time.sleep(0.4)
        return pair.both_heard_keys(phone, 1, there)


SCENARIOS = [phone_calls_baresip_through_server_over_tls, baresip_calls_phone_through_server_over_tls,
             both_hold_and_resume_at_the_server, baresip_hears_phone_before_the_answer, calls_given_up_and_refused,
             protected_calls_both_ways, each_hears_the_keys_of_the_other]
