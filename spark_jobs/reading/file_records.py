"""The records of a file below its header: which of those that the dialect skips may be rows.

A contract is made from one file, and others may lack the total or the units that it skips. What
is certainly no row is left out; any other record is marked, and the contract's rules tell whether
it is one.
"""

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_dialect import ESCAPE_UNDECODABLE, CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, Record, parse, readable
from spark_jobs.runtime.job import JobError

RULER = re.compile(r"[-=_+*| ]*[-=_]{3,}[-=_+*| ]*")  # of SQL clients
# the second header of some survey tools names the kind of each answer
ANSWER_KIND = re.compile(r"(Open-Ended )?Response|Other \(please specify\)")
ROWS_ABOVE, MIN_ROWS_ABOVE = 20, 10  # that a record at the end is compared with
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
TOTAL = re.compile(
    r"((grand|sub|sum|end|eind|super|genel)[ -]?)?"
    r"(totals?|totalt|totale?|totaux|totaal|sums?|summ[ae]|gesamt\w*|insgesamt|endsumme"
    r"|zwischensumme|sum[ao]|somme|soma|celkem|spolu|součet|összesen|toplam|razem|ogółem|łącznie"
    r"|yhteensä|sammanlagt|samlet|i alt|jumlah|tổng( cộng)?|ukupno|skupaj|kokku|kopā|iš viso"
    r"|итого|всего|усього|разом|общо|σύνολο|סה.כ|المجموع|الإجمالي|合計|总计|總計|小计|합계|총계|รวม)"
    r"\b( \w+)?[\s:.()\d]*",
    re.IGNORECASE,
)
MEAN = re.compile(
    r"(average|avg\.?|mean|durchschnitt|mittelwert|ø|moyenne|media|média|promedio|gemiddeld\w*"
    r"|średnia|ortalama|среднее|průměr|átlag|keskiarvo|genomsnitt|medel|gennemsnitt?|平均)"
    r"\b[\s:.()]*",
    re.IGNORECASE,
)
COUNT = re.compile(
    r"\(?\d[\d,. ]*(rows?|records?|lines?|registros?|zeilen|lignes?)\b.*", re.IGNORECASE
)
REMARK = re.compile(
    rf"{TOTAL.pattern}( .*)?|{COUNT.pattern}"
    r"|(printed|created|downloaded|prepared|confidential|gedruckt|erstellt|stand:|imprimé|impreso"
    r"|source|quelle|fonte|fuente|notes?|generated|exported|end of|data from|last updated|page)"
    r"\b.*|eof|\+?[-=*]{2,}.*",
    re.IGNORECASE,
)


def read_records(file: IO[bytes], name: str, dialect: Dialect) -> Iterator[Record]:
    """Yield the records of a file after its header, as `csv_parser.parse` separates them.

    Of those that the dialect skips, only those that may be rows are yielded, and marked.

    Raises:
        JobError: a record does not end, is longer than `max_record_bytes` characters, or spans
            lines though `multiline` is false.
    """
    text = io.TextIOWrapper(file, dialect["encoding"], ESCAPE_UNDECODABLE, newline="")
    try:
        yield from without_skipped(parse(text, dialect), dialect)
    except MalformedRecordError as error:
        raise JobError(
            f"{name}: record {error.number}, which begins at line {error.line}, {error}. "
            f"It begins with {readable(error.start)!r}"
        ) from error
    finally:
        text.detach()


def without_skipped(records: Iterable[Record], dialect: Dialect) -> Iterator[Record]:
    """Yield the records that `parse` returns as `read_records` does."""
    below, last = dialect["skip_below_header"], dialect["skip_last_lines"]
    if not (below or last):
        yield from (record for record in records if record.number)
        return
    names = dialect["header"]
    width = 0 if names is True else len(names)
    above, waiting = deque[list[str]](maxlen=ROWS_ABOVE), deque[Record]()
    syntax = CsvSyntax.of(dialect)
    for record in records:
        if record.number == 0:
            width = len(record.fields)
        elif record.number <= below:
            if not is_ruler_or_kinds(record.fields):
                yield record._replace(is_skipped=True)
        else:
            waiting.append(record)
        if len(waiting) > last:
            row = waiting.popleft()
            above.append(syntax.without_trailing(row.fields, width))
            yield row
    for record in waiting:
        fields = syntax.without_trailing(record.fields, width)
        if not is_below_rows(fields, width, above):
            yield record._replace(is_skipped=True)


def is_ruler_or_kinds(fields: Iterable[str]) -> bool:
    """Return whether a record below a header has dashes alone, or the kinds of answers."""
    used = [text for field in fields if (text := field.strip())]
    are_kinds = len(used) > 1 and all(map(ANSWER_KIND.fullmatch, used))
    return are_kinds or all(map(RULER.fullmatch, used))


def is_below_rows(fields: Sequence[str], width: int, above: Iterable[Sequence[str]]) -> bool:
    """Return whether a record at the end of a file is a total, a remark or the like, and no row.

    Args:
        fields: of the record.
        width: number of fields in the header.
        above: the last rows.
    """
    used = [text for field in fields if (text := field.strip())]
    if not used or (len(used) == 1 and width > 1 and REMARK.fullmatch(used[0])):
        return True
    if len(fields) != width:
        return len(used) == 1  # else it may be a row that is cut off
    rows = [row for row in above if len(row) == width]
    first_values = {_first_value(row) for row in rows}
    if used[0] not in first_values and any(
        words.fullmatch(used[0]) for words in (TOTAL, MEAN, COUNT)
    ):
        return True
    return len(rows) >= MIN_ROWS_ABOVE and any(
        not field.strip() and _names_rows(values)
        for field, *values in zip(fields, *rows, strict=True)
    )


def _first_value(fields: Iterable[str]) -> str:
    return next((text for field in fields if (text := field.strip())), "")


def _names_rows(values: Iterable[str]) -> bool:
    """Return whether a column is what rows are told by: a measurement may be missing anywhere."""
    texts = [value.strip() for value in values]
    return all(texts) and not all(map(PLAIN_NUMBER.fullmatch, texts))
