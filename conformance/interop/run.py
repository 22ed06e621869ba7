#!/usr/bin/env python3
"""Real peers against the offhook program, on loopback.

  run.py            every scenario
  run.py NAME ...   the scenarios whose name contains one of these
  run.py --list     their names

A peer that is not installed fails its scenarios with a line that names it (they are installed by .ci/run)."""
import importlib, sys, time

from peer import Failed, OFFHOOK

MODULES = ["with_sipp", "with_runtimes", "with_kamailio", "with_baresip", "with_websocket", "with_tshark", "with_networks",
           "with_dnsmasq"]


def main():
    wanted = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    scenarios = []
    for module in MODULES:
        found = importlib.import_module(module).SCENARIOS
        scenarios += [(f"{module[5:]}/{function.__name__}", function) for function in found]
    if wanted:
        scenarios = [one for one in scenarios if any(word in one[0] for word in wanted)]
    if "--list" in sys.argv:
        print("\n".join(name for name, _ in scenarios))
        return 0
    if not OFFHOOK.exists():
        print(f"there is no {OFFHOOK}: run `cargo build --release` first")
        return 2
    passed = failed = 0
    for name, scenario in scenarios:
        start = time.monotonic()
        try:
            said = scenario()
            passed += 1
            print(f"ok    {name} ({time.monotonic() - start:.1f} s) {said or ''}", flush=True)
        except Failed as why:
            failed += 1
            print(f"FAIL  {name} ({time.monotonic() - start:.1f} s)\n  {why}", flush=True)
    print(f"interop: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
