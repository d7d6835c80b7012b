"""How a file is written is told by what makes the most sense of it."""

from pathlib import Path

import pytest

from emr_ml.infer.dialect import aligned, guess_writing
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import drawn, fractions, look, table


def written(text: str) -> tuple[str, str, str]:
    writing = guess_writing(text, whole=True).writing
    return writing.delimiter, writing.quote, writing.escape


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\x01", "^", "~", ":", " "])
def test_the_delimiter_is_the_sign_that_parts_all_records_alike(delimiter: str) -> None:
    text = table(["a", "b", "c"], [1, 2, 3], ["x", "y", "z"], [0.5, 1.5, 2.5], delimiter=delimiter)
    assert written(text)[0] == delimiter


def test_decimal_commas_do_not_part_fields() -> None:
    assert written("a;b\n1,5;2,3\n2,5;1,2\n1,0;9,9\n")[0] == ";"


def test_decimal_commas_without_a_header_do_not_part_fields() -> None:
    assert written("1,5;2,3\n2,5;1,2\n1,0;9,9\n")[0] == ";"


def test_signs_within_quotes_do_not_part_fields() -> None:
    assert written('text,label\n"a; b; c",1\n"d; e; f",0\n')[0] == ","


def test_times_do_not_part_fields() -> None:
    assert written("at,n\n2026-01-01 12:00:00,5\n2026-01-01 12:00:01,7\n")[0] == ","


def test_one_column_is_parted_by_nothing() -> None:
    assert guess_writing("n\n1\n2\n3\n", whole=True).fields == 1


def test_single_quotes_are_seen() -> None:
    assert written("a,b\n'x, y',1\n'z, it''s',2\n") == (",", "'", "'")


def test_apostrophes_are_no_quotes() -> None:
    assert written("a,b\nit's,1\nthe dogs' bowl,2\n") == (",", '"', '"')


def test_backslashes_before_quotes_are_seen() -> None:
    assert written('a,b\n"say \\"hi, you\\"",1\n"x",2\n"y, z",3\n') == (",", '"', "\\")


def test_doubled_quotes_beside_backslashes_are_doubled_quotes() -> None:
    assert written('a,b\n"C:\\dir\\",1\n"say ""hi""",2\n') == (",", '"', '"')


def test_quotes_that_are_not_closed_are_part_of_the_values() -> None:
    assert written('a\tb\n5" disk\t1\n"start\t2\nx y\t3\n') == ("\t", "", '"')


def test_blanks_around_quoted_fields_do_no_harm() -> None:
    assert written('a, b\n"x, y" , 1\n"z", 2\n') == (",", '"', '"')


def test_a_text_that_is_cut_off_within_quotes_is_no_mistake() -> None:
    reading = guess_writing('a,b\n"x, y",1\n"z, w",2\n"cut, o', whole=False)
    assert reading.writing.quote == '"' and not reading.broken


def test_fields_aligned_by_blanks_are_told_from_prose() -> None:
    assert aligned("a   b  c\n1   2  3\n40  5  6\n7   8  9\n")
    assert not aligned("text\nsome words  here\nmore\nand other words\n")


def test_aligned_fields_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"parts its fields by runs of blanks.*tr -s"):
        look(tmp_path, "alpha  b    c\n1      2.5  3\n10     2    3.25\n7      8    9\n")
    with pytest.raises(SourceError, match=r"parts its fields by runs of blanks"):
        look(tmp_path, "0.1  2.5  3\n1.1  2.0  3\n7.1  8.0  9\n")


def test_lines_above_the_header_are_refused(tmp_path: Path) -> None:
    text = "Report of May\n" + table(["a", "b", "c"], *[fractions()] * 3)
    with pytest.raises(SourceError, match=r"has 1 field, most others have 3, parted by ','"):
        look(tmp_path, text)


def test_the_dialect_is_in_the_contract(tmp_path: Path) -> None:
    text = table(["a", "b"], fractions(), drawn("x", "y"), delimiter="\t")
    dialect = look(tmp_path, text).contract.dialect
    assert (dialect.delimiter, dialect.quote, dialect.escape) == ("\t", '"', '"')


def test_blanks_that_part_fields_are_not_trimmed(tmp_path: Path) -> None:
    dialect = look(
        tmp_path, table(["a", "b"], fractions(), drawn(1, 2), delimiter=" ")
    ).contract.dialect
    assert dialect.delimiter == " " and not dialect.trim


def test_a_decimal_comma_is_in_the_contract(tmp_path: Path) -> None:
    marks = [str(number).replace(".", ",") for number in fractions()]
    seen = look(tmp_path, table(["a", "label"], marks, drawn("x", "y"), delimiter=";"))
    assert seen.contract.dialect.decimal == "," and seen.kinds == {"a": "numeric"}


def test_thousands_are_no_fractions(tmp_path: Path) -> None:
    amounts = [f"{thousand},{thousand}" for thousand in range(100, 300)]
    seen = look(
        tmp_path, table(["a", "b", "label"], amounts, fractions(), drawn(0, 1), delimiter=";")
    )
    assert seen.contract.dialect.decimal == "."
    assert "numbers with signs" in str(seen.guess("a").left_out)


def test_one_column_of_prose_is_parted_by_a_sign_that_it_does_not_hold() -> None:
    reading = guess_writing("text\nsome, words\nmore, of, them\nno\n", whole=True)
    assert reading.fields == 1 and reading.alike == 1


def test_apostrophes_around_most_values_are_quotes() -> None:
    assert written("'40-49',1,'left_up'\n'50-59',2,'left_low'\n'40-49',3,'left_up'\n")[1] == "'"


def test_a_point_before_three_digits_is_no_decimal_mark_beside_commas(tmp_path: Path) -> None:
    thousands = [f"{number // 7}.{number}" for number in range(100, 300)]
    marks = [f"{number:.2f}".replace(".", ",") for number in fractions()]
    table_of = table(["a", "b", "label"], thousands, marks, drawn(0, 1), delimiter=";")
    assert look(tmp_path, table_of).contract.dialect.decimal == ","
