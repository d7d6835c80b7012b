"""Whether a label's classes are there, and often enough."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest

from emr_ml.checks.baseline import Baseline
from emr_ml.checks.label import LABEL_BALANCE, LABEL_CLASSES, judge_label, label_checks
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import a_report, evidence

TWO: dict[str, Any] = {"column": "y", "positive": "yes"}
MANY: dict[str, Any] = {"column": "y"}
NUMBER: dict[str, Any] = {"column": "y", "kind": "numeric"}
NONE_YET = Baseline(None, "there is no champion yet")


def verdict(
    check: str, label: Mapping[str, Any], found: Mapping[str, Any], baseline: Baseline = NONE_YET
) -> dg.AssetCheckResult:
    contract = Contract.model_validate({"columns": {"a": "numeric"}, "label": label})
    facts = evidence(contract, figures={"label": found})
    return next(r for r in judge_label(facts, baseline) if r.check_name == check)


def test_only_a_missing_class_stops_what_comes_after() -> None:
    blocking = {spec.name: spec.blocking for spec in label_checks("processed_dataset")}

    assert blocking == {LABEL_CLASSES: True, LABEL_BALANCE: False}


@pytest.mark.parametrize(
    ("label", "found"),
    [
        (TWO, {"positive": 1, "other": 2}),
        ({**TWO, "negative": ["no"]}, {"positive": 1, "other": 2}),
        (MANY, {"classes": {"a": 3, "b": 1}}),
        ({**MANY, "classes": ["a", "b"]}, {"classes": {"a": 3, "b": 1}}),
        (NUMBER, {"min": 1.0, "max": 1.0, "mean": 1.0}),
    ],
)
def test_classes_that_are_all_there_pass(label: dict[str, Any], found: dict[str, Any]) -> None:
    assert verdict(LABEL_CLASSES, label, found).passed
    assert verdict(LABEL_BALANCE, label, found).passed


@pytest.mark.parametrize(
    ("label", "found", "said"),
    [
        (TWO, {"positive": 0, "other": 9}, "rows have only '(all others)'"),
        ({**TWO, "negative": ["no"]}, {"positive": 9, "other": 0}, "rows have only 'yes'"),
        (
            {**TWO, "negative": ["no", "never"]},
            {"positive": 9, "other": 5, "negative": {"no": 5, "never": 0}},
            "no row has the class 'never' of 'y'",
        ),
        (MANY, {"classes": {"a": 3}}, "rows have only 'a'"),
        (MANY, {"classes": {}}, "rows have none"),
        (
            {**MANY, "classes": ["a", "b", "c"]},
            {"classes": {"a": 3, "b": 1}},
            "no row has the class 'c' of 'y'",
        ),
    ],
)
def test_a_class_that_no_row_has_is_named(
    label: dict[str, Any], found: dict[str, Any], said: str
) -> None:
    result = verdict(LABEL_CLASSES, label, found)

    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert said in str(result.description)


@pytest.mark.parametrize(("positive", "passes"), [(10, True), (9, False)])
def test_the_rarer_of_two_classes_must_have_its_share(positive: int, passes: bool) -> None:
    result = verdict(LABEL_BALANCE, TWO, {"positive": positive, "other": 1000 - positive})

    assert result.passed is passes
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert passes or "the class 'yes' (the rarest 9 of 1000, 1.00% needed)" in str(
        result.description
    )


def test_of_many_even_classes_none_is_rare() -> None:
    assert verdict(LABEL_BALANCE, MANY, {"classes": {f"c{i}": 5 for i in range(500)}}).passed


def test_a_class_that_the_champion_has_learned_and_no_row_has_is_named() -> None:
    before = Baseline(a_report(figures={"label": {"classes": {"a": 3, "b": 2, "c": 2}}}))

    result = verdict(LABEL_BALANCE, MANY, {"classes": {"a": 3, "b": 2, "new": 2}}, before)

    assert not result.passed
    assert "no row has the class 'c' any more" in str(result.description)
