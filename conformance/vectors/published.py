"""Recovers the SIP messages that an RFC prints in its text, as they would be on the wire.

What is the page's goes: its ends, the indentation, and the <allOneLine> marks of RFC 4475 section 2.1. What is
the author's stays, mistakes and all. A body that is only spoken of, as in "(Alice's SDP not shown)", is not
there.

A message is named by its section and its label there, as 3.1-F1, or without a label by its number, as 4-1."""
import re

RFCS = (3261, 3515, 3665, 3666, 3891, 3903, 3911, 4028, 5359, 5589, 6665)

PAGE = "\f"
FOOT = re.compile(r"\S.*\[Page \d+\]")
HEADING = re.compile(r"(\d+(?:\.\d+)*)\.?  ?\S")
# "F1 INVITE", "Message Two (F2)", "Message *3:", "M4:"
LABEL = re.compile(r" *(?:(F\d+) +\S|Message \w+ \((F\d+)\)|Message \*(\d+):|(M\d+): )")
# What stands above it: "F2 180 Ringing Bob -> Proxy 2".
PARTY = r"(Alice|A|Bob|Proxy(?: \d)?|N?GW(?: ?\d)?|SIP ALG|SIP Server|Redirect (?:Server|Proxy)|Registrar|\w+\.com proxy|B)"
# Between a gateway and a switch of RFC 3666 go other messages, which have other names.
SENT = re.compile(rf" *(F\d+):? +(?:REGISTER|INVITE|ACK|CANCEL|BYE|Unauthorized|\d{{3}}) ?.*? ?{PARTY} ?-> {PARTY}")
# Some leave the version or the scheme out, or have a space too many; so a header field must follow ...
START = re.compile(r" *(?:UA[CS]->UA[CS]: +)?([A-Z]+ +(?:sips?:|\w+@)\S+(?: +SIP/2\.0)?|SIP/2\.0 +\d{3}(?: .*)?)")
FIELD = re.compile(r" *(?:[A-Z][A-Za-z-]*(?: Length)? *:|CSeq )")
# ... or nothing at all, where a section tells what becomes of a request.
ALONE = re.compile(r" *[A-Z]+ sip:\S+ SIP/2\.0")
NOT_SHOWN = re.compile(r" *(?:\(.*\)|\[.*\])")


def unpaged(text):
    """The lines of an RFC; PAGE stands for the end of a page and the empty lines around it."""
    lines, is_between = [], False
    for line in text.replace("\f", "").splitlines():
        line = line.rstrip()
        if FOOT.fullmatch(line):
            while lines and not lines[-1]:
                lines.pop()
            lines.append(PAGE)
            is_between = True
        elif not is_between or line and not re.match(r"RFC \d+ ", line):
            lines.append(line)
            is_between = False
    return lines


