"""Linear models that are fitted in one process."""

import numpy as np
import pytest
from pyspark.ml.functions import array_to_vector
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge

from emr_ml_tests.spark_jobs.learning.local import CLASSES, made_up, params_with
from spark_jobs.contract import Problem
from spark_jobs.learning import linear_fit
from spark_jobs.learning.estimators import make_trials
from spark_jobs.learning.feature_importance import FittedWeights
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.linear_fit import (
    LinearModel,
    LinearObjective,
    fit_path,
    is_flat,
    solve_ridge,
)
from spark_jobs.learning.local_rows import Numbers

PROBLEMS: list[Problem] = ["binary", "multiclass", "regression"]


def objective_of(problem: Problem, *, sparse: bool = False) -> LinearObjective:
    features, labels = made_up(problem)
    weights = np.linspace(1, 3, len(labels))
    classes = len(CLASSES) if problem == "multiclass" else 0
    matrix = csr_array(features) if sparse else features
    return LinearObjective(matrix, labels, weights, problem, classes)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_gradient_is_that_of_the_objective(problem: Problem, sparse: bool) -> None:
    objective = objective_of(problem, sparse=sparse)
    point = np.random.default_rng(2).normal(size=len(objective.start()))
    value, gradient = objective.value_and_gradient(point, 0.1)

    for index in range(len(point)):
        aside = point.copy()
        aside[index] += 1e-6
        slope = (objective.value_and_gradient(aside, 0.1)[0] - value) / 1e-6
        assert slope == pytest.approx(gradient[index], abs=1e-4)


def test_several_threads_find_exactly_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = fit_path(objective_of("binary", sparse=True), 1e-3, iterations=9, tolerance=0.0)
    monkeypatch.setattr(linear_fit, "ELEMENTS_PER_THREAD", 100)
    monkeypatch.setattr(linear_fit, "cpu_count", lambda: 3)

    shared = objective_of("binary", sparse=True)
    together = fit_path(shared, 1e-3, iterations=9, tolerance=0.0)

    assert shared.threads == 3
    assert together.last.coefficients.tolist() == alone.last.coefficients.tolist()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("elastic_net", [0.0, 0.5])
def test_columns_of_zeros_have_no_coefficient_and_change_no_other(
    problem: Problem, elastic_net: float
) -> None:
    features, labels = made_up(problem)
    wide = np.zeros((len(features), 3 * features.shape[1]))
    wide[:, 1::3] = features
    classes = len(CLASSES) if problem == "multiclass" else 0

    def fitted(matrix: Numbers) -> tuple[LinearObjective, LinearModel]:
        weights = np.ones(len(labels))
        objective = LinearObjective(csr_array(matrix), labels, weights, problem, classes)
        path = fit_path(
            objective, 1e-3, iterations=9, tolerance=0.0, elastic_net=elastic_net, stops=[5]
        )
        return objective, path.models[5]

    (narrow, model), (padded, same) = fitted(features), fitted(wide)

    assert padded.size == narrow.size
    assert same.coefficients[:, 1::3].tolist() == model.coefficients.tolist()
    assert np.count_nonzero(same.coefficients) == np.count_nonzero(model.coefficients)
    assert padded.value(same, 1e-3, 0.5) == narrow.value(model, 1e-3, 0.5)


@pytest.mark.parametrize("problem", ["binary", "multiclass"])
@pytest.mark.parametrize("penalty", [1e-4, 1e-1])
def test_a_converged_fit_is_that_of_scikit_learn(problem: Problem, penalty: float) -> None:
    features, labels = made_up(problem)
    weights = np.linspace(1, 3, len(labels))
    peer = LogisticRegression(C=1 / (weights.sum() * penalty), tol=1e-10, max_iter=9999)
    peer.fit(features, labels, sample_weight=weights)

    path = fit_path(objective_of(problem), penalty, iterations=999, tolerance=1e-12)

    assert path.converged
    assert path.last.coefficients == pytest.approx(peer.coef_, abs=1e-4)
    expected = peer.decision_function(features).reshape(len(features), -1)
    assert path.last.margins(features) == pytest.approx(expected, abs=1e-3)


def test_a_regression_is_solved_like_scikit_learn_s_ridge() -> None:
    features, labels = made_up("regression")
    weights = np.linspace(1, 3, len(labels))
    peer = Ridge(alpha=0.01 * weights.sum()).fit(features, labels, sample_weight=weights)

    for matrix in (features, csr_array(features)):
        solved = solve_ridge(matrix, labels, weights, 0.01)
        assert solved.coefficients[0] == pytest.approx(peer.coef_)
        assert solved.intercepts[0] == pytest.approx(peer.intercept_)


