"""CSV files record by record, as Python's csv module splits them."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.contract import Dialect
from spark_jobs.reading.csv_compatibility import Compatibility, check_compatibility
from spark_jobs.reading.csv_dialect import CsvSyntax, is_blank
from spark_jobs.reading.csv_parser import (
    Record,
    readable,
    trimmed_fields,
)
from spark_jobs.reading.file_records import read_records
from spark_jobs.runtime.job import JobError

PIECES = ["a", "b", ",", "\n", "\r\n", '"', '""', '"x,y"', '"p\nq"', " ", "é", "a,b\n"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def dialect(**given: Any) -> Any:
    return Dialect.model_validate(given).model_dump(mode="json")


def taken(text: str | bytes, **given: Any) -> list[Record]:
    stored = text.encode() if isinstance(text, str) else text
    return list(read_records(io.BytesIO(stored), "a.csv", dialect(**given)))


def by_python(text: str) -> list[list[str]]:
    """The records of a text, empty lines included."""
    return list(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True))


def records_by_python(text: str) -> list[list[str]]:
    """The records of a text, without those that are blank."""
    return [fields for fields in by_python(text) if fields and not is_blank(fields)]


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
        assert found == records_by_python(text)[1:]


@given(TEXTS)
def test_a_record_that_does_not_end_is_an_error(text: str) -> None:
    text = "x,y\n" + text
    if not is_closed(text):
        with pytest.raises(JobError, match="opens a quote that is not closed"):
            taken(text)


@given(TEXTS)
def test_the_texts_of_the_records_are_the_file_but_for_empty_lines(text: str) -> None:
    if is_closed(text) and not any(map(is_blank, by_python(text))):
        found = "".join(record.text for record in taken(text, header=["x"]))
        assert found.replace("\r\n", "\n").replace("\n", "") == text.replace("\r\n", "\n").replace(
            "\n", ""
        )


@given(TEXTS)
def test_a_compatible_file_has_no_open_quote(text: str) -> None:
    text = "x,y\n" + text
    if not check_compatibility(io.BytesIO(text.encode()), dialect()).obstacle:
        assert is_closed(text)


@given(TEXTS)
def test_the_lines_of_a_compatible_file_are_records_if_no_field_has_a_line_break(text: str) -> None:
    text = "x,y\n" + text
    shape = check_compatibility(io.BytesIO(text.encode()), dialect())
    if not shape.obstacle:
        fields = [field for record in taken(text) for field in record.fields]
        assert shape.line_records == (not any("\n" in field or "\r" in field for field in fields))


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("x,y\n1,2\n", None),
        ('x,y\r\n"1\n\n2","a ""b"""\r\n', None),
        ("\ufeffx,y\n1,\ufeff2\n", None),
        ("\ufeffx,y\n\ufeff1,2\n", "has a byte order mark after its beginning"),
        ("x,y\n1,\0\n", "has NUL bytes"),
        ("x,y\n   \n1,2\n", "has a line of blanks"),
        ("x,y\r1,2\r", "has a carriage return without a line feed"),
        ('x,y\n1,2" pipe\n', "has quotes where no field begins or ends"),
        ('x,y\n1,"2\n', "has a quote that is not closed"),
        (b"x,y\n1,\xe9\n", "has bytes that are not utf-8"),
    ],
)
def test_what_spark_would_misread_in_a_file_is_named(
    text: str | bytes, obstacle: str | None
) -> None:
    stored = text.encode() if isinstance(text, str) else text

    assert check_compatibility(io.BytesIO(stored), dialect()).obstacle == obstacle


def test_a_blank_record_at_the_beginning_matters_only_in_place_of_a_header() -> None:
    def scan(**options: Any) -> Compatibility:
        return check_compatibility(io.BytesIO(b",\n1,2\n"), dialect(**options))

    assert "Spark would take for the header" in (scan().obstacle or "")
    assert scan(header=["x", "y"]) == Compatibility(None, line_records=True, blank_records=True)


def test_an_error_names_file_record_and_line_and_shows_where_it_begins() -> None:
    with pytest.raises(JobError) as caught:
        taken('x,y\n1,"a\nb"\n2,"oops\n3,c\n')

    message = str(caught.value)
    assert message.startswith("a.csv: record 2, which begins at line 4, opens a quote that is not")
    assert "it would swallow the rest of the file, 12 characters" in message
    assert message.endswith("""It begins with '2,"oops\\n3,c\\n'""") or '2,"oops' in message


