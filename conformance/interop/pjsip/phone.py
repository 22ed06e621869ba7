#!/usr/bin/env python3
"""A phone made of PJSIP (pjsua2): commands on the standard input, what happens on the standard output, a line each.

  phone.py PORT [--aor URI --registrar URI --password TEXT] [--100rel] [--timer SECONDS] [--srtp] [--play WAV] [--record WAV]

commands: call URI, answer STATUS, hold, resume, update, transfer URI, hangup, quit
lines:    registered STATUS, incoming FROM, state NAME STATUS, media NAME, sent|got METHOD STATUS, asked to call URI,
          transfer STATUS [over]"""
import argparse, queue, sys, threading

import pjsua2 as pj


def say(*words):
    print(*words, flush=True)


class Call(pj.Call):
    def __init__(self, phone, call_id=pj.PJSUA_INVALID_ID):
        super().__init__(phone.account, call_id)
        self.phone = phone

    def onCallState(self, _):
        info = self.getInfo()
        say("state", info.stateText, info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            if self.phone.call is self:
                self.phone.call, self.phone.asked = self.phone.asked, None
            elif self.phone.asked is self:
                self.phone.asked = None

    def onCallMediaState(self, _):
        names = {pj.PJSUA_CALL_MEDIA_NONE: "none", pj.PJSUA_CALL_MEDIA_ACTIVE: "active",
                 pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: "held", pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: "held-by-them",
                 pj.PJSUA_CALL_MEDIA_ERROR: "error"}
        info = self.getInfo()  # What is in it lives no longer than it.
        for index, media in enumerate(info.media):
            say("media", names[media.status])
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                sound = self.getAudioMedia(index)
                if self.phone.player:
                    self.phone.player.startTransmit(sound)
                if self.phone.recorder:
                    sound.startTransmit(self.phone.recorder)

    def onCallTransferRequest(self, prm):
        # It follows whoever asks.
        say("asked to call", prm.dstUri)
        self.phone.asked = prm.newCall = Call(self.phone)

    def onCallTransferStatus(self, prm):
        say("transfer", prm.statusCode, *["over"] * prm.finalNotify)

    def onCallTsxState(self, prm):
        event = prm.e.body.tsxState
        if event.tsx.state == pj.PJSIP_TSX_STATE_COMPLETED or (
                event.tsx.method == "INVITE" and event.tsx.state == pj.PJSIP_TSX_STATE_TERMINATED and
                event.type in (pj.PJSIP_EVENT_RX_MSG, pj.PJSIP_EVENT_TX_MSG)):
            way = "sent" if event.tsx.role == pj.PJSIP_ROLE_UAC else "got"
            say(way, event.tsx.method, event.tsx.statusCode)


class Account(pj.Account):
    def __init__(self, phone):
        super().__init__()
        self.phone = phone

    def onRegState(self, prm):
        say("registered", prm.code)

    def onIncomingCall(self, prm):
        call = Call(self.phone, prm.callId)
        # One at a time.
        if self.phone.call:
            answer = pj.CallOpParam()
            answer.statusCode = 486
            call.answer(answer)
            return
        self.phone.call = call
        say("incoming", call.getInfo().remoteUri)


class Phone:
    def __init__(self, options):
        self.call = self.asked = self.player = self.recorder = None
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
        config.logConfig.level = config.logConfig.consoleLevel = 1
        config.medConfig.noVad = True
        self.endpoint.libInit(config)
        self.endpoint.audDevManager().setNullDev()
        transport = pj.TransportConfig()
        transport.port, transport.boundAddress = options.port, "127.0.0.1"
        self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.libStart()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 200 if codec.codecId.startswith("PCMU") else 0)
        account = pj.AccountConfig()
        account.idUri = options.aor or f"sip:pjsip@127.0.0.1:{options.port}"
        if options.registrar:
            account.regConfig.registrarUri = options.registrar
            user = account.idUri.split(":")[1].split("@")[0]
            account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, options.password))
            account.sipConfig.proxies.append(options.registrar + ";lr")
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        account.mediaConfig.transportConfig.publicAddress = "127.0.0.1"
        account.mediaConfig.transportConfig.port = options.media
        account.callConfig.prackUse = pj.PJSUA_100REL_MANDATORY if options.reliable else pj.PJSUA_100REL_OPTIONAL
        if options.timer:
            account.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
            account.callConfig.timerSessExpiresSec = account.callConfig.timerMinSESec = options.timer
        if options.srtp:
            account.mediaConfig.srtpUse, account.mediaConfig.srtpSecureSignaling = pj.PJMEDIA_SRTP_MANDATORY, 0
            account.mediaConfig.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
        if options.play:
            self.player = pj.AudioMediaPlayer()
            self.player.createPlayer(options.play)
        if options.record:
            self.recorder = pj.AudioMediaRecorder()
            self.recorder.createRecorder(options.record)
        self.account = Account(self)
        self.account.create(account)
        say("ready")

    def obey(self, line):
        word, _, rest = line.strip().partition(" ")
        answer = pj.CallOpParam(True)
        if word == "call":
            self.call = Call(self)
            self.call.makeCall(rest, answer)
        elif not self.call:
            say("no call for", word)
        elif word == "answer":
            answer = pj.CallOpParam()
            answer.statusCode = int(rest)
            self.call.answer(answer)
        elif word == "hold":
            self.call.setHold(answer)
        elif word == "resume":
            answer.opt.flag = pj.PJSUA_CALL_UNHOLD
            self.call.reinvite(answer)
        elif word == "transfer":
            self.call.xfer(rest, answer)
        elif word == "update":
            self.call.update(answer)
        elif word == "hangup":
            self.call.hangup(answer)
        else:
            say("what is", word)

    def run(self):
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in sys.stdin], daemon=True).start()
        while True:
            self.endpoint.libHandleEvents(20)
            try:
                line = lines.get_nowait()
            except queue.Empty:
                continue
            if line.strip() == "quit":
                break
            try:
                self.obey(line)
            except pj.Error as why:
                say("cannot", line.strip(), why.reason)
        self.player = self.recorder = None
        self.endpoint.libDestroy()
        say("gone")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--media", type=int, default=0)
    parser.add_argument("--aor")
    parser.add_argument("--registrar")
    parser.add_argument("--password", default="")
    parser.add_argument("--100rel", dest="reliable", action="store_true")
    parser.add_argument("--timer", type=int)
    parser.add_argument("--srtp", action="store_true")
    parser.add_argument("--play")
    parser.add_argument("--record")
    Phone(parser.parse_args()).run()


if __name__ == "__main__":
    main()
