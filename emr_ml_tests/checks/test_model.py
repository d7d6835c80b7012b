"""Whether a fit came to an end in finite numbers, and nothing gives the label away."""

from typing import Any

import dagster as dg
import pytest

from emr_ml.checks.model import (
    COEFFICIENTS_FINITE,
    CONVERGED,
    LEAK_SUSPICION,
    judge_model,
    model_checks,
)
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import evidence

SOUND: dict[str, Any] = {
    "converged": True,
    "finite": True,
    "iterations": 22,
    "share_of_strongest": {"feature": "height", "share": 0.5},
    "explains_most": {"feature": "height", "share": 0.6},
    "weighed_features": 2,
}
CODE = {"feature": "code", "share": 0.97}


def verdict(check: str, most: float = 0.95, **changes: Any) -> dg.AssetCheckResult:
    contract = Contract.model_validate(
        {"columns": {"height": "numeric"}, "checks": {"max_feature_share": most}}
    )
    facts = evidence(contract, figures={**SOUND, **changes}, params={"max_iterations": 100})
    return next(result for result in judge_model(facts) if result.check_name == check)


def test_every_check_is_evaluated_and_a_sound_model_passes_them() -> None:
    names = {spec.name for spec in model_checks("lr_model")}

    assert {name for name in names if verdict(name).passed} == names


def test_only_coefficients_that_are_no_numbers_stop_a_model() -> None:
    assert {s.name for s in model_checks("lr_model") if s.blocking} == {COEFFICIENTS_FINITE}
    assert verdict(CONVERGED, converged=False).severity == dg.AssetCheckSeverity.WARN
    assert verdict(LEAK_SUSPICION, explains_most=CODE).severity == dg.AssetCheckSeverity.WARN


def test_a_fit_that_was_still_getting_better_is_told_with_what_to_do() -> None:
    found = verdict(CONVERGED, converged=False, iterations=100)

    assert not found.passed
    assert str(found.description).startswith("the fit was still getting better after 100 iterat")


def test_a_fit_that_was_to_be_stopped_early_passes() -> None:
    assert verdict(CONVERGED, converged=False, stopped_early=True, iterations=30).passed


def test_a_forest_has_no_iterations_to_tell() -> None:
    assert verdict(CONVERGED, iterations=None).metadata == {}


def test_coefficients_that_are_no_numbers_fail_and_raise_no_other_suspicion() -> None:
    broken: dict[str, Any] = {"finite": False, "share_of_strongest": None, "explains_most": None}

    assert not verdict(COEFFICIENTS_FINITE, **broken).passed
    assert verdict(LEAK_SUSPICION, **broken).passed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"explains_most": CODE}, "'code' tells 97.0% of the label by itself, more than 95.0%"),
        ({"share_of_strongest": CODE}, "'code' has 97.0% of all weight, more than 95.0%"),
        (
            {"explains_most": CODE, "share_of_strongest": CODE},
            "'code' tells 97.0% of the label by itself and has 97.0% of all weight, more than",
        ),
    ],
)
def test_a_feature_that_gives_the_label_away_is_named(changes: dict[str, Any], said: str) -> None:
    found = verdict(LEAK_SUSPICION, **changes)

    assert not found.passed
    assert str(found.description).startswith(said)


def test_the_contract_says_how_much_one_feature_may_have() -> None:
    assert verdict(LEAK_SUSPICION, most=0.97, explains_most=CODE).passed
    assert not verdict(LEAK_SUSPICION, most=0.4).passed


def test_an_only_feature_may_tell_all() -> None:
    assert verdict(LEAK_SUSPICION, weighed_features=1, explains_most=CODE).passed
