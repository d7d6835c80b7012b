"""The verdict on a model, in sentences."""

from dataclasses import replace
from typing import Any

import pytest

from emr_ml.model_report.facts import CheckOutcome, ModelFacts
from emr_ml.model_report.verdict import verdict
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.model_report.examples import (
    CONTRACT,
    binary,
    model_figures,
    multiclass,
    regression,
)

RIGHT = (
    "Right in 86 of 100 test rows. Without a model, always guessing the commonest class, 80 of 100."
)
EXPLAINED = (
    "The root mean squared error is 2; always predicting the mean, it would be 4. "
    "The model explains 75% of the label's variance."
)


def facts(figures: dict[str, Any], *checks: CheckOutcome) -> ModelFacts:
    metrics = a_report(asset="metrics", figures=figures)
    return ModelFacts(metrics, contract=CONTRACT, checks=checks)


def check(name: str, *, passed: bool = True, blocking: bool = False) -> CheckOutcome:
    return CheckOutcome("metrics", name, passed, blocking, "")


@pytest.mark.parametrize(
    ("checks", "status", "summary"),
    [
        ([check("a"), check("b")], "good", "Fit for use, as the contract defines it: all 2"),
        ([check("a"), check("b", passed=False)], "warning", "Use it with care: the check b failed"),
        (
            [check("a", passed=False), check("b", passed=False, blocking=True)],
            "bad",
            "Do not use it: the check b failed",
        ),
        ([], "warning", "Not checked"),
    ],
    ids=["all passed", "a warning", "a blocking one", "none"],
)
def test_the_status_is_that_of_the_checks(
    checks: list[CheckOutcome], status: str, summary: str
) -> None:
    found = verdict(facts(binary(), *checks))

    assert found.status == status
    assert found.summary.startswith(summary)


def test_two_classes_are_compared_with_guessing_and_counted() -> None:
    assert verdict(facts(binary())).good_at == (
        RIGHT,
        (
            "It finds 36 of the 40 rows that are yes. "
            "Of the 52 rows that it predicts to be yes, 36 are."
        ),
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [(0.125, "It predicts yes where the probability is above 12.5%."), (0.5, None), (None, None)],
    ids=["of its own", "the usual one", "of an earlier release"],
)
def test_a_threshold_is_said_if_it_is_not_the_usual_one(
    given: float | None, sentence: str | None
) -> None:
    threshold = {} if given is None else {"threshold": given}
    model = a_report(asset="lr_model", figures=model_figures(**threshold))

    said = verdict(replace(facts(binary()), model=model)).good_at

    assert said[1:-1] == ((sentence,) if sentence else ())


def test_several_classes_name_the_weakest_and_what_it_is_mistaken_for() -> None:
    found = verdict(facts(multiclass("a", "b", "c")))

    assert found.bad_at[0] == "Weakest for the class a: it finds 4 of 5 rows, and mistakes 1 for c."


def test_numbers_are_compared_with_the_mean() -> None:
    assert verdict(facts(regression())).good_at == (
        "Predictions are off by 1.500 on average.",
        EXPLAINED,
    )


def test_a_slice_is_named_if_it_is_worse_by_more_than_chance() -> None:
    assert verdict(facts(binary())).bad_at == (
        "Worse where town is <b>Ulm: wrong in 50% of 40 rows, 14% overall.",
    )


def test_probabilities_that_are_far_off_are_not_to_be_taken_literally() -> None:
    found = verdict(facts({**binary(), "calibration_error": 0.2, "slices": []}))

    assert found.bad_at == (
        "Its probabilities are off by 20% on average: do not take them literally.",
    )


def test_few_rows_are_said_to_be_few() -> None:
    found = verdict(facts({**binary(), "test_rows": 90, "slices": []}))

    assert found.bad_at == ("Measured on only 90 rows: accuracy may be anything from 81% to 90%.",)
