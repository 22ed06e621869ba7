#!/usr/bin/env python3
"""Recovers what travels below and beside SIP messages from the text of the RFCs, byte for byte: the STUN
messages of RFC 5769 and what RFC 7118 sends over a WebSocket.

  recover_transport.py [--rfc FOLDER]           writes them below this folder
  recover_transport.py --check [--rfc FOLDER]   compares what is here with the RFC text, changes nothing

FOLDER holds rfcNNNN.txt (default: $OFFHOOK_RFC, else ../shared/rfc beside the repository). With no such
folder, --check holds the files against their checked-in SHA-256 sums instead. Nothing here is edited by hand."""
import ast, re, sys

sys.dont_write_bytecode = True
import checked, published

def stun(text):
    """The arrays of RFC 5769 appendix A, by their C names."""
    files = {}
    source = text[text.rindex("Appendix A.  Source Code"):]
    for name, body in re.findall(r"const unsigned char (\w+)\[\] =(.*?);", source, re.S):
        strings = re.findall(r'"(?:[^"\\]|\\.)*"', body)
        files[f"{name}.bin"] = b"".join(ast.literal_eval("b" + string) for string in strings)
    return files


def messages(text):
    """The messages of RFC 7118 §8.1 and §8.2, each under a heading like "F3 REGISTER  Alice -> …".

    A line that stands further in than the others is a fold; but what goes on within a URI is joined, for a URI
    holds no white space: there only the page was too narrow. The RFC prints neither the empty line at the end
    of a message nor a body."""
    text = text[text.rindex("8.1.  Registration"):text.rindex("9.  Security Considerations")]
    lines = [line for line in published.unpaged(text) if line != published.PAGE]
    files, section, name, rows = {}, "1", None, []
    for line in lines + ["   F0 end  here -> there"]:
        if re.match(r"8\.2\.", line):
            section = "2"
        heading = re.fullmatch(r" {3}(F\d+) (.*?)  \S.* -> .*", line)
        if heading or re.match(r"\d", line):
            if rows:
                data = "".join(f"{row}\r\n" for row in rows) + "\r\n"
                files[f"8.{section_of_rows}-{name}"] = data.encode("ascii")
            name, rows = (heading[1], []) if heading else (None, [])
            section_of_rows = section
        elif name and line.strip():
            is_fold = line.startswith("    ")
            if is_fold and rows[-1].count("<") > rows[-1].count(">"):
                rows[-1] += line.strip()
            else:
                rows.append((" " if is_fold else "") + line.strip())
    return {f"{name}.{'http' if data.startswith((b'GET', b'HTTP')) else 'sip'}": data
            for name, data in files.items()}


def recover(rfc):
    """All vectors by their path below this folder."""
    read = lambda number: (rfc / f"rfc{number}.txt").read_text("latin-1")
    files = {f"rfc5769/{name}": data for name, data in stun(read(5769)).items()}
    files.update({f"rfc7118/{name}": data for name, data in messages(read(7118)).items()})
    return files


if __name__ == "__main__":
    sys.exit(checked.main(recover, "SHA256SUMS.transport"))
