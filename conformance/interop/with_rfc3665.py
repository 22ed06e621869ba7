"""The flows of RFC 3665, played by SIPp against the server and the phone: the files are for any stack."""
import contextlib, socket

from peer import Failed, Peer, Phone, check, folder, free_ports, missing, offhook, wait_bound
from with_sipp import HERE, needs, sipp


def play(name, port, *args, to=None, seconds=40):
    """One file, from a port of its own; called, or calling."""
    media = free_ports(pair=True)
    where = [f"127.0.0.1:{to}"] if to else []
    return sipp(name, "-sf", HERE / f"rfc3665/{name}.xml", *where, "-p", port, "-mp", media, "-m", "1", *args, seconds=seconds)


def alice(name, port, to, domain, home, *args, **more):
    """SIPp as Alice, whose home is a port here, calls Bob at a domain."""
    return play(name, port, "-s", "bob", "-au", "alice", "-ap", "secret", "-key", "domain", domain, "-key", "home",
                f"127.0.0.1:{home}", *args, to=to, **more)


def section_2_registrations():
    """2.1 to 2.5: new, one more contact, the list, none any more; and a wrong password."""
    needs()
    port, ours = free_ports(2)
    with offhook("server", "--listen", f"127.0.0.1:{port}", "--user", "bob:secret", "--digest", "MD5") as server:
        server.expect("listening")
        for name, password in (("2.1-registration", "secret"), ("2.2-contacts", "secret"), ("2.3-query", "secret"),
                               ("2.4-cancellation", "secret"), ("2.5-failure", "wrong")):
            with play(name, ours, "-s", "bob", "-au", "bob", "-ap", password, "-key", "domain", f"127.0.0.1:{port}",
                      to=port) as registering:
                registering.succeed()
    return "2.1 to 2.5"


def called(name, do, ended, *args):
    """The phone is Bob."""
    def scenario():
        needs()
        ours = free_ports()
        with Phone("--no-audio", "--aor", "sip:bob@127.0.0.1", *args) as phone:
            port = phone.address.rpartition(":")[2]
            with alice(name, ours, port, phone.address, ours) as caller:
                phone.told("incoming", call=1)
                do(phone)
                phone.told("ended", call=1, **ended)
                caller.succeed()
            phone.leave()
    return named(name, scenario)


def calling(name, do, ended, *args):
    """The phone is Alice."""
    def scenario():
        needs()
        port = free_ports()
        with play(name, port) as bob:
            wait_bound(port)
            with Phone("--no-audio", "--aor", "sip:alice@127.0.0.1", "--password", "secret", *args) as phone:
                phone.do(f"call sip:bob@127.0.0.1:{port}")
                do(phone)
                phone.told("ended", call=1, **ended)
                bob.succeed()
                phone.leave()
    return named(name, scenario)


def named(name, scenario):
    scenario.__name__ = f"section_{name.replace('-', '_')}"
    return scenario


def answer_and_hang_up(phone):
    phone.do("answer")
    phone.told("answered", call=1)
    phone.do("hangup")


def be_answered(phone):
    phone.told("answered", call=1)


def be_answered_and_moved(phone):
    """What the other side says of its new port counts (the second time media is agreed on)."""
    phone.told("answered", call=1)
    before = phone.told("media", call=1)["remote"]
    after = phone.told("media", call=1)["remote"]
    check(before != after, f"media still go to {after}")
    phone.do("hangup")


def give_up(phone):
    phone.told("ringing", call=1)
    phone.do("hangup")


def wait(_):
    pass


@contextlib.contextmanager
def two_proxies(bob, *first):
    """The second sends everything to Bob's port, the first to the second unless it is told otherwise; their ports."""
    one, two = free_ports(2)
    first = first or ("--no-auth", "--next", f"127.0.0.1:{two}")
    with offhook("server", "--listen", f"127.0.0.1:{one}", *first, seconds=90) as outer, \
            offhook("server", "--listen", f"127.0.0.1:{two}", "--no-auth", "--next", f"127.0.0.1:{bob}", seconds=90) as inner:
        outer.expect("listening")
        inner.expect("listening")
        yield one, two


def through_two_proxies(section, *first):
    """SIPp is both Alice and Bob, whose domain is that of the second proxy."""
    def scenario():
        needs()
        theirs, ours = free_ports(2)
        with two_proxies(theirs, *first) as (one, two), play(f"{section}-bob", theirs) as bob:
            wait_bound(theirs)
            with alice(f"{section}-alice", ours, one, f"127.0.0.1:{two}", one) as caller:
                caller.succeed()
            bob.succeed()
    return named(f"{section}-proxies", scenario)


def section_3_10_no_response():
    """Bob's phone takes what it is sent and says nothing: the proxies wait for half a minute, then one says so."""
    needs()
    ours = free_ports()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with two_proxies(silent.getsockname()[1]) as (one, two):
            with alice("3.10-alice", ours, one, f"127.0.0.1:{two}", one, seconds=60) as caller:
                caller.succeed(60)


def section_3_4_proxy_failure():
    """The first server of the domain is dead: the phone asks it for half a minute, then asks the next."""
    needs()
    absent = missing("dnsmasq")
    if absent:
        raise Failed(absent)
    names, port, dead = free_ports(3)
    where = folder("dnsmasq")
    (where / "dnsmasq.conf").write_text(
        f"port={names}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nuser=root\n"
        f"srv-host=_sip._udp.example.test,one.example.test,{dead},1\n"
        f"srv-host=_sip._udp.example.test,two.example.test,{port},2\n"
        "host-record=one.example.test,127.0.0.1\nhost-record=two.example.test,127.0.0.1\n")
    with Peer("dnsmasq", ["dnsmasq", "-C", where / "dnsmasq.conf", "-k"], 60), play("3.4-proxy2", port, seconds=60) as proxy:
        wait_bound(names)
        wait_bound(port)
        with Phone("--no-audio", "--aor", "sip:alice@127.0.0.1", "--password", "secret", "--dns",
                   f"127.0.0.1:{names}") as phone:
            phone.do("call sip:bob@example.test")
            phone.told("answered", within=40, call=1)
            phone.told("ended", call=1, reason="remote-hung-up")
            proxy.succeed()
            phone.leave()


SCENARIOS = [section_2_registrations]
# Hardly any of their time is ours.
WAITING = [
    called("3.1-alice", answer_and_hang_up, {"reason": "hung-up"}),
    called("3.6-alice", answer_and_hang_up, {"reason": "hung-up"}),
    called("3.8-alice", wait, {"reason": "remote-cancelled"}),
    called("3.9-alice", lambda phone: phone.do("busy"), {"reason": "refused", "status": 486}),
    called("3.11-alice", wait, {"reason": "unanswered"}, "--ring-limit", "1"),
    calling("3.1-bob", be_answered, {"reason": "remote-hung-up"}),
    calling("3.3-proxies", be_answered, {"reason": "remote-hung-up"}),
    section_3_4_proxy_failure,
    calling("3.6-redirect", be_answered, {"reason": "remote-hung-up"}, "--late-offer"),
    calling("3.7-bob", be_answered_and_moved, {"reason": "hung-up"}),
    calling("3.8-bob", give_up, {"reason": "cancelled"}),
    calling("3.9-bob", wait, {"reason": "rejected", "status": 486}),
    calling("3.11-bob", wait, {"reason": "rejected", "status": 480}),
    through_two_proxies("3.2", "--user", "alice:secret", "--digest", "MD5"),
    through_two_proxies("3.8"),
    through_two_proxies("3.9"),
    through_two_proxies("3.11"),
    section_3_10_no_response,
]
