"""What stands for no value."""

from collections import Counter
from pathlib import Path

import pytest

from emr_ml.infer.values import find_missing
from emr_ml_tests.infer.samples import drawn, fractions, look_at


def tokens(**columns: list[object]) -> set[str]:
    counts = {name: Counter(map(str, values)) for name, values in columns.items()}
    return set(find_missing(counts, "."))


@pytest.mark.parametrize("token", ["?", "NA", "N/A", "NaN", "nan", "null", "NULL"])
def test_a_well_known_token_stands_for_no_value_in_any_column(token: str) -> None:
    assert tokens(a=drawn("red", "blue", token)) == {"", token}


@pytest.mark.parametrize("token", ["None", "-", "missing", "."])
def test_words_that_may_be_categories_count_among_numbers_only(token: str) -> None:
    assert tokens(a=drawn("red", "blue", token)) == {""}
    assert tokens(a=[*fractions(), token, token]) == {"", token}


def test_a_word_that_comes_back_among_numbers_stands_for_no_value() -> None:
    assert tokens(a=[*fractions(), *["unknown"] * 8]) == {"", "unknown"}


def test_a_word_that_is_a_category_elsewhere_is_a_value() -> None:
    assert tokens(a=[*fractions(), *["other"] * 8], b=drawn("other", "red", rows=208)) == {""}


def test_a_single_word_among_numbers_is_a_mistake_and_no_token() -> None:
    assert tokens(a=[*fractions(), "oops"]) == {""}


def test_words_of_a_text_are_words() -> None:
    assert tokens(a=["this is not available", "NA", "what is this now"]) == {""}


def test_what_was_seen_is_in_the_contract_with_its_count(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=[*fractions(), "NA", "NA"], label=drawn(0, 1, rows=202))
    assert seen.contract.missing == ("", "NA")
    assert "'NA' 2 times" in seen.line("missing:")
    assert "0.99 % missing" in seen.guess("a").said


def test_a_label_may_be_none(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=[*fractions(), "None"], label=drawn("None", "mild", "bad", rows=201))
    assert seen.contract.missing == ("",)
    assert seen.contract.label and "None" in (seen.contract.label.classes or ())


def test_rows_whose_label_is_missing_may_be_rejected(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=fractions(), label=drawn(0, 1, 0, 1, 0, 1, "?"))
    assert seen.contract.checks.max_rejected_share > seen.found.rejected > 0.05
