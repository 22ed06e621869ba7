#!/usr/bin/env python3
"""Recovers the session descriptions of offers and answers from the text of the RFCs: the 16 scenarios of RFC 4317
and the two exchanges of RFC 3264 section 10.

  recover_offers.py [--rfc FOLDER]           writes them below this folder
  recover_offers.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

A description is named by its section and its place there: 2.2-3-offer.sdp is the third of section 2.2. They
alternate, an offer first, in both RFCs."""
import hashlib, os, pathlib, re, sys

sys.dont_write_bytecode = True
import published

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUMS = HERE / "SHA256SUMS.offers"
# The first and the last section of each RFC to read.
SECTIONS = {3264: ("10", "11"), 4317: ("2", "6")}


def descriptions(text, begin, end):
    """Every run of lines from v=0 on, by section and number."""
    files, section, rows, counts, inside = {}, None, [], {}, False

    def keep():
        if rows:
            counts[section] = counts.get(section, 0) + 1
            role = "offer" if counts[section] % 2 else "answer"
            files[f"{section}-{counts[section]}-{role}.sdp"] = "".join(f"{row}\r\n" for row in rows).encode("ascii")
            rows.clear()

    lines = [line for line in published.unpaged(text) if line != published.PAGE]
    # What stands in the table of contents has dots behind it.
    for line in lines:
        heading = re.match(r"(\d+(?:\.\d+)*)\.?  ?[A-Z]", line)
        if heading and not re.search(r"\. ?\.", line):
            keep()
            section = heading[1]
            inside = begin == section.split(".")[0] or inside and section.split(".")[0] != end
        found = re.fullmatch(r" +([a-z]=.*)", line) if inside else None
        if found and found[1] == "v=0":
            keep()
        if found and (rows or found[1] == "v=0"):
            rows.append(found[1])
        elif line.strip():
            keep()
    keep()
    return files


def recover(rfc):
    """All vectors by their path below this folder."""
    files = {}
    for number, (begin, end) in SECTIONS.items():
        text = (rfc / f"rfc{number}.txt").read_text("latin-1")
        for name, data in descriptions(text, begin, end).items():
            files[f"rfc{number}/{name}"] = data
    return files


def sums(files):
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))


def main():
    args = sys.argv[1:]
    rfc = pathlib.Path(args[args.index("--rfc") + 1] if "--rfc" in args
                       else os.environ.get("OFFHOOK_RFC", ROOT.parent / "shared/rfc"))
    if "--check" not in args:
        files = recover(rfc)
        for name, data in files.items():
            path = HERE / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        SUMS.write_text(sums(files))
        print(f"{len(files)} vectors recovered")
        return 0
    listed = [line.split("  ", 1)[1] for line in SUMS.read_text().splitlines()]
    here = {name: (HERE / name).read_bytes() for name in listed if (HERE / name).exists()}
    wrong = sums(here) != SUMS.read_text()
    source = "their checked-in sums"
    if rfc.is_dir():
        wrong, source = wrong or recover(rfc) != here, "the RFC texts"
    print(f"{len(here)} vectors {'DIFFER from' if wrong else 'agree with'} {source}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
