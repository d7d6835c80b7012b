"""Boosted trees, and what they are as arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml_tests.spark_jobs.learning.local import CLASSES, made_up
from spark_jobs.contract import Problem
from spark_jobs.learning.boosted_trees import LEAF, BoostedTrees, BoostingFit, Tree, largest_left
from spark_jobs.learning.local_rows import Numbers


def boosted(problem: Problem, rounds: int = 12) -> tuple[BoostingFit, Numbers]:
    features, labels = made_up(problem)
    classes = len(CLASSES) if problem == "multiclass" else 0
    floats = features.astype(np.float32)
    scored = (floats[200:], labels[200:], np.ones(len(labels) - 200))
    weights = np.ones(200)
    fit = BoostingFit(
        floats[:200], labels[:200], weights, problem, classes, rounds=rounds, scored=scored
    )
    return fit, features


def value_of(tree: Tree, row: Numbers) -> float:
    node = 0
    while (feature := tree.feature[node]) != LEAF:
        node = int((tree.left if row[feature] <= tree.threshold[node] else tree.right)[node])
    return float(tree.value[node])


def margins_of(trees: BoostedTrees, rows: Numbers) -> Numbers:
    values = [
        [sum(value_of(each, row) for each in output) for output in trees.trees] for row in rows
    ]
    return trees.constants + np.array(values)


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_the_trees_predict_what_the_booster_predicts(problem: Problem) -> None:
    fit, features = boosted(problem)

    found = margins_of(fit.trees(), features)

    assert found == pytest.approx(fit.margins(features.astype(np.float32), 12), abs=1e-5)


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_the_loss_on_other_rows_falls_from_that_of_the_constants(problem: Problem) -> None:
    fit, _ = boosted(problem)

    assert len(fit.losses) == 12
    assert fit.losses[-1] < fit.losses[0]


def test_a_class_without_rows_is_never_likely() -> None:
    features, labels = made_up("multiclass")
    some = labels != 1
    fit = BoostingFit(
        features[some].astype(np.float32),
        labels[some],
        np.ones(some.sum()),
        "multiclass",
        3,
        rounds=5,
    )

    margins = fit.margins(features.astype(np.float32), 5)

    assert set(margins.argmax(axis=1)) == {0, 2}


def test_the_features_that_matter_have_the_greatest_importance() -> None:
    fit, features = boosted("binary")

    importances = fit.trees().importances(features.shape[1])

    assert set(np.argsort(-importances)[:2]) == {0, 1}
    assert importances.sum() == pytest.approx(1.0)


def test_adjusted_trees_have_adjusted_margins() -> None:
    fit, features = boosted("multiclass")
    trees, offset = fit.trees(), np.array([1.0, 2.0, 3.0])

    adjusted = margins_of(trees.adjusted(0.5, offset), features[:20])

    assert adjusted == pytest.approx(0.5 * margins_of(trees, features[:20]) + offset)


floats = st.floats(-1e6, 1e6, width=32)


@given(floats, st.floats(-1e6, 1e6))
def test_a_double_goes_left_exactly_where_its_float_is_below_the_condition(
    condition: float, near: float
) -> None:
    bound = largest_left(condition)
    above = float(np.nextafter(bound, np.inf))

    for value in (
        near,
        bound,
        above,
        condition,
        float(np.nextafter(np.float32(condition), -np.inf)),
    ):
        assert (value <= bound) == (np.float32(value) < np.float32(condition))
