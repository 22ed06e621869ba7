"""Processes with bounds: every peer is started here, waited for by what it prints or binds, and ended by its own id."""
import json, os, pathlib, random, re, shutil, signal, socket, subprocess, tempfile, threading, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OFFHOOK = pathlib.Path(os.environ.get("OFFHOOK", ROOT / "target/release/offhook"))


class Failed(Exception):
    """A check that did not hold; the text says which."""


def check(holds, what):
    if not holds:
        raise Failed(what)


class Ports:
    """Ports below those the system gives to whoever asks for any, each handed out once: scenarios may run beside each other."""

    def __init__(self):
        self.lock, self.next = threading.Lock(), random.randrange(10000, 30000, 2)

    def take(self, pair):
        with self.lock:
            for _ in range(10000):
                port = self.next
                # Some take neighbours as well: for TLS, or for more sound.
                self.next = 10000 if self.next >= 32000 else self.next + 24
                wanted = [(port, socket.SOCK_DGRAM), (port, socket.SOCK_STREAM)]
                if pair:
                    wanted.append((port + 1, socket.SOCK_DGRAM))
                if all(self.is_free(*one) for one in wanted):
                    return port
        raise Failed("no port is free")

    def is_free(self, port, kind):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return True
            except OSError:
                return False


PORTS = Ports()


def free_ports(count=1, pair=False):
    """UDP and TCP ports nobody has; with `pair`, the next one of each is free too."""
    ports = [PORTS.take(pair) for _ in range(count)]
    return ports if count > 1 else ports[0]


class Peer:
    """One process in a folder of its own, its output kept in a log, ended when the block ends."""

    def __init__(self, name, command, seconds=60, cwd=None, env=None, stdin=None):
        self.name, self.command, self.lines = name, [str(part) for part in command], []
        self.read = 0
        # `timeout -k` around each: even one that ignores SIGTERM ends by itself.
        bounded = ["timeout", "-k", "2", str(seconds)] + self.command
        self.process = subprocess.Popen(
            bounded, cwd=cwd, env=env, start_new_session=True,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.arrived = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if stdin:
            self.say(stdin)

    def _read(self):
        for raw in self.process.stdout:
            with self.arrived:
                self.lines.append(raw.decode("utf-8", "replace").rstrip())
                self.arrived.notify_all()

    def say(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def expect(self, pattern, seconds=15):
        """Waits for a line that matches, however long ago it was said, and gives the match."""
        return self._find(f"/{pattern}/", lambda line: re.search(pattern, line), 0, seconds)[1]

    def then(self, pattern, seconds=15):
        """The same, for what is said after what was waited for last."""
        return self._then(f"/{pattern}/", lambda line: re.search(pattern, line), seconds)

    def _then(self, what, fits, seconds):
        at, found = self._find(what, fits, self.read, seconds)
        self.read = at + 1
        return found

    def _find(self, what, fits, seen, seconds):
        deadline = time.monotonic() + seconds
        with self.arrived:
            while True:
                for at, line in enumerate(self.lines[seen:], seen):
                    found = fits(line)
                    if found:
                        return at, found
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.reader.is_alive()):
                    raise Failed(f"{self.name} never said {what}; it said:\n" + self.tail())
                self.arrived.wait(min(left, 0.2))

    def wait(self, seconds=30):
        """The exit code, once it ends by itself."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {seconds} s; it said:\n" + self.tail())
        self.reader.join(5)
        return code

    def succeed(self, seconds=30):
        code = self.wait(seconds)
        check(code == 0, f"{self.name} ended with {code}; it said:\n" + self.tail())

    def tail(self, count=40):
        return "\n".join(f"    {line}" for line in self.lines[-count:])

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(4)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self.reader.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def wait_bound(port, kind="udp", seconds=10):
    """Until something on this machine listens on the port."""
    wanted, deadline = f":{port:04X} ", time.monotonic() + seconds
    while time.monotonic() < deadline:
        for name in (kind, kind + "6"):
            if any(wanted in line for line in open(f"/proc/net/{name}")):
                return
        time.sleep(0.05)
    raise Failed(f"nothing listens on {kind} port {port} after {seconds} s")


def offhook(*args, seconds=60, **more):
    return Peer("offhook " + str(args[0]), [OFFHOOK, *args], seconds, **more)


class Phone(Peer):
    """An offhook phone that is told what to do, and tells what happens as JSON."""

    def __init__(self, *args, seconds=60):
        super().__init__("offhook phone", [OFFHOOK, "phone", "--listen", "127.0.0.1:0", "--json", *args], seconds, stdin="")
        self.address = self.told("listening")["address"]

    def do(self, command):
        self.say(command + "\n")

    def told(self, event, within=15, **members):
        """Waits for this event, said after what was waited for last, with these members; gives the whole."""
        wanted = {"event": event, **members}

        def fits(line):
            try:
                said = json.loads(line)
            except ValueError:
                return None
            return said if isinstance(said, dict) and wanted.items() <= said.items() else None
        return self._then(str(wanted), fits, within)

    def leave(self):
        """It hangs up, unregisters, and ends well."""
        self.do("quit")
        self.succeed(10)


def missing(*programs):
    """One line that names what is not installed, or None."""
    absent = [name for name in programs if not shutil.which(name)]
    return "not installed: " + ", ".join(absent) if absent else None


def folder(name):
    return pathlib.Path(tempfile.mkdtemp(prefix=f"offhook-{name}-"))


def papers():
    """Who vouches, and a certificate for 127.0.0.1 with its key: files, made by openssl."""
    where = folder("papers")

    def openssl(*args):
        Peer("openssl", ["openssl", *args], 20, cwd=where).succeed()

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-days", "2", "-subj", "/CN=root")
    openssl("req", *key, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=127.0.0.1")
    (where / "extensions").write_text("subjectAltName=URI:sip:127.0.0.1,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
            "-out", "own.pem", "-days", "2", "-extfile", "extensions")
    (where / "both.pem").write_text((where / "own.key").read_text() + (where / "own.pem").read_text())
    return where
