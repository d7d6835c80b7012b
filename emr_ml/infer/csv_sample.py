"""How a CSV file is written, and a sample of its rows."""

import csv
import io
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice

from emr_ml.infer.column_kinds import quoted
from emr_ml.infer.dialect import (
    DialectGuess,
    Header,
    ParseResult,
    find_header,
    split_records,
)
from emr_ml.infer.encoding import Encoding, check_text, detect_marked, detect_unmarked
from emr_ml.infer.files import (
    MAX_SAMPLE_VALUES,
    DataFile,
    Sample,
    contract_names,
)
from emr_ml.infer.header_rows import ROW_NAME, HeaderRows, find_header_rows, has_row_names
from emr_ml.infer.other_formats import problem_of_format
from emr_ml.infer.surroundings import Layout, guess_layout, records_below
from emr_ml.infer.unusable_records import WRONG_COUNT, without_rejected
from emr_ml.sources.listing import SourceError
from emr_ml.units import MEGABYTE
from emr_ml.wording import file_size
from spark_jobs.reading.csv_dialect import BLANKS, is_blank
from spark_jobs.reading.csv_parser import END

START = 256 * 1024  # characters from which the dialect is guessed
HEAD = 32 * MEGABYTE  # bytes at the start of the file that are sampled
WINDOWS, WINDOW = 16, 512 * 1024  # samples from the rest of a large file, and bytes in each
MAX_WINDOW_VALUES = 25_000
MIN_WINDOW_FIT = 0.95  # share of a window's records that must have the expected number of fields
MAX_FIELD = 16 * MEGABYTE
LAST_BYTES = 64 * 1024  # at the end of the file, where totals may be
FIRST_RECORDS = 8  # among which are all that make up a header
HEADER_ROWS = 1000  # rows that the first record is compared with


@dataclass(frozen=True)
class CsvSample:
    """How the file is written, and the sample.

    Args:
        skip_reasons: why something is skipped, by the key of the contract's dialect.
        unusable_records: how many records are not in the sample since a job rejects them, by what
            they have.
        has_line_breaks: a field holds a line break.
        has_blanks: a field starts or ends with a space.
    """

    encoding: Encoding
    dialect: DialectGuess
    skip_reasons: dict[str, str]
    header: Header
    sample: Sample
    unusable_records: Mapping[str, int]
    has_line_breaks: bool
    has_blanks: bool


def sample_csv(file: DataFile) -> CsvSample:
    """Sample the start of a file and, if it is large, windows spread over the rest.

    Raises:
        SourceError: the file can't be read as CSV, or has no row below its header.
    """
    with _long_fields_allowed():
        encoding = _detect_encoding(file)
        layout = _detect_layout(file, encoding)
        dialect, reasons = layout.dialect, layout.reasons
        records, line_ends, is_whole_file = _read_head(file, encoding, dialect)
        last = records if is_whole_file else _last_records(file, encoding, dialect)
        header_rows = find_header_rows(records)
        if below := records_below(last, 1 + header_rows.below if is_whole_file else None):
            dialect = replace(dialect, skip_last_lines=below)
            reasons = {**reasons, "skip_last_lines": _below_reason(last[-below:])}
            records = records[:-below] if is_whole_file else records
        if layout.names:
            header = Header(False, "those of the comment `#Fields`, for all files", layout.names)
        else:
            header, dialect, reasons, records = _find_names(
                records, header_rows, dialect, reasons, line_ends
            )
        head_rows = records[1:] if header.found else records
        width = len(header.names or records[0])
        head_rows = [dialect.syntax.without_trailing(row, width) for row in head_rows]
        rows = [row for row in head_rows if len(row) == width]
        if not rows:
            raise SourceError(f"{file.address} has no row below its header: name a file with data")
        unusable = Counter({WRONG_COUNT: len(head_rows) - len(rows)})
        windows = [] if is_whole_file else list(_read_windows(file, encoding, dialect, width))
    rows += chain.from_iterable(windows)
    placeholders = [f"column_{index + 1}" for index in range(width)]
    names = records[0] if header.found else header.names or placeholders
    rows, others = without_rejected(rows, names, encoding)
    unusable += others
    if not rows:
        raise SourceError(f"{file.address} has no row that can be read: name a file with data")
    sample = Sample(
        names=contract_names(names),
        columns=[[value.strip(BLANKS) for value in column] for column in zip(*rows, strict=True)],
        rows=len(rows),
        is_complete=is_whole_file and not file.others,
        summary=_summary(file, len(rows), len(windows), is_whole_file=is_whole_file),
        unusable={},
    )
    values = [value for row in (names, *rows) for value in row]
    return CsvSample(
        encoding=encoding,
        dialect=dialect,
        skip_reasons=reasons,
        header=header,
        sample=sample,
        unusable_records=unusable,
        has_line_breaks=any("\n" in value or "\r" in value for value in values),
        has_blanks=any(value[:1] == " " or value[-1:] == " " for value in values),
    )


