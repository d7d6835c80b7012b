"""Which feature each index of a vector is."""

from typing import Any

from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, fitted, vectors
from spark_jobs.contract import Kind
from spark_jobs.learning.feature_blocks import (
    MAX_NAME_CHARACTERS,
    FeatureBlock,
    block_at,
    feature_blocks,
)

KINDS: dict[str, Kind] = {
    "b": "numeric",
    "a": "numeric",
    "c": "categorical",
    "d": "categorical",
    "t": "text",
}
ROWS = [(1.0, 5.0, "x", "u", "one"), (2.0, 6.0, "y", "u", "two"), (3.0, 7.0, "x", None, "one")]
TERMS: Any = {**SETTINGS, "dimensions": 8}


def blocks(spark: SparkSession, settings: Any) -> tuple[list[FeatureBlock], int]:
    """The blocks of the vectors, and their length."""
    frame = spark.createDataFrame(ROWS, "b double, a double, c string, d string, t string")
    model = fitted(frame, KINDS, settings)
    return feature_blocks(KINDS, settings, model.stages, {}), len(
        vectors(model, frame)[0].toArray()
    )


def test_every_index_has_its_name(spark: SparkSession) -> None:
    found, size = blocks(spark, TERMS)

    names = [block_at(found, index).name(index, {8: "one / two"}) for index in range(size)]

    assert names[:6] == ["a", "b", "c=x", "c=y", "c missing or unknown", "d=u"]
    assert names[6:9] == ["d missing or unknown", "t: term 0", "t: one / two"]
    assert len(names) == found[-1].indices.stop == 2 + 3 + 2 + 8


def test_a_block_has_the_indices_of_its_values(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, "b double, a double, c string, d string, t string")
    model = fitted(frame, KINDS, TERMS)
    found = {block.column: block for block in feature_blocks(KINDS, TERMS, model.stages, {})}

    second = vectors(model, frame)[1].toArray()

    assert second[found["c"].indices].tolist() == [0, 1, 0]
    assert second[found["d"].indices].tolist() == [1, 0]
    assert second[found["a"].indices].tolist() == second[found["b"].indices].tolist() == [0]
    assert second[found["t"].indices].tolist().count(0) == 7


def test_word_vectors_have_dimensions_instead_of_names() -> None:
    settings: Any = {**SETTINGS, "text": "word2vec", "dimensions": 3}
    (block,) = feature_blocks({"t": "text"}, settings, [], {})

    assert [block.name(index, {}) for index in range(3)] == [
        "t: dimension 0",
        "t: dimension 1",
        "t: dimension 2",
    ]


def test_a_name_has_a_length() -> None:
    block = FeatureBlock("c", "categorical", 0, 2, ("x" * 1000,))

    assert len(block.name(0, {})) == MAX_NAME_CHARACTERS + 1
