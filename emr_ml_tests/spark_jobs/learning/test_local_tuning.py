"""Estimators compared on rows in memory."""

import logging
from concurrent.futures import CancelledError
from threading import Event
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from emr_ml_tests.spark_jobs.learning.local import (
    encoding_of,
    local_rows,
    made_up,
    params_with,
)
from spark_jobs.contract import Problem
from spark_jobs.learning import learners
from spark_jobs.learning.boosted_trees import BoostedTrees
from spark_jobs.learning.estimators import WIDE
from spark_jobs.learning.learners import STOPS, make_learners
from spark_jobs.learning.linear_fit import LinearModel
from spark_jobs.learning.local_rows import LocalRows, Numbers
from spark_jobs.learning.local_tuning import LocalTrial, Tuner, best_trial
from spark_jobs.learning.margins import LARGEST_LOSS

LOG = logging.getLogger("test")


def compared(problem: Problem, *, folds: int = 5, **params: object) -> list[LocalTrial]:
    rows = local_rows(*made_up(problem), folds=folds)
    made = make_learners(rows, encoding_of(problem), params_with(**params), hashed=False)
    return Tuner("test", rows, Event(), LOG).compare(made)


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_auto_compares_a_linear_model_of_each_penalty_with_trees(problem: Problem) -> None:
    trials = compared(problem, regularization=[1e-3, 1.0])

    linear = "linear_regression" if problem == "regression" else "logistic_regression"
    assert [each.learner.estimator for each in trials] == [linear, linear, "gradient_boosted_trees"]
    assert [dict(each.parameters) for each in trials[:2]] == [
        {"regularization": 1e-3},
        {"regularization": 1.0},
    ]
    assert trials[0].loss < trials[1].loss  # the labels depend on the features on a straight line


def test_each_penalty_is_tried_with_each_share_of_an_elastic_net() -> None:
    trials = compared(
        "regression", estimator="linear_regression", regularization=[0.01, 1], elastic_net=[0, 1]
    )

    assert [dict(each.parameters) for each in trials] == [
        {"regularization": 0.01, "elastic_net": 0},
        {"regularization": 1, "elastic_net": 0},
        {"regularization": 0.01, "elastic_net": 1},
        {"regularization": 1, "elastic_net": 1},
    ]
    assert len({each.loss for each in trials}) == 4


@pytest.mark.parametrize("folds", [1, 5])
def test_each_scored_row_has_margins(folds: int) -> None:
    trials = compared("multiclass", folds=folds, regularization=[1e-3])

    for trial in trials:
        assert len(set(trial.scored)) == len(trial.scored) == (300 if folds > 1 else 60)
        assert trial.margins.shape == (len(trial.scored), 3)


def test_trees_are_not_tried_on_hashed_terms_nor_on_too_many_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = local_rows(*made_up("binary"), folds=1)

    def estimators(*, hashed: bool) -> list[str]:
        made = make_learners(rows, encoding_of("binary"), params_with(), hashed=hashed)
        return [each.estimator for each in made]

    assert estimators(hashed=True) == ["logistic_regression"]
    assert len(estimators(hashed=False)) == 2
    monkeypatch.setattr(learners, "MAX_TREE_CELLS", rows.cells - 1)
    assert estimators(hashed=False) == ["logistic_regression"]


def test_of_many_rows_only_the_best_is_fitted_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learners, "ENOUGH_ELEMENTS", 500)
    rows = local_rows(*made_up("binary"), folds=1)
    params = params_with(regularization=[1e-3, 10.0])
    tuner = Tuner("test", rows, Event(), LOG)

    trials = tuner.compare(make_learners(rows, encoding_of("binary"), params, hashed=False))
    completed = tuner.complete(trials)

    assert all(each.step > 1 for each in trials)
    best = best_trial(completed)
    assert [each.step > 1 for each in completed] == [each is not best for each in completed]


def test_no_fit_begins_after_the_end_was_asked_for() -> None:
    rows = local_rows(*made_up("binary"), folds=1)
    made = make_learners(rows, encoding_of("binary"), params_with(), hashed=False)
    tuner = Tuner("test", rows, Event(), LOG)

    tuner.stop.set()

    with pytest.raises(CancelledError):
        tuner.compare(made)


def wide_rows(problem: Problem = "binary") -> LocalRows:
    features, labels = made_up(problem)
    padding = np.random.default_rng(6).integers(5, WIDE, size=(len(labels), 3))
    columns = np.concatenate([np.tile(np.arange(5), (len(labels), 1)), padding], axis=1)
    values = np.concatenate([features, np.ones_like(padding, float)], axis=1)
    starts = np.arange(0, values.size + 1, values.shape[1])
    matrix = csr_array((values.ravel(), columns.ravel(), starts), shape=(len(labels), WIDE))
    return local_rows(matrix, labels, folds=1)


