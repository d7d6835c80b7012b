"""Whether data that differ from the champion's are told, by column."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from emr_ml.checks.baseline import Baseline, find_baseline
from emr_ml.checks.drift import COLUMN_RANGE, DRIFT, SCHEMA_CHANGE, judge_drift
from emr_ml.contract import Contract
from emr_ml.lake.champion import Champion, promote
from emr_ml_tests.checks.reports import a_report, evidence
from spark_jobs.cleaning.distributions import distribution_of
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import commit

CONTRACT = Contract.model_validate({"columns": {"age": "numeric", "job": "categorical"}})
AGES = [float(age) for age in range(18, 98)] * 5
JOBS = ["cook", "clerk"] * 200


def figures(ages: list[Any], jobs: list[Any], **more: list[Any]) -> dict[str, Any]:
    columns = {"age": distribution_of("numeric", ages), "job": distribution_of("categorical", jobs)}
    columns |= {name: distribution_of("text", cells) for name, cells in more.items()}
    return {
        "distributions": columns,
        "columns": {"age": {"missing": 0, "min": min(ages), "max": max(ages)}, "job": {}},
    }


BEFORE = Baseline(a_report(version="champion's", figures=figures(AGES, JOBS)))


def verdict(check: str, found: dict[str, Any], baseline: Baseline = BEFORE) -> dg.AssetCheckResult:
    results = judge_drift(evidence(CONTRACT, figures=found), baseline)
    return next(result for result in results if result.check_name == check)


def test_the_same_data_pass_all_checks() -> None:
    for check in (DRIFT, COLUMN_RANGE, SCHEMA_CHANGE):
        result = verdict(check, figures(AGES, JOBS))
        assert (result.passed, result.description) == (True, None)


def test_a_drifted_column_is_named_with_its_index() -> None:
    result = verdict(DRIFT, figures([age + 40 for age in AGES], JOBS))

    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert "population stability index of 'age' " in str(result.description)
    assert "'job'" not in str(result.description)


def test_the_threshold_of_drift_is_the_contracts() -> None:
    wide = Contract.model_validate({**CONTRACT.model_dump(), "checks": {"max_drift": 100}})
    facts = evidence(wide, figures=figures([age + 40 for age in AGES], JOBS))

    assert all(result.passed for result in judge_drift(facts, BEFORE))


@pytest.mark.parametrize(("greatest", "passes"), [(176.0, True), (177.0, False)])
def test_a_number_may_leave_the_range_by_its_width(greatest: float, passes: bool) -> None:
    result = verdict(COLUMN_RANGE, figures([*AGES, greatest], JOBS))

    assert result.passed is passes
    assert passes or "'age' has 18 to 177, and had 18 to 97" in str(result.description)


def test_a_changed_schema_is_explained() -> None:
    found = figures(AGES, JOBS, words=[3, 4])
    found["distributions"]["age"] = distribution_of("categorical", ["old", "young"])
    del found["distributions"]["job"]

    result = verdict(SCHEMA_CHANGE, found)

    assert result.passed
    assert result.description == (
        "since the champion was trained: added: 'words'; removed: 'job'; "
        "'age' was numeric and is categorical"
    )


def test_without_a_champion_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    baseline = find_baseline(open_lake(str(tmp_path)), "processed_dataset")

    for check in (DRIFT, COLUMN_RANGE, SCHEMA_CHANGE):
        result = verdict(check, figures(AGES, JOBS), baseline)
        assert result.passed
        assert "there is no champion yet" in str(result.description)


def test_the_baseline_is_what_the_champion_was_trained_on(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path))
    commit(lake, a_report(version="d1", figures=figures(AGES, JOBS)))
    commit(lake, a_report(version="d2"))
    commit(lake, a_report(asset="lr_model", version="m1", inputs={"processed_dataset": "d1"}))
    promote(lake, Champion("m1", "run", "now", "first", ""), None)

    baseline = find_baseline(lake, "processed_dataset")

    assert baseline.report
    assert baseline.report.version == "d1"


def test_data_of_the_champion_that_are_gone_are_told(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path))
    commit(lake, a_report(asset="lr_model", version="m1", inputs={"processed_dataset": "d1"}))
    promote(lake, Champion("m1", "run", "now", "first", ""), None)

    assert "is gone" in find_baseline(lake, "processed_dataset").why_none


def test_a_report_of_an_earlier_release_is_no_trouble() -> None:
    old = Baseline(a_report(version="old", figures={"columns": {"age": {"missing": 0}}}))

    assert verdict(DRIFT, figures(AGES, JOBS), old).passed
