"""Which rows trials are fitted on, and the last fit."""

import logging
import random
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from emr_ml.contract.schema import Label
from emr_ml_tests.spark_jobs.bench import DEFAULTS
from spark_jobs.columns import LABEL, ROW_ID, SPLIT, WEIGHT
from spark_jobs.learning.estimators import SHORT_ITERATIONS, WIDE, Trial, make_trials
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.featurization import sample_vectors
from spark_jobs.learning.label_encoding import ESTIMATED, LabelEncoding, positive_probability
from spark_jobs.learning.spark_search import FittedTrial, SparkSearch, fit_trials
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.runtime.job import Stopwatch


def encoding(positive: str | None, classes: tuple[str, ...] = ()) -> LabelEncoding:
    label: Any = Label(column="y", positive=positive).model_dump(mode="json")
    return LabelEncoding(label, classes)


LOGISTIC = {**DEFAULTS, "estimator": "logistic_regression"}
BINARY = encoding("yes")
ROWS = 240  # in the training split
# longer than short fits, and no longer than a test needs
FEW_ITERATIONS = SHORT_ITERATIONS + 3


@pytest.fixture(scope="module")
def wide(spark: SparkSession) -> DataFrame:
    """Vectors long enough for short fits, in which one feature mostly equals the label."""
    chance = random.Random(1)
    rows = []
    for number in range(ROWS + 60):
        label = number % 2
        noise = sorted({chance.randrange(2, WIDE) for _ in range(3)})
        hint = label if chance.random() < 0.9 else 1 - label
        vector = Vectors.sparse(WIDE, [hint, *noise], [1.0] * (1 + len(noise)))
        split = TRAIN if number < ROWS else VALIDATION
        rows.append((split, float(label), 1.0, vector, f"row {number}"))
    return spark.createDataFrame(rows, [SPLIT, LABEL, WEIGHT, FEATURES, ROW_ID]).cache()


def tuned(
    vectors: DataFrame, trials: list[Trial], step: int, encoding: LabelEncoding = BINARY
) -> list[FittedTrial]:
    return fit_trials(
        vectors,
        trials,
        encoding,
        parallel=1,
        sampling_step=step,
        log=logging.getLogger("test"),
    )


def with_penalties(*penalties: float, **params: Any) -> list[Trial]:
    given: Any = {**LOGISTIC, "regularization": penalties, "tolerance": 1e-9, **params}
    given["max_iterations"] = FEW_ITERATIONS
    return make_trials(given, "binary", WIDE)


def rows_of(fitted: FittedTrial) -> int:
    return fitted.model.summary.predictions.count()


@pytest.mark.parametrize("step", [1, 3])
def test_short_fits_use_a_sample_and_the_best_is_fitted_on_the_whole_training_split(
    wide: DataFrame, step: int
) -> None:
    part = sample_vectors(wide.where(F.col(SPLIT) == TRAIN), step).count()

    worst, best, worse = tuned(wide, with_penalties(10.0, 1e-3, 1.0), step)

    assert part == ROWS if step == 1 else ROWS // 6 < part < ROWS // 2
    assert [rows_of(each) for each in (worst, worse)] == [part, part]
    assert rows_of(best) == ROWS
    assert best.fit.get("iterations", 0) > SHORT_ITERATIONS


def test_a_short_fit_on_a_sample_is_repeated_on_all_rows_even_if_it_ended(
    wide: DataFrame,
) -> None:
    loose = with_penalties(10.0, 1.0, tolerance=0.5)

    found = tuned(wide, loose, 3)

    assert found[1].fit.get("iterations", 999) < SHORT_ITERATIONS
    assert rows_of(found[0]) < ROWS
    assert rows_of(found[1]) == ROWS


