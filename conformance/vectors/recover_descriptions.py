#!/usr/bin/env python3
"""Recovers session descriptions from the text of the RFCs that define SDP and its attributes, as they would be
in a body or a file: CRLF at the end of each line.

  recover_descriptions.py [--rfc FOLDER]           writes them below this folder
  recover_descriptions.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

What is the page's goes: its ends, the indentation, empty lines, remarks behind a semicolon, and the break of a line
that was too long for it. What is the author's stays, mistakes and all. A description is named by its section and
its number there."""
import re, sys

sys.dont_write_bytecode = True
import checked, published

RFCS = (3890, 4567, 4568, 4574, 4585, 4975, 5104, 5109, 5124, 5761, 5763, 5888, 5939, 8839, 8866, 9143)

LINE = re.compile(r" *([a-z]=.*)")
# RFC 4567 and others cut what is long, RFC 5124 draws boxes around what could be: then there is no description.
CUT = re.compile(r"\.\.\.$|\+--")


def descriptions(text):
    """All descriptions of an RFC, by name."""
    lines = published.unpaged(text) + ["end"]
    files, counts, section, rows, is_apart = {}, {}, "0", [], False
    for line in lines:
        if line in ("", published.PAGE):
            is_apart = True
            continue
        heading = published.HEADING.match(line)
        found = LINE.fullmatch(line)
        is_first = found and found[1] == "v=0"
        is_row = found and not is_first
        # The rest of the line before, right below it.
        is_rest = rows and not is_row and not is_first and not is_apart
        is_apart = False
        if rows and not is_row and not is_rest:
            counts[section] = counts.get(section, 0) + 1
            if len(rows) > 1 and not any(CUT.search(row) for row in rows):
                data = "".join(f"{row}\r\n" for row in rows).encode("ascii")
                files[f"{section}-{counts[section]}.sdp"] = data
            rows = []
        if heading:
            section = heading[1]
        if is_first:
            rows = [found[1]]
        elif rows and is_row:
            rows.append(re.sub(r" +;.*", "", found[1]))
        elif rows and is_rest:
            rows[-1] = joined(rows[-1], line.strip())
    return files


def joined(row, rest):
    """A line and what was printed below it: base64 and hexadecimal digits go on, words are apart."""
    if row.endswith("\\"):
        row = row[:-1].rstrip()
    is_one_word = row.startswith("a=key-mgmt:") or row.endswith((";", ":")) and " " not in rest
    return row + ("" if is_one_word else " ") + rest


def recover(rfc):
    """All vectors by their path below this folder."""
    return {f"rfc{number}/{name}": data for number in RFCS
            for name, data in descriptions((rfc / f"rfc{number}.txt").read_text("latin-1")).items()}


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.descriptions"))