def test_equal_columns_without_a_penalty_share_their_coefficient() -> None:
    column = np.arange(5.0)

    model = solve_ridge(np.stack([column, column], axis=1), 4 * column, np.ones(5), 0.0)

    assert model.coefficients[0] == pytest.approx([2.0, 2.0])


def test_a_path_has_the_models_at_its_stops_and_its_end() -> None:
    path = fit_path(objective_of("binary"), 1e-3, iterations=7, tolerance=0.0, stops=(2, 4, 9))

    assert sorted(path.models) == [2, 4, 7]
    assert not path.converged


def test_a_fit_goes_on_until_its_objective_is_low_enough() -> None:
    objective = objective_of("binary")
    goal = fit_path(objective, 1e-3, iterations=6, tolerance=0.0).last
    value, _ = objective.value_and_gradient(objective.parameters(goal), 1e-3)

    path = fit_path(objective, 1e-3, iterations=4, tolerance=0.0, below=value)

    assert max(path.models) == 6


def test_an_adjusted_model_has_adjusted_margins() -> None:
    features, labels = made_up("regression")
    model = solve_ridge(features, labels, np.ones(len(labels)), 0.1)

    adjusted = model.adjusted(2.0, 3.0).margins(features)

    assert adjusted == pytest.approx(2 * model.margins(features) + 3)


@pytest.mark.parametrize("elastic_net", [0.3, 1.0])
@pytest.mark.parametrize("problem", ["binary", "multiclass"])
def test_an_elastic_net_is_that_of_scikit_learn(problem: Problem, elastic_net: float) -> None:
    features, labels = made_up(problem)
    weights, penalty = np.linspace(1, 3, len(labels)), 0.05
    peer = LogisticRegression(
        C=1 / (weights.sum() * penalty),
        l1_ratio=elastic_net,
        solver="saga",
        tol=1e-9,
        max_iter=9999,
    )
    peer.fit(features, labels, sample_weight=weights)

    path = fit_path(
        objective_of(problem), penalty, iterations=999, tolerance=1e-13, elastic_net=elastic_net
    )

    assert path.converged
    assert path.last.coefficients == pytest.approx(peer.coef_, abs=1e-4)
    assert (path.last.coefficients == 0).sum() >= (peer.coef_ == 0).sum() > 0


def test_a_fit_goes_on_until_an_elastic_net_s_objective_is_low_enough() -> None:
    objective = objective_of("binary")
    goal = fit_path(objective, 0.01, iterations=6, tolerance=0.0, elastic_net=0.5).last
    value = objective.value(goal, 0.01, 0.5)

    path = fit_path(objective, 0.01, iterations=4, tolerance=0.0, elastic_net=0.5, below=value)

    assert max(path.models) == 6


@pytest.mark.parametrize("elastic_net", [0.0, 0.5])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_both_ways_of_fitting_find_the_same_model(
    spark: SparkSession, problem: Problem, elastic_net: float
) -> None:
    features, labels = made_up(problem)
    labels = labels / labels.std(ddof=1) if problem == "regression" else labels
    penalty, classes = 1e-3, len(CLASSES) if problem == "multiclass" else 0
    params = params_with(
        estimator="auto",
        regularization=[penalty],
        elastic_net=[elastic_net],
        tolerance=1e-12,
        max_iterations=500,
    )
    (trial,) = make_trials(params, problem, features.shape[1], is_weighted=True)
    weights = np.linspace(1, 3, len(labels))
    rows = zip(features.tolist(), labels.tolist(), weights.tolist(), strict=True)
    frame = spark.createDataFrame(list(rows), "x array<double>, _label double, __fit_weight double")

    by_spark = FittedWeights.of_model(
        trial.estimator.fit(frame.withColumn(FEATURES, array_to_vector(F.col("x"))))
    )

    objective = LinearObjective(features, labels, weights, problem, classes)
    here = fit_path(
        objective, penalty, iterations=500, tolerance=1e-12, elastic_net=elastic_net
    ).last
    solvable = problem == "regression" and not elastic_net
    solved = solve_ridge(features, labels, weights, penalty) if solvable else here
    for model in (here, solved):
        assert model.coefficients == pytest.approx(by_spark.values, abs=1e-4)
        assert model.intercepts == pytest.approx(by_spark.intercepts, abs=1e-4)


@pytest.mark.parametrize(
    ("history", "flat"),
    [
        ([1.0, 0.5, 0.25, 0.12], False),
        ([1.0, 0.5] + [0.1] * 30, True),
        ([1.0 - 0.02 * step for step in range(40)], False),
        ([1.0 - 0.0001 * step for step in range(100)], True),
        ([0.0], True),
    ],
)
def test_a_fit_is_flat_if_its_last_iterations_hardly_lowered_the_objective(
    history: list[float], flat: bool
) -> None:
    assert is_flat(history) is flat
