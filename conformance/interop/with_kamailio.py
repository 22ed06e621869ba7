"""kamailio as registrar and proxy, baresip as the other phone: nobody here wrote either."""
import re, time

from baresip_peer import baresip, both_ways
from peer import Failed, Peer, ROOT, check, folder, free_ports, missing, offhook, papers, wait_bound
import sound

HERE = ROOT / "conformance/interop"


def needs():
    absent = missing("kamailio", "baresip")
    if absent:
        raise Failed(absent)


def kamailio(port, tls=None, web=None):
    """At `port` over UDP and TCP, over TLS at the port and with the papers of `tls`, over WebSocket at `web`."""
    where = folder("kamailio")
    config = where / "kam.cfg"
    text, defined = (HERE / "kamailio/kam.cfg").read_text(), "#!KAMAILIO\n"
    if tls:
        defined += f'#!substdef "!TLS_PORT!{tls[0]}!g"\n'
        text = text.replace("PAPERS", str(tls[1]))
    if web:
        defined += f'#!substdef "!WS_PORT!{web}!g"\n'
    config.write_text(defined + re.sub(r"(?<=:)PORT", str(port), text))
    peer = Peer("kamailio", ["kamailio", "-f", config, "-DD", "-E", "-Y", where, "-w", where, "-m", "64", "-M", "8"], 60)
    wait_bound(port)
    if web:
        wait_bound(web, "tcp")
    return peer


def phone_calls_baresip():
    """Registers at kamailio with digest, calls baresip through it; both tones arrive."""
    return phone_calls("udp")


def phone_calls_baresip_over_tcp():
    """The same, with every hop over TCP."""
    return phone_calls("tcp")


def phone_calls_baresip_over_websocket():
    """The phone is at kamailio's WebSocket, baresip at its UDP."""
    return phone_calls("ws")


def baresip_calls_phone():
    """The phone waits, registered at kamailio; baresip calls it through kamailio; both tones arrive."""
    return baresip_calls("udp")


def baresip_calls_phone_over_tcp():
    """The same, with every hop over TCP."""
    return baresip_calls("tcp")


def baresip_calls_phone_over_websocket():
    """The phone waits at kamailio's WebSocket and listens nowhere."""
    return baresip_calls("ws")


class Call:
    """A phone that registers at kamailio over one transport, and what it and baresip say and hear."""

    def __init__(self, over):
        needs()
        self.over = over
        self.server, self.web, self.theirs = free_ports(3)
        where = folder("phone")
        self.low, self.high = sound.tone(where / "500.wav", 500, 20), sound.tone(where / "1000.wav", 1000, 20)
        self.heard = where / "heard.wav"
        # baresip speaks no WebSocket.
        self.beside = "udp" if over == "ws" else over

    def kamailio(self):
        return kamailio(self.server, web=self.web if self.over == "ws" else None)

    def phone(self, *more):
        at, listen = (self.web, []) if self.over == "ws" else (self.server, ["--listen", "127.0.0.1:0"])
        return offhook("phone", *listen, "--transport", self.over, "--aor", f"sip:alice@127.0.0.1:{self.server}", "--register",
                       f"127.0.0.1:{at}", "--password", "wonder", "--play", self.low, "--record", self.heard,
                       "--duration", "4", *more)

    def both_ways(self, bare):
        time.sleep(0.5)
        return both_ways(self.heard, 500, bare, 1000)


def phone_calls(over):
    call = Call(over)
    with call.kamailio():
        bare, peer = baresip(call.theirs, call.server, call.high, over=call.beside)
        with peer:
            peer.expect("200 OK", 10)
            with call.phone(f"sip:bob@127.0.0.1:{call.server}") as phone:
                phone.expect("registered", 10)
                phone.succeed(25)
            return call.both_ways(bare)


def baresip_calls(over):
    call = Call(over)
    with call.kamailio():
        with call.phone("--auto-answer", "--calls", "1") as phone:
            phone.expect("registered", 10)
            dial = f"sip:alice@127.0.0.1:{call.server}"
            bare, peer = baresip(call.theirs, call.server, call.high, over=call.beside, dial=dial)
            with peer:
                phone.succeed(25)
                return call.both_ways(bare)


