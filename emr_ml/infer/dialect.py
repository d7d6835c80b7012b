"""The dialect of a CSV file, and whether its first record names the columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, zip_longest

from emr_ml.infer.time_pattern import guess_time_pattern
from emr_ml.infer.values import (
    ALWAYS_MISSING,
    COMMA_NUMBER,
    PLAUSIBLE_FIELD,
    is_date,
    is_number_with_any_decimal,
)
from spark_jobs.reading.csv_dialect import BACKSLASH, CsvSyntax

DELIMITERS = (",", ";", "\t", "|", "\x01", "^", "~", ":", " ")
# of several characters; those within a line of one of the others are no delimiters
LONG_DELIMITERS = ("||", "::", ";;", "~~", "|~|", "~|~", "^|^", "|;|", "\t\t", "<>", "##", "&&")
DELIMITER_NAMES = {"\t": "tab", " ": "space", "\x01": "control character 1"}
RARE_DELIMITERS = (":", " ", "~", "^")  # found within values more often than between them
DOUBLE_QUOTE = '"'
# as MySQL writes delimiters and line breaks in values that it does not quote
ESCAPED_MARK = re.compile(r"(?<!\\)\\(?:\\\\)*[,;\t|\n]")
MAX_RECORDS = 500
MAX_SCORED_RECORDS = 200


@dataclass(frozen=True)
class DialectGuess:
    """How the file is written, as in the contract's dialect."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    skip_lines: int = 0
    skip_below_header: int = 0
    skip_last_lines: int = 0
    comment: str = ""
    trailing_delimiter: bool = False

    @cached_property
    def syntax(self) -> CsvSyntax:
        """How a record is written."""
        return CsvSyntax(
            self.delimiter, self.quote, self.escape, self.trim, self.trailing_delimiter
        )

    @property
    def trim(self) -> bool:
        """Whether to drop blanks around a field: not where they separate the fields."""
        return " " not in self.delimiter


@dataclass(frozen=True)
class ParseResult:
    """How well a dialect parses a text.

    Args:
        records: number of non-empty records.
        first_fields: number of fields in the first record.
        fields: the most frequent number of fields.
        used_fields: number of fields that are not empty in every record.
        consistency: share of the records with that number of fields.
        plausibility: share of the fields that look like a value, see `PLAUSIBLE_FIELD`.
        has_misplaced_quote: a quote is where the dialect does not allow one.
        is_swallowed: a quote of the first record is never closed, so all lines are its text.
        has_trailing_delimiter: records but the first one end in a delimiter, at least some.
    """

    dialect: DialectGuess
    records: int
    first_fields: int
    fields: int
    used_fields: int
    consistency: float
    plausibility: float
    has_misplaced_quote: bool
    is_swallowed: bool = False
    has_trailing_delimiter: bool = False

    @property
    def score(self) -> float:
        """Return a figure that is higher the more likely the dialect is."""
        if self.is_swallowed:
            return 0.0
        if self.fields == 1:
            return 0.05 * self.consistency**3
        is_rare = self.dialect.delimiter in RARE_DELIMITERS
        has_default_quotes = (self.dialect.quote, self.dialect.escape) == ('"', '"')
        score = self.consistency**3 * (1 - 1 / max(self.used_fields, 1)) * (0.1 + self.plausibility)
        if is_rare:
            score *= 0.7
        if self.first_fields != self.fields and not self.has_trailing_delimiter:
            score *= 0.1 if is_rare else 0.5
        if self.has_misplaced_quote:
            score *= 0.5
        if not has_default_quotes:
            score *= 0.85
        return score


def guess_dialect(text: str, *, is_whole_file: bool, delimiter: str | None = None) -> ParseResult:
    """Return the result of the dialect that parses the start of a file best.

    Args:
        text: the first characters of the file, at least one.
        is_whole_file: the text is the whole file, so its last record is complete.
        delimiter: if it is known.
    """
    results = [
        _parse(text, dialect, is_whole_file=is_whole_file)
        for dialect in _candidate_dialects(text, delimiter)
    ]
    # of equal scores `max` takes the first, which is the commoner dialect
    return max(results, key=lambda result: result.score)


