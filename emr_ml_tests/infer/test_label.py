"""The column to predict, and what kind of problem that is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from emr_ml.contract.schema import Label
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import choices, csv_text, floats, infer_columns, infer_content


def label_of(folder: Path, values: Sequence[object]) -> Label:
    label = infer_columns(folder, "target", a=floats(len(values)), target=values).contract.label
    assert label
    return label


@pytest.mark.parametrize(
    ("names", "label"),
    [
        ("a target b", "target"),
        ("survived class b", "survived"),
        ("class a b", "class"),
        ("a Churn? b", "Churn?"),
        ("target_name a b", "target_name"),
        ("status a b", "b"),
        ("a salary b", "b"),
        ("a b salary", "salary"),
        ("x y b", "b"),
        ("x1 y b", "y"),
    ],
)
def test_the_label_has_a_usual_name_or_is_the_last_column(
    tmp_path: Path, names: str, label: str
) -> None:
    values = (choices(*letters) for letters in ("pq", "rs", "tuv"))
    inferred = infer_columns(tmp_path, **dict(zip(names.split(), values, strict=True)))
    assert inferred.profile.label and inferred.profile.label.column == label


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        pytest.param({"a": floats(), "b": choices("M", "B"), "c": floats()}, "b", id="only one"),
        pytest.param({"a": floats(), "b": floats()}, None, id="none"),
        pytest.param(
            {"a": choices("M", "B"), "b": choices("x", "y"), "c": floats()}, None, id="several"
        ),
    ],
)
def test_otherwise_the_only_column_with_few_values_is_the_label(
    tmp_path: Path, columns: dict[str, list[object]], label: str | None
) -> None:
    inferred = infer_columns(tmp_path, **columns)
    assert (inferred.contract.label and inferred.contract.label.column) == label
    assert ("Choose the column to predict with --label" in inferred.text) == (label is None)


def test_without_a_header_the_first_column_may_be_the_label(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, csv_text([], choices(1, 2, 3), floats(), floats()))
    assert inferred.contract.label and inferred.contract.label.column == "column_1"


@pytest.mark.parametrize(
    ("name", "requested", "reason"),
    [
        ("label", None, "guessed: a usual name for labels; use --label to choose another"),
        ("b", None, "guessed: the last column, with 2 distinct values; use --label to"),
        ("b", "b", "chosen with --label"),
    ],
)
def test_the_reason_for_the_label_is_given(
    tmp_path: Path, name: str, requested: str | None, reason: str
) -> None:
    inferred = infer_columns(tmp_path, requested, **{"a": floats(), name: choices(0, 1)})
    assert reason in inferred.line(f"column: {name}")


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        ("salery", "no column 'salery': did you mean 'Salary'?"),
        ("zzz", "no column 'zzz': the file has 'Salary', 'b'"),
        ("b", "'b' has no value"),
    ],
)
def test_a_label_that_can_not_be_used_is_an_error(
    tmp_path: Path, requested: str, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        infer_columns(tmp_path, requested, Salary=floats(), b=[""] * 200)
    assert message in str(caught.value)


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
        (("ja", "ja", "nein"), "ja"),
        (("Oui", "Oui", "Non"), "Oui"),
        (("SÍ", "SÍ", "NO"), "SÍ"),
        (("si", "si", "no"), "si"),
        (("Sim", "Sim", "Não"), "Sim"),
        (("tak", "tak", "nie"), "tak"),
        (("ano", "ano", "ne"), "ano"),
        (("Evet", "Evet", "HAYIR"), "Evet"),
        (("Да", "Да", "Нет"), "Да"),
        (("はい", "はい", "いいえ"), "はい"),
        (("positivo", "positivo", "negativo"), "positivo"),
        (("J", "J", "N"), "J"),
    ],
)
def test_the_positive_value_has_a_usual_name_or_is_the_rarer_one(
    tmp_path: Path, values: tuple[str, ...], positive: str
) -> None:
    label = label_of(tmp_path, choices(*values))
    assert (label.problem, label.positive) == ("binary", positive)
    assert label.negative == tuple(set(values) - {positive})


@pytest.mark.parametrize(
    "values", [("a", "b", "c"), ("0", "1", "2"), ("01", "1", "1.0"), ("1.0", "2.0", "3.0")]
)
def test_few_words_or_integers_are_classes(tmp_path: Path, values: tuple[str, ...]) -> None:
    label = label_of(tmp_path, choices(*values))
    assert (label.problem, label.classes) == ("multiclass", values)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(floats()[::-1], id="many fractions"),
        pytest.param([*range(200, 100, -1), *range(200, 300)], id="many integers"),
        pytest.param(choices(1.5, 2.5, 3), id="few fractions"),
    ],
)
def test_other_numbers_are_a_regression(tmp_path: Path, values: list[object]) -> None:
    assert label_of(tmp_path, values).problem == "regression"


def test_the_classes_are_open_if_only_one_was_found(tmp_path: Path) -> None:
    label = label_of(tmp_path, ["a"] * 50)
    assert (label.problem, label.classes) == ("multiclass", None)
