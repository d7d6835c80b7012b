"""What stands at each place of a vector."""

from typing import Any

from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, fitted, vectors
from spark_jobs.learning.slots import LONGEST_NAME, Block, block_at, blocks_of

KINDS = {"b": "numeric", "a": "numeric", "c": "categorical", "d": "categorical", "t": "text"}
ROWS = [(1.0, 5.0, "x", "u", "one"), (2.0, 6.0, "y", "u", "two"), (3.0, 7.0, "x", None, "one")]
TERMS: dict[str, Any] = {**SETTINGS, "dimensions": 8}


def blocks(spark: SparkSession, settings: dict[str, Any]) -> tuple[list[Block], int]:
    """What is said of the vectors, and their length."""
    frame = spark.createDataFrame(ROWS, "b double, a double, c string, d string, t string")
    model = fitted(frame, KINDS, settings)
    return blocks_of(KINDS, settings, model.stages), len(vectors(model, frame)[0].toArray())


def test_every_place_has_its_name(spark: SparkSession) -> None:
    found, size = blocks(spark, TERMS)

    names = [block_at(found, place).name(place, {8: "one / two"}) for place in range(size)]

    assert names[:6] == ["a", "b", "c=x", "c=y", "c missing or unknown", "d=u"]
    assert names[6:9] == ["d missing or unknown", "t: term 0", "t: one / two"]
    assert len(names) == 2 + 3 + 2 + 8


def test_the_places_of_blocks_lie_in_the_vector_where_their_values_do(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, "b double, a double, c string, d string, t string")
    model = fitted(frame, KINDS, TERMS)
    found = {block.column: block for block in blocks_of(KINDS, TERMS, model.stages)}

    second = vectors(model, frame)[1].toArray()

    assert second[found["c"].places].tolist() == [0, 1, 0]
    assert second[found["d"].places].tolist() == [1, 0]
    assert second[found["a"].places].tolist() == second[found["b"].places].tolist() == [0]
    assert second[found["t"].places].tolist().count(0) == 7


def test_word_vectors_have_dimensions_instead_of_names() -> None:
    (block,) = blocks_of({"t": "text"}, {"text": "word2vec", "dimensions": 3}, [])

    assert [block.name(place, {}) for place in range(3)] == [
        "t: dimension 0",
        "t: dimension 1",
        "t: dimension 2",
    ]


def test_a_name_has_a_length() -> None:
    block = Block("c", "categorical", 0, 2, ("x" * 1000,))

    assert len(block.name(0, {})) == LONGEST_NAME + 1
