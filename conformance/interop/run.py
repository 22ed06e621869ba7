#!/usr/bin/env python3
"""Real peers against the offhook program, on loopback.

  run.py            every scenario
  run.py NAME ...   the scenarios whose name contains one of these
  run.py --list     their names

A peer that is not installed fails its scenarios with a line that names it (they are installed by .ci/run)."""
import importlib, sys, threading, time, traceback

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


def main():
    wanted = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    runs, beside = [], []
    for name in MODULES:
        module = importlib.import_module(name)
        for function in module.SCENARIOS:
            runs.append(Run(f"{name[5:]}/{function.__name__}", function))
        # These do little but wait, and need not be waited for one by one.
        for function in getattr(module, "WAITING", []):
            beside.append(Run(f"{name[5:]}/{function.__name__}", function))
    if wanted:
        runs, beside = ([one for one in group if any(word in one.name for word in wanted)] for group in (runs, beside))
    if "--list" in sys.argv:
        print("\n".join(run.name for run in runs + beside))
        return 0
    if not OFFHOOK.exists():
        print(f"there is no {OFFHOOK}: run `cargo build --release` first")
        return 2
    for run in beside:
        run.start()
    for run in runs:
        run.start()
        run.join()
        print(run.line, flush=True)
    for run in beside:
        run.join()
        print(run.line, flush=True)
    passed = sum(run.passed for run in runs + beside)
    failed = len(runs) + len(beside) - passed
    print(f"interop: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
