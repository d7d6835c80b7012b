"""How long vectors are, and how much of a fit goes on at a time: what fits into memory."""

from collections.abc import Mapping
from math import ceil, log2
from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.runtime.job import JobError

WORD_VECTOR = 100
HASHED_TERMS = 1 << 18
HASHED_TERMS_OF_A_FOREST = 1 << 11  # it writes down each feature of each row, zeros too
MOST_FEATURES_OF_A_FOREST = 1 << 16
COEFFICIENTS = 1 << 21  # of all classes together, if the contract leaves the length open
# L-BFGS looks back on ten pairs of gradients and steps; measured with rows and tasks beside them
COPIES_OF_COEFFICIENTS = 48
BYTES_OF_A_NUMBER = 8

AT_ONCE = 3
FEW_ROWS = 50_000  # more keep the cores busy by themselves
FEW_CELLS = 1 << 32  # rows by coefficients
# What is best for fewer rows is not quite what is best for all: candidates are told apart on a
# quarter at least, and penalties that are tried lie a hundredfold apart.
ENOUGH_ROWS, THINNEST = 5_000, 4


def dimensions(settings: Mapping[str, Any], estimator: str, classes: int) -> int:
    """The length of a text's vector: the contract's, or what suits text and estimator.

    Of hashed terms, a regression of many classes takes fewer: it has coefficients for each class.
    """
    if settings["dimensions"] is not None:
        return settings["dimensions"]
    if settings["text"] == "word2vec":
        return WORD_VECTOR
    if estimator == "random_forest":
        return HASHED_TERMS_OF_A_FOREST
    return min(HASHED_TERMS, COEFFICIENTS >> ceil(log2(max(classes, 1))))


def check_size(spark: SparkSession, estimator: str, features: int, classes: int) -> None:
    """Raises JobError if a fit on vectors of that length can't come to an end."""
    if estimator == "random_forest":
        if features > MOST_FEATURES_OF_A_FOREST:
            raise JobError(
                f"{features} features are too many for a random forest, which looks at each of "
                f"them in each row: it takes {MOST_FEATURES_OF_A_FOREST}. Set smaller `dimensions` "
                "in `featurizers`, leave out categorical columns of many values, or take another "
                "estimator"
            )
        return
    needed, heap = _bytes_of_a_fit(features, classes), _heap(spark)
    if needed > heap:
        raise JobError(
            f"{features} features for {max(classes, 1)} classes need about {needed >> 20} MB of "
            f"the driver's memory, which is {heap >> 20} MB. Set smaller `dimensions` in "
            "`featurizers`, leave out categorical columns of many values, or give the driver more"
        )


def at_once(spark: SparkSession, rows: int, features: int, classes: int) -> int:
    """How many candidates to fit at a time: several only if each leaves cores and memory idle."""
    if rows > FEW_ROWS or rows * features * max(classes, 1) > FEW_CELLS:
        return 1
    return min(max(_heap(spark) // _bytes_of_a_fit(features, classes), 1), AT_ONCE)


def one_row_of(rows: int) -> int:
    """Of how many rows one is enough to tell candidates apart by a short fit."""
    return min(max(rows // ENOUGH_ROWS, 1), THINNEST)


def _bytes_of_a_fit(features: int, classes: int) -> int:
    return features * max(classes, 1) * BYTES_OF_A_NUMBER * COPIES_OF_COEFFICIENTS


def _heap(spark: SparkSession) -> int:
    jvm: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    return jvm.java.lang.Runtime.getRuntime().maxMemory()
