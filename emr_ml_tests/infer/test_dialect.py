"""The dialect is the one that parses the file best; the rows show whether there is a header."""

from pathlib import Path

import pytest

from emr_ml.infer.dialect import (
    DialectGuess,
    find_header,
    guess_dialect,
    split_records,
)
from emr_ml.infer.other_formats import is_aligned_by_spaces
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import choices, csv_text, floats, infer_content


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\x01", "^", "~", ":", " "])
def test_the_delimiter_gives_all_records_the_same_number_of_fields(delimiter: str) -> None:
    columns = [1, 2, 3], ["x", "y", "z"], [0.5, 1.5, 2.5]
    text = csv_text(["a", "b", "c"], *columns, delimiter=delimiter)
    assert guess_dialect(text, is_whole_file=True).dialect.delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        pytest.param("a;b\n1,5;2,3\n2,5;1,2\n1,0;9,9\n", ";", id="decimal commas"),
        pytest.param("1,5;2,3\n2,5;1,2\n1,0;9,9\n", ";", id="decimal commas without a header"),
        pytest.param('text,label\n"a; b; c",1\n"d; e; f",0\n', ",", id="semicolons in quotes"),
        pytest.param("at,n\n2026-01-01 12:00:00,5\n2026-01-01 12:00:01,7\n", ",", id="times"),
    ],
)
def test_delimiters_within_values_do_not_count(text: str, delimiter: str) -> None:
    assert guess_dialect(text, is_whole_file=True).dialect.delimiter == delimiter


@pytest.mark.parametrize("delimiter", ["||", "::", "~|~", ";;"])
def test_a_delimiter_may_have_several_characters(delimiter: str) -> None:
    text = csv_text(["a", "b", "c"], [1, 2, 3], ["x", "y", "z"], [0.5, 1.5, 2.5])
    long = text.replace(",", delimiter)
    assert guess_dialect(long, is_whole_file=True).dialect.delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "quote", "escape"),
    [
        pytest.param("a,b\n'x, y',1\n'z, it''s',2\n", "'", "'", id="single quotes"),
        pytest.param(
            "'40-49',1,'up'\n'50-59',2,'low'\n'40-49',3,'up'\n", "'", "'", id="most values"
        ),
        pytest.param(
            "txt,b\n" + "'x, y',1\n'z, it''s',2\n" * 5, "'", "'", id="delimiters in most values"
        ),
        pytest.param("a,b\nit's,1\nthe dogs' bowl,2\n", '"', '"', id="apostrophes"),
        pytest.param(
            'a,b\n"say \\"hi, you\\"",1\n"x",2\n"y, z",3\n', '"', "\\", id="escaped by backslash"
        ),
        pytest.param(
            'a,b\n"C:\\dir\\",1\n"say ""hi""",2\n', '"', '"', id="backslashes beside doubled quotes"
        ),
        pytest.param('a\tb\n5" disk\t1\n"start\t2\nx y\t3\n', "", '"', id="never closed"),
        pytest.param('a, b\n"x, y" , 1\n"z", 2\n', '"', '"', id="spaces around quotes"),
    ],
)
def test_the_quote_is_guessed_with_its_escape(text: str, quote: str, escape: str) -> None:
    dialect = guess_dialect(text, is_whole_file=True).dialect
    assert (dialect.quote, dialect.escape) == (quote, escape)


@pytest.mark.parametrize("text", ["n\n1\n2\n3\n", "text\nsome, words\nmore, of, them\nno\n"])
def test_one_column_may_hold_delimiters(text: str) -> None:
    result = guess_dialect(text, is_whole_file=True)
    assert (result.fields, result.consistency) == (1, 1)


def test_a_text_that_is_cut_off_within_quotes_has_no_misplaced_quote() -> None:
    result = guess_dialect('a,b\n"x, y",1\n"z, w",2\n"cut, o', is_whole_file=False)
    assert result.dialect.quote == '"' and not result.has_misplaced_quote


def test_fields_aligned_by_spaces_are_told_from_prose() -> None:
    assert is_aligned_by_spaces("a   b  c\n1   2  3\n40  5  6\n7   8  9\n")
    assert not is_aligned_by_spaces("text\nsome words  here\nmore\nand other words\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "alpha  b    c\n1      2.5  3\n10     2    3.25\n7      8    9\n",
            r"separates its fields by runs of spaces.*tr -s",
        ),
        ("0.1  2.5  3\n1.1  2.0  3\n7.1  8.0  9\n", "separates its fields by runs of spaces"),
        (
            "a,b\n" + csv_text([], *[floats()] * 3),
            "has 2 fields, most others have 3, separated by ','",
        ),
    ],
)
def test_a_file_without_a_dialect_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        infer_content(tmp_path, text)