def test_a_record_that_is_too_long_is_an_error() -> None:
    with pytest.raises(JobError, match=r"record 1, .*is longer than `max_record_bytes`, 1,024"):
        taken("x,y\n1," + "z" * 2000 + "\n", max_record_bytes=1024)


def test_a_field_with_a_line_break_is_an_error_unless_multiline() -> None:
    with pytest.raises(JobError, match=r"contains a line break: set `multiline: true`"):
        taken('x,y\n1,"a\nb"\n', multiline=False)


def test_a_byte_that_is_not_of_the_encoding_is_shown_as_its_number() -> None:
    (record,) = taken(b"x,y\n1,a\xe9\n")

    assert readable(record.fields[1]) == "a\\xe9"


def test_a_replacement_character_in_the_file_is_kept() -> None:
    (record,) = taken("x,y\n1,a\ufffd\n")

    assert record.fields[1] == "a\ufffd" == readable(record.fields[1])


def test_a_record_that_spans_lines_by_a_stray_quote_is_marked() -> None:
    (record,) = taken('x,y\n1,"oops\n2,"b"\n')

    assert record.has_stray_quote


def test_blanks_after_a_closing_quote_are_no_stray_quote() -> None:
    (record,) = taken('x,y\n"two\nlines" ,"b"  \n')

    assert not record.has_stray_quote
    assert record.fields[0] == "two\nlines "


def test_blanks_around_a_field_are_trimmed_but_not_within_quotes() -> None:
    (record,) = taken('x,y\n  1 ," b "\n')

    assert trimmed_fields(record, CsvSyntax.of(dialect())) == ["1", " b "]


def test_what_the_dialect_skips_is_no_record() -> None:
    text = "Sales\n\n# of May\na,b\n1,2\n# more\n\n3,4\nTotal,6\n"

    records = taken(text, skip_lines=2, comment="#", skip_last_lines=1)

    assert [record.fields for record in records] == [["1", "2"], ["3", "4"]]
    assert [record.number for record in records] == [1, 2]


def test_a_mark_within_a_record_begins_no_comment() -> None:
    records = taken('a,b\n"x\n# y",2\n', comment="#")
    assert [record.fields for record in records] == [["x\n# y", "2"]]


def test_more_is_skipped_than_there_is() -> None:
    (row,) = taken("a,b\n1,2\n", skip_last_lines=5)
    assert row.is_skipped
    assert taken("a,b\n1,2\n", skip_lines=5) == []


def test_lines_are_counted_whether_skipped_or_not() -> None:
    with pytest.raises(JobError, match="which begins at line 5, opens a quote"):
        taken('Sales\n# x\na,b\n1,2\n"3,4\n', skip_lines=1, comment="#")


@given(TEXTS, st.sampled_from(["||", "::", "~|~"]))
def test_a_long_delimiter_separates_as_a_single_one_does(text: str, delimiter: str) -> None:
    if not is_closed(text):
        return
    header = "x,y\n"
    expected = [
        [field.replace(",", delimiter) for field in record.fields]
        for record in taken(header + text)
    ]

    records = taken((header + text).replace(",", delimiter), delimiter=delimiter)

    assert [record.fields for record in records] == expected


def test_the_text_of_a_record_has_its_delimiter() -> None:
    (record,) = taken('a||b\n"x||y"||2\n', delimiter="||")
    assert (record.fields, record.text) == (["x||y", "2"], '"x||y"||2\n')
    assert check_compatibility(io.BytesIO(b"a||b\n"), dialect(delimiter="||")).obstacle


def test_only_an_empty_field_after_the_last_delimiter_is_dropped() -> None:
    trailing = CsvSyntax(",", trailing_delimiter=True)
    assert trailing.without_trailing(["1", "2", ""], 2) == ["1", "2"]
    assert trailing.without_trailing(["1", "2", " "], 2) == ["1", "2"]
    assert trailing.without_trailing(["1", "2", "x"], 2) == ["1", "2", "x"]
    assert trailing.without_trailing(["1", ""], 2) == ["1", ""]
    assert CsvSyntax(",").without_trailing(["1", "2", ""], 2) == ["1", "2", ""]


