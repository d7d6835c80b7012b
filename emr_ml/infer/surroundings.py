"""What stands around the rows of a CSV file: titles, comments, a `sep=` line, totals."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from emr_ml.infer.dialect import (
    DialectGuess,
    ParseResult,
    find_header,
    guess_dialect,
    split_records,
)

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;]*\r?\n?', re.IGNORECASE)  # Excel's, without header
COMMENT_MARKS = ("#", "%", "!")
MAX_LINES_ABOVE = 100
MAX_RECORDS_BELOW = 3
TOTAL = re.compile(
    r"((grand|sub|sum)[ -]?)?(totals?|sums?|summe|gesamt(summe)?|insgesamt|totale?|totaal|suma"
    r"|somme|soma|celkem|összesen|toplam|итого|всего|σύνολο|合計|总计|總計|합계)"
    r"\b( \w+)?[\s:.()\d]*",
    re.IGNORECASE,
)
REMARK = re.compile(
    rf"{TOTAL.pattern}|\(?\d[\d,. ]*(rows?|records?|lines?|registros?|zeilen|lignes?)\b.*"
    r"|(source|quelle|fonte|fuente|notes?|generated|exported|end of)\b.*|[-=*]{2,}.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written, and what to skip above its header.

    Args:
        result: of the guessed dialect, on the text that is left.
        reasons: of what is skipped, by the key of the contract's dialect.
    """

    result: ParseResult
    reasons: dict[str, str]

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
    if mark and _is_header(lines, mark, result):
        mark, body = "", lines
        result = guess_dialect(text, is_whole_file=is_whole_file)
    if layout := _below_titles(lines, body, mark, result, is_whole_file=is_whole_file):
        return layout
    layout = Layout(result, {})
    if result.has_trailing_delimiter:
        dialect = replace(result.dialect, trailing_delimiter=True)
        layout = Layout(
            replace(result, dialect=dialect, fields=result.first_fields),
            {"trailing_delimiter": "rows end in a delimiter, which begins no field"},
        )
    return _with_comment(layout, mark) if mark else layout


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
    above = lines.index(body[above])
    layout = _skipping(
        rest, above, f"the header follows {above} other {'line' if above == 1 else 'lines'}"
    )
    has_comments = bool(mark) and any(line.startswith(mark) for line in lines[above:])
    return _with_comment(layout, mark) if has_comments else layout


def records_below(rows: Sequence[Sequence[str]]) -> int:
    """Return how many of the last records are not rows, but totals or remarks.

    Args:
        rows: the last records of a file.
    """
    if len(rows) < 2 * MAX_RECORDS_BELOW:
        return 0
    ((width, _),) = Counter(map(len, rows)).most_common(1)
    body = rows[:-MAX_RECORDS_BELOW]
    for count in range(MAX_RECORDS_BELOW, 0, -1):
        if all(_is_below(row, width, body) for row in rows[-count:]):
            return count
    return 0


def _is_below(row: Sequence[str], width: int, body: Sequence[Sequence[str]]) -> bool:
    fields = [field.strip() for field in row]
    first = next((index for index, field in enumerate(fields) if field), None)
    if first is None:
        return False
    if len(row) != width:
        # a row that is cut off is not meant: it has more fields, or no such words
        return not any(fields[first + 1 :]) and bool(REMARK.fullmatch(fields[first]))
    others = [field for index, field in enumerate(fields) if index != first]
    has_text = any(field and not any(map(str.isdigit, field)) for field in others)
    if not TOTAL.fullmatch(fields[first]) or has_text:
        return False
    is_value = any(len(each) > first and TOTAL.fullmatch(each[first].strip()) for each in body)
    return not is_value


def _skipping(result: ParseResult, lines: int, reason: str) -> Layout:
    dialect = replace(result.dialect, skip_lines=lines)
    return Layout(replace(result, dialect=dialect), {"skip_lines": reason})


def _with_comment(layout: Layout, mark: str) -> Layout:
    dialect = replace(layout.dialect, comment=mark)
    reasons = {**layout.reasons, "comment": "lines that begin so are not rows"}
    return Layout(replace(layout.result, dialect=dialect), reasons)


def _comment_mark(lines: Sequence[str]) -> str:
    """Return the mark of the comments at the beginning, or ""."""
    first = next((line for line in islice(lines, MAX_LINES_ABOVE) if line.strip()), "")
    return first[0] if first.startswith(COMMENT_MARKS) else ""


def _is_header(lines: Sequence[str], mark: str, result: ParseResult) -> bool:
    """Return whether the only line with the mark is the header, as in `#id,name`."""
    marked = [line for line in lines if line.startswith(mark)]
    if len(marked) != 1 or result.fields == 1:
        return len(marked) > len(lines) / 2
    records = split_records(marked[0], result.dialect)
    return bool(records) and len(records[0]) == result.fields


def _is_above_header(lines: Sequence[str], above: int, dialect: DialectGuess) -> bool:
    """Return whether lines are a title, and not a header with too few names."""
    skipped = split_records("".join(lines[:above]), dialect)
    if all(sum(map(bool, map(str.strip, record))) <= 1 for record in skipped):
        return True
    header, *rows = split_records("".join(lines[above:]), dialect)
    return find_header(header, rows).found


def _lines_above(lines: Sequence[str], result: ParseResult) -> int:
    """Return the number of lines before the first one with as many fields as most records."""
    if result.records < 3 or result.fields in (1, result.first_fields):
        return 0
    if result.has_trailing_delimiter:
        return 0
    for index, line in enumerate(lines[:MAX_LINES_ABOVE]):
        records = split_records(line, result.dialect)
        if records and len(records[0]) == result.fields:
            return index
    return 0
