"""Which jobs need a newer Spark."""

import pytest

from emr_ml.launchers.remote.least_spark import needing_newer

MODULES = {"ours": "spark_jobs.metrics", "their/own": "jobs.of_their_own"}


@pytest.mark.parametrize(("spark", "expected"), [("3.5.8", ["ours"]), ("4.0.0", []), ("10.0", [])])
def test_only_jobs_of_training_pipelines_need_a_newer_spark(
    spark: str, expected: list[str]
) -> None:
    assert needing_newer(spark, MODULES) == expected
