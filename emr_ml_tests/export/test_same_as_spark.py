"""The exported scorer and Spark, row by row on rows that hypothesis makes up."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

import pytest

from emr_ml_tests.export.fitted import REASONS, TEXTS, Fitted, Pipelines
from emr_ml_tests.spark_jobs.bench import Bench

ESTIMATORS = {
    "binary": ("logistic_regression", "gradient_boosted_trees", "random_forest"),
    "multiclass": ("logistic_regression", "gradient_boosted_trees", "random_forest"),
    "regression": ("linear_regression", "gradient_boosted_trees", "random_forest"),
}
EXPLAINED = 100  # rows
# of terms: the cycles of a far year are sines of large angles, and Java and Python round these
ROUNDING = 1e-8
FAR_YEAR = re.compile(r"[+]?[0-9]{5,}-")
# advice about the contract, which a row that is scored does not need
ADVICE = re.compile(r"\. (?:Is its decimal|The contract's|If it means no value|Does ')[^;]*")


@pytest.fixture(scope="module", name="pipelines")
def fixture_pipelines(bench: Bench) -> Pipelines:
    return Pipelines(bench)


def check(pipelines: Pipelines, fitted: Fitted, problem: str) -> None:
    expected = pipelines.spark_predictions(fitted)
    predicted = fitted.scorer.predict(pipelines.rows)
    for row, actual in zip(pipelines.rows, predicted, strict=True):
        wanted = expected.get(row["row"])
        assert (actual["reason"] is None) == (wanted is not None), row
        if wanted is None:
            continue
        if problem == "regression":
            is_far = any(FAR_YEAR.match(value) for value in row.values())
            rounding = ROUNDING * terms(fitted, row) if is_far else None
            exact = pytest.approx(wanted["prediction"], 1e-9, rounding)
            assert actual["prediction"] == exact, row
        else:
            assert actual["prediction"] == wanted["prediction"], row
            assert actual["probability"] == pytest.approx(wanted["probability"], abs=1e-9), row
    check_reasons(pipelines, fitted, expected)


def terms(fitted: Fitted, row: Mapping[str, Any]) -> float:
    """The size of what is added up to a prediction."""
    return sum(abs(each["contribution"]) for each in fitted.scorer.explain(row, len(row)))


def check_reasons(
    pipelines: Pipelines, fitted: Fitted, expected: Mapping[str, Mapping[str, Any]]
) -> None:
    compared = 0
    for row in pipelines.rows[:EXPLAINED]:
        found = expected.get(row["row"], {}).get("reasons")
        if found is None:
            continue
        wanted = fitted.scorer.explain(row, REASONS)
        contributions = [each["contribution"] for each in wanted]
        assert [each["contribution"] for each in found] == pytest.approx(contributions, abs=1e-9)
        assert [each["column"] for each in found] == [each["column"] for each in wanted], row
        compared += 1
    assert compared > EXPLAINED / 10


@pytest.mark.parametrize(
    ("problem", "estimator", "text", "class_weight"),
    [
        ("binary", "logistic_regression", "tf_idf", "balanced"),
        ("multiclass", "gradient_boosted_trees", "hashing_tf", "none"),
        pytest.param("multiclass", "random_forest", "word2vec", "balanced", marks=pytest.mark.soak),
    ],
)
def test_predictions_are_those_of_spark(
    pipelines: Pipelines, problem: str, estimator: str, text: str, class_weight: str
) -> None:
    check(pipelines, pipelines.fit(problem, estimator, text, class_weight), problem)


def test_predictions_of_a_linear_regression_are_those_of_spark(pipelines: Pipelines) -> None:
    check(pipelines, pipelines.linear, "regression")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("problem", "estimator", "text"),
    [
        (problem, estimator, text)
        for problem, text in itertools.product(ESTIMATORS, TEXTS)
        for estimator in ESTIMATORS[problem]
    ],
)
def test_predictions_of_each_estimator_with_each_featurizer_are_those_of_spark(
    pipelines: Pipelines, problem: str, estimator: str, text: str
) -> None:
    check(pipelines, pipelines.fit(problem, estimator, text), problem)


def test_rows_are_rejected_for_the_reasons_of_spark(pipelines: Pipelines) -> None:
    predicted = pipelines.linear.scorer.predict(pipelines.rows)

    assert {
        row["row"]: actual["reason"]
        for row, actual in zip(pipelines.rows, predicted, strict=True)
        if actual["reason"]
    } == {row: ADVICE.sub("", reason) for row, reason in pipelines.rejected.items()}