def test_penalties_of_wide_vectors_are_tried_until_the_loss_rises() -> None:
    rows = wide_rows()
    params = params_with(regularization=[10.0, 1e-2, 1e-4])

    made = make_learners(rows, encoding_of("binary"), params, hashed=True)
    trials = Tuner("test", rows, Event(), LOG).compare(made)

    assert [each.parameters["regularization"] for each in trials] == [1e-4, 1e-2]
    assert trials[0].loss < trials[1].loss


def test_iterations_with_the_least_loss_are_used_again() -> None:
    rows = wide_rows()
    params = params_with(regularization=[0.0], tolerance=0.0)
    (learner,) = make_learners(rows, encoding_of("binary"), params, hashed=True)

    (trial,) = Tuner("test", rows, Event(), LOG).compare([learner])
    model = trial.refit()

    assert trial.stopped_early
    assert trial.iterations < STOPS[-1]
    assert isinstance(model, LinearModel)
    assert np.isfinite(model.coefficients).all()


@pytest.mark.parametrize("estimator", ["auto", "gradient_boosted_trees"])
@pytest.mark.parametrize("problem", ["binary", "multiclass"])
def test_weights_of_classes_leave_probabilities_calibrated(
    problem: Problem, estimator: str
) -> None:
    features, labels = made_up(problem, rows=2000)
    rows = local_rows(features, labels, folds=5)
    names = ["no", "yes"] if problem == "binary" else ["a", "b", "c"]
    encoding = encoding_of(problem, class_weights=dict(zip(names, (3.0, 1.0, 1.0), strict=False)))
    learner = make_learners(rows, encoding, params_with(estimator=estimator), hashed=False)[0]

    best = best_trial(Tuner("test", rows, Event(), LOG).compare([learner]))
    model = best.refit()

    share = np.exp(best.margins) / (1 + np.exp(best.margins))
    if problem == "multiclass":
        share = np.exp(best.margins) / np.exp(best.margins).sum(axis=1, keepdims=True)
    actual = (labels[best.scored] == (1 if problem == "binary" else 0)).mean()
    assert share[:, 0].mean() == pytest.approx(actual, abs=0.06)
    assert isinstance(model, LinearModel | BoostedTrees)


@pytest.mark.parametrize("unit", [1e-140, 1e-3, 1e5, 1e140])
@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_the_unit_of_the_rows_weights_changes_no_model(problem: Problem, unit: float) -> None:
    features, labels = made_up(problem)
    equal, weighted = (
        local_rows(features, labels, folds=5, weights=np.full(len(labels), each))
        for each in (1.0, unit)
    )
    params = params_with(regularization=[1e-3], max_iterations=20)

    for rows in zip(*(trials_on(each, problem, params) for each in (equal, weighted)), strict=True):
        assert rows[1].loss == pytest.approx(rows[0].loss, rel=1e-5)
        assert rows[1].margins == pytest.approx(rows[0].margins, rel=1e-3, abs=1e-4)


def test_trees_are_fitted_beside_one_row_of_huge_weight() -> None:
    features, labels = made_up("multiclass")
    weights = np.ones(len(labels))
    weights[7] = 1e12
    rows = local_rows(features, labels, folds=5, weights=weights)

    trials = trials_on(rows, "multiclass", params_with(estimator="gradient_boosted_trees"))

    assert np.isfinite(trials[0].margins).all()


def trials_on(rows: LocalRows, problem: Problem, params: Any) -> list[LocalTrial]:
    made = make_learners(rows, encoding_of(problem), params, hashed=False)
    return Tuner("test", rows, Event(), LOG).compare(made)


@pytest.mark.parametrize("estimator", ["logistic_regression", "gradient_boosted_trees"])
def test_weights_of_rows_shift_the_probabilities(estimator: str) -> None:
    features, labels = made_up("binary", rows=2000)
    weights = np.where(labels == 1, 4.0, 1.0)
    rows = local_rows(features, labels, folds=5, weights=weights)
    made = make_learners(
        rows, encoding_of("binary"), params_with(estimator=estimator), hashed=False
    )

    best = best_trial(Tuner("test", rows, Event(), LOG).compare(made))

    share = 1 / (1 + np.exp(-best.margins[:, 0]))
    weighted_share = np.average(labels, weights=weights)
    of_rows = weights[best.scored]
    assert np.average(share, weights=of_rows) == pytest.approx(weighted_share, abs=0.05)
    assert weighted_share > labels.mean() + 0.2


def labels_of(rows: LocalRows, trial: LocalTrial) -> Numbers:
    return rows.labels[trial.scored]


def test_a_row_of_an_unknown_class_is_scored_but_not_fitted() -> None:
    features, labels = made_up("multiclass")
    rows = local_rows(features, np.where(np.arange(300) % 10 == 4, np.nan, labels), folds=1)
    made = make_learners(rows, encoding_of("multiclass"), params_with(), hashed=False)

    trials = Tuner("test", rows, Event(), LOG).compare(made)

    unknown = np.isnan(labels_of(rows, trials[0]))
    assert unknown.sum() == 30
    assert all(trial.loss > LARGEST_LOSS / 2 for trial in trials)
    assert len(rows.known) == 270
