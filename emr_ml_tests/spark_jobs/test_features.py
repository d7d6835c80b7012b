"""The stages from columns to one vector."""

from typing import Any

import pytest
from pyspark.ml import Estimator, PipelineModel
from pyspark.ml.feature import HashingTF
from pyspark.ml.linalg import SparseVector
from pyspark.sql import DataFrame, SparkSession

from emr_ml_tests.spark_jobs.bench import SMALL
from spark_jobs.features import featurizer

PLAIN: dict[str, Any] = {**SMALL, "max_ngram": 1, "inverse_document_frequency": False}
MIXED = {"a.b": "numeric", "the `job`": "categorical", "it's": "text", "more text": "text"}
SCHEMA = "`a.b` double, `the ``job``` string, `it's` string, `more text` string"
WORDS = "words string"
TEXTS = {
    "a < b and c > d": ["a", "b", "and", "c", "d"],
    "one<br />two": ["one", "two"],
    "one <br> two</p>": ["one", "two"],
    """one<a href="x" title='a > y' id=z>two</a>""": ["one", "two"],
    "one <!-- a\nremark --> two": ["one", "two"],
    "x<y or y>x": ["x", "y", "or"],
    "I <3 it": ["i", "3", "it"],
    "The film isn't bad!": ["the", "film", "isn't", "bad", "!"],
    "ÉTÉ, 2001?": ["été", "2001", "?"],
}


def fitted(train: DataFrame, kinds: dict[str, str], params: dict[str, Any]) -> PipelineModel:
    plan = featurizer(kinds, params)
    stages: list[Any] = plan.by_row
    frame = PipelineModel(stages).transform(train)
    for stage in plan.fitted:
        model = stage.fit(frame) if isinstance(stage, Estimator) else stage
        stages.append(model)
        frame = model.transform(frame)
    return PipelineModel(stages)


def vectors(model: PipelineModel, frame: DataFrame) -> list[SparseVector]:
    return [row["features"] for row in model.transform(frame).collect()]


def vectors_of(
    spark: SparkSession, texts: list[str | None], params: dict[str, Any]
) -> list[SparseVector]:
    frame = spark.createDataFrame([(text,) for text in texts], WORDS)
    return vectors(fitted(frame, {"words": "text"}, params), frame)


def terms(vector: SparseVector) -> set[int]:
    return {index for index, value in enumerate(vector.toArray()) if value}


def hashed(*expected: str) -> set[int]:
    indexer = HashingTF(numFeatures=PLAIN["text_features"])
    return {indexer.indexOf(term) for term in expected}


@pytest.fixture(scope="module")
def terms_of(spark: SparkSession) -> dict[str, set[int]]:
    found = vectors_of(spark, list(TEXTS), PLAIN)
    return {text: terms(vector) for text, vector in zip(TEXTS, found, strict=True)}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_its_words_without_markup(terms_of: dict[str, set[int]], text: str) -> None:
    assert terms_of[text] == hashed(*TEXTS[text])


def test_neighbouring_words_are_terms_too(spark: SparkSession) -> None:
    (vector,) = vectors_of(spark, ["not so bad"], {**PLAIN, "max_ngram": 3})

    assert terms(vector) == hashed("not", "so", "bad", "not so", "so bad", "not so bad")


def test_a_binary_term_counts_once(spark: SparkSession) -> None:
    (vector,) = vectors_of(spark, ["very very good"], {**PLAIN, "binary_terms": True})

    assert len(set(vector.toArray()) - {0.0}) == 1


def test_a_term_that_is_not_binary_counts_each_time(spark: SparkSession) -> None:
    (vector,) = vectors_of(spark, ["very very good"], {**PLAIN, "binary_terms": False})

    low, high = sorted(set(vector.toArray()) - {0.0})
    assert high == pytest.approx(2 * low)


def test_a_rare_term_weighs_more_with_inverse_document_frequency(spark: SparkSession) -> None:
    params = {**PLAIN, "inverse_document_frequency": True}
    (rare,), (common,) = hashed("rare"), hashed("common")

    vector = vectors_of(spark, ["rare common", "common", "other"], params)[0].toArray()

    assert vector[rare] > vector[common] > 0


def test_the_vector_of_a_text_has_unit_length(spark: SparkSession) -> None:
    (vector,) = vectors_of(spark, ["a film of some length"], PLAIN)

    assert vector.norm(2) == pytest.approx(1)


def test_a_text_that_is_missing_is_a_vector_of_zeros(spark: SparkSession) -> None:
    _, missing = vectors_of(spark, ["some", None], SMALL)

    assert terms(missing) == set()


def test_the_elements_of_the_vector_are_not_described(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1.0, "x", "some text", "more")], SCHEMA)

    described = fitted(frame, MIXED, SMALL).transform(frame).schema["features"].metadata

    assert described == {}


def test_columns_of_all_kinds_and_of_any_name_make_one_vector(spark: SparkSession) -> None:
    rows = [(1.0, "x", "one", "two"), (3.0, "y", "two", "one")]
    frame = spark.createDataFrame(rows, SCHEMA)

    first, _ = vectors(fitted(frame, MIXED, PLAIN), frame)

    # a number; two categories and one for all others; two texts
    assert first.size == 1 + 3 + 2 * PLAIN["text_features"]


def test_numbers_are_scaled_by_what_was_fitted(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1.0,), (2.0,), (3.0,)], "n double")
    model = fitted(frame, {"n": "numeric"}, SMALL)

    found = vectors(model, spark.createDataFrame([(2.0,), (5.0,), (None,)], "n double"))

    assert [vector.toArray().tolist() for vector in found] == [[0.0], [3.0], [0.0]]


def test_categories_that_are_unseen_or_missing_share_a_place(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x",), ("y",), (None,)], "c string")
    model = fitted(frame, {"c": "categorical"}, SMALL)

    found = vectors(model, spark.createDataFrame([("x",), ("new",), (None,)], "c string"))

    assert [terms(vector) for vector in found] == [{0}, {2}, {2}]
