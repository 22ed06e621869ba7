"""baresip registered at the offhook server over TLS: every hop proves who it is."""
import time

from peer import Failed, folder, free_ports, missing, offhook, papers, wait_bound
from with_kamailio import baresip, both_ways
import sound


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


SCENARIOS = [phone_calls_baresip_through_server_over_tls, baresip_calls_phone_through_server_over_tls]
