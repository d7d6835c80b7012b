"""Which column is to be predicted, and what kind of problem that is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from emr_ml.contract.schema import Label
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import drawn, fractions, look, look_at, table


def label_of(folder: Path, values: Sequence[object], wanted: str | None = "target") -> Label:
    seen = look_at(folder, wanted, a=fractions(len(values)), target=values)
    assert seen.contract.label
    return seen.contract.label


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (("a", "target", "b"), "target"),
        (("survived", "class", "b"), "survived"),
        (("class", "a", "b"), "class"),
        (("a", "Churn?", "b"), "Churn?"),
        (("target_name", "a", "b"), "target_name"),
        (("status", "a", "b"), "b"),
        (("a", "salary", "b"), "b"),
        (("a", "b", "salary"), "salary"),
        (("x", "y", "b"), "b"),
        (("x1", "y", "b"), "y"),
    ],
)
def test_the_label_is_known_by_name_or_is_the_last_column(
    tmp_path: Path, names: tuple[str, ...], label: str
) -> None:
    columns = {
        name: drawn(*values) for name, values in zip(names, ("pq", "rs", "tuv"), strict=True)
    }
    found = look_at(tmp_path, **columns).found.target
    assert found and found.column == label


def test_a_last_column_of_many_values_is_no_label(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=fractions(), b=fractions())
    assert seen.contract.label is None
    assert "Name it with --label COLUMN" in seen.text


def test_without_names_the_first_column_may_be_the_label(tmp_path: Path) -> None:
    seen = look(tmp_path, table([], drawn(1, 2, 3), fractions(), fractions()))
    assert seen.contract.label and seen.contract.label.column == "column_1"


def test_the_only_column_of_few_values_may_be_the_label(tmp_path: Path) -> None:
    seen = look_at(tmp_path, a=fractions(), b=drawn("M", "B"), c=fractions())
    assert seen.contract.label and seen.contract.label.column == "b"


def test_of_several_columns_of_few_values_none_is_the_label_unless_it_is_the_last(
    tmp_path: Path,
) -> None:
    seen = look_at(tmp_path, a=drawn("M", "B"), b=drawn("x", "y"), c=fractions())
    assert seen.contract.label is None


def test_a_guess_says_that_it_is_one(tmp_path: Path) -> None:
    assert "a guess" in look_at(tmp_path, a=fractions(), label=drawn(0, 1)).line("column: label")


def test_a_label_that_is_not_there_is_told_with_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'salery': 'Salary' was probably meant"):
        look_at(tmp_path, "salery", a=fractions(), Salary=drawn(0, 1))


def test_a_label_like_no_other_name_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'zzz': the file has 'a', 'b'"):
        look_at(tmp_path, "zzz", a=fractions(), b=fractions())


def test_a_label_without_a_value_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'b' has no value"):
        look_at(tmp_path, "b", a=fractions(), b=[""] * 200)


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        (("yes", "no"), "yes"),
        (("0", "1"), "1"),
        (("0.0", "1.0"), "1.0"),
        (("-1", "1"), "1"),
        (("True", "False"), "True"),
        ((">50K", "<=50K"), ">50K"),
        (("malignant", "benign"), "malignant"),
        (("ham", "junk"), "junk"),
        (("no recurrence", "recurrence"), "recurrence"),
        (("1", "1", "1", "2"), "2"),
        (("M", "B", "B", "B"), "M"),
    ],
)
def test_the_positive_value_is_known_by_name_or_the_rarer_one(
    tmp_path: Path, values: tuple[str, ...], positive: str
) -> None:
    label = label_of(tmp_path, drawn(*values))
    assert (label.problem, label.positive) == ("binary", positive)
    assert label.negative == tuple(set(values) - {positive})


@pytest.mark.parametrize("values", [("a", "b", "c"), ("0", "1", "2"), ("01", "1", "1.0")])
def test_few_values_are_classes(tmp_path: Path, values: tuple[str, ...]) -> None:
    label = label_of(tmp_path, drawn(*values))
    assert (label.problem, label.classes) == ("multiclass", values)


def test_many_numbers_are_a_regression(tmp_path: Path) -> None:
    assert label_of(tmp_path, [*fractions()][::-1]).problem == "regression"
    assert label_of(tmp_path, [*range(200, 100, -1), *range(200, 300)]).problem == "regression"


def test_fractions_are_a_regression_however_few(tmp_path: Path) -> None:
    assert label_of(tmp_path, drawn(1.5, 2.5, 3)).problem == "regression"


def test_whole_numbers_with_a_point_are_classes(tmp_path: Path) -> None:
    assert label_of(tmp_path, drawn("1.0", "2.0", "3.0")).problem == "multiclass"


def test_a_single_value_is_a_class_of_which_others_may_come(tmp_path: Path) -> None:
    label = label_of(tmp_path, ["a"] * 50)
    assert (label.problem, label.classes) == ("multiclass", None)
