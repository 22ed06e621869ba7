"""Writes what a script recovers from the RFCs, or compares what is here with it."""
import hashlib, os, pathlib, sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def sums(files):
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))


def main(recover, name):
    """Does what the command line says, with the vectors that `recover` finds in a folder of RFC texts, by their
    path below this folder; the file `name` has their sums. The exit code."""
    args, kept = sys.argv[1:], HERE / name
    rfc = pathlib.Path(args[args.index("--rfc") + 1] if "--rfc" in args
                       else os.environ.get("OFFHOOK_RFC", ROOT.parent / "shared/rfc"))
    if "--check" not in args:
        files = recover(rfc)
        for name, data in files.items():
            path = HERE / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        kept.write_text(sums(files))
        print(f"{len(files)} vectors recovered")
        return 0
    listed = [line.split("  ", 1)[1] for line in kept.read_text().splitlines()]
    here = {name: (HERE / name).read_bytes() for name in listed if (HERE / name).exists()}
    wrong = sums(here) != kept.read_text()
    source = "their checked-in sums"
    if rfc.is_dir():
        wrong, source = wrong or recover(rfc) != here, "the RFC texts"
    print(f"{len(here)} vectors {'DIFFER from' if wrong else 'agree with'} {source}")
    return 1 if wrong else 0
