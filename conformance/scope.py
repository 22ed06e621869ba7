#!/usr/bin/env python3
"""Writes scope.tsv from the table in part 1 of the scope document.

    conformance/scope.py path/to/SCOPE.md > conformance/scope.tsv

Columns: id, item, current RFC, block, kind. The document's "RFC then → now" cell is cut down to
what is current: of `2327→4566→8866` only `8866` stays.
"""

import re
import sys


def current(cell):
    """What stands right of the arrows; arrows inside parentheses are not successions."""
    kept = []
    for part in re.split(r"(\([^)]*\))", cell):
        if part.startswith("("):
            kept.append(part)
            continue
        part = re.sub(r"(?:\d+ Historic|[^\s;,]+)→", "", part)
        part = re.sub(r"(^|[;,])[^;,]*→", r"\1", part)
        kept.append(part)
    return re.sub(r"\s+", " ", "".join(kept)).strip()


def rows(document):
    start = document.index("\n## 1. ")
    end = document.index("\n## 2. ")
    for line in document[start:end].splitlines():
        if not re.match(r"\| S\d{3} \|", line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        number, item, _says, rfc, kind, _works, block = cells
        yield number, item, current(rfc), block, kind


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = file.read()
    print("id\titem\tcurrent RFC\tblock\tkind")
    for row in rows(document):
        assert not any("\t" in cell for cell in row), row
        print("\t".join(row))


main()
