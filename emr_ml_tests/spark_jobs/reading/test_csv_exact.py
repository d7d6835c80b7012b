"""CSV files record by record: what Python's csv module says, and what it does not."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.contract import Dialect
from spark_jobs.reading.csv_exact import Record, readable, records, trimmed
from spark_jobs.reading.csv_plain import shape_of
from spark_jobs.runtime.job import JobError

PIECES = ["a", "b", ",", "\n", "\r\n", '"', '""', '"x,y"', '"p\nq"', " ", "é", "a,b\n"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def dialect(**given: Any) -> dict[str, Any]:
    return Dialect.model_validate(given).model_dump(mode="json")


def taken(text: str | bytes, **given: Any) -> list[Record]:
    stored = text.encode() if isinstance(text, str) else text
    return list(records(io.BytesIO(stored), "a.csv", dialect(**given)))


def by_python(text: str) -> list[list[str]]:
    """The records of a text, empty lines included."""
    return list(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True))


def is_closed(text: str) -> bool:
    """Whether a line after the text would be a record of its own."""
    lines = [*io.StringIO(text, newline="")]
    with_one_more = list(csv.reader([*lines, "END"], skipinitialspace=True))
    return len(with_one_more) == len(by_python(text)) + 1


@given(TEXTS)
def test_the_records_are_those_of_python_s_csv_module(text: str) -> None:
    text = "x,y\n" + text
    if is_closed(text):
        found = [record.fields for record in taken(text)]
        assert found == [fields for fields in by_python(text) if fields][1:]


@given(TEXTS)
def test_a_record_that_does_not_end_is_never_passed_over(text: str) -> None:
    text = "x,y\n" + text
    if not is_closed(text):
        with pytest.raises(JobError, match="opens a quote that is not closed"):
            taken(text)


@given(TEXTS)
def test_the_texts_of_the_records_are_the_file_but_for_empty_lines(text: str) -> None:
    if is_closed(text):
        found = "".join(record.text for record in taken(text, header=["x"]))
        assert found.replace("\r\n", "\n").replace("\n", "") == text.replace("\r\n", "\n").replace(
            "\n", ""
        )


@given(TEXTS)
def test_a_plain_file_is_one_whose_quotes_are_all_in_place(text: str) -> None:
    text = "x,y\n" + text
    if not shape_of(io.BytesIO(text.encode()), dialect()).oddity:
        assert is_closed(text)


@given(TEXTS)
def test_the_lines_of_a_plain_file_are_records_if_no_field_has_a_line_break(text: str) -> None:
    text = "x,y\n" + text
    shape = shape_of(io.BytesIO(text.encode()), dialect())
    if not shape.oddity:
        fields = [field for record in taken(text) for field in record.fields]
        assert shape.lines == (not any("\n" in field or "\r" in field for field in fields))


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("x,y\n1,2\n", None),
        ('x,y\r\n"1\n\n2","a ""b"""\r\n', None),
        ("\ufeffx,y\n1,\ufeff2\n", None),
        ("\ufeffx,y\n\ufeff1,2\n", "has a byte order mark within"),
        ("x,y\n1,\0\n", "has NUL bytes"),
        ("x,y\n   \n1,2\n", "has a line of blanks"),
        ("x,y\r1,2\r", "has a carriage return without a line feed"),
        ('x,y\n1,2" pipe\n', "has quotes where no field begins or ends"),
        ('x,y\n1,"2\n', "has a quote that is not closed"),
        (b"x,y\n1,\xe9\n", "has bytes that are not utf-8"),
    ],
)
def test_what_keeps_a_file_from_being_plain_is_said(text: str | bytes, odd: str | None) -> None:
    stored = text.encode() if isinstance(text, str) else text

    assert shape_of(io.BytesIO(stored), dialect()).oddity == odd


def test_an_error_names_file_record_and_line_and_shows_where_it_begins() -> None:
    with pytest.raises(JobError) as caught:
        taken('x,y\n1,"a\nb"\n2,"oops\n3,c\n')

    said = str(caught.value)
    assert said.startswith("a.csv: record 2, which begins at line 4, opens a quote that is not")
    assert "it would swallow the rest of the file, 12 characters" in said
    assert said.endswith("""It begins with '2,"oops\\n3,c\\n'""") or '2,"oops' in said


def test_a_record_that_is_too_long_is_an_error() -> None:
    with pytest.raises(JobError, match=r"record 1, .*is longer than `max_record_bytes`, 1,024"):
        taken("x,y\n1," + "z" * 2000 + "\n", max_record_bytes=1024)


def test_a_field_that_holds_a_line_break_is_an_error_where_there_may_be_none() -> None:
    with pytest.raises(JobError, match=r"holds a line break: set `multiline: true`"):
        taken('x,y\n1,"a\nb"\n', multiline=False)


def test_a_byte_that_is_not_of_the_encoding_stays_apart_and_can_be_shown() -> None:
    (record,) = taken(b"x,y\n1,a\xe9\n")

    assert readable(record.fields[1]) == "a\\xe9"


def test_a_replacement_character_that_stands_in_the_file_is_one() -> None:
    (record,) = taken("x,y\n1,a\ufffd\n")

    assert record.fields[1] == "a\ufffd" == readable(record.fields[1])


def test_a_record_that_spans_lines_by_a_stray_quote_is_torn() -> None:
    (record,) = taken('x,y\n1,"oops\n2,"b"\n')

    assert record.torn


def test_blanks_after_a_closing_quote_tear_nothing() -> None:
    (record,) = taken('x,y\n"two\nlines" ,"b"  \n')

    assert not record.torn
    assert record.fields[0] == "two\nlines "


def test_blanks_around_a_field_are_cut_off_but_not_within_quotes() -> None:
    (record,) = taken('x,y\n  1 ," b "\n')

    assert trimmed(record, dialect()) == ["1", " b "]
