"""Which side a row is on: by its id alone, in the shares of the contract."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done
from spark_jobs.learning.split import with_side

SPLIT = {"train": 64, "validation": 16}
WORDS = Contract.model_validate({"columns": {"a": "text", "b": "text"}})
IDS = st.lists(st.integers(0, 999), min_size=1, max_size=10, unique=True)
RECORD = "watched,row"


def sides(spark: SparkSession, ids: list[str], split: dict[str, int] = SPLIT) -> list[str]:
    frame = spark.createDataFrame([(each,) for each in ids], "row_id string")
    return [row["_side"] for row in with_side(frame, split).collect()]


def side_of_the_watched_row(bench: Bench, done: Done) -> Any:
    frame = bench.spark.read.parquet(f"{done.path}/kept").where("a = 'watched'")
    (row,) = with_side(frame, SPLIT).collect()
    return row["_side"]


@pytest.mark.parametrize(
    ("percent", "side"),
    [
        (0, "train"),
        (63, "train"),
        (64, "validation"),
        (79, "validation"),
        (80, "test"),
        (99, "test"),
    ],
)
def test_the_first_eight_digits_modulo_100_tell_the_side(
    spark: SparkSession, percent: int, side: str
) -> None:
    # the largest number of eight hex digits ends in 95
    ids = [f"{percent:08x}" + "f" * 56, f"{0xFFFFFFFF - 95 - 100 + percent:08x}" + "0" * 56]

    assert sides(spark, ids) == [side, side]


def test_the_shares_are_the_contracts(spark: SparkSession) -> None:
    ids = [f"{percent:08x}" for percent in range(100)]

    found = Counter(sides(spark, ids, {"train": 50, "validation": 10}))

    assert found == {"train": 50, "validation": 10, "test": 40}


def test_of_many_rows_the_sides_have_about_their_shares(bench: Bench) -> None:
    chance = random.Random(7)
    text = "a,b\n" + "".join(f"{chance.random()},x\n" for _ in range(5000))

    kept = bench.process(text, WORDS).path / "kept"
    rows = with_side(bench.spark.read.parquet(str(kept)), SPLIT).groupBy("_side").count().collect()

    # three standard deviations of a binomial count of 5000 are 2 percent
    shares = {row["_side"]: row["count"] / 5000 for row in rows}
    assert shares == pytest.approx({"train": 0.64, "validation": 0.16, "test": 0.20}, abs=0.02)


@given(IDS, st.randoms(use_true_random=False), st.sampled_from(["a.csv", "b b.csv"]))
@settings(max_examples=8, deadline=None)
def test_a_row_never_changes_its_side(
    bench: Bench, others: list[int], chance: random.Random, name: str
) -> None:
    records = [RECORD, *(f"{number},row" for number in others)]
    chance.shuffle(records)

    alone = bench.process({"data.csv": f"a,b\n{RECORD}\n"}, WORDS)
    among = bench.process({name: "a,b\n" + "\n".join(records) + "\n"}, WORDS)

    assert side_of_the_watched_row(bench, among) == side_of_the_watched_row(bench, alone)
