"""Hashed terms get their words back."""

from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import HashingTF
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import row_id
from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS
from spark_jobs.learning.features import featurizer
from spark_jobs.learning.slots import Block
from spark_jobs.learning.vocabulary import TEXTS_OF_A_TERM, terms_at

START = 5


def places(dimensions: int, *terms: str) -> list[int]:
    indexer = HashingTF(numFeatures=dimensions)
    return [START + indexer.indexOf(term) for term in terms]


def told(
    spark: SparkSession, texts: dict[str, list[str]], asked: list[int], dimensions: int = 1 << 18
) -> dict[int, str]:
    """The terms at these places, of texts by their side."""
    rows = [
        (side, row_id(side, number), 0.0, text, "other words")
        for side, each in texts.items()
        for number, text in enumerate(each)
    ]
    seen = spark.createDataFrame(
        rows, "_side string, row_id string, _label double, t string, a string"
    )
    settings: dict[str, Any] = {**SETTINGS, "dimensions": dimensions}
    plan = featurizer({"t": "text", "a": "text"}, settings)
    stages: list[Any] = list(plan.by_row)
    prepared = PipelineModel(stages).transform(seen).select("_side", "row_id", *plan.between)
    block = Block("t", "text", START, dimensions, hashed="__text_1_hashed")
    return terms_at(seen, prepared, plan.by_row, block, asked)


def test_terms_of_one_and_of_two_words_get_their_words_back(spark: SparkSession) -> None:
    asked = places(1 << 18, "great", "great film", "film")

    found = told(spark, {"train": ["a Great film", "bad"]}, asked)

    assert found == dict(zip(asked, ["great", "great film", "film"], strict=True))


def test_terms_that_share_a_place_are_told_the_commonest_first(spark: SparkSession) -> None:
    texts = ["good"] * 5 + ["bad", "bad", "bad", "ugly", "ugly"]

    assert told(spark, {"train": texts}, [START], 1) == {START: "good / bad / ugly"}


def test_rare_terms_that_share_a_place_with_a_common_one_are_not_told(spark: SparkSession) -> None:
    texts = ["good"] * (TEXTS_OF_A_TERM - 1) + ["bad"]

    assert told(spark, {"train": texts}, [START], 1) == {START: "good"}


def test_only_the_training_side_is_looked_into(spark: SparkSession) -> None:
    texts = {"train": ["good"], "validation": ["bad"] * 5}

    assert told(spark, texts, [START], 1) == {START: "good"}


def test_a_place_without_a_term_has_none(spark: SparkSession) -> None:
    assert told(spark, {"train": ["good"]}, places(1 << 18, "bad")) == {}


@pytest.mark.parametrize("count", [3 * TEXTS_OF_A_TERM])
def test_a_rare_term_is_found_among_many_texts(spark: SparkSession, count: int) -> None:
    (asked,) = places(1 << 18, "rare")

    assert told(spark, {"train": ["common"] * count + ["rare"]}, [asked]) == {asked: "rare"}
