#!/usr/bin/env python3
"""Recovers the tables of payload formats from the text of the RFCs: the payload types of RFC 3551 and its VDVI
code, the conversion of RFC 3190, and the quantisers of RFC 2435.

  recover_payloads.py [--rfc FOLDER]           writes them below this folder
  recover_payloads.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand.

In table 1 of RFC 3190 the code of −1,024 is printed as that of −512, FE00h; the decimal numbers are right, and
they are what is taken."""
import re, sys

sys.dont_write_bytecode = True
import checked


def table(rows):
    return "".join("\t".join(row) + "\n" for row in rows).encode("ascii")


def payload_types(text):
    """Number, name, media type, clock rate and channels of tables 4 and 5; - where the table has nothing."""
    text = text[text.rindex("6.  Payload Type Definitions"):text.rindex("7.  RTP over TCP")]
    rows = []
    for line in text.splitlines():
        row = re.fullmatch(r" {15}(\d+(?:-\d+)?) +(\S+) +(AV?|V|\?|N/A)(?: +([\d,]+|N/A))?(?: +(\d|\(see text\)))?", line)
        if row:
            number, name, media, rate, channels = (field or "-" for field in row.groups())
            channels = channels if channels.isdigit() else "-"
            rows.append((number, name, media, rate.replace(",", "").replace("N/A", "-"), channels))
    return table(rows)


def vdvi(text):
    """Code and bits of §4.5.17."""
    text = text[text.rindex("DVI4 codeword  VDVI bit pattern"):]
    return table(re.findall(r"^ {23,24}(\d+)  ([01]+)$", text[:2000], re.M))


def conversion(text):
    """Sample and value of both ends of every range of table 1."""
    text = text[text.index("packed contiguously into\n   payload octets"):text.index("Table 1. Conversion")]
    ends = re.findall(r"^ +(-?[\d,]+) \([0-9A-F]{4}h\).*? (-?[\d,]+) \([0-9A-F]{3}h\)$", text, re.M)
    return table([(sample.replace(",", ""), value.replace(",", "")) for sample, value in ends])


def quantisers(text):
    """The 64 numbers of tables K.1 and K.2 in appendix A, a table in a row."""
    found = re.findall(r"static const int jpeg_\w+_quantizer\[64\] = \{(.*?)\};", text, re.S)
    return table([re.findall(r"\b\d+\b", body) for body in found])


def recover(rfc):
    """All vectors by their path below this folder."""
    read = lambda number: re.sub(r"\n+[^\n]+\[Page \d+\]\n\f\n?[^\n]*\n+", "\n",
                                 (rfc / f"rfc{number}.txt").read_text("latin-1"))
    return {
        "rfc3551/tables-4-5.tsv": payload_types(read(3551)),
        "rfc3551/4.5.17.tsv": vdvi(read(3551)),
        "rfc3190/table-1.tsv": conversion(read(3190)),
        "rfc2435/quantisers.tsv": quantisers(read(2435)),
    }


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.payloads"))
