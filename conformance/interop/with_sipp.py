"""SIPp: scripted callers, callees and registrars."""
import re

from peer import Failed, Peer, check, folder, free_ports, missing, offhook, wait_bound
from peer import ROOT
import sound

HERE = ROOT / "conformance/interop/sipp"


def sipp(name, *args, seconds=40):
    where = folder("sipp")
    return Peer(name, ["sipp", *args, "-i", "127.0.0.1", "-nostdin", "-trace_err", "-timeout", seconds - 5,
                       "-timeout_error"], seconds, cwd=where)


def needs():
    absent = missing("sipp")
    if absent:
        raise Failed(absent)


def table(name, password, port=0):
    """A SIPp injection file for one user: name, what answers a challenge, port of the Contact."""
    path = folder("sipp") / "users.csv"
    path.write_text(f"SEQUENTIAL\n{name};[authentication username={name} password={password}];{port}\n")
    return path


def sipp_calls_phone():
    """Ten calls in a row by SIPp's built-in caller; the phone answers each by itself."""
    needs()
    port, caller, media = free_ports(3)
    with offhook("phone", "--listen", f"127.0.0.1:{port}", "--auto-answer", "--calls", "10") as phone:
        phone.expect("listening")
        with sipp("sipp uac", "-sn", "uac", f"127.0.0.1:{port}", "-p", caller, "-mp", media, "-m", "10", "-r", "5",
                  "-d", "300") as uac:
            uac.succeed()
        phone.succeed()
    return "10 calls"


def sipp_speaks_to_phone():
    """SIPp calls with speech in G.711 A-law from its own capture; the phone records what it hears."""
    needs()
    port, caller = free_ports(2)
    media = free_ports(pair=True)
    where = folder("echo")
    heard = where / "heard.wav"
    scenario = where / "uac_pcap.xml"
    shipped = Peer("sipp -sd", ["sipp", "-sd", "uac_pcap"], 10)
    shipped.wait(10)
    text = "\n".join(shipped.lines).replace('"pcap/', '"/usr/share/sip-tester/')
    scenario.write_text(text[text.index("<?xml"):])
    with offhook("phone", "--listen", f"127.0.0.1:{port}", "--auto-answer", "--calls", "1",
                 "--record", heard) as phone:
        phone.expect("listening")
        with sipp("sipp uac_pcap", "-sf", scenario, f"127.0.0.1:{port}", "-p", caller, "-mp", media, "-m", "1") as uac:
            uac.succeed(38)
        phone.succeed()
    samples, rate = sound.read(heard)
    loud = max(abs(sample) for sample in samples)
    check(len(samples) / rate > 4 and loud > 1000, f"heard {len(samples) / rate:.1f} s, loudest sample {loud}")
    return f"{len(samples) / rate:.1f} s of speech heard"


def sipp_calls_phone_over_tcp():
    """The same over one TCP connection; the phone listens there because it listens over UDP."""
    needs()
    port, caller, media = free_ports(3)
    with offhook("phone", "--listen", f"127.0.0.1:{port}", "--auto-answer", "--calls", "10") as phone:
        phone.expect("listening")
        with sipp("sipp uac", "-sn", "uac", "-t", "t1", f"127.0.0.1:{port}", "-p", caller, "-mp", media, "-m", "10",
                  "-r", "5", "-d", "300") as uac:
            uac.succeed()
        phone.succeed()
    return "10 calls"


def phone_calls_sipp_over_tcp():
    """The URI says TCP; the phone opens the connection, and SIPp answers on it."""
    needs()
    port, callee, media = free_ports(3)
    # Over TCP no BYE comes again, and SIPp takes a connection that closes while it waits for one as a failure.
    scenario = folder("sipp") / "uas.xml"
    text = (HERE / "uas.xml").read_text()
    scenario.write_text(re.sub(r"<timewait [^>]*>", "", text))
    with sipp("sipp uas", "-sf", scenario, "-t", "t1", "-p", callee, "-mp", media, "-m", "1") as uas:
        wait_bound(callee, "tcp")
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--duration", "1",
                     f"sip:sipp@127.0.0.1:{callee};transport=tcp") as phone:
            phone.succeed(20)
        uas.succeed()
    return "answered, 1 s, hung up"


