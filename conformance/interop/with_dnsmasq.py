"""dnsmasq answers about names, sofia's sip-dig is asked the same: servers are found, in order, and dead ones passed over."""
import os, re, socket, threading, time

from peer import Failed, OFFHOOK, Peer, check, folder, free_ports, missing, offhook, wait_bound

# Timer B and F (RFC 3261 §17): what a silent server is given before the next has its turn.
SILENCE = 32


def needs(*programs):
    absent = missing("dnsmasq", *programs)
    if absent:
        raise Failed(absent)


def dnsmasq(*records):
    """Serves these lines of its configuration, and nothing else, on a free port; the peer and the port."""
    port, where = free_ports(), folder("dnsmasq")
    own = [f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts", "log-queries",
           "log-facility=-", f"pid-file={where}/pid", "local=/test/"]
    config = where / "dnsmasq.conf"
    config.write_text("\n".join([*own, *records]) + "\n")
    peer = Peer("dnsmasq", ["dnsmasq", "-C", config, "-k"], 150)
    wait_bound(port)
    wait_bound(port, "tcp")
    return peer, port


def naptr(domain, preference, service, at):
    return f"naptr-record={domain},50,{preference},s,{service},,{at}"


def srv(service, priority, target, port, weight=10):
    return f"srv-host={service},{target},{port},{priority},{weight}"


def host(name, address="127.0.0.1"):
    return f"host-record={name},{address}"


def server(port, *domains):
    named = [word for domain in domains for word in ("--domain", domain)]
    peer = offhook("server", "--listen", f"127.0.0.1:{port}", *named, "--user", "alice:wonder", "--user", "bob:wonder",
                   seconds=150)
    peer.expect("listening")
    return peer


def phone(dns, user, domain, *more):
    return offhook("phone", "--dns", f"127.0.0.1:{dns}", "--listen", "127.0.0.1:0", "--aor", f"sip:{user}@{domain}",
                   "--register", "--password", "wonder", "--no-audio", *more, seconds=150)


def sent_to(transcript, method):
    """Where requests of a method went, each address once, with the branches they had there."""
    found = {}
    for packet in transcript.read_text().split("\n\n"):
        to = re.match(r"[\d.]+ udp \S+ > (\S+)\n\| " + method + " ", packet)
        if to:
            found.setdefault(to[1], set()).add(re.search(r"branch=([^;\s]+)", packet)[1])
    return found


def the_dead_server_is_passed_over_and_naptr_decides_what_it_goes_over():
    """NAPTR prefers TCP, nobody listens at the first server of it: both phones register and call at the second at once."""
    needs()
    live, dead, wrong = free_ports(3)
    names, dns = dnsmasq(
        naptr("example.test", 50, "SIP+D2T", "_sip._tcp.example.test"),
        naptr("example.test", 60, "SIP+D2U", "_sip._udp.example.test"),
        srv("_sip._tcp.example.test", 10, "a.example.test", dead),
        srv("_sip._tcp.example.test", 20, "b.example.test", live),
        # Whoever came here by UDP would find nobody.
        srv("_sip._udp.example.test", 10, "a.example.test", wrong),
        host("a.example.test"), host("b.example.test"))
    transcript = folder("phone") / "transcript"
    with names, server(live, "example.test") as pbx:
        with phone(dns, "bob", "example.test", "--auto-answer", "--calls", "1") as bob:
            bob.expect("registered", 10)
            with phone(dns, "alice", "example.test", "--duration", "1", "--transcript", transcript,
                       "sip:bob@example.test") as alice:
                alice.expect("in call 1", 15)
                alice.succeed(15)
            bob.succeed(15)
        pbx.expect("registered alice@example.test", 1)
        names.expect(r"(?i)query\[NAPTR\] example.test", 1)
        names.expect(r"(?i)query\[SRV\] _sip._tcp.example.test", 1)
        names.expect(r"(?i)query\[A\] b.example.test", 1)
    text = transcript.read_text()
    check("Via: SIP/2.0/TCP" in text and "SIP/2.0/UDP" not in text, "it did not go over TCP")
    check("INVITE sip:bob@example.test SIP/2.0" in text, "the Request-URI is not what was called")
    return f"{dead} refused, {live} took it"


def silent_servers_are_passed_over_in_their_time():
    """Over UDP a server that is gone and one that is silent are one thing: both lose the request to the next, as a new transaction."""
    needs()
    live, dead = free_ports(2)
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    swallowing = silent.getsockname()[1]
    names, dns = dnsmasq(
        naptr("dead.test", 50, "SIP+D2U", "_sip._udp.dead.test"),
        srv("_sip._udp.dead.test", 10, "a.test", dead),
        srv("_sip._udp.dead.test", 20, "b.test", live),
        # Without NAPTR; UDP is what we prefer then.
        srv("_sip._udp.silent.test", 10, "a.test", swallowing),
        srv("_sip._udp.silent.test", 20, "b.test", live),
        host("a.test"), host("b.test"))
    where = folder("phone")
    with names, server(live, "silent.test", "dead.test") as pbx, silent:
        with phone(dns, "bob", "silent.test", "--auto-answer", "--calls", "1", "--transcript", where / "bob") as bob, \
             phone(dns, "alice", "dead.test", "--duration", "1", "--transcript", where / "alice",
                   "sip:bob@silent.test") as alice:
            # Both at once, for their patience is long.
            bob.expect("registered", SILENCE + 10)
            alice.expect("registered", 10)
            alice.expect("in call 1", SILENCE + 10)
            alice.succeed(15)
            bob.succeed(15)
        pbx.expect("registered bob@silent.test", 1)
    lines = []
    for who, method, first in (("bob", "REGISTER", swallowing), ("alice", "REGISTER", dead), ("alice", "INVITE", dead)):
        went = sent_to(where / who, method)
        order = [address.rsplit(":", 1)[1] for address in went]
        check(order[:2] == [str(first), str(live)], f"{method} of {who} went to {went}")
        one, other = list(went.values())[:2]
        check(not one & other, f"{method} of {who} has the same branch at both servers: {went}")
        lines.append(f"{method} {first} then {live}")
    return ", ".join(lines)


