"""The exported scorer and Spark, row by row on rows that hypothesis makes up."""

import pytest

from emr_ml_tests.export.fitted import Pipelines
from emr_ml_tests.spark_jobs.bench import Bench


@pytest.fixture(scope="module", name="pipelines")
def fixture_pipelines(bench: Bench) -> Pipelines:
    return Pipelines(bench)


@pytest.mark.parametrize(
    ("problem", "estimator", "class_weight"),
    [
        ("binary", "logistic_regression", "none"),
        ("binary", "random_forest", "balanced"),
        ("multiclass", "logistic_regression", "balanced"),
        ("multiclass", "random_forest", "none"),
        ("regression", "linear_regression", "none"),
        ("regression", "random_forest", "none"),
    ],
)
def test_predictions_are_those_of_spark(
    pipelines: Pipelines, problem: str, estimator: str, class_weight: str
) -> None:
    for fitted in pipelines.fit(problem, estimator, class_weight):
        expected = pipelines.spark_predictions(fitted)
        predicted = fitted.scorer.predict(pipelines.rows)
        for row, actual in zip(pipelines.rows, predicted, strict=True):
            if row["row"] not in expected:
                assert actual["reason"], row
                continue
            assert actual["reason"] is None, row
            wanted = expected[row["row"]]
            if problem == "regression":
                assert actual["prediction"] == pytest.approx(wanted["prediction"], 1e-9), row
            else:
                assert actual["prediction"] == wanted["prediction"], row
                assert actual["probability"] == pytest.approx(wanted["probability"], abs=1e-9), row


def test_rows_are_rejected_for_the_reasons_of_spark(pipelines: Pipelines) -> None:
    fitted = next(iter(pipelines.fit("regression", "linear_regression")))

    predicted = fitted.scorer.predict(pipelines.rows)

    assert {
        row["row"]: actual["reason"]
        for row, actual in zip(pipelines.rows, predicted, strict=True)
        if actual["reason"]
    } == pipelines.rejected
