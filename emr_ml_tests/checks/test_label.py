"""Whether a label's classes occur, and often enough."""

from typing import Any

import pytest

from emr_ml.checks.label import label_balance, label_classes
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context, train_champion
from spark_jobs.runtime.lake import Lake

BINARY: dict[str, Any] = {"column": "y", "positive": "yes"}
MULTICLASS: dict[str, Any] = {"column": "y"}
NUMERIC: dict[str, Any] = {"column": "y", "kind": "numeric"}


def contract(label: dict[str, Any] | None) -> Contract:
    return Contract.model_validate({"columns": {"a": "numeric"}, "label": label})


@pytest.mark.parametrize(
    ("label", "summary"),
    [
        (BINARY, {"positive": 1, "other": 2}),
        ({**BINARY, "negative": ["no"]}, {"positive": 1, "other": 2}),
        (MULTICLASS, {"classes": {"a": 3, "b": 1}}),
        ({**MULTICLASS, "classes": ["a", "b"]}, {"classes": {"a": 3, "b": 1}}),
        (NUMERIC, {"min": 1.0, "max": 1.0, "mean": 1.0}),
        (None, None),
    ],
)
def test_classes_that_all_occur_pass(
    label: dict[str, Any] | None, summary: dict[str, Any] | None
) -> None:
    context = check_context(contract(label), figures={"label": summary})

    assert label_classes.evaluate(context).problem is None
    assert label_balance.evaluate(context).problem is None


@pytest.mark.parametrize(
    ("label", "summary", "problem"),
    [
        (BINARY, {"positive": 0, "other": 9}, "rows have only '(all others)'"),
        ({**BINARY, "negative": ["no"]}, {"positive": 9, "other": 0}, "rows have only 'yes'"),
        (
            {**BINARY, "negative": ["no", "never"]},
            {"positive": 9, "other": 5, "negative": {"no": 5, "never": 0}},
            "no row has the class 'never' of 'y'",
        ),
        (MULTICLASS, {"classes": {"a": 3}}, "rows have only 'a'"),
        (MULTICLASS, {"classes": {}}, "rows have none"),
        (
            {**MULTICLASS, "classes": ["a", "b", "c"]},
            {"classes": {"a": 3, "b": 1}},
            "no row has the class 'c' of 'y'",
        ),
    ],
)
def test_a_class_that_no_row_has_is_named(
    label: dict[str, Any], summary: dict[str, Any], problem: str
) -> None:
    context = check_context(contract(label), figures={"label": summary})

    assert problem in str(label_classes.evaluate(context).problem)


@pytest.mark.parametrize(
    ("summary", "problem"),
    [
        ({"positive": 10, "other": 990}, None),
        ({"positive": 9, "other": 991}, "the class 'yes' (the rarest 9 of 1000, 1.00% needed)"),
    ],
)
def test_the_rarer_of_two_classes_must_have_its_share(
    summary: dict[str, Any], problem: str | None
) -> None:
    context = check_context(contract(BINARY), figures={"label": summary})

    found = label_balance.evaluate(context).problem

    assert found is None if problem is None else problem in str(found)


def test_none_of_many_even_classes_is_rare() -> None:
    classes = {f"c{number}": 5 for number in range(500)}
    context = check_context(contract(MULTICLASS), figures={"label": {"classes": classes}})

    assert label_balance.evaluate(context).problem is None


@pytest.mark.parametrize(
    ("label", "lost"), [(MULTICLASS, ["c"]), ({**MULTICLASS, "classes": ["a", "b", "c"]}, [])]
)
def test_a_class_that_the_champion_learned_and_no_row_has_is_named(
    folder_lake: Lake, label: dict[str, Any], lost: list[str]
) -> None:
    train_champion(folder_lake, {"label": {"classes": {"a": 3, "b": 2, "c": 2}}})
    figures = {"label": {"classes": {"a": 3, "b": 2, "new": 2}}}

    found = label_balance.evaluate(check_context(contract(label), folder_lake, figures=figures))

    assert found.metadata["gone"] == lost
    assert ("no row has the class 'c' anymore" in str(found.problem)) is bool(lost)
