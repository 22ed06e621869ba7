#!/usr/bin/env python3
"""Recovers the keys, keystreams and packets that RFC 3711 appendix B, RFC 6188 §7 and RFC 7714 §16 and §17 print.

  recover_srtp.py [--rfc FOLDER]           writes them below this folder
  recover_srtp.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

A file is one section: a line for each value, with the name the RFC gives it, an equals sign and its octets in
hexadecimal. What the RFC breaks into lines is joined; a counter of a keystream is the name of its block. Of a
name that comes again only the first is kept, but for "packet", which is what comes out, and so the last."""
import re, sys

sys.dont_write_bytecode = True
import checked, published

HEX = r"[0-9A-Fa-f]+(?: [0-9A-Fa-f]+)*"
NAMED = re.compile(rf" +([A-Za-z][A-Za-z0-9()*^' +-]*?) *: +(?:0x)?({HEX})(?: +\(.*\)?)?")
MORE = re.compile(rf" +({HEX})(?: +\(.*\)?)?")
PAIR = re.compile(r" +([0-9A-Fa-f]{32}) +([0-9A-Fa-f]{32})")
# The last block of a key is shorter; what stands right of it is what went in.
KEY_ROW = re.compile(r" +([0-9A-Fa-f]{8,32}) +([0-9A-Fa-f]{32})")
PACKET = re.compile(r" +(?:Encrypt|Decrypt|Tagg|Verify)ing the following packet:")
RESULT = re.compile(r" +(?:[A-Z][a-z]+)(?: and [a-z]+)? packet:")


def section(text, heading, end):
    """The lines between two headings, the contents page left out."""
    text = text[text.rindex(f"\n{heading}"):]
    text = text[:text.index(f"\n{end}", 1)]
    return [line for line in published.unpaged(text) if line != published.PAGE]


def octets(digits):
    return bytes.fromhex(digits.replace(" ", ""))


def values(lines):
    """All values of a section by their names."""
    found, name = {}, None
    for line in lines:
        if PACKET.fullmatch(line):
            name = "original"
        elif RESULT.fullmatch(line):
            name = "packet"
            found.pop(name, None)
        elif re.match(r" +auth key(?: blocks)? +AES", line):
            name = "auth key"
            found.pop(name, None)
        elif name == "auth key" and (row := KEY_ROW.fullmatch(line)):
            found[name] = found.get(name, b"") + octets(row[1])
        elif pair := PAIR.fullmatch(line):
            found[pair[1].lower()] = octets(pair[2])
            name = None
        elif (named := NAMED.fullmatch(line)) and named[1] not in ("label", "index DIV kdr"):
            name = named[1].lower().rstrip()
            # "x*2^16 + 1" and such are steps on the way.
            name = name if name not in found and len(named[2].replace(" ", "")) % 2 == 0 else None
            if name:
                found[name] = octets(named[2])
        elif (more := MORE.fullmatch(line)) and name and name != "auth key":
            found[name] = found.get(name, b"") + octets(more[1])
        elif line.strip() or name not in ("original", "packet"):
            name = None
    return found


def f8(lines):
    """Appendix B.1 prints its blocks one by one: the first of a name are kept, and all the ciphertext."""
    found, text = values(lines), "\n".join(lines)
    found["ciphertext"] = b"".join(map(octets, re.findall(r"ciphertext +: +([0-9a-f]+)", text)))
    return found


SECTIONS = (
    (3711, "B.1", "B.1.  AES-f8", "B.2. "), (3711, "B.2", "B.2.  AES-CM", "B.3. "),
    (3711, "B.3", "B.3.  Key", "Authors' Addresses"),
    (6188, "7.1", "7.1. ", "7.2. "), (6188, "7.2", "7.2. ", "7.3. "), (6188, "7.3", "7.3. ", "7.4. "),
    (6188, "7.4", "7.4. ", "8. "),
    (7714, "16.1.1", "16.1.1. ", "16.1.2. "), (7714, "16.1.2", "16.1.2. ", "16.1.3. "),
    (7714, "16.1.3", "16.1.3. ", "16.1.4. "), (7714, "16.1.4", "16.1.4. ", "16.2. "),
    (7714, "16.2.1", "16.2.1. ", "16.2.2. "), (7714, "16.2.2", "16.2.2. ", "16.2.3. "),
    (7714, "16.2.3", "16.2.3. ", "16.2.4. "), (7714, "16.2.4", "16.2.4. ", "17. "),
    (7714, "17.1", "17.1. ", "17.2. "), (7714, "17.2", "17.2. ", "17.3. "),
    (7714, "17.3", "17.3. ", "17.4. "), (7714, "17.4", "17.4. ", "18. "),
)


def recover(rfc):
    """All vectors by their path below this folder."""
    files = {}
    for number, name, heading, end in SECTIONS:
        lines = section((rfc / f"rfc{number}.txt").read_text("latin-1"), heading, end)
        found = (f8 if name == "B.1" else values)(lines)
        rows = "".join(f"{key}={value.hex()}\n" for key, value in found.items())
        files[f"rfc{number}/{name}.txt"] = rows.encode("ascii")
    return files


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.srtp"))