def split_records(text: str, dialect: DialectGuess) -> list[list[str]]:
    """Return the fields of each record of a text that is not empty."""
    syntax = dialect.syntax
    try:
        lines = io.StringIO(syntax.prepared(text), newline="")
        reader = csv.reader(lines, **syntax.reader_options())
        return [syntax.restored(record) for record in reader if record]
    except csv.Error:
        return []


def _candidate_dialects(text: str, delimiter: str | None) -> Iterator[DialectGuess]:
    quotings = [('"', '"')]
    if '\\"' in text:
        quotings.append(('"', BACKSLASH))
    if re.search(r"(^|[^\w\s])\s*'", text, re.MULTILINE):
        quotings.append(("'", "'"))
        if "\\'" in text:
            quotings.append(("'", BACKSLASH))
    if '"' in text:
        quotings.append(("", '"'))
    if ESCAPED_MARK.search(text):
        quotings.append(("", BACKSLASH))
    if delimiter:
        delimiters = [delimiter]
    else:
        long = [each for each in LONG_DELIMITERS if text.count(each) >= text.count("\n")]
        present = [each for each in DELIMITERS if each in text or each == ","]
        # a single column of prose may hold all delimiters but this one
        absent = [each for each in DELIMITERS if each not in present][:1]
        delimiters = [*long, *present, *absent]
    for each in delimiters:
        for quote, escape in quotings:
            yield DialectGuess(each, quote, escape)


def _parse(text: str, dialect: DialectGuess, *, is_whole_file: bool) -> ParseResult:
    records, has_misplaced_quote = _records(text, dialect, strict=True, is_whole_file=is_whole_file)
    if has_misplaced_quote:
        records, _ = _records(text, dialect, strict=False, is_whole_file=is_whole_file)
    if not records:
        return ParseResult(dialect, 0, 1, 1, 1, 0.0, 0.0, has_misplaced_quote)
    ((fields, count),) = Counter(len(record) for record in records).most_common(1)
    scored = records[:MAX_SCORED_RECORDS]
    values = [field for record in scored for field in record]
    plausible = sum(_is_plausible(value, dialect) for value in values)
    return ParseResult(
        dialect=dialect,
        records=len(records),
        first_fields=len(records[0]),
        fields=fields,
        used_fields=sum(
            any(map(str.strip, column)) for column in zip_longest(*scored, fillvalue="")
        ),
        consistency=count / len(records),
        plausibility=plausible / len(values),
        has_misplaced_quote=has_misplaced_quote,
        is_swallowed=has_misplaced_quote and len(records) == 1 and "\n" in text.strip(),
        has_trailing_delimiter=_have_trailing_delimiter(records),
    )


def _have_trailing_delimiter(records: Sequence[Sequence[str]]) -> bool:
    """Return whether an empty field follows the fields of the header in some rows.

    The others have as many fields as the header; few rows have another number.
    """
    header, *rows = records
    with_one = sum(len(row) == len(header) + 1 and not row[-1].strip() for row in rows)
    fitting = with_one + sum(len(row) == len(header) for row in rows)
    return len(rows) > 1 and with_one > 0 and fitting >= MIN_FITTING * len(rows)


def _records(
    text: str, dialect: DialectGuess, *, strict: bool, is_whole_file: bool
) -> tuple[list[list[str]], bool]:
    """Return the first non-empty records, and whether a quote is misplaced."""
    records: list[list[str]] = []
    has_misplaced_quote = False
    syntax = dialect.syntax
    lines = io.StringIO(syntax.prepared(text), newline="")
    reader = csv.reader(lines, strict=strict, **syntax.reader_options())
    try:
        used = (syntax.restored(record) for record in reader if record)
        records.extend(islice(used, MAX_RECORDS + 1))
    except csv.Error:
        # the end of a truncated text may be inside quotes
        has_misplaced_quote = is_whole_file or bool(lines.read(1))
    is_last_complete = is_whole_file or len(records) > MAX_RECORDS
    if not is_last_complete and len(records) > 1:
        records.pop()
    return records[:MAX_RECORDS], has_misplaced_quote


