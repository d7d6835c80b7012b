"""How a CSV file is written, and a sample of its rows."""

import csv
import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from emr_ml.infer.dialect import Header, Reading, Writing, aligned, find_header, guess_writing
from emr_ml.infer.encoding import Encoding, check_text, marked_encoding, unmarked_encoding
from emr_ml.infer.files import File
from emr_ml.infer.sample import (
    CELLS,
    HEAD,
    MEGABYTE,
    WINDOW,
    WINDOW_CELLS,
    WINDOWS,
    Sample,
    amount,
    composed,
)
from emr_ml.sources.listing import SourceError
from spark_jobs.reading.csv_dialect import BLANKS

START = 256 * 1024  # characters that tell how the file is written
LONGEST_FIELD = 16 * MEGABYTE
HEADER_ROWS = 1000  # rows that the first record is compared with
FITTING = 0.95  # of a window's records must have as many fields as the others


@dataclass(frozen=True)
class Csv:
    """How the file is written, and what of it was seen.

    `ragged` counts the records with too few or too many fields, `breaks` says whether a field
    holds a line break, `blanks` whether there are blanks around one.
    """

    encoding: Encoding
    writing: Writing
    header: Header
    sample: Sample
    ragged: int
    breaks: bool
    blanks: bool


def sample_csv(file: File) -> Csv:
    """Look at the start of a file, and at some places further on if it is large.

    Raises:
        SourceError: the file is no CSV that can be read, or has no row below its header.
    """
    with _long_fields():
        encoding = _encoding(file)
        writing = _reading(file, encoding).writing
        head, everything = _head(file, encoding, writing)
        header = find_header(head[0], head[1 : HEADER_ROWS + 1])
        rows = head[1:] if header.found else head
        width = len(head[0])
        fitting = [row for row in rows if len(row) == width]
        if not fitting:
            raise SourceError(f"{file.where} has no row below its header: there is nothing to see")
        ragged = len(rows) - len(fitting)
        further = [] if everything else list(_further(file, encoding, writing, width))
    names = head[0] if header.found else [f"column_{index + 1}" for index in range(width)]
    fitting += chain.from_iterable(further)
    columns = list(zip(*fitting, strict=True))
    sample = Sample(
        names=composed(names),
        columns=[[value.strip(BLANKS) for value in column] for column in columns],
        rows=len(fitting),
        whole=everything and not file.others,
        looked_at=_looked_at(file, len(fitting), everything, len(further)),
        unusable={},
    )
    values = [value for row in (names, *fitting) for value in row]
    breaks = any("\n" in value or "\r" in value for value in values)
    blanks = any(value[:1] == " " or value[-1:] == " " for value in values)
    return Csv(encoding, writing, header, sample, ragged, breaks, blanks)