def phone_registers_at_sipp_with_digest():
    """The phone answers SIPp's challenge; SIPp checks the digest."""
    needs()
    port, registrar = free_ports(2)
    with sipp("sipp registrar", "-sf", HERE / "registrar.xml", "-p", registrar, "-m", "1") as server:
        wait_bound(registrar)
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--aor", "sip:alice@127.0.0.1",
                     "--register", f"127.0.0.1:{registrar}", "--password", "wonder") as phone:
            phone.expect("registered", 10)
            server.succeed()
    return "digest accepted"


def phone_with_a_wrong_password_says_so():
    """The registrar refuses; the phone ends with exit code 4 and a line that names the password."""
    needs()
    port, registrar = free_ports(2)
    with sipp("sipp registrar", "-sf", HERE / "registrar.xml", "-p", registrar, "-m", "1"):
        wait_bound(registrar)
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--aor", "sip:alice@127.0.0.1",
                     "--register", f"127.0.0.1:{registrar}", "--password", "wrong") as phone:
            phone.expect("(?i)password", 10)
            code = phone.wait(15)
            check(code == 4, f"exit code {code} instead of 4:\n{phone.tail()}")
    return "exit code 4"


def phone_answers_every_challenge_of_sipp():
    """A server and a proxy challenge at once, one in two algorithms, one again for a stale nonce; the ACK and the BYE
    have their credentials too."""
    needs()
    port, callee = free_ports(2)
    with sipp("sipp challenging", "-sf", HERE / "challenging.xml", "-p", callee, "-m", "1") as uas:
        wait_bound(callee)
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--aor", "sip:alice@127.0.0.1", "--no-audio",
                     "--account", "alice:callee:wonder", "--account", "alice:proxy:builder", "--duration", "1",
                     f"sip:sipp@127.0.0.1:{callee}") as phone:
            phone.succeed(20)
        uas.succeed()
    return "two realms, SHA-256 before MD5, one stale nonce"


def phone_calls_sipp():
    """The phone calls SIPp's built-in callee, talks for two seconds and hangs up."""
    needs()
    port, callee = free_ports(2)
    media = free_ports(pair=True)
    with sipp("sipp uas", "-sn", "uas", "-p", callee, "-mp", media, "-rtp_echo", "-m", "1") as uas:
        wait_bound(callee)
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--duration", "2", f"sip:sipp@127.0.0.1:{callee}") as phone:
            phone.succeed(20)
        uas.succeed()
    return "answered, 2 s, hung up"


def sipp_to_sipp_through_server():
    """Both register with digest; the caller is challenged, follows the route set, and the proxy stays in the path."""
    return through_server("udp", "u1")


def sipp_to_sipp_through_server_over_tcp():
    """The same, with every hop over TCP."""
    return through_server("tcp", "t1")


def through_server(kind, mode):
    needs()
    port, caller, callee, registering = free_ports(4)
    with offhook("server", "--listen", f"{kind}:127.0.0.1:{port}", "--user", "alice:wonder", "--user", "bob:builder",
                 "--digest", "MD5") as server:
        server.expect("listening")
        users = table("bob", "builder", callee)
        with sipp("sipp register", "-sf", HERE / "register.xml", "-t", mode, "-inf", users, f"127.0.0.1:{port}", "-p", registering,
                  "-m", "1") as one:
            one.succeed()
        with sipp("sipp uas", "-sf", HERE / "uas.xml", "-t", mode, "-p", callee, "-m", "5") as uas:
            wait_bound(callee, kind)
            users = table("alice", "wonder")
            with sipp("sipp uac", "-sf", HERE / "uac_routed.xml", "-t", mode, "-inf", users, "-s", "bob", f"127.0.0.1:{port}",
                      "-p", caller, "-m", "5", "-r", "5") as uac:
                uac.succeed()
            uas.succeed()
    return "5 calls"


# Of a hundred packets that reach SIPp or leave it, so many get lost.
LOST = 15
# Copies of a BYE may come for as long as its sender waits (timer F).
LINGER = 34000