class Refusing:
    """Listens on a port and lets nobody stay; `heard` has the name of each that was come to, in order."""

    def __init__(self, name, kind, heard):
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            self.socket.listen(8)
        self.name, self.kind, self.heard, self.ends = name, kind, heard, False
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends:
            try:
                connection = None
                if self.kind == socket.SOCK_STREAM:
                    connection = self.socket.accept()[0]
                else:
                    self.socket.recvfrom(65535)
            except OSError:
                continue
            # Before it is let go and comes to the next.
            if self.name not in self.heard:
                self.heard.append(self.name)
            if connection:
                connection.close()

    def stop(self):
        self.ends = True
        self.thread.join(5)
        self.socket.close()


def the_order_is_that_of_sip_dig():
    """Preferences, priorities, and a domain without NAPTR: what sofia's sip-dig lists is the order in which we come by."""
    needs("sip-dig")
    heard = []
    kinds = {"first": socket.SOCK_STREAM, "second": socket.SOCK_STREAM, "third": socket.SOCK_STREAM,
             "last": socket.SOCK_DGRAM}
    at = {name: Refusing(name, kind, heard) for name, kind in kinds.items()}
    try:
        port = {name: one.port for name, one in at.items()}
        names, dns = dnsmasq(
            naptr("example.test", 70, "SIP+D2U", "_sip._udp.example.test"),
            naptr("example.test", 50, "SIP+D2T", "_sip._tcp.example.test"),
            # Another order: out of the question once one fits (RFC 3403 §4.1).
            "naptr-record=example.test,60,10,s,SIP+D2T,,_sip._tcp.other.test",
            srv("_sip._tcp.example.test", 30, "c.test", port["third"], 90),
            srv("_sip._tcp.example.test", 10, "a.test", port["first"], 1),
            srv("_sip._tcp.example.test", 20, "b.test", port["second"], 50),
            srv("_sip._tcp.other.test", 0, "a.test", port["last"]),
            srv("_sip._udp.example.test", 0, "a.test", port["last"]),
            host("a.test"), host("b.test"), host("c.test"))
        with names:
            resolver = folder("sip-dig") / "resolv.conf"
            resolver.write_text(f"nameserver 127.0.0.1\nport {dns}\n")
            with Peer("sip-dig", ["sip-dig", "sip:example.test"], 10,
                      env={**os.environ, "SRESOLV_CONF": str(resolver)}) as dig:
                dig.succeed(10)
                theirs = re.findall(r"\d+ [\d.]+ (\w+) (\d+) \S+", "\n".join(dig.lines))
            with phone(dns, "alice", "example.test") as alice:
                deadline = time.monotonic() + 20
                while len(heard) < len(at) and time.monotonic() < deadline:
                    time.sleep(0.05)
                check(alice.process.poll() is None, f"it gave up:\n{alice.tail()}")
    finally:
        for one in at.values():
            one.stop()
    over = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}
    ours = [(over[kinds[name]], str(port[name])) for name in heard]
    check(ours == theirs, f"we came to {ours}; sip-dig says {theirs}")
    return " ".join(f"{transport}:{number}" for transport, number in ours)


def a_port_that_is_named_goes_with_the_addresses_of_the_host():
    """RFC 3263 §4.2: no NAPTR and no SRV; and what is too much for a datagram comes over TCP."""
    needs()
    live = free_ports()
    # Beyond what a datagram may carry, so that the answer is cut off; the server is among the first sixteen.
    crowd = [host("pbx.test", f"127.1.{n // 250}.{n % 250 + 1}") for n in range(100)]
    names, dns = dnsmasq(host("pbx.test"), *crowd, srv("_sip._udp.pbx.test", 0, "nowhere.test", 9))
    with names, offhook("server", "--listen", f"0.0.0.0:{live}", "--domain", "pbx.test", "--user", "alice:wonder") as pbx:
        pbx.expect("listening")
        with phone(dns, "alice", f"pbx.test:{live}", "--leave-after", "1") as alice:
            alice.expect("registered", 10)
            alice.succeed(10)
        check(not any("query[SRV]" in line or "query[NAPTR]" in line for line in names.lines), "it asked for servers")
    return f"101 addresses of pbx.test:{live}"


def a_name_that_leads_nowhere_has_its_line():
    """Exit code 5 and what to do, whether the name is unknown or the domain says it has no such service."""
    needs()
    names, dns = dnsmasq("srv-host=_sip._udp.none.test,.,0,0,0", "srv-host=_sip._tcp.none.test,.,0,0,0")
    with names:
        for domain, line in (("nowhere.test", "the domain has no server"), ("none.test", "does not offer the service")):
            for more in ([], [f"sip:bob@{domain}"]):
                with phone(dns, "alice", domain, *more) as alice:
                    code = alice.wait(15)
                    check(code == 5, f"exit code {code} instead of 5:\n{alice.tail()}")
                    alice.expect(line, 1)
    return "exit code 5"


SCENARIOS = [the_dead_server_is_passed_over_and_naptr_decides_what_it_goes_over, the_order_is_that_of_sip_dig,
             a_port_that_is_named_goes_with_the_addresses_of_the_host, a_name_that_leads_nowhere_has_its_line]
WAITING = [silent_servers_are_passed_over_in_their_time]
