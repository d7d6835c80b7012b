"""The terms that were hashed to an index."""

from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import HashingTF
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import row_id
from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, rules_of
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.features import make_featurizer
from spark_jobs.learning.vocabulary import TEXTS_PER_TERM, terms_by_index

START = 5


def indices(dimensions: int, *terms: str) -> list[int]:
    indexer = HashingTF(numFeatures=dimensions)
    return [START + indexer.indexOf(term) for term in terms]


def found_terms(
    spark: SparkSession, texts: dict[str, list[str]], wanted: list[int], dimensions: int = 1 << 18
) -> dict[int, str]:
    """The terms at these indices, given texts by split."""
    rows = [
        (split, row_id(split, number), 0.0, text, "other words")
        for split, each in texts.items()
        for number, text in enumerate(each)
    ]
    rows_of_texts = spark.createDataFrame(
        rows, "_side string, __row_id string, _label double, t string, a string"
    )
    settings: Any = {**SETTINGS, "dimensions": dimensions}
    featurizer = make_featurizer(rules_of({"t": "text", "a": "text"}), settings)
    stages: list[Any] = list(featurizer.row_stages)
    prepared = (
        PipelineModel(stages)
        .transform(rows_of_texts)
        .select("_side", "__row_id", *featurizer.prepared)
    )
    block = FeatureBlock("t", "text", START, dimensions, hashed="__text_1_hashed")
    return terms_by_index(rows_of_texts, prepared, featurizer.row_stages, block, wanted)


def test_terms_of_one_and_of_two_words_are_found(spark: SparkSession) -> None:
    wanted = indices(1 << 18, "great", "great film", "film")

    found = found_terms(spark, {"train": ["a Great film", "bad"]}, wanted)

    assert found == dict(zip(wanted, ["great", "great film", "film"], strict=True))


def test_terms_at_one_index_are_listed_most_frequent_first(spark: SparkSession) -> None:
    texts = ["good"] * 5 + ["bad", "bad", "bad", "ugly", "ugly"]

    assert found_terms(spark, {"train": texts}, [START], 1) == {START: "good / bad / ugly"}


def test_rare_terms_at_the_index_of_a_frequent_one_are_not_listed(spark: SparkSession) -> None:
    texts = ["good"] * (TEXTS_PER_TERM - 1) + ["bad"]

    assert found_terms(spark, {"train": texts}, [START], 1) == {START: "good"}


def test_only_the_training_split_is_searched(spark: SparkSession) -> None:
    texts = {"train": ["good"], "validation": ["bad"] * 5}

    assert found_terms(spark, texts, [START], 1) == {START: "good"}


def test_an_index_without_a_term_has_none(spark: SparkSession) -> None:
    assert found_terms(spark, {"train": ["good"]}, indices(1 << 18, "bad")) == {}


@pytest.mark.parametrize("count", [3 * TEXTS_PER_TERM])
def test_a_rare_term_is_found_among_many_texts(spark: SparkSession, count: int) -> None:
    (wanted,) = indices(1 << 18, "rare")

    assert found_terms(spark, {"train": ["common"] * count + ["rare"]}, [wanted]) == {
        wanted: "rare"
    }
