"""PJSIP, as Python has it: a phone of a stack that is nobody's here, at the offhook server and straight to the offhook phone."""
import os, sys, time

from peer import Failed, Peer, Phone, ROOT, check, folder, free_ports
import pair, sound

HERE = ROOT / "conformance/interop/pjsip"


def pjsip(*args, seconds=60):
    """One at a port of its own, and the URI that reaches it."""
    if not (HERE / "packages/pjsua2").exists():
        raise Failed("not installed: pjsua2-python")
    port, media = free_ports(1), free_ports(pair=True)
    peer = Peer("pjsip", [sys.executable, HERE / "phone.py", port, "--media", media, *args], seconds, stdin="",
                env={**os.environ, "PYTHONPATH": str(HERE / "packages")})
    peer.then("^ready")
    return peer, f"sip:pjsip@127.0.0.1:{port}"


class Tones:
    """What each side says, and the files for what each side hears."""

    def __init__(self):
        where = folder("tones")
        self.low, self.high = sound.tone(where / "500.wav", 500, 30), sound.tone(where / "1000.wav", 1000, 30)
        self.ours, self.theirs = where / "ours.wav", where / "theirs.wav"


def pjsip_and_phone_at_the_server_call_each_other():
    """Both register with SHA-256; each calls the other through the server, both hold and resume, both tones arrive."""
    port, tones = free_ports(1), Tones()
    aor = {name: f"sip:{name}@127.0.0.1:{port}" for name in ("alice", "bob")}
    with pair.server(port, "bob") as server:
        server.expect("listening")
        peer, _ = pjsip("--aor", aor["bob"], "--registrar", f"sip:127.0.0.1:{port}", "--password", "builder", "--play",
                        tones.high, "--record", tones.theirs)
        with peer, Phone(*pair.at_server(port), "--play", tones.low, "--record", tones.ours) as phone:
            peer.then("^registered 200")
            phone.told("registered")
            phone.do(f"call {aor['bob']}")
            peer.then("^incoming <?sip:alice@|^incoming .*<sip:alice@")
            peer.say("answer 180\n")
            phone.told("ringing", call=1, status=180)
            peer.say("answer 200\n")
            phone.told("answered", call=1)
            peer.then("^state CONFIRMED")
            # It changes nothing itself before it has the ACK.
            pair.hold_and_resume(phone, peer, 1, (("^media held-by-them", "^got INVITE 200"), ("^media active", "^got INVITE 200")),
                                 (("hold", ("^media held$", "^sent INVITE 200")), ("resume", ("^media active",))))
            time.sleep(2)
            peer.say("hangup\n")
            phone.told("ended", call=1, reason="remote-hung-up")
            peer.then("^state DISCONNECTED")

            peer.say(f"call {aor['alice']}\n")
            phone.told("incoming", call=2)
            phone.do("answer")
            phone.told("answered", call=2)
            peer.then("^state CONFIRMED")
            time.sleep(1)
            phone.do("hangup")
            phone.told("ended", call=2, reason="hung-up")
            peer.then("^state DISCONNECTED")
            phone.leave()
            peer.say("quit\n")
            peer.succeed(10)
    return pair.both_heard(tones.ours, 1, tones.theirs, "PJSIP")


def phone_hears_pjsip_before_it_answers():
    """A reliable 183 of PJSIP's: the PRACK is answered, its tone is heard, and the call is given up."""
    tones = Tones()
    peer, uri = pjsip("--100rel", "--play", tones.high)
    with peer, Phone("--record", tones.ours) as phone:
        phone.do(f"call {uri}")
        peer.then("^incoming")
        peer.say("answer 183\n")
        phone.told("early-media", call=1, codec="PCMU")
        peer.then("^got PRACK 200")
        time.sleep(2)
        phone.do("hangup")
        phone.told("ended", call=1, reason="cancelled")
        peer.then("^state DISCONNECTED 487")
        phone.leave()
    heard, total = sound.seconds_of(tones.ours, 1000)
    check(heard >= 1, f"heard 1000 Hz for {heard:.1f} s of {total:.1f} s")
    return f"PRACK answered, {heard:.1f} s heard before any answer"


