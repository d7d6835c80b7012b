"""Which feature each index of a vector is."""

from typing import Any

from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, fitted, rules_of, vectors
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
    return feature_blocks(rules_of(KINDS), settings, model.stages), len(
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
    found = {block.column: block for block in feature_blocks(rules_of(KINDS), TERMS, model.stages)}

    second = vectors(model, frame)[1].toArray()

    assert second[found["c"].indices].tolist() == [0, 1, 0]
    assert second[found["d"].indices].tolist() == [1, 0]
    assert second[found["a"].indices].tolist() == second[found["b"].indices].tolist() == [0]
    assert second[found["t"].indices].tolist().count(0) == 7


def test_word_vectors_have_dimensions_instead_of_names() -> None:
    settings: Any = {**SETTINGS, "text": "word2vec", "dimensions": 3}
    (block,) = feature_blocks(rules_of({"t": "text"}), settings, [])

    assert [block.name(index, {}) for index in range(3)] == [
        "t: dimension 0",
        "t: dimension 1",
        "t: dimension 2",
    ]


def test_a_name_has_a_length() -> None:
    block = FeatureBlock("c", "categorical", 0, 2, ("x" * 1000,))

    assert len(block.name(0, {})) == MAX_NAME_CHARACTERS + 1


def test_hashed_categories_and_parts_of_times_have_their_own_indices(spark: SparkSession) -> None:
    columns = {
        "user": {"kind": "categorical", "hashed": 8},
        "at": {"kind": "datetime", "parts": ["elapsed", "hour"]},
        "colour": "categorical",
        "n": "numeric",
    }
    rows = [("u1", "2024-01-01 06:00", "red", 1.0), ("u2", "2024-01-02", "blue", 2.0)]
    frame = spark.createDataFrame(rows, "user string, at string, colour string, n double")
    frame = frame.withColumn("at", frame["at"].cast("timestamp"))
    model = fitted(frame, columns, SETTINGS)

    found = feature_blocks(rules_of(columns), TERMS, model.stages)

    assert [(block.column, block.size) for block in found] == [
        ("n", 1),
        ("at", 7),
        ("colour", 3),
        ("user", 8),
    ]
    assert found[-1].indices.stop == len(vectors(model, frame)[0].toArray())
    names = [block_at(found, index).name(index, {}) for index in range(9)]
    assert names[:4] == ["n", "at: elapsed", "at: hour (sine)", "at: hour (cosine)"]
    assert names[4:6] == ["at: hour (sine 2)", "at: hour (cosine 2)"]
    assert names[7:] == ["at: hour (cosine 3)", "colour=blue"]
    assert found[-1].name(found[-1].start + 3, {}) == "user: group 3"


def test_a_hashed_category_that_was_not_seen_needs_no_fit(spark: SparkSession) -> None:
    columns = {"user": {"kind": "categorical", "hashed": 64}}
    frame = spark.createDataFrame([("u1",), ("u2",)], "user string")
    model = fitted(frame, columns, SETTINGS)

    new, missing = vectors(model, spark.createDataFrame([("u9",), (None,)], "user string"))

    assert (sum(new.toArray()), sum(missing.toArray())) == (1, 0)
