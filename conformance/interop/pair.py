"""What a phone of ours and one of another stack do with each other, whichever stack it is."""
import time

from peer import check, offhook
import sound

# A key of each kind.
KEYS = "159#*0"


def server(port, other):
    """A server that knows alice, who is ours, and the other, and challenges with SHA-256."""
    return offhook("server", "--listen", f"127.0.0.1:{port}", "--user", "alice:wonder", "--user", f"{other}:builder",
                   "--digest", "SHA-256")


def at_server(port):
    """The options of a phone that is alice there."""
    return ["--aor", f"sip:alice@127.0.0.1:{port}", "--register", f"127.0.0.1:{port}", "--password", "wonder"]


def hold_and_resume(phone, peer, call, notices, does):
    """Each side puts the other on hold and takes it back, and each time both say so: what the other says that it
    notices, each time, and what it is told to do, with what it says then."""
    for (command, event), said in zip((("hold", "held"), ("resume", "resumed")), notices):
        phone.do(command)
        phone.told(event, call=call)
        for line in said:
            peer.then(line)
    for (command, said), event in zip(does, ("remote-hold", "remote-resumed")):
        peer.say(command + "\n")
        phone.told(event, call=call)
        for line in said:
            peer.then(line)
        time.sleep(0.5)


def gives_up(phone, peer, call, uri, incoming, ended, rings=None):
    """The phone calls, and gives up while it rings there."""
    phone.do(f"call {uri}")
    peer.then(incoming)
    if rings:
        peer.say(rings + "\n")
    phone.told("ringing", call=call, status=180)
    phone.do("hangup")
    phone.told("ended", call=call, reason="cancelled")
    peer.then(ended)


def is_given_up(phone, peer, call, ringing, hangs_up, ended):
    """The other calls, and gives up while it rings here."""
    peer.say(f"call sip:alice@{phone.address}\n")
    phone.told("incoming", call=call)
    peer.then(ringing)
    peer.say(hangs_up + "\n")
    phone.told("ended", call=call, reason="remote-cancelled")
    peer.then(ended)


def refuses(phone, peer, first, says):
    """The phone is busy, and declines: what the other says of each status."""
    for call, (command, status) in enumerate((("busy", 486), ("decline", 603)), first):
        peer.say(f"call sip:alice@{phone.address}\n")
        phone.told("incoming", call=call)
        phone.do(command)
        phone.told("ended", call=call, reason="refused", status=status)
        peer.then(says(status))


def both_heard(ours, at_least, theirs, name):
    """The tone of 1000 Hz in our file for so long, and ours of 500 Hz in the other's."""
    we, total = sound.seconds_of(ours, 1000)
    they, _ = sound.seconds_of(theirs, 500)
    check(we >= at_least, f"we heard 1000 Hz for {we:.1f} s of the {total:.1f} s of the first call")
    check(they >= 2, f"{name} heard 500 Hz for {they:.1f} s of both calls")
    return f"SHA-256, hold and resume both ways; heard {we:.1f} s here, {they:.1f} s there"


def both_heard_keys(phone, call, there):
    """What the other heard of the keys the phone pressed, and the phone of those it pressed: all of them once, to the end."""
    here = "".join(phone.told("key", call=call)["key"] for _ in KEYS)
    phone.do("hangup")
    phone.told("ended", call=call, reason="hung-up")
    phone.leave()
    counted = sum('"event":"key"' in line for line in phone.lines)
    check(counted == len(KEYS), f"{counted} keys were heard here of {len(KEYS)}")
    check(here == there == KEYS, f"of {KEYS} came {here} here and {there} there")
    return f"{KEYS} both ways"