def pjsip_hears_phone_before_it_answers():
    """The same the other way round: PJSIP insists on 100rel, and the call is then answered."""
    tones = Tones()
    peer, _ = pjsip("--100rel", "--record", tones.theirs)
    with peer, Phone("--play", tones.low) as phone:
        peer.say(f"call sip:alice@{phone.address}\n")
        phone.told("incoming", call=1)
        phone.do("early")
        phone.told("early-media", call=1)
        peer.then("^media active")
        time.sleep(2)
        phone.do("answer")
        phone.told("answered", call=1)
        peer.then("^state CONFIRMED")
        phone.do("hangup")
        phone.told("ended", call=1, reason="hung-up")
        peer.then("^state DISCONNECTED")
        peer.expect("^state EARLY 183", 1)
        peer.expect("^sent PRACK 200", 1)
        phone.leave()
        peer.say("quit\n")
        peer.succeed(10)
    heard, total = sound.seconds_of(tones.theirs, 500)
    check(heard >= 1, f"PJSIP heard 500 Hz for {heard:.1f} s of {total:.1f} s")
    return f"PRACK sent, {heard:.1f} s heard before the answer"


def calls_given_up_and_refused():
    """CANCEL and busy in both directions; each side says what the other did."""
    peer, uri = pjsip()
    with peer, Phone("--no-audio") as phone:
        pair.gives_up(phone, peer, 1, uri, "^incoming", "^state DISCONNECTED 487", rings="answer 180")

        phone.do(f"call {uri}")
        peer.then("^incoming")
        peer.say("answer 486\n")
        phone.told("ended", call=2, reason="rejected", status=486)
        peer.then("^state DISCONNECTED 486")

        pair.is_given_up(phone, peer, 3, "^state EARLY 180", "hangup", "^state DISCONNECTED 487")
        pair.refuses(phone, peer, 4, lambda status: f"^state DISCONNECTED {status}")
        phone.leave()
    return "CANCEL and busy both ways, declined"


def sessions_are_refreshed():
    """The shortest session intervals there are: half of one later whoever called has refreshed it, and both say so."""
    calling, uri = pjsip("--timer", "90", seconds=75)
    called, _ = pjsip("--timer", "90", seconds=75)
    with calling, called:
        with Phone("--no-audio", "--session-expires", "90", seconds=75) as caller, Phone("--no-audio", seconds=75) as callee:
            caller.do(f"call {uri}")
            calling.then("^incoming")
            calling.say("answer 200\n")
            caller.told("session-timer", call=1, seconds=90, refresher="us")
            called.say(f"call sip:alice@{callee.address}\n")
            callee.told("incoming", call=1)
            callee.do("answer")
            callee.told("session-timer", call=1, seconds=90, refresher="them")
            calling.then("^state CONFIRMED")
            called.then("^state CONFIRMED")
            for phone, peer, way in ((caller, calling, "got"), (callee, called, "sent")):
                phone.told("session-refreshed", within=55, call=1, seconds=90)
                peer.then(f"^{way} (UPDATE|INVITE) 200")
            for phone, peer in ((caller, calling), (callee, called)):
                phone.do("hangup")
                phone.told("ended", call=1, reason="hung-up")
                peer.then("^state DISCONNECTED")
                phone.leave()
    return "at half of 90 s, by either side"


def protected_calls_both_ways():
    """SRTP with keys in the descriptions (RFC 4568), whoever calls: both tones arrive. Who has none of it is refused."""
    said = []
    for incoming in (True, False):
        tones = Tones()
        peer, uri = pjsip("--srtp", "--play", tones.high, "--record", tones.theirs)
        with peer, Phone("--srtp", "--play", tones.low, "--record", tones.ours) as phone:
            if incoming:
                peer.say(f"call sip:alice@{phone.address}\n")
                phone.told("incoming", call=1)
                phone.do("answer")
            else:
                phone.do(f"call {uri}")
                peer.then("^incoming")
                peer.say("answer 200\n")
            suite = phone.told("media", call=1)["srtp"]
            check(suite and suite.startswith("AES_CM_128_HMAC_SHA1_"), f"media are protected with {suite}")
            peer.then("^state CONFIRMED")
            # New descriptions, and the counters go on.
            phone.do("hold")
            phone.told("held", call=1)
            phone.do("resume")
            phone.told("resumed", call=1)
            time.sleep(4)
            phone.do("hangup")
            quality = phone.told("quality", call=1)
            check(not quality["not_authentic"] and not quality["replayed"], f"not all was authentic: {quality}")
            peer.then("^state DISCONNECTED")
            phone.leave()
            peer.say("quit\n")
            peer.succeed(10)
        we, total = sound.seconds_of(tones.ours, 1000)
        they, _ = sound.seconds_of(tones.theirs, 500)
        check(we >= 2.5 and they >= 2.5, f"heard {we:.1f} s here of {total:.1f} s, {they:.1f} s there")
        said.append(f"{suite}: heard {we:.1f} s here, {they:.1f} s there")
    peer, uri = pjsip("--srtp")
    with peer, Phone("--no-audio") as phone:
        phone.do(f"call {uri}")
        ended = phone.told("ended", call=1, reason="rejected")
        check(ended["status"] in (406, 488), f"a call in clear is refused with {ended['status']}")
        phone.leave()
    return "; ".join(said)


