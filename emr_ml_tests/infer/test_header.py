"""Whether the first record names the columns."""

from pathlib import Path

from emr_ml.infer.dialect import find_header
from emr_ml_tests.infer.samples import drawn, fractions, look, table


def has_header(*records: str) -> bool:
    first, *rows = [record.split(",") for record in records]
    return find_header(first, rows).found


def test_words_over_numbers_are_names() -> None:
    assert has_header("age,colour", "1,red", "2,blue")


def test_words_over_days_are_names() -> None:
    assert has_header("day,colour", "2026-01-01,red", "2026-01-02,blue")


def test_a_number_over_numbers_is_a_value() -> None:
    assert not has_header("5.1,red", "1.2,red", "2.3,blue")


def test_a_category_that_comes_again_is_a_value() -> None:
    assert not has_header("red,round", "blue,square", "red,round", "blue,round", "red,square")


def test_words_that_do_not_come_again_are_names() -> None:
    assert has_header("colour,form", "blue,square", "red,round", "blue,round", "red,square")


def test_integers_that_go_up_by_one_are_names() -> None:
    assert has_header("0,1,2,3", "5.5,6,7,8", "1,2,3,4")
    assert has_header("country,2019,2020,2021", "x,1,2,3", "y,1,2,3")


def test_an_empty_field_names_nothing() -> None:
    assert not has_header("red,", "blue,x", "green,y")


def test_a_name_may_be_empty_where_others_name_numbers() -> None:
    assert has_header(",age", "0,1", "1,2")


def test_missing_values_below_do_not_vote() -> None:
    assert has_header("age,colour", "NA,red", ",blue", "3,red")


def test_a_file_without_names_gets_some(tmp_path: Path) -> None:
    seen = look(tmp_path, table([], fractions(), drawn("x", "y")))
    assert seen.contract.dialect.header == ("column_1", "column_2")
    assert seen.contract.columns.keys() == {"column_1"}
    assert seen.found.sample.rows == len(fractions())


def test_columns_that_hold_nothing_need_no_name() -> None:
    assert has_header("kind,text,,", "ham,see you,,", "spam,win now,,", "ham,yes,,", "spam,no,,")
