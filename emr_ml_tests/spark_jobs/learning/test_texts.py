"""From texts to vectors."""

from typing import Any

import numpy as np
import pytest
from pyspark.ml.feature import HashingTF
from pyspark.ml.linalg import Vector
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import row_id
from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, fitted, terms
from spark_jobs.runtime.job import JobError

PLAIN: dict[str, Any] = {**SETTINGS, "text": "hashing_tf", "max_ngram": 1}
LEARNED: dict[str, Any] = {**SETTINGS, "text": "word2vec", "dimensions": 8}
TEXTS: dict[str | None, list[str]] = {
    "a < b and c > d": ["a", "b", "and", "c", "d"],
    "one<br />two": ["one", "two"],
    "one <br> two</p>": ["one", "two"],
    """one<a href="x" title='a > y' id=z>two</a>""": ["one", "two"],
    "one <!-- a\nremark --> two": ["one", "two"],
    "x<y or y>x": ["x", "y", "or"],
    "I <3 it": ["i", "3", "it"],
    "The film isn't bad!": ["the", "film", "isn't", "bad", "!"],
    "ÉTÉ, 2001?": ["été", "2001", "?"],
    None: [],
}
PETS = ["the cat drinks milk", "the dog drinks water"] * 10


def vectors_of(
    spark: SparkSession, texts: list[str | None], settings: dict[str, Any], parts: int = 2
) -> dict[str | None, Vector]:
    rows = [(text, row_id("train", number)) for number, text in enumerate(texts)]
    frame = spark.createDataFrame(rows, "words string, __row_id string").repartition(parts)
    found = fitted(frame, {"words": "text"}, settings).transform(frame)
    return {row["words"]: row["__features"] for row in found.collect()}


def hashed(*expected: str) -> set[int]:
    indexer = HashingTF(numFeatures=PLAIN["dimensions"])
    return {indexer.indexOf(term) for term in expected}


@pytest.fixture(scope="module")
def words_of(spark: SparkSession) -> dict[str | None, Vector]:
    return vectors_of(spark, list(TEXTS), PLAIN)


@pytest.fixture(scope="module")
def learned(spark: SparkSession) -> dict[str | None, Vector]:
    return vectors_of(spark, [*PETS, "unheard of", None], LEARNED)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_its_words_without_markup(
    words_of: dict[str | None, Vector], text: str | None
) -> None:
    assert terms(words_of[text]) == hashed(*TEXTS[text])


def test_the_vector_of_a_text_has_unit_length(words_of: dict[str | None, Vector]) -> None:
    assert np.linalg.norm(words_of["I <3 it"].toArray()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("shortest", "longest", "expected"),
    [
        (1, 3, ["not", "so", "bad", "not so", "so bad", "not so bad"]),
        (2, 2, ["not so", "so bad"]),
    ],
)
def test_neighbouring_words_are_terms_from_the_shortest_to_the_longest(
    spark: SparkSession, shortest: int, longest: int, expected: list[str]
) -> None:
    settings = {**PLAIN, "min_ngram": shortest, "max_ngram": longest}

    assert terms(vectors_of(spark, ["not so bad"], settings)["not so bad"]) == hashed(*expected)


def test_stop_words_of_the_language_are_no_terms_whatever_their_case(spark: SparkSession) -> None:
    text = "Der Film war NICHT gut"

    found = vectors_of(spark, [text], {**PLAIN, "stop_words": "german"})

    assert terms(found[text]) == hashed("film", "gut")


def test_a_binary_term_counts_once_and_another_each_time(spark: SparkSession) -> None:
    text = "very very good"
    once = vectors_of(spark, [text], {**PLAIN, "binary": True})[text].toArray()
    each = vectors_of(spark, [text], {**PLAIN, "binary": False})[text].toArray()

    (very,), (good,) = hashed("very"), hashed("good")
    assert once[very] == once[good]
    assert each[very] == pytest.approx(2 * each[good])


def test_a_rare_term_weighs_more_with_inverse_document_frequency(spark: SparkSession) -> None:
    (rare,), (common,) = hashed("rare"), hashed("common")

    found = vectors_of(spark, ["rare common", "common", "other"], {**PLAIN, "text": "tf_idf"})

    vector = found["rare common"].toArray()
    assert vector[rare] > vector[common] > 0


def test_word_vectors_have_their_length_and_go_from_0_to_1(
    learned: dict[str | None, Vector],
) -> None:
    table = np.array([vector.toArray() for vector in learned.values()])

    assert table.shape[1] == 8
    assert table.min(axis=0) == pytest.approx(0, abs=1e-9)
    assert table.max(axis=0) == pytest.approx(1, abs=1e-9)


def test_texts_without_a_known_word_share_a_vector(learned: dict[str | None, Vector]) -> None:
    assert learned["unheard of"] == learned[None]


def test_word_vectors_do_not_depend_on_the_partitions_of_the_rows(
    spark: SparkSession, learned: dict[str | None, Vector]
) -> None:
    again = vectors_of(spark, [*PETS, "unheard of", None], LEARNED, parts=5)

    assert again == learned


def test_too_few_words_for_word_vectors_are_an_error_naming_the_column(spark: SparkSession) -> None:
    with pytest.raises(
        JobError, match="no word of 'words' occurs 5 times in the rows to learn from"
    ):
        vectors_of(spark, ["each word", "but once"], LEARNED)