def test_records_below_the_header_are_marked_and_counted() -> None:
    records = taken("a,b\ns,m\n[s],[m]\n1,2\n", skip_below_header=2)
    assert [(record.number, record.is_skipped) for record in records] == [
        (1, True),
        (2, True),
        (3, False),
    ]


@pytest.mark.parametrize(
    ("text", "quote", "fields"),
    [
        ("\\N,1,\\N\n", '"', ["\\N", "1", "\\N"]),
        ('"\\N",\\N\n', '"', ["N", "\\N"]),
        ('"a,\\N,b",N\n', '"', ["a,N,b", "N"]),
        ('"q\\"",\\N\r\n', '"', ['q"', "\\N"]),
        ("\\Na,a\\N\n", '"', ["Na", "aN"]),
        ("a\\,b,\\N\n", "", ["a,b", "\\N"]),
        ("a\\\nb,\\N\n", "", ["a\nb", "\\N"]),
    ],
)
def test_null_of_mysql_stays_so_beside_an_escape(text: str, quote: str, fields: list[str]) -> None:
    (record,) = taken(f"x,y\n{text}", quote=quote, escape="\\")
    assert (record.fields, record.text) == (fields, text)


@given(st.lists(st.sampled_from([*PIECES, "\\\\", '\\"', "\\,", "N"]), max_size=25).map("".join))
def test_with_an_escape_the_records_are_those_of_python_s_csv_module_but_for_null(
    text: str,
) -> None:
    options: Any = {"escapechar": "\\", "doublequote": False, "skipinitialspace": True}
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True, **options))
    except csv.Error:
        return
    if "\\N" in text:
        return

    found = [record.fields for record in taken(text, header=["x"], escape="\\")]

    assert found == [fields for fields in expected if fields and not is_blank(fields)]


ROWS = "a,b\n" + "".join(f"2024-01-{day},{day}\n" for day in range(10, 30))


@pytest.mark.parametrize(
    ("last", "is_row"),
    [
        pytest.param("2024-02-01,7", True, id="a row"),
        pytest.param("Total,390", False, id="a total"),
        pytest.param("Average:,19.5", False, id="a mean"),
        pytest.param("(20 rows)", False, id="a count"),
        pytest.param("Printed by Bob,", False, id="a remark"),
        pytest.param("anything", False, id="a line that is no record"),
        pytest.param(",390", False, id="a gap where each row has a value"),
        pytest.param("2024-02-01,", True, id="a gap where each row has a number"),
        pytest.param("2024-02-01,7,8", True, id="too many fields"),
        pytest.param("---------", False, id="a ruler"),
    ],
)
def test_of_the_last_records_that_are_skipped_those_that_may_be_rows_are_marked(
    last: str, is_row: bool
) -> None:
    records = taken(f"{ROWS}{last}\n", skip_last_lines=1)

    assert [record.fields for record in records if record.is_skipped] == (
        [last.split(",")] if is_row else []
    )
    assert len(records) == 20 + is_row


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        pytest.param(ROWS + "total,5\ncount,7\n", "total,8", id="rows have the word, too"),
        pytest.param("\n".join(ROWS.splitlines()[:10]) + "\n", ",390", id="few rows above"),
    ],
)
def test_what_rows_above_do_not_tell_from_a_row_may_be_one(rows: str, last: str) -> None:
    *_, record = taken(f"{rows}{last}\n", skip_last_lines=1)
    assert (record.fields, record.is_skipped) == (last.split(","), True)


@pytest.mark.parametrize("below", ["----,---\n", ",Response\n", "Response,Open-Ended Response\n"])
def test_a_ruler_and_the_kinds_of_answers_are_no_rows(below: str) -> None:
    records = taken(ROWS.replace("\n", "\n" + below, 1), skip_below_header=1)
    assert any(record.is_skipped for record in records) is (below == ",Response\n")


def test_records_without_any_value_are_none() -> None:
    records = taken('a,b\n1,2\n,\n"", \n3,\n')
    assert [(record.number, record.fields) for record in records] == [
        (1, ["1", "2"]),
        (2, ["3", ""]),
    ]
