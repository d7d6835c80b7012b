"""Releases of EMR: what can't run there is said before a cluster starts."""

from pathlib import Path

import pytest

from emr_ml.launchers.remote.releases import check_jobs
from emr_ml_tests.launchers.emr.configs import File, config

NEEDS_SPARK_4 = (
    "has Spark 3, but the jobs of training pipelines need Spark 4: use emr-spark-8.1.0; or, if "
    "only jobs of your own run there, set"
)


@pytest.fixture(name="file")
def fixture_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> File:
    return File(tmp_path / "cluster.yaml", monkeypatch)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "tags: {}\nrelease_label: emr-6.15.0\n",
            "2:1: release_label: emr-6.15.0 can't run any job: its newest Python is older than",
        ),
        (
            "release_label: emr-6.15.0\nspark: 3.4.1\npython: /opt/python3.11\n",
            "1:1: release_label: emr-6.15.0 can't run any job",
        ),
        (
            "overrides: {ReleaseLabel: emr-5.36.2}\n",
            "1:13: release_label: emr-5.36.2 can't run any job",
        ),
        (
            "release_label: emr-7.14.0\n",
            f"1:1: release_label: emr-7.14.0 {NEEDS_SPARK_4} spark: 3.5.8",
        ),
        (
            "release_label: emr-7.5.0\n",
            f"1:1: release_label: emr-7.5.0 {NEEDS_SPARK_4} its Spark, as in spark: 3.5.6",
        ),
        (
            "release_label: emr-7.14.0\nspark: 3.5.6\n",
            "2:1: spark: emr-7.14.0 has Spark 3.5.8, not 3.5.6",
        ),
        (
            "release_label: emr-7.0.0\nspark: 3.5.0\n",
            "1:1: release_label: emr-7.0.0 has no Python 3.11, which the jobs need: use emr-spark",
        ),
        (
            "release_label: emr-7.14.0\nspark: 3.5.8\npython: /usr/bin/python3.9\n",
            "3:1: python: the jobs need Python 3.11 or newer, not 3.9",
        ),
    ],
)
def test_a_release_that_can_not_run_the_jobs_is_refused(
    file: File, text: str, expected: str
) -> None:
    assert file.mistake(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("release_label: emr-7.14.0\nspark: 3.5.8\n", "/usr/bin/python3.11"),
        ("release_label: emr-7.1.0\nspark: 3.5.0\n", "/usr/bin/python3.11"),
        ("release_label: emr-7.0.0\nspark: 3.5.0\npython: /opt/python3.12\n", "/opt/python3.12"),
        ("release_label: emr-spark-8.0.0\n", None),
    ],
)
def test_a_release_for_jobs_of_ones_own_runs_them_with_a_python_that_suits(
    file: File, text: str, python: str | None
) -> None:
    assert file.load(text).python == python


def test_jobs_that_need_spark_4_are_named() -> None:
    modules = {"lr_model": "spark_jobs.lr_model", "baskets": "shop.baskets"}

    (problem,) = check_jobs(config(release_label="emr-7.14.0", spark="3.5.8"), modules)

    assert "Spark 4 is needed by lr_model: use emr-spark-8.1.0" in problem
    assert list(check_jobs(config(), modules)) == []
    own = {"baskets": "shop.baskets"}
    assert list(check_jobs(config(release_label="emr-7.14.0", spark="3.5.8"), own)) == []