def test_a_short_fit_knows_a_class_that_its_sample_lacks(wide: DataFrame) -> None:
    (left_out, *_) = wide.where(F.col(SPLIT) == TRAIN).exceptAll(sample_vectors(wide, 3)).collect()
    rare = (F.col(ROW_ID) == left_out[ROW_ID]) | (F.col(ROW_ID) == f"row {ROWS}")
    vectors = wide.withColumn(LABEL, F.when(rare, 2.0).otherwise(F.col(LABEL)))
    several = encoding(None, ("no", "yes", "maybe"))
    params: Any = {**LOGISTIC, "regularization": [1.0, 1e-3]}
    params["max_iterations"] = FEW_ITERATIONS

    found = tuned(vectors, make_trials(params, "multiclass", WIDE), 3, several)

    assert [each.model.numClasses for each in found] == [3, 3]
    assert all(each.figures().get("log_loss") for each in found)


def test_a_single_trial_and_those_without_a_short_form_use_all_rows(
    wide: DataFrame,
) -> None:
    without = [replace(each, short=None) for each in with_penalties(1.0, 1e-3)]

    assert [rows_of(each) for each in tuned(wide, without, 3)] == [ROWS, ROWS]
    assert [rows_of(each) for each in tuned(wide, with_penalties(1.0), 3)] == [ROWS]


def searched(vectors: DataFrame, encoding: LabelEncoding, **params: Any) -> SparkSearch:
    given: Any = {**DEFAULTS, "regularization": [1e-3], **params}
    (first,) = vectors.select(FEATURES).head(1)
    size: int = first[FEATURES].size
    return SparkSearch(
        vectors,
        size,
        vectors.count(),
        encoding,
        given,
        equal_weights=False,
        stopwatch=Stopwatch(),
        log=logging.getLogger("test"),
    )


@pytest.fixture(scope="module")
def narrow(spark: SparkSession) -> DataFrame:
    """Vectors of two features; the first one mostly tells the three labels."""
    chance = random.Random(2)
    rows = []
    for number in range(150):
        label = number % 3
        vector = Vectors.dense([label + chance.gauss(0, 0.3), chance.random()])
        split = VALIDATION if number % 5 == 0 else TRAIN
        rows.append((split, float(label), 1.0, vector, f"row {number}"))
    return spark.createDataFrame(rows, [SPLIT, LABEL, WEIGHT, FEATURES, ROW_ID]).cache()


@pytest.mark.parametrize(
    ("estimator", "more"),
    [
        ("logistic_regression", {}),
        ("gradient_boosted_trees", {"max_iterations": 3}),
    ],
)
def test_the_last_fit_predicts_by_the_chosen_threshold(
    narrow: DataFrame, estimator: str, more: dict[str, Any]
) -> None:
    rows = narrow.withColumn(LABEL, (F.col(LABEL) > 0).cast("double"))
    with closing(searched(rows, BINARY, estimator=estimator, threshold="f1", **more)) as search:
        fit = search.fit_best()
        threshold = fit.figures.get("threshold", -1)

        predicted = PipelineModel(list(fit.stages)).transform(rows)
        found = predicted.select(positive_probability(), ESTIMATED).collect()

    assert 0 < threshold < 1
    assert search.figures[0].get("estimator") == estimator
    assert [row[1] for row in found] == [float(row[0] > threshold) for row in found]


def test_a_class_that_only_the_validation_split_has_is_left_out_of_the_last_fit(
    narrow: DataFrame,
) -> None:
    unknown = (F.col(SPLIT) == VALIDATION) & (F.col(LABEL) == 2)
    rows = narrow.where((F.col(LABEL) < 2) | unknown)
    rows = rows.withColumn(LABEL, F.when(F.col(LABEL) < 2, F.col(LABEL)))
    forest = {"estimator": "random_forest", "trees": 3, "max_depth": [2]}

    with closing(searched(rows, encoding(None, ("no", "yes")), **forest)) as search:
        (model,) = search.fit_best().stages

    assert getattr(model, "numClasses", 0) == 2
