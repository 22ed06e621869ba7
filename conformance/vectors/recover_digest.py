#!/usr/bin/env python3
"""Recovers the challenges and credentials that RFC 2617 §3.5, RFC 7616 §3.9 and RFC 3261 §22.2 print.

  recover_digest.py [--rfc FOLDER]           writes them below this folder
  recover_digest.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

A file holds one header field with its folds. What goes on within a quoted string is joined, for a digest holds
no white space: there only the page was too narrow. A file is named by the RFC, the section and its number there."""
import re, sys

sys.dont_write_bytecode = True
import checked, published

# Where the examples of each RFC are.
SECTIONS = {2617: ("3.5",), 7616: ("3.9.1", "3.9.2"), 3261: ("22.2",)}
FIELD = re.compile(r"( *)((?:WWW-Authenticate|Authorization): Digest\b.*)")
HEADING = re.compile(r"(\d+(?:\.\d+)*)\.? +[A-Z]")


def fields(text, sections):
    """The header fields of these sections, by section and number."""
    lines = [line for line in published.unpaged(text) if line != published.PAGE]
    files, section, rows, indent = {}, "", [], 0
    counts = dict.fromkeys(sections, 0)
    for line in lines + [""]:
        heading, found = HEADING.match(line), FIELD.fullmatch(line)
        inside = len(line) - len(line.lstrip()) > indent and line.strip()
        if rows and inside and not found:
            if "".join(rows).count('"') % 2:
                rows[-1] += line.strip()
            else:
                rows.append(" " + line.strip())
            continue
        if rows:
            counts[section] += 1
            kind = "challenge" if rows[0].startswith("WWW") else "credentials"
            files[f"{section}-{counts[section]}.{kind}"] = ("\r\n".join(rows) + "\r\n").encode("ascii")
            rows = []
        if heading:
            section = heading[1]
        if found and section in sections:
            indent, rows = len(found[1]), [found[2].rstrip()]
    return files


def recover(rfc):
    """All vectors by their path below this folder."""
    return {f"digest/rfc{number}-{name}": data
            for number, sections in SECTIONS.items()
            for name, data in fields((rfc / f"rfc{number}.txt").read_text("latin-1"), sections).items()}


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.digest"))
