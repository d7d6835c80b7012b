"""What checks and figures lead to."""

from typing import Any

import numpy as np
import pytest

from emr_ml.champions.promotion import JUDGES, failed_checks, interval, rule
from emr_ml.contract import Contract
from emr_ml.contract.schema import Promotion
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import Lake

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric"}, "label": {"column": "y", "positive": "1"}}
)
DEFAULT = Promotion.model_validate({})


def figures(gain: float | None, low: float = 0.0, high: float = 1.0, **more: Any) -> dict[str, Any]:
    """A comparison whose resampled gains are evenly spread from `low` to `high`."""
    return {
        "improvement": gain,
        "resampled": np.linspace(low, high, 201).tolist(),
        "groups": 100,
        "test_rows": 120,
        "models": {
            "challenger": {"loss": 0.3, "accuracy": 0.9, "auc_roc": None},
            "champion": {"loss": 0.5, "accuracy": 0.8, "auc_roc": 0.7},
        },
        **more,
    }


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.99])
def test_the_interval_is_the_middle_of_the_distribution(confidence: float) -> None:
    values = np.random.default_rng(1).normal(size=5000)
    quantiles = np.quantile(values, np.linspace(0, 1, 201)).tolist()

    found = interval(quantiles, confidence)

    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_a_lower_loss_that_is_sure_promotes() -> None:
    ruling = rule(figures(0.2, 0.1, 0.3), DEFAULT)

    assert ruling.promoted
    assert ruling.reason == (
        "mean loss 0.3, the champion's 0.5: lower by 0.2 (95% interval 0.105 to 0.295)"
    )


def test_the_figures_of_both_are_told_as_far_as_there_are_any() -> None:
    assert rule(figures(0.2, 0.1, 0.3), DEFAULT).facts == {
        "test_rows": 120,
        "challenger_loss": 0.3,
        "challenger_accuracy": 0.9,
        "champion_loss": 0.5,
        "champion_accuracy": 0.8,
        "champion_auc_roc": 0.7,
        "improvement": 0.2,
        "interval_low": pytest.approx(0.105),
        "interval_high": pytest.approx(0.295),
    }


@pytest.mark.parametrize(
    ("low", "high"), [(-0.1, 0.5), (0.0, 0.0), (-0.5, -0.1)], ids=["unsure", "equal", "worse"]
)
def test_what_is_not_surely_better_does_not_promote(low: float, high: float) -> None:
    ruling = rule(figures((low + high) / 2, low, high), DEFAULT)

    assert not ruling.promoted
    assert ruling.reason.endswith("which is not surely better")


def test_the_confidence_that_is_asked_for_decides() -> None:
    unsure = figures(0.2, -0.02, 0.5)

    assert not rule(unsure, DEFAULT).promoted
    assert rule(unsure, Promotion(min_improvement=0, confidence=0.8)).promoted


@pytest.mark.parametrize(("gain", "promoted"), [(0.1, True), (0.099, False)])
def test_the_improvement_must_reach_the_margin(gain: float, *, promoted: bool) -> None:
    ruling = rule(figures(gain, 0.01, 0.2), Promotion(min_improvement=0.1, confidence=0.95))

    assert ruling.promoted is promoted
    assert promoted or ruling.reason.endswith("and `min_improvement` is 0.1")


def test_losses_that_are_not_finite_do_not_promote() -> None:
    ruling = rule(figures(None, resampled=None), DEFAULT)

    assert (ruling.promoted, ruling.reason) == (
        False,
        "the losses of the two are not finite numbers",
    )


def test_too_few_rows_do_not_promote() -> None:
    ruling = rule(figures(0.2, 0.1, 0.3, groups=9, test_rows=9), DEFAULT)

    assert (ruling.promoted, ruling.reason) == (
        False,
        "9 rows of the test side are too few to tell",
    )


def test_a_check_that_fails_is_named_whether_it_blocks_or_not(folder_lake: Lake) -> None:
    rows = {"in": 100, "kept": 50, "rejected": 50}

    (failed,) = failed_checks(folder_lake, CONTRACT, [a_report(rows=rows)])

    assert failed.startswith("processed_dataset: rejected_share (50.0% of 100 rows break")


def test_there_is_a_judge_for_all_that_a_model_is_made_of_and_measured_by() -> None:
    assert set(JUDGES) == {"processed_dataset", "lr_model", "metrics"}
