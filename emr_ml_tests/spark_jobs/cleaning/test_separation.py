"""The rows of wide tables, kept and summarized."""

from typing import Any

from pyspark.sql import DataFrame

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import CLEANED_BY, LOG, Bench
from spark_jobs.cleaning.separation import OBSERVED_AGGREGATES, separate
from spark_jobs.reading.records import read
from spark_jobs.runtime.execution import isolated_session
from spark_jobs.runtime.job import Stopwatch


def test_columns_of_several_observations_are_all_summarized(bench: Bench) -> None:
    names = [f"n{index}" for index in range(OBSERVED_AGGREGATES // 2)]
    rows = [",".join(str(row * index) for index in range(len(names))) for row in (1, 3)]
    contract = Contract.model_validate({"columns": dict.fromkeys(names, "numeric")})
    files = bench.snapshot({"a.csv": "\n".join([",".join(names), *rows, ""])}, contract)
    terms: Any = contract.pick(*CLEANED_BY)

    def write(kept: DataFrame) -> None:
        kept.write.format("noop").mode("overwrite").save()

    records = read(isolated_session(bench.spark), files, terms, LOG)
    separated = separate(records, terms, write=write, rejected="unused", stopwatch=Stopwatch())

    assert separated.rows == {"in": 2, "kept": 2, "rejected": 0}
    means = [separated.aggregates[f"mean:{name}"] for name in names]
    assert means == [2.0 * index for index in range(len(names))]
    assert {separated.aggregates[f"present:{name}"] for name in names} == {2}