def test_the_dialect_is_in_the_contract(tmp_path: Path) -> None:
    text = csv_text(["a", "b"], floats(), choices("x", "y"), delimiter="\t")
    dialect = infer_content(tmp_path, text).contract.dialect
    assert (dialect.delimiter, dialect.quote, dialect.escape) == ("\t", '"', '"')


def test_spaces_that_separate_fields_are_not_trimmed(tmp_path: Path) -> None:
    text = csv_text(["a", "b"], floats(), choices(1, 2), delimiter=" ")
    dialect = infer_content(tmp_path, text).contract.dialect
    assert dialect.delimiter == " " and not dialect.trim


WITH_COMMAS = [f"{number:.2f}".replace(".", ",") for number in floats()]
THOUSANDS_WITH_COMMAS = [f"{number},{number}" for number in range(100, 300)]
THOUSANDS_WITH_POINTS = [f"{number // 7}.{number}" for number in range(100, 300)]


@pytest.mark.parametrize(
    ("column", "other", "decimal"),
    [
        (WITH_COMMAS, choices("x", "y"), ","),
        (THOUSANDS_WITH_COMMAS, floats(), "."),
        (THOUSANDS_WITH_POINTS, WITH_COMMAS, ","),
    ],
)
def test_separators_of_thousands_are_no_decimal_marks(
    tmp_path: Path, column: list[str], other: list[object], decimal: str
) -> None:
    text = csv_text(["a", "b", "label"], column, other, choices(0, 1), delimiter=";")
    assert infer_content(tmp_path, text).contract.dialect.decimal == decimal


def test_a_column_with_decimal_commas_is_numeric(tmp_path: Path) -> None:
    text = csv_text(["a", "label"], WITH_COMMAS, choices("x", "y"), delimiter=";")
    assert infer_content(tmp_path, text).kinds == {"a": "numeric"}


@pytest.mark.parametrize(
    "records",
    [
        pytest.param("age,colour 1,red 2,blue", id="words above numbers"),
        pytest.param("day,colour 2026-01-01,red 2026-01-02,blue", id="words above dates"),
        pytest.param(
            "colour,form blue,square red,round blue,round red,square", id="words that do not recur"
        ),
        pytest.param("0,1,2,3 5.5,6,7,8 1,2,3,4", id="consecutive numbers"),
        pytest.param("country,2019,2020,2021 x,1,2,3 y,1,2,3", id="years"),
        pytest.param(",age 0,1 1,2", id="an empty name beside another"),
        pytest.param("age,colour NA,red ,blue 3,red", id="missing values below"),
        pytest.param("kind,text,, ham,see,, spam,win,, ham,yes,, spam,no,,", id="unused columns"),
    ],
)
def test_the_first_record_is_a_header(records: str) -> None:
    first, *rows = [record.split(",") for record in records.split(" ")]
    assert find_header(first, rows).found


@pytest.mark.parametrize(
    "records",
    [
        pytest.param("5.1,red 1.2,red 2.3,blue", id="a number above numbers"),
        pytest.param("red,round blue,square red,round blue,round red,square", id="recurring words"),
        pytest.param("red, blue,x green,y", id="an empty field"),
    ],
)
def test_the_first_record_is_a_row(records: str) -> None:
    first, *rows = [record.split(",") for record in records.split(" ")]
    assert not find_header(first, rows).found


@pytest.mark.parametrize("first", ["", "NA"])
def test_a_missing_value_above_times_is_no_name(first: str) -> None:
    rows = [[f"{day} May 2024", "red"] for day in range(1, 20)]
    assert not find_header([first, "red"], rows).found


def test_a_file_without_a_header_gets_placeholder_names(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, csv_text([], floats(), choices("x", "y")))
    assert inferred.contract.dialect.header == ("column_1", "column_2")
    assert inferred.contract.columns.keys() == {"column_1"}
    assert inferred.profile.sample.rows == len(floats())


def test_a_long_delimiter_within_quotes_is_text() -> None:
    dialect = DialectGuess("||")

    assert split_records('a||"x||y"\n', dialect) == [["a", "x||y"]]
