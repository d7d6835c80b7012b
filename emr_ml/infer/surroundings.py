"""What stands around the rows of a CSV file: titles, comments, a `sep=` line, totals."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import fsum, isclose

from emr_ml.infer.dialect import (
    DialectGuess,
    ParseResult,
    find_header,
    guess_dialect,
    split_records,
)
from emr_ml.infer.number_format import NumberStyle, guess_number_style
from emr_ml.infer.other_formats import log_fields
from spark_jobs.reading.file_records import COUNT, MEAN, REMARK, TOTAL

SEPARATOR_LINE = re.compile(r'"?sep=([^"\w\r\n])"?[,;]*\r?\n?', re.IGNORECASE)  # Excel's
COMMENT_MARKS = ("#", "%", "!")
MAX_LINES_ABOVE = 100
MAX_RECORDS_BELOW, LAST_RECORDS = 10, 1000
MIN_RECORDS = 6  # to look for others below them
MIN_FIELDS_OF_TITLES = 3  # with two, a record with one field may be a row
MAX_ROUNDING = 0.01  # of a mean, relative to it
MIN_SUMMED = 3  # numbers, for their sum to be no chance


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written, and what to skip above its header.

    Args:
        result: of the guessed dialect, on the text that is left.
        reasons: of what is skipped, by the key of the contract's dialect.
        names: of the columns, if a comment of a log has them.
    """

    result: ParseResult
    reasons: dict[str, str]
    names: tuple[str, ...] = ()

    @property
    def dialect(self) -> DialectGuess:
        return self.result.dialect


def guess_layout(text: str, *, is_whole_file: bool) -> Layout:
    """Guess the dialect of the start of a file, and the lines above its header.

    Args:
        text: the first characters of the file, at least one.
        is_whole_file: the text is the whole file, so its last record is complete.
    """
    lines = list(io.StringIO(text, newline=""))  # as the reader separates them
    if (separator := SEPARATOR_LINE.fullmatch(lines[0])) and len(lines) > 1:
        result = guess_dialect(
            "".join(lines[1:]), is_whole_file=is_whole_file, delimiter=separator[1]
        )
        return _skipping(result, 1, "the first line names the delimiter, for Excel")
    mark = _comment_mark(lines)
    body = [line for line in lines if not mark or not line.startswith(mark)]
    result = guess_dialect("".join(body), is_whole_file=is_whole_file)
    if mark and _are_records(lines, mark, result):
        mark, body = "", lines
        result = guess_dialect(text, is_whole_file=is_whole_file)
    if layout := _below_titles(lines, body, mark, result, is_whole_file=is_whole_file):
        return layout
    layout = Layout(result, {})
    if result.has_trailing_delimiter:
        dialect = replace(result.dialect, trailing_delimiter=True)
        layout = Layout(
            replace(result, dialect=dialect, fields=result.first_fields),
            {"trailing_delimiter": "rows end with a delimiter that is not followed by a field"},
        )
    if not mark:
        return layout
    names = log_fields(lines)
    layout = _with_comment(layout, mark)
    return replace(layout, names=names) if len(names) == layout.result.fields else layout


def _below_titles(
    lines: Sequence[str],
    body: Sequence[str],
    mark: str,
    result: ParseResult,
    *,
    is_whole_file: bool,
) -> Layout | None:
    """Return the layout if there are titles above the header, else None.

    Args:
        lines: of the text.
        body: those that are no comments.
        mark: of comments, or "".
        result: of the guess on the body.
        is_whole_file: the text is the whole file.
    """
    above = _lines_above(body, result)
    if not above:
        return None
    rest = guess_dialect("".join(body[above:]), is_whole_file=is_whole_file)
    if rest.first_fields != rest.fields or rest.fields == 1:
        return None
    if not _is_above_header(body, above, rest.dialect):
        return None
    # lines are skipped before comments are, so comments count as lines
    numbers = [index for index, line in enumerate(lines) if not mark or not line.startswith(mark)]
    above = numbers[above]
    layout = _skipping(
        rest, above, f"the header follows {above} other {'line' if above == 1 else 'lines'}"
    )
    has_comments = bool(mark) and any(line.startswith(mark) for line in lines[above:])
    return _with_comment(layout, mark) if has_comments else layout


