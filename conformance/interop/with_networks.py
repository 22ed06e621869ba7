"""Calls across networks that lose, double and translate, to a user agent on each driver."""
from namespaces import CALLEE, CALLER, Network
from peer import OFFHOOK, ROOT, Failed, Peer, check, missing
import with_sipp

# One packet of five, whichever way it goes, by lot: a loss that counts packets can hit the same one of every round of
# retransmissions, for ever. That all eleven copies of a BYE or of its answer are lost happens once in 80,000 calls.
LOSS = """
table ip loss {
  chain forward {
    type filter hook forward priority 0; policy accept;
    meta l4proto udp numgen random mod 5 == 0 counter drop
  }
}
"""
# Each packet to the callee arrives more than once.
DOUBLE = """
table netdev double {
  chain out {
    type filter hook egress device "callee" priority 0; policy accept;
    meta protocol ip counter dup to "callee"
  }
}
"""
# The caller's addresses and ports are hidden behind those of the router.
TRANSLATE = """
table ip translate {
  chain out {
    type nat hook postrouting priority 100; policy accept;
    oifname "callee" meta l4proto udp counter masquerade fully-random
  }
}
"""


def user_agent(network, driver):
    """The answering example of a driver, on the callee's host."""
    program = ROOT / f"target/debug/examples/{driver}"
    if not program.exists():
        raise Failed(f"there is no {program}: run `cargo build --examples` of both drivers first")
    return Peer(driver, network.inside("callee", [program, f"{CALLEE}:5060"]), 60)


def sipp_calls(network, driver, calls):
    absent = missing("sipp")
    if absent:
        raise Failed(absent)
    caller = ["sipp", "-sf", with_sipp.HERE / "uac.xml", "-s", "phone", f"{CALLEE}:5060", "-i", CALLER, "-p", "5060",
              "-m", calls, "-r", 5, "-nostdin", "-timeout", 50, "-timeout_error"]
    with user_agent(network, driver) as phone:
        phone.expect("listening")
        where = with_sipp.folder("networks")
        with Peer("sipp uac", network.inside("caller", caller), 55, cwd=where) as uac:
            uac.succeed(55)
        # Each call was one call there too, whatever came twice or never.
        ended = sum("Ended" in line for line in phone.lines)
        incoming = sum("Incoming" in line for line in phone.lines)
        check((incoming, ended) == (calls, calls), f"{incoming} calls came in and {ended} ended:\n{phone.tail()}")


def lossy(driver):
    with Network(LOSS) as network:
        sipp_calls(network, driver, 10)
        return f"10 calls, {network.counted('drop')} packets lost"


def doubling(driver):
    with Network(DOUBLE) as network:
        sipp_calls(network, driver, 10)
        return f"10 calls, {network.counted('dup')} packets doubled"


def mio_across_a_network_that_loses():
    return lossy("user_agent")


def smol_across_a_network_that_loses():
    return lossy("smol_user_agent")


def mio_across_a_network_that_doubles():
    return doubling("user_agent")


def smol_across_a_network_that_doubles():
    return doubling("smol_user_agent")


def phone_behind_a_translator_calls():
    """The responses find the way back by received and rport (RFC 3581), and the call is ended from behind."""
    absent = missing("sipp")
    if absent:
        raise Failed(absent)
    with Network(TRANSLATE) as network:
        callee = ["sipp", "-sn", "uas", "-i", CALLEE, "-p", "5060", "-m", "1", "-nostdin", "-timeout", 30,
                  "-timeout_error", "-trace_msg", "-message_file", "messages.log"]
        where = with_sipp.folder("networks")
        with Peer("sipp uas", network.inside("callee", callee), 35, cwd=where) as uas:
            phone = [OFFHOOK, "phone", "--listen", f"{CALLER}:5060", "--duration", "2", f"sip:sipp@{CALLEE}:5060"]
            with Peer("offhook phone", network.inside("caller", phone), 30) as caller:
                caller.succeed(25)
            uas.succeed()
        seen = (where / "messages.log").read_text()
        check(f"Via: SIP/2.0/UDP {CALLER}:5060" in seen and "rport" in seen, "the Via does not ask for rport")
        return f"{network.counted('masquerade')} flows translated"


SCENARIOS = [mio_across_a_network_that_loses, smol_across_a_network_that_loses, mio_across_a_network_that_doubles,
             smol_across_a_network_that_doubles, phone_behind_a_translator_calls]
