#!/usr/bin/env python3
"""Real peers against the offhook program, on loopback.

  run.py            every scenario
  run.py NAME ...   the scenarios whose name contains one of these
  run.py --list     their names

A peer that is not installed fails its scenarios with a line that names it (they are installed by .ci/run)."""
import collections, importlib, sys, threading, time, traceback

from peer import Failed, OFFHOOK

MODULES = ["with_sipp", "with_repairs", "with_rfc3665", "with_runtimes", "with_kamailio", "with_baresip", "with_pjsip", "with_linphone", "with_ffmpeg", "with_websocket",
           "with_tshark", "with_libsrtp", "with_networks", "with_dnsmasq"]


class Run(threading.Thread):
    """One scenario: what came of it, and how long it took."""

    def __init__(self, name, scenario):
        super().__init__(daemon=True)
        self.name, self.scenario, self.passed = name, scenario, False

    def run(self):
        start = time.monotonic()
        try:
            said, self.passed = self.scenario(), True
        except Exception as why:  # Whatever it is, it is told, and the others go on.
            said = f"\n  {why if isinstance(why, Failed) else traceback.format_exc()}"
        self.line = f"{'ok   ' if self.passed else 'FAIL '} {self.name} ({time.monotonic() - start:.1f} s) {said or ''}"


class Lane(threading.Thread):
    """Does the scenarios of one group after the other, until no group is left."""

    def __init__(self, groups):
        super().__init__(daemon=True)
        self.groups = groups

    def run(self):
        while True:
            try:
                group = self.groups.popleft()
            except IndexError:
                return
            for one in group:
                one.start()
                one.join()
                print(one.line, flush=True)


def go(groups, lanes):
    """Runs the groups in so many lanes, and waits for all of them."""
    groups = collections.deque(groups)
    lanes = [Lane(groups) for _ in range(lanes)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()


def scenarios(kind, wanted):
    """For each module, the scenarios of this kind that are wanted."""
    groups = []
    for name in MODULES:
        functions = getattr(importlib.import_module(name), kind, [])
        group = [Run(f"{name[5:]}/{function.__name__}", function) for function in functions]
        groups.append([one for one in group if not wanted or any(word in one.name for word in wanted)])
    return groups


def main():
    wanted = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    alone, after, waiting = (scenarios(kind, wanted) for kind in ("ALONE", "SCENARIOS", "WAITING"))
    runs = [run for groups in (alone, after, waiting) for group in groups for run in group]
    if "--list" in sys.argv:
        print("\n".join(run.name for run in runs))
        return 0
    if not OFFHOOK.exists():
        print(f"there is no {OFFHOOK}: run `cargo build --release` first")
        return 2
    go(alone, 1)
    # These do little but wait, and need not be waited for one by one.
    beside = [run for group in waiting for run in group]
    for run in beside:
        run.start()
    # A call leaves a machine almost idle: two may go on at a time. What shares more than that is in one module.
    go(after, 2)
    for run in beside:
        run.join()
        print(run.line, flush=True)
    passed = sum(run.passed for run in runs)
    failed = len(runs) - passed
    print(f"interop: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
