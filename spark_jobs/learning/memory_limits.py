"""Limits that keep fits within memory and time: vector lengths, parallel fits, samples."""

from math import ceil, log2
from typing import Any, Literal

from pyspark.sql import SparkSession

from spark_jobs.learning.params import EstimatorName, FeaturizerParams
from spark_jobs.runtime.job import JobError

TREES = ("random_forest", "gradient_boosted_trees")
WORD2VEC_DIMENSIONS = 100
HASHED_TERMS = 1 << 18
FOREST_HASHED_TERMS = 1 << 11  # a forest stores each feature of each row, including zeros
MAX_FOREST_FEATURES = 1 << 16
MAX_TREE_CELLS = 1 << 25  # rows times features; more would take one process minutes
MAX_COEFFICIENTS = 1 << 21  # of all classes together, unless the contract sets the length
# L-BFGS keeps ten pairs of gradients and steps; measured with rows and tasks in memory as well
COPIES_OF_COEFFICIENTS = 48
BYTES_PER_NUMBER = 8

MAX_PARALLEL_FITS = 3
MAX_PARALLEL_ROWS = 50_000  # a fit on more rows keeps the cores busy by itself
MAX_PARALLEL_CELLS = 1 << 32  # rows times coefficients
# The best candidate on fewer rows is not always the best on all rows, so candidates are compared on
# at least a quarter.
ENOUGH_ROWS, MAX_SAMPLING_STEP = 5_000, 4


def text_dimensions(
    params: FeaturizerParams, estimator: EstimatorName | Literal["auto"], classes: int
) -> int:
    """Return the length of a text's vector: the contract's, or a default for text and estimator.

    With many classes, a regression gets fewer hashed terms, as it has coefficients for each class.
    """
    if params["dimensions"] is not None:
        return params["dimensions"]
    if params["text"] == "word2vec":
        return WORD2VEC_DIMENSIONS
    if estimator in TREES:
        return FOREST_HASHED_TERMS
    return min(HASHED_TERMS, MAX_COEFFICIENTS >> ceil(log2(max(classes, 1))))


def check_feature_count(
    spark: SparkSession, estimator: EstimatorName, features: int, classes: int
) -> None:
    """Raise JobError if a fit on vectors of that length needs too much time or memory."""
    if estimator in TREES:
        if features > MAX_FOREST_FEATURES:
            raise JobError(
                f"{features} features are too many for trees, which scan every feature of "
                f"every row: the limit is {MAX_FOREST_FEATURES}. Set smaller `dimensions` "
                "in `featurizers`, remove categorical columns of many values, or choose another "
                "estimator"
            )
        return
    needed, heap = _bytes_per_fit(features, classes), _heap_bytes(spark)
    if needed > heap:
        raise JobError(
            f"{features} features for {max(classes, 1)} classes need about {needed >> 20} MB of "
            f"the driver's memory, which is {heap >> 20} MB. Set smaller `dimensions` in "
            "`featurizers`, remove categorical columns of many values, or give the driver more"
        )


def parallel_fits(spark: SparkSession, rows: int, features: int, classes: int) -> int:
    """Return how many fits to run at a time: several only if one leaves cores and memory idle."""
    cells = rows * features * max(classes, 1)
    if rows > MAX_PARALLEL_ROWS or cells > MAX_PARALLEL_CELLS:
        return 1
    fitting_in_memory = _heap_bytes(spark) // _bytes_per_fit(features, classes)
    return min(max(fitting_in_memory, 1), MAX_PARALLEL_FITS)


def sampling_step(rows: int) -> int:
    """Return n such that one row in n is enough to compare candidates by short fits."""
    return min(max(rows // ENOUGH_ROWS, 1), MAX_SAMPLING_STEP)


def _bytes_per_fit(features: int, classes: int) -> int:
    return features * max(classes, 1) * BYTES_PER_NUMBER * COPIES_OF_COEFFICIENTS


def _heap_bytes(spark: SparkSession) -> int:
    jvm: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    return jvm.java.lang.Runtime.getRuntime().maxMemory()
