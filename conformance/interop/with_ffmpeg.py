"""ffmpeg at the other end of the sound, in clear and protected: somebody answers the call for it and names its ports."""
import base64, os, re, socket, threading, time

from peer import Failed, Peer, Phone, check, folder, free_ports, missing
import sound

SUITE = "AES_CM_128_HMAC_SHA1_80"
FFMPEG = ["ffmpeg", "-nostdin", "-loglevel", "warning"]


class Answerer(threading.Thread):
    """Answers one call with a description of ours, and its BYE; what was offered is in `offer`."""

    def __init__(self, describe):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(30)
        self.uri = "sip:ffmpeg@127.0.0.1:%d" % self.socket.getsockname()[1]
        self.describe, self.offer = describe, None
        self.start()

    def run(self):
        try:
            while True:
                request, source = self.socket.recvfrom(65536)
                head, _, body = request.decode().partition("\r\n\r\n")
                method = head.split(" ", 1)[0]
                if method == "INVITE":
                    self.offer = body
                    self.answer(head, source, self.describe(body))
                elif method == "BYE":
                    self.answer(head, source, "")
        except TimeoutError:
            pass

    def answer(self, head, source, body):
        kept = [line for line in head.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", line, re.I)]
        to = re.search(r"^To:.*", head, re.M | re.I)[0].strip()
        kept.append(to if ";tag=" in to else to + ";tag=ffmpeg")
        kept += [f"Contact: <{self.uri}>", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "", body]).encode(), source)


def description(port, profile="RTP/AVP", crypto=None):
    lines = ["v=0", "o=ffmpeg 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {port} {profile} 0"]
    if crypto:
        lines.append(f"a=crypto:{crypto}")
    return "\r\n".join(lines) + "\r\n"


def exchange(protected):
    absent = missing("ffmpeg")
    if absent:
        raise Failed(absent)
    where = folder("ffmpeg")
    low, ours, theirs = sound.tone(where / "500.wav", 500, 30), where / "ours.wav", where / "theirs.wav"
    receive = free_ports(pair=True)
    key = base64.b64encode(os.urandom(30)).decode()
    profile = "RTP/SAVP" if protected else "RTP/AVP"

    def describe(offer):
        if not protected:
            return description(receive, profile)
        tag = re.search(rf"^a=crypto:(\d+) {SUITE} ", offer, re.M)
        return description(receive, profile, f"{tag[1]} {SUITE} inline:{key}")

    answerer = Answerer(describe)
    with Phone(*(["--srtp"] if protected else []), "--codec", "PCMU", "--play", low, "--record", ours) as phone:
        phone.do(f"call {answerer.uri}")
        media = phone.told("media", call=1)
        check(media["srtp"] == (SUITE if protected else None), f"media are protected with {media['srtp']}")
        # What the phone sends with is in its offer: that is what ffmpeg needs to know.
        offered = re.search(rf"^a=crypto:\d+ ({SUITE} inline:\S+)", answerer.offer, re.M)
        crypto = f"1 {offered[1]}" if protected else None
        (where / "receive.sdp").write_text(description(receive, profile, crypto))
        port = int(media["remote"].rsplit(":", 1)[1])
        check(port == receive, f"the phone sends to {port}")
        with Peer("ffmpeg", [*FFMPEG, "-protocol_whitelist", "file,udp,rtp,srtp", "-i", where / "receive.sdp", "-t", "3", "-y",
                             theirs], 30) as listens:
            listens.succeed(25)
        # One process cannot do both at one port, and the phone would follow it to another.
        secret = ["-srtp_out_suite", SUITE, "-srtp_out_params", key] if protected else []
        to = f"{'srtp' if protected else 'rtp'}://{media['local']}?localrtpport={receive}&localrtcpport={receive + 1}&pkt_size=172"
        with Peer("ffmpeg", [*FFMPEG, "-re", "-f", "lavfi", "-i", "sine=frequency=1000:duration=4", "-ar", "8000", "-ac", "1",
                             "-c:a", "pcm_mulaw", "-f", "rtp", "-payload_type", "0", *secret, to], 30) as speaks:
            speaks.succeed(25)
        time.sleep(0.3)
        phone.do("hangup")
        quality = phone.told("quality", call=1)
        check(not quality["not_authentic"] and not quality["replayed"], f"not all was authentic: {quality}")
        phone.leave()
    we, total = sound.seconds_of(ours, 1000)
    they, they_total = sound.seconds_of(theirs, 500)
    check(we >= 3, f"heard 1000 Hz for {we:.1f} s of {total:.1f} s")
    check(they >= 2, f"ffmpeg heard 500 Hz for {they:.1f} s of {they_total:.1f} s")
    return f"1000 Hz heard here for {we:.1f} s, 500 Hz heard there for {they:.1f} s"


def ffmpeg_speaks_and_hears():
    """RTP in clear: each hears the other's tone."""
    return exchange(False)


def ffmpeg_speaks_and_hears_protected():
    """SRTP, with the keys of offer and answer."""
    return exchange(True)


SCENARIOS = [ffmpeg_speaks_and_hears, ffmpeg_speaks_and_hears_protected]
