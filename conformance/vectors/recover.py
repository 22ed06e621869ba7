#!/usr/bin/env python3
"""Recovers published test messages from the text of the RFCs, byte for byte.

  recover.py [--rfc FOLDER]           writes them below this folder
  recover.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand."""
import base64, gzip, io, pathlib, re, sys, tarfile

sys.dont_write_bytecode = True
import checked, published

def archive(text):
    """The files of the archive that RFC 4475 and RFC 5118 print in base64 (appendix A.1 of each)."""
    begin = text.rindex("-- BEGIN MESSAGE ARCHIVE --\n")
    body = text[begin:text.rindex("-- END MESSAGE ARCHIVE --")]
    # Page headers and footers have more than one word; the archive's lines are one.
    words = [line.strip() for line in body.splitlines()[1:] if re.fullmatch(r"\s*\S+\s*", line)]
    packed = base64.b64decode("".join(words), validate=True)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
        return {pathlib.PurePath(member.name).name: tar.extractfile(member).read()
                for member in tar.getmembers() if member.isfile()}


def fragments(text):
    """The message/sipfrag parts of RFC 3420 §3.1, behind bars, and §3.2, behind an X, in order.

    What follows something else than a line of an example is another example; so is what follows a
    line without a bar, even an empty one."""
    text = text[text.rindex("3.1 Valid message/sipfrag"):text.rindex("4. Discussion")]
    lines = [line for line in published.unpaged(text) if line != published.PAGE]
    files, counts, example = {}, {"|": 0, "X": 0}, []
    for line in lines + [""]:
        found = re.fullmatch(r" +([|X])(?: (.*))?", line)
        if found:
            example.append((found[1], found[2] or ""))
            continue
        if example:
            mark = example[0][0]
            counts[mark] += 1
            kind = {"|": "valid", "X": "invalid"}[mark]
            data = "".join(f"{part}\r\n" for _, part in example).encode("ascii")
            files[f"{kind}-{counts[mark]}.sipfrag"] = data
        example = []
    return files


def recover(rfc):
    """All vectors by their path below this folder."""
    files = {}
    for number, folder in ((4475, "rfc4475"), (5118, "rfc5118")):
        text = (rfc / f"rfc{number}.txt").read_text("latin-1")
        for name, data in archive(text).items():
            files[f"{folder}/{name}"] = data
    for name, data in fragments((rfc / "rfc3420.txt").read_text("latin-1")).items():
        files[f"rfc3420/{name}"] = data
    for number in published.RFCS:
        for name, data in published.messages((rfc / f"rfc{number}.txt").read_text("latin-1")).items():
            files[f"rfc{number}/{name}"] = data
    files["rfc3261/tables-2-3.tsv"] = published.tables((rfc / "rfc3261.txt").read_text("latin-1"))
    for number in (3261, 3665, 3666):
        text = (rfc / f"rfc{number}.txt").read_text("latin-1")
        files[f"rfc{number}/flows.tsv"] = published.flows(text)
    return files


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS"))
