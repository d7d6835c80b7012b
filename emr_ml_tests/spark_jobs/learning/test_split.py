"""A row's split depends on its id alone, and the splits have the shares of the contract."""

import random
from collections import Counter
from typing import Any

import pytest
from pyspark.sql import SparkSession

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done
from spark_jobs.contract import Split
from spark_jobs.learning.split import with_split

SPLIT: Split = {"train": 64, "validation": 16}
WORDS = Contract.model_validate({"columns": {"a": "text", "b": "text"}})
RECORD = "watched,row"


def splits(spark: SparkSession, ids: list[str], split: Split = SPLIT) -> list[str]:
    frame = spark.createDataFrame([(each,) for each in ids], "__row_id string")
    return [row["_side"] for row in with_split(frame, split).collect()]


def split_of_the_watched_row(bench: Bench, done: Done) -> Any:
    frame = bench.spark.read.parquet(f"{done.path}/kept").where("a = 'watched'")
    (row,) = with_split(frame, SPLIT).collect()
    return row["_side"]


@pytest.mark.parametrize(
    ("percent", "split"),
    [
        (0, "train"),
        (63, "train"),
        (64, "validation"),
        (79, "validation"),
        (80, "test"),
        (99, "test"),
    ],
)
def test_the_first_eight_digits_modulo_100_decide_the_split(
    spark: SparkSession, percent: int, split: str
) -> None:
    # the largest number of eight hex digits ends in 95
    ids = [f"{percent:08x}" + "f" * 56, f"{0xFFFFFFFF - 95 - 100 + percent:08x}" + "0" * 56]

    assert splits(spark, ids) == [split, split]


def test_the_shares_are_the_contracts(spark: SparkSession) -> None:
    ids = [f"{percent:08x}" for percent in range(100)]

    found = Counter(splits(spark, ids, {"train": 50, "validation": 10}))

    assert found == {"train": 50, "validation": 10, "test": 40}


def test_many_rows_are_split_by_the_shares(bench: Bench) -> None:
    chance = random.Random(7)
    text = "a,b\n" + "".join(f"{chance.random()},x\n" for _ in range(5000))

    kept = bench.process(text, WORDS).path / "kept"
    rows = with_split(bench.spark.read.parquet(str(kept)), SPLIT).groupBy("_side").count().collect()

    # three standard deviations of a binomial count of 5000 are 2 percent
    shares = {row["_side"]: row["count"] / 5000 for row in rows}
    assert shares == pytest.approx({"train": 0.64, "validation": 0.16, "test": 0.20}, abs=0.02)


def test_a_row_never_changes_its_split(bench: Bench) -> None:
    others = [f"{number},row" for number in range(20)]

    alone = bench.process({"data.csv": f"a,b\n{RECORD}\n"}, WORDS)
    files = {"b b.csv": [*others[:5], RECORD, *others[5:15]], "a.csv": others[15:]}
    among = bench.process(
        {name: "a,b\n" + "\n".join(records) + "\n" for name, records in files.items()}, WORDS
    )

    assert split_of_the_watched_row(bench, among) == split_of_the_watched_row(bench, alone)