class Reader:
    """Reads messages out of the lines of one RFC."""

    def __init__(self, text):
        self.lines, self.at, self.indent = unpaged(text), 0, 0

    def messages(self):
        """Section, label or None, and the lines of each."""
        section, label = "0", None
        while self.at < len(self.lines):
            line = self.lines[self.at]
            heading, found, start = HEADING.match(line), LABEL.match(line), START.fullmatch(line)
            if heading:
                section, label = heading[1], None
            elif found:
                label = next(filter(None, found.groups()))
            elif start and (FIELD.match(self.ahead(1) or self.ahead(2)) or ALONE.fullmatch(line)):
                self.indent = start.start(1)
                self.lines[self.at] = " " * self.indent + start[1]
                yield section, label, self.message()
                label = None
                continue
            self.at += 1

    def ahead(self, count=0):
        """The next line, or one behind it; page ends are passed over."""
        lines = (line for line in self.lines[self.at:self.at + 2 * count + 2] if line != PAGE)
        return next((line for place, line in enumerate(lines) if place == count), "")

    def take_line(self):
        """Takes the next line without the RFC's indentation."""
        self.at += self.lines[self.at] == PAGE
        line = self.lines[self.at]
        self.at += 1
        return line[self.indent:] if not line[:self.indent].strip() else line.lstrip()

    def take(self):
        """Takes the next line, or several that are meant to be one."""
        line = self.take_line()
        if "<allOneLine>" not in line:
            return line
        parts = []
        # One of the closing marks lacks its slash.
        while "allOneLine>" not in (part := self.take_line()):
            parts.append(part.lstrip())
        return "".join(parts)

    def skip_empty(self):
        while self.at < len(self.lines) and self.lines[self.at] in ("", PAGE):
            self.at += 1

    def is_row(self, line):
        """Whether a line goes on with a header that was interrupted by the end of a page."""
        return FIELD.match(line) or line[:self.indent + 1].isspace() or "<allOneLine>" in line

    def message(self):
        taken = self.rows()
        if any(line.startswith("<?xml") for line in taken):
            # The author forgot the empty line.
            return taken + self.markup()
        # The author put one where it does not belong.
        while self.ahead() == "" and re.match(r" {%d}[A-Z]" % self.indent, self.ahead(1)) \
                and FIELD.match(self.ahead(1)):
            self.skip_empty()
            taken += ["", *self.rows()]
        fields = " ".join(taken)
        kind = re.search(r"Content-Type: *([\w-]+/[\w+-]+)", fields)
        taken.append("")
        if kind and not re.search(r"Content.Length: *0\b", fields):
            self.skip_empty()
            taken += self.body(kind[1])
        return taken

    def rows(self):
        """Takes lines up to an empty one."""
        taken = [self.take()]
        while self.at < len(self.lines):
            line, is_page_end = self.ahead(), self.lines[self.at] == PAGE
            if not line or taken[-1].startswith("<?xml") or is_page_end and not self.is_row(line):
                break
            taken.append(self.take())
        return taken

    def body(self, kind):
        line = self.ahead()
        if NOT_SHOWN.fullmatch(line):
            return []
        if kind == "application/sdp":
            # One line has its letter twice.
            return self.while_matching(r" *(?:[a-z] )?[a-z]=.*")
        if kind == "application/pkcs7-mime":
            return self.while_matching(r" *\*.*\*")
        if kind == "message/sipfrag":
            return self.rows() if START.fullmatch(line) else []
        if kind.startswith("multipart/"):
            return self.parts()
        return self.markup() if line.lstrip().startswith("<") else []

    def while_matching(self, pattern):
        taken = []
        while re.fullmatch(pattern, self.ahead()):
            taken.append(self.take())
        return taken

    def markup(self):
        """Up to the end of the outermost element."""
        taken, root = [], None
        while not root or f"</{root[1]}>" not in taken[-1]:
            taken.append(self.take())
            root = root or re.match(r"<(\w[\w-]*)", taken[-1].lstrip())
        return taken

    def parts(self):
        """Up to the last delimiter before the next label or heading: some of the last do not say they are."""
        taken, end = [], 0
        while not (LABEL.match(line := self.ahead()) or HEADING.match(line)):
            if self.lines[self.at] == PAGE and not (self.is_row(line) or line.lstrip().startswith("--")):
                # The empty line behind the part's header fields fell on the end of the page.
                taken.append("")
            taken.append(self.take())
            if taken[-1].startswith("--"):
                end = len(taken)
        return taken[:end]


def messages(text):
    """All messages an RFC prints, by name."""
    found, unlabelled, flows = {}, {}, {}
    for section, label, lines in Reader(text).messages():
        if not label:
            unlabelled[section] = unlabelled.get(section, 0) + 1
            label = unlabelled[section]
        # The second flow of a section begins with F1 again: F1b.
        if f"{section}-{label}{flows.get(section, '')}.sip" in found:
            flows[section] = "b"
        name = f"{section}-{label}{flows.get(section, '')}.sip"
        assert name not in found, name
        found[name] = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return found


def flows(text):
    """Who sends each message of a flow to whom: section, label, sender and receiver, in order."""
    rows, section = [], "0"
    for line in unpaged(text):
        heading, sent = HEADING.match(line), SENT.fullmatch(line)
        section = heading[1] if heading else section
        if sent:
            rows.append("\t".join([section, *sent.groups()]))
    return "".join(f"{row}\n" for row in rows).encode("ascii")


def tables(text):
    """Tables 2 and 3 of RFC 3261 section 20: name, where, and a column for each of six methods."""
    rows, name = [], ""
    columns = r"((?: +(?:m\*|[-omct*])){6})"
    for line in unpaged(text):
        found = re.fullmatch(r" +(?:([A-Z][\w-]*) +)?(?:(?![adm]+r? )(\S+) +)?(?:[admr]+)?" + columns, line)
        if found:
            name = found[1] or name
            rows.append("\t".join([name, found[2] or "", *found[3].split()]))
    return "".join(f"{row}\n" for row in rows).encode("ascii")
