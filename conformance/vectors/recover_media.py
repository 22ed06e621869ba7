#!/usr/bin/env python3
"""Recovers what the RFCs of payload formats print: RFC 4733 §5, RFC 2198 §7, RFC 5109 §10 and RFC 4103 §7.1.

  recover_media.py [--rfc FOLDER]           writes them below this folder
  recover_media.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

figure-N.bin       the octets of a figure whose boxes hold values; what follows it without a box is left out
table-N.tsv        the rows of a table that tell of a packet, as printed
N.layout           of a figure whose boxes hold names: bits and name of each field, then the names of what
                   follows in octets, with their number if it is printed
events.tsv         the numbers of RFC 4734 Table 10 and RFC 5244 Table 6, and their names"""
import re, sys

sys.dont_write_bytecode = True
import checked, published

RULE = re.compile(r" *\+[-+]+\+? *")
# A box's edge is a bar, or what stands for one that is torn off.
EDGE = re.compile(r"[|/\\]")
# Which figures of which RFC have values in their boxes.
FIGURES = {4733: (3, 4, 5), 5109: (7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 20, 22)}


def lines_of(rfc, number):
    text = (rfc / f"rfc{number}.txt").read_text("latin-1")
    return [line for line in published.unpaged(text) if line != published.PAGE]


def section(lines, first, last):
    """From the heading of one section to that of another."""
    start = next(at for at, line in enumerate(lines) if re.match(rf"{re.escape(first)} +[A-Z]", line))
    end = next(at for at, line in enumerate(lines) if at > start and re.match(rf"{re.escape(last)} +[A-Z]", line))
    return lines[start:end]


def cells(line):
    """Width in bits and text of each box of a line."""
    edges = [edge.start() for edge in EDGE.finditer(line)]
    return [((right - left) // 2, line[left + 1:right].strip()) for left, right in zip(edges, edges[1:])]


def value(width, text):
    """The number a box holds: its bits, or decimal, or hexadecimal; None if it is a name."""
    bits = text.split()
    if len(bits) == width and all(bit in "01" for bit in bits):
        return int("".join(bits), 2)
    if re.fullmatch(r"\d+|0x[0-9a-f]+", text):
        return int(text, 0)
    return None


def rows(lines):
    """The lines of boxes, those between two rules together."""
    row = []
    for line in lines:
        if RULE.fullmatch(line):
            if row:
                yield row
            row = []
        elif re.match(r" *\|", line):
            row.append(line)
        elif line.strip():
            row = []
    if row:
        yield row


def octets(lines):
    """What the boxes of a figure hold."""
    bits = ""
    for row in rows(lines):
        for line in reversed(row):
            found = [(width, value(width, text)) for width, text in cells(line) if text]
            if found and all(number is not None for _, number in found):
                bits += "".join(f"{number:0{width}b}" for width, number in found)
                break
    assert bits and len(bits) % 8 == 0, len(bits)
    return bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))


def figures(lines, numbers):
    """The figures of these numbers; a caption stands below its figure."""
    start, found = 0, {}
    for at, line in enumerate(lines):
        caption = re.match(r" *Figure (\d+): ", line)
        if caption:
            if int(caption[1]) in numbers:
                # What stands above is the text in between, without boxes.
                found[int(caption[1])] = octets(lines[start:at])
            start = at + 1
    assert set(found) == set(numbers), sorted(found)
    return found


def table(lines, number):
    """The rows of a table that have a number in each column, tabs between them. Where a column folds, it is put
    together; what begins or ends without a packet has no numbers."""
    end = next(at for at, line in enumerate(lines) if f"Table {number}: Example" in line)
    start = max(at for at, line in enumerate(lines[:end]) if re.search(r"\| +Time \|", line))
    found = []
    for line in lines[start:end]:
        fields = [field.strip().strip('"') for field in line.strip().strip("|").split("|")]
        if len(fields) < 2:
            continue
        if fields[0]:
            found.append(fields)
        else:
            found[-1][1] += f" {fields[1]}"
    found = [row for row in found if all(re.fullmatch(r"\d+", field) for field in row[:1] + row[2:])]
    assert found
    return "".join("\t".join(row) + "\n" for row in found).encode()


def layouts(lines):
    """Of figures with names in their boxes: their fields."""
    found, fields, data = [], [], []
    for line in lines + ["end"]:
        if not line.strip():
            continue
        if not re.match(r" *[|+/]", line):
            if len(fields) > 3:
                found.append((fields, data))
            fields, data = [], []
            continue
        # Where payloads begin, an edge may be a plus as well.
        boxes = cells(line) if "|" in line else [(0, text) for text in re.findall(r"[^-+|/]{8,}", line)]
        for width, text in boxes:
            text = re.sub(" +", " ", text.strip())
            if "encoded" in text and "data" in text:
                data.append(text)
            elif re.match(r"\(\d+ bytes", text):
                data[-1] += "\t" + re.search(r"\d+", text)[0]
            elif text and not re.fullmatch("[-+]+", text):
                fields.append((width, text))
    return found


def layout(fields, data):
    """One of them as text."""
    fixed = "".join(f"{width}\t{text}\n" for width, text in fields)
    return (fixed + "".join(f"*\t{text}\n" for text in data)).encode()


def events(lines, caption):
    """The numbers of a registry's table and their names."""
    end = next(at for at, line in enumerate(lines) if re.match(rf" *{caption}", line) and at > 400)
    found = []
    for line in reversed(lines[:end]):
        row = re.match(r" *\| +(\d+) +\| (.*?) +\| ", line)
        if row:
            found.append((int(row[1]), row[2]))
        if re.search(r"Event.*\|.*Event Name", line):
            break
    return sorted(found)


def recover(rfc):
    """All vectors by their path below this folder."""
    files = {}
    for number, wanted in FIGURES.items():
        lines = lines_of(rfc, number)
        ends = {4733: ("5.", "6."), 5109: ("10.", "11.")}[number]
        for figure, data in figures(section(lines, *ends), wanted).items():
            files[f"rfc{number}/figure-{figure}.bin"] = data
    lines = lines_of(rfc, 4733)
    for number in (5, 6):
        files[f"rfc4733/table-{number}.tsv"] = table(lines, number)
    for number, first, last in ((2198, "7", "8"), (4103, "7.1.", "7.2.")):
        for at, (fields, data) in enumerate(layouts(section(lines_of(rfc, number), first, last)), 1):
            files[f"rfc{number}/{first.strip('.')}-{at}.layout"] = layout(fields, data)
    registry = events(lines_of(rfc, 4734), "Table 10: Data-Related") + events(lines_of(rfc, 5244), "Table 6: Channel")
    files["rfc4733/events.tsv"] = "".join(f"{code}\t{name}\n" for code, name in registry).encode()
    return files


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.media"))
