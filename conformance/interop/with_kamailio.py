"""kamailio as registrar and proxy, baresip as the other phone: nobody here wrote either."""
import glob, time

from peer import Failed, Peer, ROOT, check, folder, free_ports, missing, offhook, wait_bound
import sound

HERE = ROOT / "conformance/interop"


def needs():
    absent = missing("kamailio", "baresip")
    if absent:
        raise Failed(absent)


def kamailio(port):
    where = folder("kamailio")
    config = where / "kam.cfg"
    config.write_text((HERE / "kamailio/kam.cfg").read_text().replace("PORT", str(port)))
    peer = Peer("kamailio", ["kamailio", "-f", config, "-DD", "-E", "-Y", where, "-w", where, "-m", "64", "-M", "8"], 60)
    wait_bound(port)
    return peer


def baresip(port, server, tone, seconds=40, dial=None):
    """Registered as bob at the server, answering by itself; what it hears lands as dump-*-dec.wav in its folder."""
    where = folder("baresip")
    media = free_ports(pair=True)
    config = (HERE / "baresip/config").read_text()
    for word, value in (("RTPPORTS", f"{media}-{media + 20}"), ("PORT", port), ("TONE", tone), ("FOLDER", where)):
        config = config.replace(word, str(value))
    (where / "config").write_text(config)
    (where / "accounts").write_text(
        f"<sip:bob@127.0.0.1:{server};transport=udp>;auth_user=bob;auth_pass=wonder;answermode=auto;"
        "audio_codecs=PCMU;regint=600\n")
    (where / "contacts").write_text("")
    command = ["baresip", "-f", where, "-t", seconds - 5]
    if dial:
        command += ["-e", f"/dial {dial}"]
    return where, Peer("baresip", command, seconds, cwd=where)


def heard_by(where):
    files = glob.glob(str(where / "dump-*-dec.wav"))
    check(files, "baresip recorded nothing")
    return max(files, key=lambda name: sound.seconds_of(name, 1)[1])


def both_ways(ours_heard, ours, baresip_folder, theirs):
    """Each side recorded the other's tone, for most of three seconds."""
    we, we_total = sound.seconds_of(ours_heard, theirs)
    they, they_total = sound.seconds_of(heard_by(baresip_folder), ours)
    check(we >= 2.5, f"we heard {theirs} Hz for {we:.1f} s of {we_total:.1f} s")
    check(they >= 2.5, f"baresip heard {ours} Hz for {they:.1f} s of {they_total:.1f} s")
    return f"{theirs} Hz heard here for {we:.1f} s, {ours} Hz heard there for {they:.1f} s"


def phone_calls_baresip():
    """Registers at kamailio with digest, calls baresip through it; both tones arrive."""
    needs()
    server, ours, theirs = free_ports(3)
    where = folder("phone")
    low, high = sound.tone(where / "500.wav", 500, 20), sound.tone(where / "1000.wav", 1000, 20)
    heard = where / "heard.wav"
    with kamailio(server):
        bare, peer = baresip(theirs, server, high)
        with peer:
            peer.expect("200 OK", 10)
            with offhook("phone", "--listen", f"127.0.0.1:{ours}", "--aor", f"sip:alice@127.0.0.1:{server}",
                         "--register", f"127.0.0.1:{server}", "--password", "wonder", "--play", low,
                         "--record", heard, "--duration", "4", f"sip:bob@127.0.0.1:{server}") as phone:
                phone.expect("registered", 10)
                phone.succeed(25)
            time.sleep(0.5)
            return both_ways(heard, 500, bare, 1000)


def baresip_calls_phone():
    """The phone waits, registered at kamailio; baresip calls it through kamailio; both tones arrive."""
    needs()
    server, ours, theirs = free_ports(3)
    where = folder("phone")
    low, high = sound.tone(where / "500.wav", 500, 20), sound.tone(where / "1000.wav", 1000, 20)
    heard = where / "heard.wav"
    with kamailio(server):
        with offhook("phone", "--listen", f"127.0.0.1:{ours}", "--aor", f"sip:alice@127.0.0.1:{server}",
                     "--register", f"127.0.0.1:{server}", "--password", "wonder", "--play", low, "--record", heard,
                     "--auto-answer", "--duration", "4", "--calls", "1") as phone:
            phone.expect("registered", 10)
            bare, peer = baresip(theirs, server, high, dial=f"sip:alice@127.0.0.1:{server}")
            with peer:
                phone.succeed(25)
                time.sleep(0.5)
                return both_ways(heard, 500, bare, 1000)


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


SCENARIOS = [phone_calls_baresip, baresip_calls_phone, an_unknown_user_is_named]
