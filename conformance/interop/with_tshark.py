"""tshark watches a demo call on the loopback interface and must agree with what the program says of it."""
import re, signal, subprocess, time

from peer import OFFHOOK, Failed, Peer, check, folder, missing, offhook


def fields(capture, decode, what, *names):
    command = ["timeout", "-k", "2", "60", "tshark", "-r", str(capture), *decode, "-Y", what, "-T", "fields"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"tshark ended with {done.returncode}: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def tshark_agrees_with_the_demo():
    """One dialog with three INVITE transactions and a BYE; PCMU only; the packet counts and zero loss of the report; as many
    messages of each call as the ladder drawn from the same capture."""
    absent = missing("tshark")
    if absent:
        raise Failed(absent)
    where = folder("tshark")
    capture = where / "demo.pcapng"
    with Peer("tshark", ["tshark", "-q", "-i", "lo", "-f", "udp", "-B", "64", "-w", capture], 90) as shark:
        shark.expect("Capturing on", 20)
        time.sleep(1)
        with offhook("demo", "--plain", "--out", where / "out", seconds=80) as demo:
            demo.succeed(75)
        time.sleep(1)
        shark.process.send_signal(signal.SIGINT)
        subprocess.run(["pkill", "-INT", "-P", str(shark.process.pid)], check=False)
        shark.wait(20)
    said = "\n".join(demo.lines)
    ports = {name: port for name, port in re.findall(r"(\w+) +signals on 127\.0\.0\.1:(\d+)", said)}
    check(len(ports) == 3, f"the demo names {len(ports)} signalling addresses:\n{said[:800]}")
    decode = [arg for port in ports.values() for arg in ("-d", f"udp.port=={port},sip")]

    invites = fields(capture, decode, f"sip.Method == INVITE && udp.srcport == {ports['alice']}", "sip.Call-ID", "sip.CSeq.seq",
                     "sip.to.tag")
    check(len({row[0] for row in invites}) == 1, f"Alice's INVITEs have Call-IDs {sorted({row[0] for row in invites})}")
    in_dialog = {row[1] for row in invites if row[2]}
    check(len(in_dialog) == 2, f"two re-INVITEs expected inside the dialog, tshark sees {len(in_dialog)}")
    byes = fields(capture, decode, "sip.Method == BYE", "sip.Call-ID")
    check({row[0] for row in byes} == {invites[0][0]}, "the BYE does not belong to the call")
    sdp = fields(capture, decode, "sip.Method == INVITE && sdp", "sdp.mime.type")
    check(all("PCMU" in row[0] for row in sdp), f"offers without PCMU: {sdp}")

    signals = fields(capture, decode, "sip.Method || sip.Status-Code", "sip.Call-ID")
    ladder = subprocess.run(["timeout", "-k", "2", "60", OFFHOOK, "ladder", capture], capture_output=True, text=True, check=False)
    check(ladder.returncode == 0, f"offhook ladder ended with {ladder.returncode}: {ladder.stderr.strip()}")
    drawn = {call: int(count) for call, count in re.findall(r"^Call-ID (\S+) · (\d+) messages?$", ladder.stdout, re.MULTILINE)}
    seen = {call: sum(row[0] == call for row in signals) for call in {row[0] for row in signals}}
    check(drawn == seen, f"the ladder of the capture has {drawn} messages, tshark sees {seen}")

    streams = subprocess.run(["timeout", "-k", "2", "60", "tshark", "-r", str(capture), *decode, "-q", "-z", "rtp,streams"],
                             capture_output=True, text=True, check=False).stdout
    rows = [line.split() for line in streams.splitlines() if "0x" in line]
    reported = {name: (int(sent), int(lost)) for name, sent, lost in
                re.findall(r"(\w+) +-> +\w+ +sent +(\d+) .*?lost +(-?\d+)", said)}
    check(len(rows) == 2 and len(reported) == 2, f"tshark sees {len(rows)} streams, the report {reported}:\n{streams}")
    seen = []
    for row in rows:
        text = " ".join(row)
        found = re.search(r"0x([0-9A-Fa-f]+) (.+?) (\d+) (-?\d+) \((-?[\d.]+)%\)", text)
        check(found, f"unreadable line of tshark: {text}")
        check("g711U" in found[2] or "PCMU" in found[2], f"codec {found[2]}")
        check(int(found[4]) == 0, f"tshark counts {found[4]} lost: {text}")
        seen.append(int(found[3]))
    check(sorted(seen) == sorted(sent for sent, _ in reported.values()),
          f"tshark counts {sorted(seen)} packets, the report {reported}")
    check(all(lost == 0 for _, lost in reported.values()), f"the report says {reported}")
    return f"{len(signals)} messages drawn as seen, {len(invites)} INVITEs in one dialog, {' and '.join(map(str, seen))} RTP packets, none lost"


SCENARIOS = [tshark_agrees_with_the_demo]
