#!/usr/bin/env python3
"""Says which sections of the RFCs have fewer rows in the matrix than normative sentences.

    conformance/rules/coverage.py --check [FOLDER]            every section has enough rows
    conformance/rules/coverage.py --list NNNN [FOLDER]        the sentences, section by section

FOLDER holds the texts as rfcNNNN.txt (default: ../shared/rfc beside the workspace). The texts are no
part of the project: without them the check says so in one line and passes. A sentence counts if it
holds MUST, SHALL, REQUIRED or SHOULD (with or without NOT) in capitals, and the section is in scope.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent.parent

# The sections each matrix covers, by their first number; None is every numbered one.
SCOPE = {
    "3261": range(8, 16),
    "3262": None,
    "3264": None,
    "3311": None,
    "4028": None,
    "6141": None,
}

# The word, unless it is talked about: "is a SHOULD here", "the SHOULD level", or in quotes.
KEYWORD = re.compile(r"(?<!\ba )(?<!\bthe )(?<![\"'])\b(?:MUST|SHALL|REQUIRED|SHOULD)\b")
HEADING = re.compile(r"^ {0,3}(\d+(?:\.\d+)*)\.? +(\S.*)$")
CONTENTS = re.compile(r"\. ?\. ?\.|\.{4,}")


def sections(text):
    """Section numbers with their text, in order; the contents are left out."""
    number, lines, found = None, [], []
    # A sentence goes on over the edge of a page, whose blank lines end no paragraph.
    text = re.sub(r"\n+[^\n]*\[Page \d+\]\n+\f?\n*RFC \d+ [^\n]*\n+", "\n", text)
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading and not CONTENTS.search(line) and follows(number, heading[1]):
            found.append((number, "\n".join(lines)))
            number, lines = heading[1], []
        else:
            lines.append(line)
    found.append((number, "\n".join(lines)))
    return [(number, body) for number, body in found if number]


def follows(last, number):
    """Whether a line that looks like a heading can be the next one: numbered lists stand inside."""
    last = [int(part) for part in last.split(".")] if last else [0]
    number = [int(part) for part in number.split(".")]
    if number == last + [1]:
        return True
    return any(number == last[:depth] + [last[depth] + 1] for depth in range(len(last)))


def sentences(body):
    """The normative sentences of a section's text."""
    for paragraph in re.split(r"\n\s*\n", body):
        words = " ".join(paragraph.split())
        # A sentence ends with a full stop before a capital, a bracket or the end.
        for sentence in re.split(r"(?<=[.:])\s+(?=[A-Z(\"*o])", words):
            if KEYWORD.search(sentence):
                yield sentence


def in_scope(rfc, section):
    wanted = SCOPE[rfc]
    return wanted is None or int(section.split(".")[0]) in wanted


def normative(rfc, folder):
    text = (folder / f"rfc{rfc}.txt").read_text(encoding="utf-8", errors="replace")
    for section, body in sections(text):
        if in_scope(rfc, section):
            yield section, list(sentences(body))


def rows(rfc):
    """How many rows each section has."""
    counts = {}
    table = HERE / f"rfc{rfc}.tsv"
    if table.exists():
        for line in table.read_text(encoding="utf-8").splitlines():
            section = line.split("\t")[0].split("-")[1]
            counts[section] = counts.get(section, 0) + 1
    return counts


def check(folder):
    short = 0
    for rfc in SCOPE:
        if not (folder / f"rfc{rfc}.txt").exists():
            print(f"coverage: the texts of the RFCs are not here ({folder}): nothing is checked")
            return 0
        have = rows(rfc)
        for section, found in normative(rfc, folder):
            if have.get(section, 0) < len(found):
                short += 1
                print(f"RFC {rfc} §{section}: {len(found)} sentences, {have.get(section, 0)} rows")
    if not short:
        print("coverage: every section has a row for each of its normative sentences")
    return min(short, 1)


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--check"] and len(arguments) < 3:
        return check(Path(arguments[1]) if arguments[1:] else WORKSPACE.parent / "shared" / "rfc")
    if arguments[:1] == ["--list"] and 2 <= len(arguments) < 4 and arguments[1] in SCOPE:
        folder = Path(arguments[2]) if arguments[2:] else WORKSPACE.parent / "shared" / "rfc"
        for section, found in normative(arguments[1], folder):
            for number, sentence in enumerate(found, 1):
                print(f"{arguments[1]}-{section}-{number}\t{sentence}")
        return 0
    print(__doc__, end="")
    return 2


sys.exit(main())
