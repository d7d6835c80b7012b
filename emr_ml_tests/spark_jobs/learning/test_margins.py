"""What margins say of rows that a model was not fitted on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.metrics import f1_score, log_loss

from spark_jobs.contract import Problem
from spark_jobs.learning.margins import (
    LARGEST_LOSS,
    calibration,
    decision_threshold,
    row_losses,
    scores,
)

CHANCE = np.random.default_rng(4)


def test_losses_of_classes_are_the_log_loss_and_of_numbers_half_the_squared_error() -> None:
    margins, labels = CHANCE.normal(size=(50, 3)), CHANCE.integers(0, 3, 50).astype(float)
    probabilities = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    binary = (labels > 0).astype(float)

    assert row_losses("multiclass", margins, labels).mean() == pytest.approx(
        log_loss(labels, probabilities)
    )
    assert row_losses("binary", margins[:, :1], binary).mean() == pytest.approx(
        log_loss(binary, expit(margins[:, 0]))
    )
    assert row_losses("regression", np.array([[3.0]]), np.array([1.0])).tolist() == [2.0]


def test_a_class_that_cannot_be_predicted_has_the_largest_loss_and_is_wrong() -> None:
    margins, labels = np.array([[2.0, 0.0], [2.0, 0.0]]), np.array([0.0, np.nan])

    assert row_losses("multiclass", margins, labels)[1] == LARGEST_LOSS
    assert scores("multiclass", margins, labels, np.ones(2)).get("accuracy") == 0.5


def test_scores_of_numbers_are_in_the_unit_of_the_label() -> None:
    margins, labels = np.array([[1.0], [0.0]]), np.array([0.0, 1.0])

    found = scores("regression", margins, labels, np.ones(2), deviation=10.0)

    assert found == {"rmse": 10.0, "mae": 10.0, "r2": -3.0}


def test_overconfident_margins_are_calibrated() -> None:
    margin = CHANCE.normal(size=(4000, 1)) * 2
    labels = (CHANCE.random(4000) < expit(margin[:, 0])).astype(float)

    factor, offset = calibration("binary", 3 * margin + 1, labels, np.ones(4000))

    assert factor == pytest.approx(1 / 3, abs=0.05)
    assert offset == pytest.approx(-1 / 3, abs=0.15)


def test_calibrated_margins_stay_as_they_are() -> None:
    margin = CHANCE.normal(size=(4000, 1)) * 2
    labels = (CHANCE.random(4000) < expit(margin[:, 0])).astype(float)

    assert calibration("binary", margin, labels, np.ones(4000)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("wanted", "threshold"),
    [
        ("accuracy", 0.5),
        (0.3, 0.3),
        ({"false_positive": 1.0, "false_negative": 9.0}, 0.1),
    ],
)
def test_costs_determine_the_threshold(wanted: object, threshold: float) -> None:
    nothing = np.empty((0, 1)), np.empty(0), np.empty(0)

    assert decision_threshold(wanted, *nothing) == threshold  # pyright: ignore[reportArgumentType] - parametrized


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.4, 0.5, 0.8, 0.9]), st.booleans()), min_size=1
    ).filter(lambda rows: any(positive for _, positive in rows))
)
def test_no_other_threshold_has_a_better_f1(rows: list[tuple[float, bool]]) -> None:
    probabilities = np.array([each for each, _ in rows])
    labels = np.array([positive for _, positive in rows], float)
    threshold = decision_threshold(
        "f1", logit(probabilities)[:, None], labels, np.ones(len(labels))
    )

    others = [f1_score(labels, probabilities > each) for each in (0.05, 0.15, 0.3, 0.45, 0.6, 0.85)]
    assert f1_score(labels, probabilities > threshold) == pytest.approx(max(others))


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_a_row_of_weight_3_counts_as_three_rows(problem: Problem) -> None:
    outputs = 3 if problem == "multiclass" else 1
    margins, numbers = CHANCE.normal(size=(80, outputs)), CHANCE.integers(0, 2, 80).astype(float)
    counts = CHANCE.integers(1, 4, 80)
    repeated = np.repeat(margins, counts, axis=0), np.repeat(numbers, counts)
    ones = np.ones(counts.sum())

    weighted = scores(problem, margins, numbers, counts.astype(float), threshold=0.4)
    assert weighted == pytest.approx(scores(problem, *repeated, ones, threshold=0.4))
    if problem == "binary":
        given = margins, numbers, counts.astype(float)
        assert decision_threshold("f1", *given) == decision_threshold("f1", *repeated, ones)


def test_calibration_follows_the_weights_of_rows() -> None:
    margin = CHANCE.normal(size=(4000, 1))
    labels = (CHANCE.random(4000) < expit(margin[:, 0])).astype(float)
    weights = np.where(labels == 1, 5.0, 1.0)

    factor, offset = calibration("binary", margin, labels, weights)

    assert factor == pytest.approx(1.0, abs=0.15)
    assert offset == pytest.approx(np.log(5), abs=0.2)