def pjsip_is_transferred():
    """The phone has PJSIP call somebody else: it hears how that goes, and hangs up once they talk. Who is busy is told
    of, and the call between the two goes on."""
    peer, uri = pjsip()
    with peer, Phone("--no-audio") as phone, Phone("--no-audio") as third:
        phone.do(f"call {uri}")
        peer.then("^incoming")
        peer.say("answer 200\n")
        phone.told("answered", call=1)
        peer.then("^state CONFIRMED")
        for deed, status in (("busy", 486), ("answer", 200)):
            phone.do(f"transfer sip:carol@{third.address}")
            peer.then("^asked to call")
            accepted = phone.told("transfer-answered", call=1)["status"]
            check(accepted in (200, 202), f"REFER was answered with {accepted}")
            third.told("incoming")
            third.do(deed)
            phone.told("transfer", call=1, status=status, over=True)
        phone.told("ended", call=1, reason="hung-up")
        third.told("answered", call=2)
        third.do("hangup")
        third.told("ended", call=2, reason="hung-up")
        third.leave()
        phone.leave()
    return f"{accepted} to REFER, then 486 and 200 in NOTIFY"


def pjsip_transfers_phone():
    """The same the other way round: the phone calls whom it is asked to call, and says how that goes. Each transfer is
    of a call of its own: while PJSIP remembers one that is over, it takes the NOTIFYs of the next for that one's, as
    they have an id (RFC 3515 §2.4.6)."""
    peer, _ = pjsip()
    with peer, Phone("--no-audio", "--follow-transfers") as phone, Phone("--no-audio") as third:
        for call, deed, status in ((1, "busy", 486), (3, "answer", 200)):
            peer.say(f"call sip:alice@{phone.address}\n")
            phone.told("incoming", call=call)
            phone.do("answer")
            peer.then("^state CONFIRMED")
            peer.say(f"transfer sip:carol@{third.address}\n")
            phone.told("transfer-asked", call=call)
            phone.told("calling", call=call + 1)
            peer.then("^transfer 100")
            third.told("incoming")
            third.do(deed)
            peer.then(f"^transfer {status} over")
            # Whatever came of it, the call between the two is up.
            peer.say("hangup\n")
            phone.told("ended", call=call, reason="remote-hung-up")
            peer.then("^state DISCONNECTED")
        phone.do("4 hangup")
        third.told("ended", call=2, reason="remote-hung-up")
        third.leave()
        phone.leave()
    return "100, 486 and 200 in NOTIFY, heard by PJSIP"


def phone_watches_pjsip():
    """The phone subscribes to the presence of PJSIP, is told it at once, and that it ends when it watches no more."""
    peer, uri = pjsip()
    with peer, Phone("--no-audio") as phone:
        phone.do(f"watch {uri} presence")
        told = phone.told("notified", package="presence", state="active", type="application/pidf+xml")
        check("<presence" in told["text"], f"it is told {told['text']!r}")
        phone.do("unwatch")
        phone.told("notified", package="presence", state="terminated", reason="timeout")
        phone.told("watch-ended", retry_in=None)
        # It knows no other package.
        phone.do(f"watch {uri} weather")
        phone.told("watch-ended", retry_in=None)
        phone.leave()
    return "SUBSCRIBE, NOTIFY with PIDF, and the end of it; 489 to another package"


SCENARIOS = [pjsip_and_phone_at_the_server_call_each_other, phone_hears_pjsip_before_it_answers,
             pjsip_hears_phone_before_it_answers, calls_given_up_and_refused, protected_calls_both_ways,
             pjsip_is_transferred, pjsip_transfers_phone, phone_watches_pjsip]
WAITING = [sessions_are_refreshed]
