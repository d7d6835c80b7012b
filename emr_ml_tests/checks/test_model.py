"""Whether a fit converged to finite weights, and no feature leaks the label."""

from typing import Any

import pytest

from emr_ml.checks.check import CheckContext
from emr_ml.checks.model import MODEL_CHECKS, coefficients_finite, converged, leak_suspicion
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context

SOUND: dict[str, Any] = {
    "converged": True,
    "finite": True,
    "iterations": 22,
    "share_of_strongest": {"feature": "height", "share": 0.5},
    "explains_most": {"feature": "height", "share": 0.6},
    "weighed_features": 2,
}
CODE = {"feature": "code", "share": 0.97}


def context(threshold: float = 0.95, **changes: Any) -> CheckContext:
    contract = Contract.model_validate(
        {"columns": {"height": "numeric"}, "checks": {"max_feature_share": threshold}}
    )
    return check_context(contract, figures={**SOUND, **changes}, params={"max_iterations": 100})


def test_a_sound_model_passes() -> None:
    assert [each.evaluate(context()).problem for each in MODEL_CHECKS] == [None, None, None]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"converged": False, "iterations": 100}, "the fit was still improving after 100 iterat"),
        ({"converged": False, "iterations": 30, "stopped_early": True}, None),
    ],
)
def test_a_fit_that_did_not_converge_is_reported_unless_it_was_limited_on_purpose(
    changes: dict[str, Any], problem: str | None
) -> None:
    found = converged.evaluate(context(**changes))

    assert found.problem is None if problem is None else str(found.problem).startswith(problem)
    assert found.metadata == {"iterations": changes["iterations"], "max_iterations": 100}


def test_a_forest_has_no_iterations() -> None:
    assert converged.evaluate(context(iterations=None)).metadata == {}


def test_infinite_weights_fail_and_raise_no_other_suspicion() -> None:
    broken = context(finite=False, share_of_strongest=None, explains_most=None)

    assert "not a finite number" in str(coefficients_finite.evaluate(broken).problem)
    assert leak_suspicion.evaluate(broken).problem is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"explains_most": CODE}, "'code' explains 97.0% of the label alone, more than 95.0%"),
        ({"share_of_strongest": CODE}, "'code' has 97.0% of all weight, more than 95.0%"),
        (
            {"explains_most": CODE, "share_of_strongest": CODE},
            "'code' explains 97.0% of the label alone and has 97.0% of all weight, more than",
        ),
        ({"threshold": 0.4}, "'height' explains 60.0% of the label alone and has 50.0% of all"),
        ({"threshold": 0.97, "explains_most": CODE}, None),
        ({"weighed_features": 1, "explains_most": CODE}, None),
    ],
)
def test_one_feature_of_several_that_leaks_the_label_is_named(
    changes: dict[str, Any], problem: str | None
) -> None:
    found = leak_suspicion.evaluate(context(**changes)).problem

    assert found is None if problem is None else str(found).startswith(problem)
