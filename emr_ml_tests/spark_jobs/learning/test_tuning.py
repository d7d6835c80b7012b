"""Which rows candidates are fitted on, and whether a fit has come to its end."""

import logging
import random
from dataclasses import replace
from typing import Any

import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from emr_ml_tests.spark_jobs.bench import DEFAULTS
from spark_jobs.learning.estimators import SHORT, WIDE, Trial, trials
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.learning.target import Target
from spark_jobs.learning.tuning import Candidate, is_flat, tune
from spark_jobs.learning.vectors import thinned
from spark_jobs.names import LABEL, ROW_ID, SIDE
from spark_jobs.runtime.job import Stopwatch

TARGET = Target({"kind": "category", "positive": "yes"})
ROWS = 240  # of the training side


def wide(spark: SparkSession) -> DataFrame:
    """Vectors of as many features as it takes for short fits, one of which tells the label."""
    chance = random.Random(1)
    rows = []
    for place in range(ROWS + 60):
        label = place % 2
        noise = sorted({chance.randrange(2, WIDE) for _ in range(3)})
        told = label if chance.random() < 0.9 else 1 - label
        vector = Vectors.sparse(WIDE, [told, *noise], [1.0] * (1 + len(noise)))
        side = TRAIN if place < ROWS else VALIDATION
        rows.append((side, float(label), vector, f"row {place}"))
    return spark.createDataFrame(rows, [SIDE, LABEL, FEATURES, ROW_ID]).cache()


def tuned(
    vectors: DataFrame, given: list[Trial], one_row_of: int, target: Target = TARGET
) -> list[Candidate]:
    return tune(
        vectors,
        given,
        target,
        at_once=1,
        one_row_of=one_row_of,
        watch=Stopwatch(),
        log=logging.getLogger("test"),
    )


def with_penalties(*penalties: float, **params: Any) -> list[Trial]:
    params = {**DEFAULTS, "regularization": penalties, "tolerance": 1e-9, **params}
    return trials(params, "binary", WIDE)


def rows_of(candidate: Candidate) -> int:
    return candidate.model.summary.predictions.count()


@pytest.mark.parametrize("one_row_of", [1, 3])
def test_short_fits_take_a_part_of_the_training_side_and_the_best_takes_all(
    spark: SparkSession, one_row_of: int
) -> None:
    vectors = wide(spark)
    part = thinned(vectors.where(F.col(SIDE) == TRAIN), one_row_of).count()

    worst, best, worse = tuned(vectors, with_penalties(10.0, 1e-3, 1.0), one_row_of)

    assert part == ROWS if one_row_of == 1 else ROWS // 6 < part < ROWS // 2
    assert [rows_of(each) for each in (worst, worse)] == [part, part]
    assert rows_of(best) == ROWS
    assert best.fit["iterations"] > SHORT


def test_a_short_fit_that_ended_is_done_again_on_all_rows_if_it_saw_a_part(
    spark: SparkSession,
) -> None:
    loose = with_penalties(10.0, 1.0, tolerance=0.5)

    found = tuned(wide(spark), loose, 3)

    assert found[1].fit["iterations"] < SHORT
    assert rows_of(found[0]) < ROWS
    assert rows_of(found[1]) == ROWS


def test_a_short_fit_knows_of_a_class_that_its_part_has_no_row_of(spark: SparkSession) -> None:
    vectors = wide(spark)
    (left_out, *_) = vectors.where(F.col(SIDE) == TRAIN).exceptAll(thinned(vectors, 3)).collect()
    rare = (F.col(ROW_ID) == left_out[ROW_ID]) | (F.col(ROW_ID) == f"row {ROWS}")
    vectors = vectors.withColumn(LABEL, F.when(rare, 2.0).otherwise(F.col(LABEL)))
    several = Target({"kind": "category", "positive": None}, classes=("no", "yes", "maybe"))
    given = trials({**DEFAULTS, "regularization": [1.0, 1e-3]}, "multiclass", WIDE)

    found = tuned(vectors, given, 3, several)

    assert [each.model.numClasses for each in found] == [3, 3]
    assert all(each.scores["log_loss"] for each in found)


def test_a_candidate_alone_and_those_without_a_short_form_take_all_rows(
    spark: SparkSession,
) -> None:
    without = [replace(each, short=None) for each in with_penalties(1.0, 1e-3)]

    assert [rows_of(each) for each in tuned(wide(spark), without, 3)] == [ROWS, ROWS]
    assert [rows_of(each) for each in tuned(wide(spark), with_penalties(1.0), 3)] == [ROWS]


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
def test_a_fit_is_flat_if_its_last_iterations_brought_next_to_nothing(
    history: list[float], flat: bool
) -> None:
    assert is_flat(history) is flat
