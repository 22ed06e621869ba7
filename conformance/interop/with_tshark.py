"""tshark watches a demo call on the loopback interface and must agree with what the program says of it; and with the report on
the streams of a call that lost, doubled and delayed packets."""
import itertools, json, random, re, signal, struct, subprocess, time

import sound
from peer import OFFHOOK, Failed, Peer, Phone, check, folder, missing, offhook


def fields(capture, decode, what, *names):
    command = ["timeout", "-k", "2", "60", "tshark", "-r", str(capture), *decode, "-Y", what, "-T", "fields"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"tshark ended with {done.returncode}: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def streams(capture, decode):
    """What tshark says of each RTP stream, by its SSRC."""
    done = subprocess.run(["timeout", "-k", "2", "60", "tshark", "-r", str(capture), *decode, "-q", "-z", "rtp,streams"],
                          capture_output=True, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        row = re.search(r"0x([0-9A-Fa-f]+) +(.+?) +(\d+) +(-?\d+) +\(-?[\d.]+%\)(.*)", line)
        if row:
            numbers = [float(number) for number in re.findall(r"[\d.]+", row[5])]
            check(len(numbers) == 6, f"unreadable line of tshark: {line}")
            found[int(row[1], 16)] = {"codec": row[2], "packets": int(row[3]), "lost": int(row[4]), "max_spacing_ms": numbers[2],
                                      "jitter_ms": numbers[4], "max_jitter_ms": numbers[5]}
    return found, done.stdout


def report(file):
    """What the program says of each RTP stream, by its SSRC."""
    done = subprocess.run(["timeout", "-k", "2", "60", OFFHOOK, "rtp", file, "--json"], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"offhook rtp ended with {done.returncode}: {done.stderr.strip()}")
    return {stream["ssrc"]: stream for stream in json.loads(done.stdout)["streams"]}


EXACT = [("packets", 0), ("lost", 0), ("max_spacing_ms", 0.01)]
# tshark reckons the jitter in fractions, RFC 3550 A.8 in sixteenths of a tick.
TIMES = [("jitter_ms", 0.15), ("max_jitter_ms", 0.15)]


def agree(theirs, ours, numbers):
    """The same streams, with numbers that differ by no more than how they are rounded."""
    check(theirs.keys() == ours.keys(), f"tshark sees {list(theirs)}, offhook rtp {list(ours)}")
    for ssrc, row in theirs.items():
        for name, within in numbers:
            mine = ours[ssrc][name]
            check(abs(mine - row[name]) <= within, f"{name} of {ssrc:#x}: tshark {row[name]}, offhook rtp {mine}")


def packets(dump):
    """The RTP packets of an rtpdump, each with the milliseconds before it."""
    data = dump.read_bytes()
    at = data.index(b"\n") + 17
    while at < len(data):
        length, sent, after = struct.unpack(">HHI", data[at:at + 8])
        if sent:
            yield after, data[at + 8:at + length]
        at += length


def lossy(dump, capture, seed, without_keys):
    """A capture of what was recorded, as a bad network would have brought it: a tenth of it lost, some in bursts, some twice,
    and all of it late, each packet by as much as chance has it. Without keys, all that is no speech is lost as well."""
    chance, arrivals, burst = random.Random(seed), [], 0
    for after, packet in packets(dump):
        burst = burst - 1 if burst else 6 if chance.random() < 0.01 else 0
        if burst or chance.random() < 0.05 or (without_keys and packet[1] & 127):
            continue
        at = after * 1000 + chance.randrange(30_000)
        arrivals.append((at, packet))
        if chance.random() < 0.02:
            arrivals.append((at + chance.randrange(20_000), packet))
    # The first and the last packet stay where they are: tshark takes what comes last for the one with the highest number.
    (_, first), (end, last) = arrivals[0], arrivals[-1]
    arrivals = [(at + 1000, packet) for at, packet in arrivals if packet not in (first, last)] + [(0, first), (end + 90_000, last)]
    with open(capture, "wb") as out:
        # Microseconds, and bare packets of IPv4.
        out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for at, packet in sorted(arrivals):
            length = 28 + len(packet)
            hosts = bytes([192, 0, 2, 1, 192, 0, 2, 2])
            head = struct.pack(">BBHIBBH", 0x45, 0, length, 0x4000, 64, 17, 0) + hosts
            ports = struct.pack(">HHHH", 4000, 5000, length - 20, 0)
            out.write(struct.pack("<IIII", 1_700_000_000 + at // 1_000_000, at % 1_000_000, length, length) + head + ports + packet)
    return len(arrivals)


def tshark_agrees_on_lossy_streams():
    """A call is recorded packet by packet, and then lost in part: packets, losses, spacing and jitter are those of tshark, and
    the keys, whose reports are repeated, are all there."""
    absent = missing("tshark")
    if absent:
        raise Failed(absent)
    where = folder("lossy")
    dump = where / "heard.rtp"
    with Phone("--auto-answer", "--record", dump) as bob:
        with Phone("--play", sound.tone(where / "tone.wav", 500, 20), "--dtmf", "159#") as alice:
            alice.do(f"call sip:bob@{bob.address}")
            alice.told("answered")
            time.sleep(8)
            alice.leave()
        bob.leave()
    whole = list(report(dump).values())
    check(len(whole) == 1 and whole[0]["lost"] == 0 and whole[0]["dtmf"] == "159#", f"the recording is {whole}")
    told = []
    for seed, without_keys in itertools.product(range(4), (False, True)):
        capture = where / f"{seed}-{without_keys}.pcap"
        brought = lossy(dump, capture, seed, without_keys)
        theirs, table = streams(capture, ["-d", "udp.port==5000,rtp"])
        ours = report(capture)
        # What reports of keys lag behind the beginning of the key is jitter to tshark, and is none to us.
        agree(theirs, ours, EXACT + TIMES if without_keys else EXACT)
        (stream,) = ours.values()
        check(stream["packets"] == brought and stream["lost"] > 0, f"{brought} packets were written: {stream}\n{table}")
        check(stream["duplicates"] > 0 and stream["reordered"] > 0, f"{stream}")
        keys = "" if without_keys else "159#"
        check(stream["dtmf"] == keys, f"seed {seed}: the keys are {stream['dtmf']}")
        told.append(f"{stream['lost']} of {stream['expected']} lost at {stream['jitter_ms']:.1f} ms")
    return "; ".join(told)


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

    theirs, table = streams(capture, decode)
    reported = {name: (int(sent), int(lost)) for name, sent, lost in
                re.findall(r"(\w+) +-> +\w+ +sent +(\d+) .*?lost +(-?\d+)", said)}
    check(len(theirs) == 2 and len(reported) == 2, f"tshark sees {len(theirs)} streams, the report {reported}:\n{table}")
    for row in theirs.values():
        check("g711U" in row["codec"] or "PCMU" in row["codec"], f"codec {row['codec']}")
        check(row["lost"] == 0, f"tshark counts {row['lost']} lost: {row}")
    seen = [row["packets"] for row in theirs.values()]
    check(sorted(seen) == sorted(sent for sent, _ in reported.values()),
          f"tshark counts {sorted(seen)} packets, the report {reported}")
    check(all(lost == 0 for _, lost in reported.values()), f"the report says {reported}")
    agree(theirs, report(capture), EXACT + TIMES)
    return f"{len(signals)} messages drawn as seen, {len(invites)} INVITEs in one dialog, {' and '.join(map(str, seen))} RTP packets, none lost"


# Whatever passes on loopback is in its capture.
ALONE = [tshark_agrees_with_the_demo]
SCENARIOS = [tshark_agrees_on_lossy_streams]