def _is_plausible(value: str, dialect: DialectGuess) -> bool:
    """Return whether a value is a number, or words without delimiters or quotes."""
    if dialect.quote and dialect.delimiter in value and "\n" not in value:
        return True  # it was in quotes, which is what they are for
    if value[:1] in ("'", DOUBLE_QUOTE) and value[-1:] != value[:1]:
        return False  # the half of a quoted value
    if any(char in value for char in f"\n\r,;\t|{dialect.quote or DOUBLE_QUOTE}"):
        return bool(COMMA_NUMBER.fullmatch(value.strip())) and dialect.delimiter != ","
    is_quoted = len(value) > 1 and value[0] == value[-1] == "'"
    return bool(PLAUSIBLE_FIELD.fullmatch(value)) and not is_quoted


MIN_FITTING = 0.95  # of the rows, with a delimiter at the end or without
COMPARED_TIMES = 50  # values; a name among these is more than a pattern may leave out
MIN_TYPE_SHARE = 0.9  # of a column's values, for it to be one of numbers or dates


@dataclass(frozen=True)
class Header:
    """Whether the first record names the columns, and why that is likely.

    If it does not, `names` are those that the contract lists; None if there are none.
    """

    found: bool
    reason: str
    names: tuple[str, ...] | None = None


def find_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> Header:
    """Compare the first record with the rows below it.

    Each column votes. In a column of numbers or dates, a first field of another type is a name,
    and one of the same type a value. A first field that recurs below is a value as well. Any vote
    for a name decides; without rows there is a header.
    """
    if not rows:
        return Header(True, "the file has only one record")
    if _holds_consecutive_integers(first):
        return Header(True, "the first record holds consecutive numbers")
    columns = [[row[index] for row in rows if len(row) > index] for index in range(len(first))]
    votes = [_vote(field, below) for field, below in zip(first, columns, strict=True)]
    if 1 in votes:
        return Header(True, "text above numbers or dates")
    if -1 in votes:
        return Header(False, "the first record looks like the rows below it")
    if not _has_names(first, columns):
        return Header(False, "the first record has empty or repeated fields")
    return Header(True, "the first record differs from the rows below it")


def _has_names(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether each column with values has its own name, but perhaps row numbers."""
    used = [
        field for field, below in zip(first, columns, strict=True) if any(map(str.strip, below))
    ]
    are_row_numbers = len(set(columns[0])) == len(columns[0])
    if used and not used[0].strip() and are_row_numbers:
        used = used[1:]
    return len(set(used)) == len(used) > 0 and all(used)


def _vote(field: str, below: Sequence[str]) -> int:
    """Return 1 for a name, -1 for a value like those below, 0 if undecided."""
    values = [value for value in below if value not in ALWAYS_MISSING]
    if not values or not field.strip() or field in ALWAYS_MISSING:
        return 0
    for is_type in (is_number_with_any_decimal, is_date):
        if sum(map(is_type, values)) > MIN_TYPE_SHARE * len(values):
            return -1 if is_type(field) else 1
    distinct = [*dict.fromkeys(map(str.strip, values))][:COMPARED_TIMES]
    if len(distinct) > 1 and guess_time_pattern(distinct, day_first=True):
        return -1 if guess_time_pattern([*distinct, field.strip()], day_first=True) else 1
    values_recur = len(set(values)) <= len(values) / 2
    return -1 if values_recur and field in values else 0


def _holds_consecutive_integers(fields: Sequence[str]) -> bool:
    """Return whether most fields are integers in steps of one: 0, 1, 2 or 2019, 2020, 2021."""
    numbers = [int(field) for field in fields if field.isdecimal() and len(field) < 10]
    steps = sum(later == earlier + 1 for earlier, later in pairwise(numbers))
    return len(numbers) > 2 and len(numbers) >= len(fields) / 2 and steps == len(numbers) - 1
