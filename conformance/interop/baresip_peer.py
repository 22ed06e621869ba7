"""baresip: started with a configuration of its own, told what to do, and what it has heard."""
import glob, json, socket, time

from peer import Failed, Peer, ROOT, check, folder, free_ports, wait_bound
import sound

HERE = ROOT / "conformance/interop"


def baresip(port, server, tone, seconds=40, dial=None, over="udp", certificate=None, authority=None, control=None,
            answers="auto", srtp=False):
    """Registered as bob at the server, answering by itself; what it hears lands as dump-*-dec.wav in its folder. At the port
    `control` it is told what to do."""
    where = folder("baresip")
    media = free_ports(pair=True)
    config = (HERE / "baresip/config").read_text()
    for word, value in (("RTPPORTS", f"{media}-{media + 20}"), ("PORT", port), ("TONE", tone), ("FOLDER", where)):
        config = config.replace(word, str(value))
    if certificate:
        config += f"sip_certificate {certificate}\n"
    if srtp:
        config += "module srtp.so\n"
    if control:
        config += f"module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n"
    if authority:
        config += f"sip_cafile {authority}\n"
    (where / "config").write_text(config)
    # Without a server there is nobody to register at.
    (where / "accounts").write_text(
        f"<sip:bob@127.0.0.1:{server or port};transport={over}>;auth_user=bob;auth_pass=wonder;answermode={answers};"
        f"audio_codecs=PCMU;regint={600 if server else 0}{';mediaenc=srtp-mand' if srtp else ''}\n")
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


class Control:
    """What baresip is told, and what it tells: netstrings of JSON on a connection."""

    def __init__(self, port):
        wait_bound(port, "tcp")
        self.connection = socket.create_connection(("127.0.0.1", port), 5)
        self.bytes, self.seen = b"", []

    def do(self, command, params=""):
        text = json.dumps({"command": command, "params": params}).encode()
        self.connection.sendall(b"%d:%s," % (len(text), text))

    def told(self, kind, seconds=15, **members):
        """Waits for an event of this kind with these members, told after the one waited for last."""
        wanted, deadline = {"event": True, "type": kind, **members}, time.monotonic() + seconds
        while True:
            for message in self._messages(deadline):
                self.seen.append(message)
                if wanted.items() <= message.items():
                    return message
            if time.monotonic() >= deadline:
                raise Failed(f"baresip never told {wanted}; it told:\n" + "\n".join(f"    {one}" for one in self.seen))

    def _messages(self, deadline):
        length, colon, rest = self.bytes.partition(b":")
        while colon and len(rest) > int(length):
            message, self.bytes = rest[:int(length)], rest[int(length) + 1:]
            yield json.loads(message)
            length, colon, rest = self.bytes.partition(b":")
        self.connection.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            more = self.connection.recv(65536)
        except TimeoutError:
            return
        if not more:
            raise Failed("baresip has closed its control connection; it told:\n" + "\n".join(f"    {one}" for one in self.seen))
        self.bytes += more
