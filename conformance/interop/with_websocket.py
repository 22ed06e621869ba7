"""JsSIP and SIP.js in node, which nobody here wrote, against the offhook server over WebSocket (RFC 7118)."""
import os

from peer import Failed, Peer, ROOT, check, free_ports, missing, offhook, papers, wait_bound

HERE = ROOT / "conformance/interop/websocket"


def needs():
    absent = missing("node")
    if absent:
        raise Failed(absent)
    for package in ("jssip", "sip.js", "ws"):
        if not (HERE / "node_modules" / package).exists():
            raise Failed(f"not installed: {package} (run `npm ci` in conformance/interop/websocket)")


def client(library, url, name, password, *wish, trusted=None):
    env = dict(os.environ)
    if trusted:
        env["NODE_EXTRA_CA_CERTS"] = str(trusted)
    return Peer(f"{library} as {name}", ["node", "client.mjs", library, url, f"sip:{name}@127.0.0.1", name, password, *wish],
                40, cwd=HERE, env=env, stdin="\n")


def server(*listen):
    """Both clients know MD5 alone."""
    args = [part for one in listen for part in ("--listen", one)]
    return offhook("server", *args, "--user", "alice:wonder", "--user", "bob:builder", "--digest", "MD5")


def unregisters(log, peer, name):
    """Ends a client, which says good-bye to the registrar first."""
    peer.process.stdin.close()
    peer.succeed(15)
    peer.expect("^unregistered", 1)
    log.expect(f"unregistered {name}@", 5)


def messages(url, log, trusted=None):
    """Each library has its turn at sending, and both are reached on the connection they have opened."""
    for first, second in (("jssip", "sipjs"), ("sipjs", "jssip")):
        with client(first, url, "bob", "builder", trusted=trusted) as bob:
            bob.expect("^registered", 10)
            with client(second, url, "alice", "wonder", "message", "sip:bob@127.0.0.1", f"from {second}",
                        trusted=trusted) as alice:
                alice.expect("^sent", 10)
                bob.expect(f"^message from {second}", 10)
                unregisters(log, alice, "alice")
            unregisters(log, bob, "bob")
    return "registered with digest, MESSAGE each way, unregistered"


def jssip_and_sipjs_through_server():
    """Register, send a MESSAGE to each other through the server, unregister."""
    needs()
    port = free_ports()
    with server(f"ws:127.0.0.1:{port}") as log:
        wait_bound(port, "tcp")
        return messages(f"ws://127.0.0.1:{port}", log)


def jssip_and_sipjs_through_server_over_wss():
    """The same under TLS; node trusts the one who has signed the server's certificate."""
    needs()
    port, good = free_ports(), papers()
    with offhook("server", "--listen", f"wss:127.0.0.1:{port}", "--tls-cert", good / "own.pem", "--tls-key",
                 good / "own.key", "--user", "alice:wonder", "--user", "bob:builder", "--digest", "MD5") as log:
        wait_bound(port, "tcp")
        return messages(f"wss://127.0.0.1:{port}", log, good / "root.pem")


def phone(port, over, name, password, *more):
    """A phone at the server over another transport, or the same one."""
    listen = [] if over == "ws" else ["--listen", "127.0.0.1:0"]
    return offhook("phone", *listen, "--transport", over, "--aor", f"sip:{name}@127.0.0.1", "--register",
                   f"127.0.0.1:{port}", "--password", password, "--no-audio", *more)


def calls(caller_over):
    """SIP.js calls a phone and hangs up; then the phone calls SIP.js and hangs up."""
    needs()
    plain, web = free_ports(2)
    with server(f"127.0.0.1:{plain}", f"ws:127.0.0.1:{web}") as log:
        wait_bound(web, "tcp")
        port, url = web if caller_over == "ws" else plain, f"ws://127.0.0.1:{web}"
        with phone(port, caller_over, "bob", "builder", "--auto-answer", "--calls", "1") as bob:
            bob.expect("registered", 10)
            with client("sipjs", url, "alice", "wonder", "call", "sip:bob@127.0.0.1") as alice:
                alice.expect("^established", 10)
                alice.expect("^terminated", 10)
                bob.expect("the far end hung up", 10)
                bob.succeed(10)
                unregisters(log, alice, "alice")
        with client("sipjs", url, "alice", "wonder") as alice:
            alice.expect("^registered", 10)
            with phone(port, caller_over, "bob", "builder", "--duration", "1", "sip:alice@127.0.0.1") as bob:
                alice.expect("^invited", 10)
                alice.expect("^established", 10)
                bob.expect("we hung up", 10)
                bob.succeed(10)
                alice.expect("^terminated", 10)
            unregisters(log, alice, "alice")
    return "called and was called, ACK and BYE both ways"


def sipjs_and_phone_over_udp():
    """The server joins WebSocket and UDP."""
    return calls("udp")


def sipjs_and_phone_over_tcp():
    """The server joins WebSocket and TCP."""
    return calls("tcp")


def sipjs_and_phone_over_websocket():
    """Nobody listens but the server."""
    return calls("ws")


SCENARIOS = [jssip_and_sipjs_through_server, jssip_and_sipjs_through_server_over_wss, sipjs_and_phone_over_udp,
             sipjs_and_phone_over_tcp, sipjs_and_phone_over_websocket]
