"""The dialect of a CSV file, and whether its first record names the columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from emr_ml.infer.values import ALWAYS_MISSING, COMMA_NUMBER, DATE, KNOWN, is_number
from spark_jobs.reading.csv_dialect import CsvSyntax, ReaderOptions

DELIMITERS = (",", ";", "\t", "|", "\x01", "^", "~", ":", " ")
NAMES = {"\t": "tab", " ": "blank", "\x01": "the control character 1"}
DOUBLED, BACKSLASH = '"', "\\"
RECORDS = 500
SELDOM = (":", " ", "~", "^")  # these are part of values more often than they part them


@dataclass(frozen=True)
class Writing:
    """Delimiter, quote and escape, as in the contract's dialect."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'

    def options(self) -> ReaderOptions:
        """Return the arguments of `csv.reader`."""
        return CsvSyntax(self.delimiter, self.quote, self.escape, self.trim).reader_options()

    @property
    def trim(self) -> bool:
        """Blanks around a field do not count, unless they part the fields."""
        return self.delimiter != " "


@dataclass(frozen=True)
class Reading:
    """What comes of reading a text in one way.

    `fields` is how many a record mostly has, `alike` the share of records that have as many,
    `known` the share of fields that look like something, `broken` whether a quote is misplaced.
    """

    writing: Writing
    records: int
    first: int
    fields: int
    alike: float
    known: float
    broken: bool

    @property
    def score(self) -> float:
        if self.fields == 1:
            return 0.05 * self.alike**3
        together = 1 - 1 / self.fields
        often = self.writing.delimiter not in SELDOM
        seldom = 1.0 if often else 0.7
        header = 1.0 if self.first == self.fields else 0.5 if often else 0.1
        whole = 0.5 if self.broken else 1.0
        usual = 1.0 if (self.writing.quote, self.writing.escape) == ('"', '"') else 0.85
        return self.alike**3 * together * (0.1 + self.known) * seldom * header * whole * usual


def guess_writing(text: str, *, whole: bool) -> Reading:
    """The way of reading the start of a file that makes the most sense.

    Args:
        text: the first characters of the file, at least one.
        whole: the text is all of the file, so its last record is complete.
    """
    readings = [read_as(text, writing, whole=whole) for writing in _writings(text)]
    # of equally good ones the first, which is the commoner one
    return max(readings, key=lambda reading: reading.score)


def read_as(text: str, writing: Writing, *, whole: bool) -> Reading:
    """What comes of reading the text in that way."""
    records, broken = _records(text, writing, strict=True, whole=whole)
    if broken:
        records, _ = _records(text, writing, strict=False, whole=whole)
    if not records:
        return Reading(writing, 0, 1, 1, 0.0, 0.0, broken)
    ((fields, alike),) = Counter(len(record) for record in records).most_common(1)
    values = [field for record in records[:200] for field in record]
    known = sum(_makes_sense(value, writing) for value in values)
    return Reading(
        writing,
        len(records),
        len(records[0]),
        fields,
        alike / len(records),
        known / len(values),
        broken,
    )


def _makes_sense(value: str, writing: Writing) -> bool:
    """A number, or words that hold nothing which might part or quote fields."""
    if any(sign in value for sign in f"\n\r,;\t|{writing.quote or DOUBLED}"):
        return bool(COMMA_NUMBER.fullmatch(value.strip())) and writing.delimiter != ","
    quoted = len(value) > 1 and value[0] == value[-1] == "'"
    return bool(KNOWN.fullmatch(value)) and not quoted


def aligned(text: str) -> bool:
    """Whether fields are parted by runs of blanks, which no dialect can say."""
    lines = [line.strip() for line in islice(io.StringIO(text), RECORDS) if line.strip()]
    runs = sum("  " in line for line in lines)
    ((_, alike),) = Counter(len(line.split()) for line in lines).most_common(1) or [(0, 0)]
    # the header may be one word, and the last line be cut off
    return len(lines) > 2 and runs > len(lines) / 2 and alike >= len(lines) - 2


def _writings(text: str) -> Iterator[Writing]:
    quotings = [('"', '"')]
    if '\\"' in text:
        quotings.append(('"', BACKSLASH))
    if re.search(r"(^|[^\w\s])\s*'", text, re.MULTILINE):
        quotings.append(("'", "'"))
        if "\\'" in text:
            quotings.append(("'", BACKSLASH))
    if '"' in text:
        quotings.append(("", '"'))
    there = [delimiter for delimiter in DELIMITERS if delimiter in text or delimiter == ","]
    # one column of prose may hold every sign but this one
    absent = [delimiter for delimiter in DELIMITERS if delimiter not in there][:1]
    for delimiter in (*there, *absent):
        for quote, escape in quotings:
            yield Writing(delimiter, quote, escape)


def _records(
    text: str, writing: Writing, *, strict: bool, whole: bool
) -> tuple[list[list[str]], bool]:
    """The first records that are not empty, and whether a quote stands where it must not."""
    found: list[list[str]] = []
    broken = False
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, strict=strict, **writing.options())
    try:
        found.extend(islice((record for record in reader if record), RECORDS + 1))
    except csv.Error:
        # a text that is cut off may end within quotes
        broken = whole or bool(lines.read(1))
    complete = whole or len(found) > RECORDS
    return (found if complete or len(found) < 2 else found[:-1])[:RECORDS], broken


MOSTLY = 0.9


@dataclass(frozen=True)
class Header:
    """Whether there is one, and why it is thought so."""

    found: bool
    reason: str


def find_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> Header:
    """Judge the first record by the ones that follow, of which at least one is needed to doubt it.

    A column of numbers whose first field is none votes for a header, one whose first field is a
    number like the others against it, as does a field that stands below, too.
    """
    if not rows:
        return Header(True, "there is but one record")
    if _counts_up(first):
        return Header(True, "the first record counts the columns")
    names = data = 0
    for index, field in enumerate(first):
        vote = _vote(field, [value for value in _below(rows, index) if value not in ALWAYS_MISSING])
        names += vote > 0
        data += vote < 0
    if names:
        return Header(True, "names stand over numbers or dates")
    if data:
        return Header(False, "the first record looks like the others")
    used = [field for index, field in enumerate(first) if any(map(str.strip, _below(rows, index)))]
    if len(set(used)) < len(used) or not all(used):
        return Header(False, "the first record has fields that are empty or stand twice")
    return Header(True, "the first record's fields differ from all below")


def _below(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index] for row in rows if len(row) > index]


def _vote(field: str, below: Sequence[str]) -> int:
    """1 for a name, -1 for a value like those below, 0 where it can't be told."""
    if not below:
        return 0
    for alike in (_numeric, _dated):
        if sum(map(alike, below)) > MOSTLY * len(below):
            if not field or field in ALWAYS_MISSING:
                return 0
            return -1 if alike(field) else 1
    often = len(set(below)) <= len(below) / 2
    return -1 if often and field in below else 0


def _numeric(value: str) -> bool:
    return is_number(value) or is_number(value, ",")


def _dated(value: str) -> bool:
    return bool(DATE.fullmatch(value))


def _counts_up(fields: Sequence[str]) -> bool:
    """Most fields are integers that go up by one, as in 0, 1, 2 or 2019, 2020, 2021."""
    numbers = [int(field) for field in fields if field.isdecimal() and len(field) < 10]
    steps = sum(later == former + 1 for former, later in pairwise(numbers))
    return len(numbers) > 2 and len(numbers) >= len(fields) / 2 and steps == len(numbers) - 1
