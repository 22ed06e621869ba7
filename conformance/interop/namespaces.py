"""Two hosts and a router between them, as network namespaces of this machine: what crosses them crosses a real IP
network. They are made for one scenario and gone after it; nothing leaves them."""
import os, subprocess

from peer import Failed, missing

CALLER, CALLEE = "10.77.1.2", "10.77.2.2"


class Network:
    """`caller` and `callee` with a `router` between them that treats packets as `rules` say (nftables)."""

    def __init__(self, rules=""):
        self.rules = rules
        self.names = {role: f"offhook-{os.getpid()}-{role}" for role in ("caller", "router", "callee")}

    def inside(self, role, command):
        """The command as it runs on that host."""
        return ["ip", "netns", "exec", self.names[role], *map(str, command)]

    def __enter__(self):
        absent = missing("ip", "nft")
        if absent:
            raise Failed(absent)
        try:
            self.build()
        except Failed:
            self.__exit__()
            raise
        return self

    def build(self):
        for name in self.names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for number, role in ((1, "caller"), (2, "callee")):
            host, router = self.names[role], self.names["router"]
            ip("link", "add", "eth0", "netns", host, "type", "veth", "peer", "name", role, "netns", router)
            ip("-n", router, "addr", "add", f"10.77.{number}.1/24", "dev", role)
            ip("-n", host, "addr", "add", f"10.77.{number}.2/24", "dev", "eth0")
            ip("-n", router, "link", "set", role, "up")
            ip("-n", host, "link", "set", "eth0", "up")
            ip("-n", host, "route", "add", "default", "via", f"10.77.{number}.1")
        run(self.inside("router", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]))
        if self.rules:
            run(self.inside("router", ["nft", "-f", "-"]), self.rules)

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, timeout=20)

    def counted(self, word):
        """Packets that the first rule with this word and a counter has met."""
        listed = run(self.inside("router", ["nft", "list", "ruleset"]))
        for line in listed.splitlines():
            if "counter packets" in line and word in line:
                return int(line.split("counter packets ")[1].split()[0])
        raise Failed(f"no rule of the router counts {word}:\n{listed}")


def ip(*words):
    run(["ip", *words])


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