def lossy(name, scenario, *args):
    """A SIPp with a bad network; one that is called answers copies of a BYE after its call too."""
    text = (HERE / scenario).read_text()
    text = re.sub(r"<timewait [^>]*>", f'<timewait milliseconds="{LINGER}"/>', text)
    text = re.sub(r"<(send|recv)\b", rf'<\1 lost="{LOST}"', text)
    # SIPp takes a copy of a first message that it has lost for one that it has seen, and one of an INVITE that it has
    # answered for something unheard of; and where an ACK is lost, a BYE comes first.
    text = text.replace(f'<recv lost="{LOST}" request="INVITE"', '<recv request="INVITE"')
    ack = f'<recv lost="{LOST}" request="ACK"'
    copies = '<recv request="INVITE" optional="true"/>' * 2
    text = text.replace(ack, f'{copies}{ack} optional="true"')
    path = folder("sipp") / scenario
    path.write_text(text)
    return sipp(name, "-sf", path, *args, seconds=90)


def ended(phone, count, how):
    """Every call of a phone has ended like this; a BYE may be there before the ACK."""
    for number in range(1, count + 1):
        phone.expect(f"call {number} ended .*: {how}$", 1)


def sipp_calls_phone_over_a_lossy_network():
    """What gets lost comes again, and every call begins and ends at both ends."""
    needs()
    port, caller, media = free_ports(3)
    with offhook("phone", "--listen", f"127.0.0.1:{port}", "--auto-answer", "--no-audio", seconds=90) as phone:
        phone.expect("listening")
        with lossy("sipp uac", "uac_routed.xml", "-inf", table("alice", "wonder"), "-s", "bob", f"127.0.0.1:{port}", "-p", caller,
                   "-mp", media, "-m", "20", "-r", "10") as uac:
            uac.succeed(85)
        ended(phone, 20, "the far end hung up")
    return f"20 calls, {LOST} % of the packets lost"


def phone_calls_sipp_over_a_lossy_network():
    """The same the other way round."""
    needs()
    port, callee, media = free_ports(3)
    with lossy("sipp uas", "uas.xml", "-p", callee, "-mp", media) as uas:
        wait_bound(callee)
        with offhook("phone", "--listen", f"127.0.0.1:{port}", "--no-audio", "--duration", "1", "--calls", "10", seconds=90,
                     stdin=f"c sip:sipp@127.0.0.1:{callee}\n" * 10) as phone:
            phone.succeed(85)
            ended(phone, 10, "we hung up")
    return f"10 calls, {LOST} % of the packets lost"


def sipp_to_sipp_through_server_over_a_lossy_network():
    """Both SIPps lose packets; the proxy between them sends what has to come again."""
    needs()
    port, caller, callee = free_ports(3)
    # Nobody is asked for a password: SIPp takes the copy of a challenge it has answered for something unheard of.
    with offhook("server", "--listen", f"127.0.0.1:{port}", "--next", f"127.0.0.1:{callee}", seconds=90) as server:
        server.expect("listening")
        with lossy("sipp uas", "uas.xml", "-p", callee):
            wait_bound(callee)
            with lossy("sipp uac", "uac_routed.xml", "-inf", table("alice", "wonder"), "-s", "bob", f"127.0.0.1:{port}", "-p", caller,
                       "-m", "20", "-r", "10") as uac:
                uac.succeed(85)
    return f"20 calls, {LOST} % of the packets lost at either end"


SCENARIOS = [sipp_calls_phone, sipp_speaks_to_phone, phone_registers_at_sipp_with_digest,
             phone_with_a_wrong_password_says_so, phone_answers_every_challenge_of_sipp, phone_calls_sipp, sipp_to_sipp_through_server,
             sipp_calls_phone_over_tcp, phone_calls_sipp_over_tcp, sipp_to_sipp_through_server_over_tcp,
             sipp_calls_phone_over_a_lossy_network, phone_calls_sipp_over_a_lossy_network,
             sipp_to_sipp_through_server_over_a_lossy_network]