def records_below(records: Sequence[Sequence[str]], first_row: int | None) -> int:
    """Return how many of the last records are not rows, but totals, remarks or blank.

    Args:
        records: the last ones of a file, without blank ones.
        first_row: the index of the first row, if these are all records.
    """
    last = records[-LAST_RECORDS:]
    if len(last) < MIN_RECORDS:
        return 0
    ((width, _),) = Counter(map(len, last)).most_common(1)
    for count in range(min(MAX_RECORDS_BELOW, len(last) // 2), 0, -1):
        rows = [] if first_row is None else records[first_row:-count]
        if all(_is_below(record, width, rows) for record in last[-count:]):
            return count
    return 0


def _is_below(record: Sequence[str], width: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a record is a remark or a total: alone in its line, or with a right sum.

    A row that is cut off has more fields, or no such words.
    """
    used = {index: field.strip() for index, field in enumerate(record) if field.strip()}
    if not used:
        return False
    first = used[min(used)]
    if width == 1:
        return bool(COUNT.fullmatch(first))  # the other words may be those of a row
    has_no_name = 0 not in used and bool(rows) and all(row[0].strip() for row in rows)
    if has_no_name and any(_is_sum(field, index, rows) for index, field in used.items()):
        return True
    if len(used) == 1:
        return bool(REMARK.fullmatch(first) or (len(record) == width and TOTAL.fullmatch(first)))
    others = list(used.items())[1:]
    if TOTAL.fullmatch(first):
        return any(_is_sum(field, index, rows) for index, field in others)
    return bool(MEAN.fullmatch(first)) and any(
        _is_sum(field, index, rows, of_mean=True) for index, field in others
    )


def _is_sum(
    field: str, index: int, rows: Sequence[Sequence[str]], *, of_mean: bool = False
) -> bool:
    """Return whether a field is the sum, or the mean, of what is above it."""
    values = [row[index].strip() for row in rows if len(row) > index and row[index].strip()]
    style = guess_number_style([*dict.fromkeys((*values, field))], ".") or NumberStyle(".")
    numbers = [style.parse(value) for value in values]
    total = style.parse(field)
    if total is None or len(numbers) < MIN_SUMMED or None in numbers:
        return False
    expected = fsum(number or 0.0 for number in numbers) / (len(numbers) if of_mean else 1)
    return isclose(total, expected, rel_tol=MAX_ROUNDING if of_mean else 1e-6)


def _skipping(result: ParseResult, lines: int, reason: str) -> Layout:
    dialect = replace(result.dialect, skip_lines=lines)
    return Layout(replace(result, dialect=dialect), {"skip_lines": reason})


def _with_comment(layout: Layout, mark: str) -> Layout:
    dialect = replace(layout.dialect, comment=mark)
    reasons = {**layout.reasons, "comment": "lines that start with this are comments"}
    return Layout(replace(layout.result, dialect=dialect), reasons)


def _comment_mark(lines: Sequence[str]) -> str:
    """Return the mark of the comments at the beginning, or ""."""
    first = next((line for line in islice(lines, MAX_LINES_ABOVE) if line.strip()), "")
    return first[0] if first.startswith(COMMENT_MARKS) else ""


def _are_records(lines: Sequence[str], mark: str, result: ParseResult) -> bool:
    """Return whether lines with the mark are a header or rows, as in `#id,name` or `#ff0000,9`."""
    marked = [line for line in lines if line.startswith(mark)]
    if result.fields == 1:
        return len(marked) > len(lines) / 2
    records = (split_records(line, result.dialect) for line in marked)
    return any(record and len(record[0]) == result.fields for record in records)


def _is_above_header(lines: Sequence[str], above: int, dialect: DialectGuess) -> bool:
    """Return whether lines are a title, and not a header with too few names."""
    skipped = split_records("".join(lines[:above]), dialect)
    if all(sum(map(bool, map(str.strip, record))) <= 1 for record in skipped):
        return True
    header, *rows = split_records("".join(lines[above:]), dialect)
    return find_header(header, rows).found


def _lines_above(lines: Sequence[str], result: ParseResult) -> int:
    """Return the number of lines before the first record that is as wide as most are."""
    if result.records < 3 or result.fields == 1 or result.has_trailing_delimiter:
        return 0
    first = split_records("".join(lines[:MAX_LINES_ABOVE]), result.dialect)[:1]
    if first and len(first[0]) == result.fields and _is_used(first[0]):
        return 0
    for index, line in enumerate(lines[:MAX_LINES_ABOVE]):
        records = split_records(line, result.dialect)
        if not records or len(records[0]) != result.fields:
            continue
        if _is_used(records[0]):
            return index
    return 0


def _is_used(record: Sequence[str]) -> bool:
    """Return whether it is more than a title, which spreadsheets fill with empty fields."""
    used = sum(map(bool, map(str.strip, record)))
    return used > 1 or len(record) < MIN_FIELDS_OF_TITLES
