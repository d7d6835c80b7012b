"""Records below the first one that are no rows: units, questions, rulers, the rest of the names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from emr_ml.infer.dialect import MIN_TYPE_SHARE
from emr_ml.infer.number_format import looks_like_number
from emr_ml.infer.values import ALWAYS_MISSING, MAYBE_MISSING, is_date, is_number_with_any_decimal
from spark_jobs.reading.file_records import ANSWER_KIND, RULER

MAX_BELOW = 3  # records, as in a survey's export
MIN_ROWS, MAX_ROWS = 5, 1000  # whose values show what a column holds
MIN_TYPED = 2  # columns in which the record has text, unless that looks like a unit
# known ones alone: any short word could be a value
UNIT_WORD = (
    r"%|‰|ppm|ppb|pH|°[CFK]?|[numkµμcdhMGT]?(s|m|g|l|L|mol|M|V|A|W|Wh|Hz|Pa|bar|J|N|Ω|Ohm|F|H|T|K|B|eV"
    r"|cal|Sv|Gy|Bq|U|IU|lx|lm|cd|rad)|min|h|hrs?|d|days?|years?|sec|t|ft|in|lbs?|oz|mi|km/h|mph|kn"
    r"|rpm|bpm|dB[Am]?|deg|a\.?u\.?|psi|mmHg|Torr|atm|cps|counts?|USD|EUR|GBP|[$€£]"
)
UNIT = re.compile(rf"\[.*\]|\(.*\)|-|({UNIT_WORD})[²³23]?([/·*]({UNIT_WORD})[²³23]?)*")
MISSING = {*ALWAYS_MISSING, *MAYBE_MISSING}
ROW_NAME = "row"


@dataclass(frozen=True)
class HeaderRows:
    """How many records below the header are no rows, and why; and names of several records.

    `names` are None if those of the header itself are right.
    """

    below: int = 0
    reason: str = ""
    names: tuple[str, ...] | None = None


def find_header_rows(records: Sequence[Sequence[str]]) -> HeaderRows:
    """Return which of the first records are no rows.

    Rows are never skipped on weak proof: a value that lacks says nothing.

    Args:
        records: of the file from its header.
    """
    header, rest = records[0], records[1:]
    rows = [row for row in rest[MAX_BELOW:MAX_ROWS] if len(row) == len(header)]
    if len(rows) < MIN_ROWS:
        return HeaderRows()
    columns = [*zip(*rows, strict=True)]
    typed = [index for index, column in enumerate(columns) if _is_typed(column)]
    below = 0
    while below < MAX_BELOW and (
        _is_no_row(rest[below], typed, columns)
        or (bool(below) and _is_index_name(rest[below], records[: below + 1]))
    ):
        below += 1
    if not below:
        return HeaderRows()
    reason = f"the first {'record' if below == 1 else f'{below} records'} below the header: "
    texts = [text for record in rest[:below] for text in record if text.strip()]
    reason += f"'{' '.join(texts[0].split())[:30]}' and the like are no data"
    names = _joined_names(header, rest[:below])
    return HeaderRows(below, reason, names)


def has_row_names(records: Sequence[Sequence[str]]) -> bool:
    """Return whether rows have one field more than the header: their names first, as R has them."""
    header, *rows = records
    names = [row[0] for row in rows if len(row) == len(header) + 1]
    if not names or len(names) < MIN_TYPE_SHARE * len(rows) or len(header) < MIN_TYPED:
        return False
    are_numbers = names == [str(number) for number in range(1, len(names) + 1)]
    return are_numbers or (
        len(set(names)) == len(names) and not any(map(is_number_with_any_decimal, names))
    )


def _is_typed(column: Sequence[str]) -> bool:
    """Return whether the values are numbers or dates."""
    values = [value.strip() for value in column if value.strip() not in MISSING]
    return len(values) >= MIN_ROWS and sum(map(is_value, values)) >= MIN_TYPE_SHARE * len(values)


def is_value(value: str) -> bool:
    """Return whether a text is a number or a date, however it is written."""
    is_plain = is_number_with_any_decimal(value) or is_date(value)
    # letters before a number make a name of it, as in `Q1`
    return is_plain or (value[:1].lower() == value[:1].upper() and looks_like_number(value))


def _is_no_row(
    record: Sequence[str], typed: Sequence[int], columns: Sequence[Sequence[str]]
) -> bool:
    """Return whether a record has proof that it is none of the rows, which must not be lost.

    That is a ruler, a unit, the kinds of answers, or texts in several columns of numbers or dates;
    and none of its values is in the column again.
    """
    fields = [field.strip() for field in record]
    used = [field for field in fields if field]
    if len(columns) < MIN_TYPED or not used:
        return False
    if all(map(RULER.fullmatch, used)):
        return bool(typed) or len(used) == len(columns)
    if len(fields) != len(columns):
        return False
    recurs = any(
        field and field not in MISSING and field in map(str.strip, column)
        for field, column in zip(fields, columns, strict=True)
    )
    texts = [fields[index] for index in typed if fields[index] not in MISSING - {"-"}]
    if recurs or any(map(is_value, texts)):
        return False
    are_answers = len(used) >= MIN_TYPED and all(map(ANSWER_KIND.fullmatch, used))
    return are_answers or _are_no_values(texts, used)


def _are_no_values(texts: Sequence[str], used: Sequence[str]) -> bool:
    """Return whether texts in columns of numbers or dates are units or questions.

    `used` are all texts of the record.
    """
    if not any(text != "-" for text in texts):
        return False
    if len(texts) < MIN_TYPED:
        # a letter beside other values may be one that only looks like a unit
        return all(map(UNIT.fullmatch, used))
    # one word for each may say why the values are missing
    are_one_word = len(set(texts)) == 1 and texts[0][:1].isalpha()
    return not are_one_word or all(map(UNIT.fullmatch, texts))


def _is_index_name(record: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    """Return whether only the first field is used and those above lack it, as pandas writes it."""
    has_one = bool(record[0].strip()) and not any(map(str.strip, record[1:]))
    return has_one and not any(row[0].strip() for row in above)


def _joined_names(header: Sequence[str], below: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Return names of the fields of several records, if those of the first are no names."""
    used = [name.strip() for name in header][1:]
    if len(set(used)) == len(used) and all(used):
        return None
    filled: list[str] = []
    for index, name in enumerate(map(str.strip, header)):
        # a merged cell stands above the columns to its right, too
        filled.append(name or (filled[-1] if index > 1 else ""))
    parts = zip_longest(filled, *below, fillvalue="")
    names = tuple(
        " ".join(dict.fromkeys(part.strip() for part in each if part.strip())) for each in parts
    )
    usable = len(set(names)) == len(names) == len(header) and all(names)
    return names if usable else None