@contextmanager
def _long_fields() -> Generator[None]:
    """Let `csv` take fields that are as long as records may be."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _encoding(file: File) -> Encoding:
    with file.stream() as stream:
        head = stream.read(START)
    if marked := marked_encoding(head):
        return marked
    check_text(head, file.where)
    return unmarked_encoding(_chunks(file), () if file.packed else _windows(file))


def _chunks(file: File) -> Iterator[bytes]:
    size = min(MEGABYTE, HEAD)
    with file.stream() as stream:
        for _ in range(HEAD // size):
            yield stream.read(size)


def _text(stream: object, encoding: Encoding) -> io.TextIOWrapper:
    # what can't be decoded is for the job to reject: here it must not end the look
    name = "utf-8-sig" if encoding.name == "utf-8" else encoding.name
    return io.TextIOWrapper(stream, name, newline="", errors="replace")  # pyright: ignore[reportArgumentType]


def _reading(file: File, encoding: Encoding) -> Reading:
    """How the file is written; more of it is read if no two records end within its start."""
    for size in (START, LONGEST_FIELD):
        with file.stream() as stream:
            text = _text(stream, encoding)
            start = text.read(size).removeprefix("\ufeff")
            reading = guess_writing(start, whole=not text.read(1))
        if reading.records > 1:
            break
    if (reading.fields == 1 or reading.writing.delimiter == " ") and aligned(start):
        raise SourceError(
            f"{file.where} parts its fields by runs of blanks, which no contract can say: "
            "part them by one sign, as `tr -s ' ' ','` does"
        )
    if reading.first != reading.fields and reading.records > 2:
        fields = "1 field" if reading.first == 1 else f"{reading.first} fields"
        raise SourceError(
            f"the first record of {file.where} has {fields}, most others have "
            f"{reading.fields}, parted by {reading.writing.delimiter!r}: remove what stands "
            "above the header, or complete the header"
        )
    return reading


def _head(file: File, encoding: Encoding, writing: Writing) -> tuple[list[list[str]], bool]:
    """The first records that are not empty, and whether these are all."""
    found: list[list[str]] = []
    cells = 0
    with file.stream() as stream:
        reader = csv.reader(_lines(_text(stream, encoding), file), **writing.options())
        try:
            for record in reader:
                if record:
                    found.append(record)
                    cells += len(record)
                if cells > CELLS or stream.tell() > HEAD:
                    return found, next(reader, None) is None
        except csv.Error as error:
            raise SourceError(
                f"record {len(found) + 1} of {file.where}, which ends at line {reader.line_num}, "
                f"can't be read: {error}. A quote may not be closed"
            ) from error
    if not found:
        raise SourceError(f"{file.where} holds no record: there is nothing to go by")
    return found, True


def _lines(text: io.TextIOWrapper, file: File) -> Iterator[str]:
    """The lines with their ends; one that never ends must not fill the memory."""
    number = 0
    while line := text.readline(LONGEST_FIELD):
        number += 1
        if len(line) == LONGEST_FIELD:
            raise SourceError(
                f"line {number} of {file.where} is longer than {amount(LONGEST_FIELD)}: it seems "
                "to be no CSV"
            )
        yield line


def _windows(file: File) -> Iterator[bytes]:
    """Whole lines at places spread over what comes after the head."""
    room = file.size - HEAD - WINDOW
    if room <= 0:
        return
    for number in range(WINDOWS):
        start = HEAD + room * number // (WINDOWS - 1)
        _, _, lines = file.read(start, WINDOW).partition(b"\n")
        whole, newline, _ = lines.rpartition(b"\n")
        yield whole + newline


def _further(
    file: File, encoding: Encoding, writing: Writing, width: int
) -> Iterator[list[list[str]]]:
    """Rows at some places of a large file, in which lines can be told by their bytes."""
    if file.packed or encoding.name.startswith(("utf-16", "utf-32")):
        return
    for window in _windows(file):
        if rows := _window_rows(window, encoding, writing, width):
            yield rows


def _window_rows(
    window: bytes, encoding: Encoding, writing: Writing, width: int
) -> list[list[str]]:
    """The rows at a place in the file, or none where it can't be told what is a row.

    The place may be within a quoted field: then the text makes sense behind a quote.
    """
    text = window.decode(encoding.name, errors="replace")
    for start in dict.fromkeys(("", writing.quote)):
        try:
            reader = csv.reader(io.StringIO(start + text, newline=""), **writing.options())
            records = [record for record in reader if record][1:-1]
        except csv.Error:
            continue
        fitting = [record for record in records if len(record) == width]
        if fitting and len(fitting) > FITTING * len(records):
            return fitting[: WINDOW_CELLS // width + 1]
    return []


def _looked_at(file: File, rows: int, everything: bool, places: int) -> str:
    if everything:
        return f"all {rows:,} rows of {amount(file.size)}"
    further = f" and rows at {places} places further on" if places else ""
    return f"{rows:,} rows, the first ones{further}, of {amount(file.size)}"