def an_unknown_user_is_named():
    """kamailio answers 404; the phone ends with exit code 4 and a line that says whom nobody knows."""
    needs()
    server, ours = free_ports(2)
    with kamailio(server):
        with offhook("phone", "--listen", f"127.0.0.1:{ours}", "--aor", f"sip:alice@127.0.0.1:{server}",
                     "--register", f"127.0.0.1:{server}", "--password", "wonder",
                     f"sip:nobody@127.0.0.1:{server}") as phone:
            code = phone.wait(20)
            check(code == 4, f"exit code {code} instead of 4:\n{phone.tail()}")
            phone.expect("404|nobody", 1)
    return "exit code 4"


def phone_calls_baresip_over_tls():
    """Straight to baresip, which shows a certificate for its address; with another authority nothing is said to it."""
    needs()
    ours, theirs = free_ports(2)
    where = folder("phone")
    low, high = sound.tone(where / "500.wav", 500, 20), sound.tone(where / "1000.wav", 1000, 20)
    heard = where / "heard.wav"
    good, other = papers(), papers()
    bare, peer = baresip(theirs, None, high, over="tls", certificate=good / "both.pem")
    with peer:
        # baresip listens under TLS one port higher.
        wait_bound(theirs + 1, "tcp")

        def call(root, *more):
            return offhook("phone", "--listen", f"127.0.0.1:{ours}", "--transport", "tls", "--tls-ca", root / "root.pem",
                           *more, f"sip:bob@127.0.0.1:{theirs + 1}")
        with call(other) as phone:
            code = phone.wait(20)
            check(code == 5, f"exit code {code} instead of 5:\n{phone.tail()}")
        with call(good, "--play", low, "--record", heard, "--duration", "4") as phone:
            phone.succeed(25)
        time.sleep(0.5)
        return both_ways(heard, 500, bare, 1000)


def phones_call_through_kamailio_over_tls():
    """Two phones register and call over TLS; kamailio and each of them hold the other's certificate against their own."""
    needs()
    server, secured = free_ports(2)
    good = papers()
    shown = ["--listen", "127.0.0.1:0", "--transport", "tls", "--tls-ca", good / "root.pem", "--tls-cert", good / "own.pem",
             "--tls-key", good / "own.key"]
    with kamailio(server, (secured, good)):
        wait_bound(secured, "tcp")
        return phones_call_through(secured, shown)


def phones_call_through_kamailio_over_websocket():
    """Two phones that listen nowhere register and call; BYE and ACK find each on the connection it has opened."""
    needs()
    server, web = free_ports(2)
    with kamailio(server, web=web):
        return phones_call_through(web, ["--transport", "ws"])


def phones_call_through(port, over):
    def phone(user, *more):
        return offhook("phone", "--aor", f"sip:{user}@127.0.0.1:{port}", *over, "--register", f"127.0.0.1:{port}",
                       "--password", "wonder", "--no-audio", *more)
    # Each side hangs up once: its BYE takes the way the other's did not.
    for caller, callee in (("1", "30"), ("30", "1")):
        with phone("bob", "--auto-answer", "--calls", "1", "--duration", callee) as bob:
            bob.expect("registered", 10)
            with phone("alice", "--duration", caller, f"sip:bob@127.0.0.1:{port}") as alice:
                alice.succeed(20)
                hung_up, other = (alice, bob) if caller == "1" else (bob, alice)
                bob.succeed(20)
                hung_up.expect("we hung up", 5)
                other.expect("the far end hung up", 5)
    return "registered, answered, 1 s, hung up by either"


SCENARIOS = [phone_calls_baresip, baresip_calls_phone, an_unknown_user_is_named, phone_calls_baresip_over_tcp,
             baresip_calls_phone_over_tcp, phone_calls_baresip_over_websocket, baresip_calls_phone_over_websocket,
             phone_calls_baresip_over_tls, phones_call_through_kamailio_over_tls,
             phones_call_through_kamailio_over_websocket]
