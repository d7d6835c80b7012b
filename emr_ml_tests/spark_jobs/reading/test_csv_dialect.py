"""The header reader, the jobs and the contract's guesses read a record in the same way."""

import csv
import io
import string
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from emr_ml.contract import Dialect
from emr_ml.infer.dialect import guess_dialect
from emr_ml_tests.sources.headers import header_of
from spark_jobs.reading.csv_dialect import BLANKS, CsvSyntax, is_blank
from spark_jobs.reading.csv_parser import trimmed_fields
from spark_jobs.reading.file_records import read_records

MARKS = "\"'\\|,;\t :~^ax1\x01"
CHARACTERS = "ab1é \t\r\n\"'\\|,;:\x01\ufeff\u3000"


def header(text: str, dialect: Dialect) -> list[str]:
    return list(header_of(text.encode(), dialect))


def first_row(text: str, dialect: Dialect) -> list[str]:
    """The fields of the first record after the header, as the jobs read it."""
    given: Any = dialect.model_dump(mode="json")
    record = next(read_records(io.BytesIO(text.encode()), "data.csv", given))
    return trimmed_fields(record, CsvSyntax.of(given))


def as_names(fields: list[str], dialect: Dialect) -> list[str]:
    """Fields as the names of columns: composed, and without blanks around them if these go."""
    trimmed = (field.strip() if dialect.trim else field for field in fields)
    return [unicodedata.normalize("NFC", field) for field in trimmed]


def written(fields: list[str], dialect: Dialect) -> str:
    """One record, by Python's csv module: the contract's defaults belong to each other alone."""
    escape = dialect.escape if dialect.escape not in ("", '"', dialect.quote) else None
    text = io.StringIO()
    csv.writer(
        text,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        escapechar=escape,
        doublequote=escape is None and dialect.escape != "",
        quoting=csv.QUOTE_ALL if dialect.quote else csv.QUOTE_NONE,
        lineterminator="\n",
    ).writerow(fields)
    return text.getvalue()


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    marks = st.sampled_from(MARKS)
    try:
        return Dialect.model_validate(
            {
                "delimiter": draw(marks),
                "quote": draw(st.one_of(st.just(""), marks)),
                "escape": draw(st.one_of(st.sampled_from(["", '"']), marks)),
                "trim": draw(st.booleans()),
            }
        )
    except ValidationError:
        assume(False)
        raise


@given(
    dialects(),
    st.lists(st.text(st.sampled_from(CHARACTERS), max_size=6), min_size=1, max_size=4),
    st.booleans(),
)
def test_header_and_rows_of_the_same_fields_are_read_alike(
    dialect: Dialect, fields: list[str], has_mark: bool
) -> None:
    assume(not is_blank(fields))
    # nothing but quotes makes a line break part of a field
    assume(dialect.quote or not {"\r", "\n"} & {*"".join(fields)})
    # at the start of a file, it would be the file's byte order mark, or a second one
    assume(dialect.quote or not fields[0].startswith("\ufeff"))
    try:
        record = written(fields, dialect)
    except csv.Error:  # the fields contain what this dialect can't write
        assume(False)
        raise
    text = ("\ufeff" if has_mark else "") + 2 * record

    row = first_row(text, dialect)

    assert header(text, dialect) == as_names(row, dialect)
    trimmed = dialect.trim and not dialect.quote
    assert row == [field.strip(BLANKS) if trimmed else field for field in fields]


@pytest.mark.parametrize(
    ("dialect", "record", "fields"),
    [
        ({"quote": "'"}, """'it''s','height 5"',"q"\n""", ["it's", 'height 5"', '"q"']),
        ({"quote": "", "escape": "\\"}, "a\\,b,c\n", ["a,b", "c"]),
        ({"delimiter": " "}, "a  b\n", ["a", "", "b"]),
        ({"quote": "'", "escape": "\\"}, "'it\\'s','a\\\\'\n", ["it's", "a\\"]),
        ({"escape": ""}, '"a",b\n', ["a", "b"]),
        ({"escape": "\\"}, '" a\\\\b ",c\n', [" a\\b ", "c"]),
    ],
    ids=[
        "another quote with the default escape",
        "an escape without a quote",
        "a blank delimiter with trim",
        "another quote and escape",
        "no escape",
        "an escaped escape within quoted blanks",
    ],
)
def test_a_record_is_read_alike_as_header_and_as_row(
    dialect: dict[str, str], record: str, fields: list[str]
) -> None:
    given = Dialect.model_validate(dialect)

    assert first_row(record * 2, given) == fields
    assert header(record * 2, given) == as_names(fields, given)


WORDS = st.text(st.sampled_from(string.ascii_lowercase + ",;|' \""), min_size=1, max_size=8)


@given(
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([("'", "'"), ('"', '"'), ('"', "\\"), ("'", "\\")]),
    st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=4, max_size=8),
)
@example(",", ("'", "'"), [[";"] * 3] * 2 + [[";", ";", ";;"]] * 2)
def test_a_file_is_read_by_its_guessed_dialect_as_it_was_guessed(
    delimiter: str, quoting: tuple[str, str], rows: list[list[str]]
) -> None:
    quote, escape = quoting
    dialect = Dialect.model_validate({"delimiter": delimiter, "quote": quote, "escape": escape})
    text = "".join(written(row, dialect) for row in rows)

    guess = guess_dialect(text, is_whole_file=True).dialect

    guessed = Dialect.model_validate(
        {
            "delimiter": guess.delimiter,
            "quote": guess.quote,
            "escape": guess.escape,
            "trim": guess.trim,
        }
    )
    first = next(csv.reader(io.StringIO(text, newline=""), **guess.syntax.reader_options()))
    assert header(text, guessed) == as_names(first, guessed)
