"""SIPp refuses what a phone asks for, in each way that RFC 3261 and its kin have something to be done about."""
import time

from peer import Phone, check, free_ports, wait_bound
from with_sipp import HERE, needs, sipp


def refusing(name, then, *args, register=False):
    """A phone whose call, or registration, is refused as the file of this name says, and what has to come of it."""
    def scenario():
        needs()
        port, media = free_ports(2)
        with sipp(f"sipp {name}", "-sf", HERE / f"repair/{name}.xml", "-p", port, "-mp", media, "-m", "1") as server:
            wait_bound(port)
            asked = ["--register", f"127.0.0.1:{port}"] if register else [f"sip:sipp@127.0.0.1:{port}"]
            with Phone("--no-audio", "--aor", "sip:alice@127.0.0.1", "--password", "wonder", *args, *asked) as phone:
                said = then(phone)
                server.succeed()
                return said
    scenario.__name__ = f"refused_with_{name.replace('-', '_')}"
    return scenario


def repaired(phone):
    """The call is answered all the same, and ends as calls do."""
    phone.told("answered", call=1)
    phone.do("hangup")
    phone.told("ended", call=1, reason="hung-up")
    phone.succeed(10)
    return "repaired, answered, hung up"


def reported(status, **said):
    """Nothing can be done: the phone says why, and leaves with the exit code of a refusal."""
    def then(phone):
        phone.told("ended", call=1, reason="rejected", status=status, **said)
        code = phone.wait(10)
        check(code == 4, f"exit code {code} instead of 4:\n{phone.tail()}")
        return f"reported as {status}"
    return then


def longer_timer(phone):
    phone.told("answered", call=1)
    phone.told("session-timer", call=1, seconds=400, refresher="us")
    phone.do("hangup")
    phone.succeed(10)
    return "asked again for 300 s, then 400 s"


def longer_registration(phone):
    phone.told("registered", seconds=300)
    return "registered for as long as it has to be"


def later_registration(phone):
    wait = phone.told("registration-failed", status=503)["retry_in"]
    check(wait >= 300, f"it would come again after {wait} s, not after 300 s")
    return f"it would come again after {wait} s"


def hold_refused(phone):
    phone.told("answered", call=1)
    phone.do("hold")
    phone.told("change-refused", call=1, status=488)
    phone.do("list")
    phone.told("call", call=1, state="answered", held=False)
    phone.do("hangup")
    phone.succeed(10)
    return "the call went on as it was"


def hold_met_another(phone):
    phone.told("answered", call=1)
    phone.do("hold")
    begun = time.monotonic()
    phone.told("held", call=1)
    waited = time.monotonic() - begun
    # RFC 3261 section 14.1: whoever has begun the call waits 2.1 to 4 seconds.
    check(2.0 < waited < 5, f"it came again after {waited:.1f} s")
    phone.do("hangup")
    phone.succeed(10)
    return f"held {waited:.1f} s later"


# These do little but wait.
SCENARIOS = []
WAITING = [
    refusing("3xx", repaired),
    refusing("401-407", repaired),
    refusing("413", repaired),
    refusing("415", reported(415)),
    refusing("420", repaired),
    refusing("421", repaired),
    refusing("422", longer_timer, "--session-expires", "90"),
    refusing("423", longer_registration, "--expires", "60", register=True),
    refusing("488", hold_refused),
    refusing("491", hold_met_another),
    refusing("494", reported(494)),
    refusing("503", later_registration, register=True),
    refusing("503-call", reported(503, retry_after=30)),
]
