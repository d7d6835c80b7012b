"""The record of the modules that a version was computed with."""

import pytest

from emr_ml.lake.code_record import modules_of, record_modules
from emr_ml.lake.job_code import code_of
from emr_ml.lake.versions import VersionSpec
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, job_key


def work(code: str) -> VersionSpec:
    return VersionSpec("metrics", "run", {}, {}, {}, code, "4.1.1")


def report_of(spec: VersionSpec) -> Report:
    return a_report(asset=spec.asset, version=spec.version, code=spec.code)


def test_the_modules_of_an_attempt_are_known_when_the_code_has_changed(folder_lake: Lake) -> None:
    spec = work(code_of("metrics"))

    record_modules(folder_lake, spec, 1)

    found = modules_of(folder_lake, a_report(asset="metrics", version=spec.version, code="older"))
    assert found
    assert {"spark_jobs.metrics", "spark_jobs.scoring"} <= found.keys()
    assert "spark_jobs.sales_by_seller" not in found


def test_code_that_is_not_the_installed_one_is_not_recorded(folder_lake: Lake) -> None:
    spec = work("other")

    record_modules(folder_lake, spec, 1)

    assert list(folder_lake.list("")) == []
    assert modules_of(folder_lake, report_of(spec)) is None


def test_without_a_record_the_installed_modules_are_taken_if_the_code_is_the_same(
    folder_lake: Lake,
) -> None:
    found = modules_of(folder_lake, report_of(work(code_of("metrics"))))

    assert found and "spark_jobs.metrics" in found


def test_a_job_that_is_no_module_of_ours_has_no_modules(folder_lake: Lake) -> None:
    assert modules_of(folder_lake, a_report(asset="somebodys_own", code="c")) is None


def test_a_damaged_record_is_named(folder_lake: Lake) -> None:
    report = report_of(work("c"))
    key = job_key(report.asset, report.version, 1, "code.json")
    folder_lake.write_json(key, {"modules": 7})

    with pytest.raises(JobError, match=r"code\.json is not what this project writes"):
        modules_of(folder_lake, report)