def _find_names(
    records: list[list[str]],
    found: HeaderRows,
    dialect: DialectGuess,
    reasons: dict[str, str],
    line_ends: Sequence[int],
) -> tuple[Header, DialectGuess, dict[str, str], list[list[str]]]:
    """Find the names, and leave out the records that are no rows.

    Args:
        records: from the header, without those below the rows.
        found: which of the first ones are no rows.
        dialect: without what is skipped at the beginning.
        reasons: of what is skipped.
        line_ends: the line that each of the first records ends at.

    Returns:
        The header; the dialect with what it skips, and the reasons; and the records without those
        that are skipped.
    """
    count = 0
    if not dialect.trailing_delimiter and has_row_names(records[: HEADER_ROWS + 1]):
        names, count = (ROW_NAME, *records[0]), 1
        reason = "the header lacks a name for the first column, as R writes it"
    elif found.names:
        names, count = found.names, found.below + 1
        reason = f"names of {count} records"
    elif found.below:
        dialect = replace(dialect, skip_below_header=found.below)
        reasons = {**reasons, "skip_below_header": found.reason}
        records = [records[0], *records[found.below + 1 :]]
        return Header(True, "text above other text and numbers"), dialect, reasons, records
    else:
        return find_header(records[0], records[1 : HEADER_ROWS + 1]), dialect, reasons, records
    dialect = replace(dialect, skip_lines=line_ends[count - 1])
    reasons = {**reasons, "skip_lines": "the names are listed under `header`"}
    return Header(False, reason, tuple(names)), dialect, reasons, records[count:]


