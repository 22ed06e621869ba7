#!/usr/bin/env python3
"""Recovers the session descriptions of offers and answers from the text of the RFCs: the 16 scenarios of RFC 4317
and the two exchanges of RFC 3264 section 10.

  recover_offers.py [--rfc FOLDER]           writes them below this folder
  recover_offers.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

A description is named by its section and its place there: 2.2-3-offer.sdp is the third of section 2.2. They
alternate, an offer first, in both RFCs."""
import re, sys

sys.dont_write_bytecode = True
import checked, published

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


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.offers"))