@contextmanager
def _long_fields_allowed() -> Generator[None]:
    """Let `csv` read fields as long as records may be."""
    previous = csv.field_size_limit(MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(previous)


def _summary(file: DataFile, rows: int, windows: int, *, is_whole_file: bool) -> str:
    size = file_size(file.size)
    if is_whole_file:
        return f"all {rows:,} rows of {size}"
    rest = f" and from {windows} places further on" if windows else ""
    return f"{rows:,} rows of {size}, from the start{rest}"


def _detect_encoding(file: DataFile) -> Encoding:
    with file.open_decompressed() as stream:
        start = stream.read(START)
    if marked := detect_marked(start):
        return marked
    check_text(start, file.address)
    return detect_unmarked(_head_chunks(file), () if file.is_compressed else _window_lines(file))


def _head_chunks(file: DataFile) -> Iterator[bytes]:
    size = min(MEGABYTE, HEAD)
    with file.open_decompressed() as stream:
        for _ in range(HEAD // size):
            yield stream.read(size)


def _decoded(stream: object, encoding: Encoding) -> io.TextIOWrapper:
    # rejecting undecodable bytes is the job's work: here they must not end the inference
    name = "utf-8-sig" if encoding.name == "utf-8" else encoding.name
    return io.TextIOWrapper(stream, name, newline="", errors="replace")  # pyright: ignore[reportArgumentType] - it has read()


def _detect_layout(file: DataFile, encoding: Encoding) -> Layout:
    """Guess the layout from the start of the file; from more of it if records are long."""
    for size in (START, MAX_FIELD):
        with file.open_decompressed() as stream:
            text = _decoded(stream, encoding)
            start = text.read(size).lstrip("\ufeff")
            if not start.strip():
                raise SourceError(f"{file.address} is empty: name a file with data")
            layout = guess_layout(start, is_whole_file=not text.read(1))
        if layout.result.records > 1:
            break
    _check_dialect(layout.result, start, file)
    return layout


def _check_dialect(result: ParseResult, start: str, file: DataFile) -> None:
    delimiter = result.dialect.delimiter
    if problem := problem_of_format(start, result):
        raise SourceError(f"{file.address} {problem}")
    is_wrong = result.first_fields != result.fields and result.records > 2
    numbered = _numbered_rows(io.StringIO(start, newline=""), result.dialect)
    rows = "".join(line for _, line in numbered)
    if is_wrong and not has_row_names(split_records(rows, result.dialect)):
        fields = "1 field" if result.first_fields == 1 else f"{result.first_fields} fields"
        raise SourceError(
            f"the first record of {file.address} has {fields}, most others have {result.fields}, "
            f"separated by {delimiter!r}: remove any lines above the header, or complete the header"
        )


def _read_head(
    file: DataFile, encoding: Encoding, dialect: DialectGuess
) -> tuple[list[list[str]], list[int], bool]:
    """Return the first non-empty records, the lines that the first ones end at, and whether these
    are all records.
    """
    records: list[list[str]] = []
    line_ends: list[int] = []
    values = lines_before = 0
    with file.open_decompressed() as stream:
        lines = _lines(_decoded(stream, encoding), file)
        rows = _Rows(lines, dialect)
        reader = csv.reader(rows, **dialect.syntax.reader_options())
        try:
            for record in reader:
                if rows.have_ended:
                    _check_is_closed(reader.line_num - lines_before, len(records), file)
                    break
                lines_before = reader.line_num
                if record and not is_blank(record):
                    records.append(dialect.syntax.restored(record))
                    values += len(record)
                if len(line_ends) < len(records) <= FIRST_RECORDS:
                    line_ends.append(rows.number)
                if values > MAX_SAMPLE_VALUES or stream.tell() > HEAD:
                    return records, line_ends, rows.end_now()
        except csv.Error as error:
            raise SourceError(
                f"record {len(records) + 1} of {file.address}, which ends at line "
                f"{rows.number}, can't be read: {error}. Check for a quote that is not closed"
            ) from error
    if not records:
        raise SourceError(f"{file.address} has no records: name a file with data")
    return records, line_ends, True


class _Rows:
    """Iterates over the lines of rows as `csv` must get them, and END after them.

    The record that holds END is not closed. `number` is that of the last line in the file.
    """

    def __init__(self, lines: Iterator[str], dialect: DialectGuess) -> None:
        self._rows = _numbered_rows(lines, dialect)
        self._syntax = dialect.syntax
        self.number = 0
        self.have_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._rows, (self.number, None))
        if line is None and self.have_ended:
            raise StopIteration
        self.have_ended = line is None
        return END if line is None else self._syntax.prepared(line)

    def end_now(self) -> bool:
        """Return whether there is no further line."""
        return next(self, END) == END and self.have_ended


def _check_is_closed(lines: int, number: int, file: DataFile) -> None:
    """Refuse a record of several lines that holds the end of the file, as the job does."""
    if lines > 1:
        raise SourceError(
            f"{file.address}: record {number} opens a quote that is not closed, and swallows the "
            "rest of the file: close it, or copy the file again if it was cut off"
        )


def _numbered_rows(lines: Iterable[str], dialect: DialectGuess) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not skipped, with their numbers from 1."""
    for number, line in islice(enumerate(lines, 1), dialect.skip_lines, None):
        # within quotes such a line would be text, which is too rare for a sample
        if not dialect.comment or not line.startswith(dialect.comment):
            yield number, line


def _last_records(
    file: DataFile, encoding: Encoding, dialect: DialectGuess
) -> Sequence[Sequence[str]]:
    """Return the last records of a file whose bytes show where a line ends, else none."""
    if file.is_compressed or encoding.name.startswith(("utf-16", "utf-32")):
        return []
    _, _, lines = file.read(max(file.size - LAST_BYTES, 0), LAST_BYTES).partition(b"\n")
    records = split_records(lines.decode(encoding.name, errors="replace"), dialect)
    return [record for record in records if not is_blank(record)]


def _below_reason(records: Sequence[Sequence[str]]) -> str:
    first = next(field.strip() for field in records[0] if field.strip())
    kind = "record is" if len(records) == 1 else f"{len(records)} records are"
    return f"the last {kind} no data: {quoted(first)}"


def _lines(text: io.TextIOWrapper, file: DataFile) -> Iterator[str]:
    """Yield lines with their ends; a line without an end must not fill the memory."""
    number = 0
    while line := text.readline(MAX_FIELD):
        number += 1
        line = line.lstrip("\ufeff") if number == 1 else line  # some programs write several
        if len(line) == MAX_FIELD:
            raise SourceError(
                f"line {number} of {file.address} is longer than {file_size(MAX_FIELD)}: "
                "the file does not look like CSV"
            )
        yield line


def _read_windows(
    file: DataFile, encoding: Encoding, dialect: DialectGuess, width: int
) -> Iterator[list[list[str]]]:
    """Yield rows from each window of a large file whose bytes show where a line ends."""
    if file.is_compressed or encoding.name.startswith(("utf-16", "utf-32")):
        return
    for lines in _window_lines(file):
        if rows := _window_rows(lines, encoding, dialect, width):
            yield rows


def _window_lines(file: DataFile) -> Iterator[bytes]:
    """Yield the whole lines of each window; windows are spread evenly over the rest of the file."""
    room = file.size - HEAD - WINDOW
    if room <= 0:
        return
    for index in range(WINDOWS):
        start = HEAD + room * index // (WINDOWS - 1)
        _, _, lines = file.read(start, WINDOW).partition(b"\n")
        whole_lines, newline, _ = lines.rpartition(b"\n")
        yield whole_lines + newline


def _window_rows(
    lines: bytes, encoding: Encoding, dialect: DialectGuess, width: int
) -> list[list[str]]:
    """Return the rows of a window, or [] if the ends of its records can't be found.

    A window may start inside a quoted field. The text then parses once a quote is put before it.
    """
    text, syntax = lines.decode(encoding.name, errors="replace"), dialect.syntax
    for opening in dict.fromkeys(("", dialect.quote)):
        try:
            lines_of_csv = io.StringIO(syntax.prepared(opening + text), newline="")
            reader = csv.reader(lines_of_csv, **syntax.reader_options())
            whole = [record for record in reader if record and not is_blank(record)][1:-1]
        except csv.Error:
            continue
        records = [syntax.without_trailing(syntax.restored(each), width) for each in whole]
        rows = [record for record in records if len(record) == width]
        if rows and len(rows) > MIN_WINDOW_FIT * len(records):
            return rows[: MAX_WINDOW_VALUES // width + 1]
    return []
