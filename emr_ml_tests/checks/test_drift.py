"""Whether data that differs from the champion's is reported, by column."""

from typing import Any

import pytest

from emr_ml.checks.drift import DRIFT_CHECKS, column_range, drift, schema_change
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import check_context, train_champion
from spark_jobs.cleaning.distributions import distribution_of
from spark_jobs.runtime.lake import Lake

CONTRACT = Contract.model_validate({"columns": {"age": "numeric", "job": "categorical"}})
AGES = [float(age) for age in range(18, 98)] * 5
OLDER = [age + 40 for age in AGES]
JOBS = ["cook", "clerk"] * 200


def figures(ages: list[Any], jobs: list[Any], **more: list[Any]) -> dict[str, Any]:
    columns = {"age": distribution_of("numeric", ages), "job": distribution_of("categorical", jobs)}
    columns |= {name: distribution_of("text", cells) for name, cells in more.items()}
    return {
        "distributions": columns,
        "columns": {
            "age": {"missing": 0, "min": min(ages), "max": max(ages)},
            "job": {"missing": 0},
        },
    }


@pytest.fixture(name="lake")
def fixture_lake(folder_lake: Lake) -> Lake:
    train_champion(folder_lake, figures(AGES, JOBS))
    return folder_lake


def test_the_same_data_passes_all_checks(lake: Lake) -> None:
    context = check_context(CONTRACT, lake, figures=figures(AGES, JOBS))

    for check in DRIFT_CHECKS:
        found = check.evaluate(context)
        assert (found.problem, found.note) == (None, None)
        assert found.metadata["compared_with"] == "d1"


def test_a_drifted_column_is_named_with_its_index(lake: Lake) -> None:
    found = drift.evaluate(check_context(CONTRACT, lake, figures=figures(OLDER, JOBS)))

    assert "population stability index of 'age' " in str(found.problem)
    assert "'job'" not in str(found.problem)
    assert list(found.metadata["stability_index"]) == ["age", "job"]


def test_the_threshold_of_drift_is_that_of_the_contract(lake: Lake) -> None:
    wide = Contract.model_validate({**CONTRACT.model_dump(), "checks": {"max_drift": 100}})

    assert drift.evaluate(check_context(wide, lake, figures=figures(OLDER, JOBS))).problem is None


@pytest.mark.parametrize(
    ("greatest", "problem"),
    [(176.0, None), (177.0, "'age' ranges from 18 to 177, was 18 to 97")],
)
def test_a_number_may_leave_the_range_by_its_width(
    lake: Lake, greatest: float, problem: str | None
) -> None:
    context = check_context(CONTRACT, lake, figures=figures([*AGES, greatest], JOBS))

    found = column_range.evaluate(context).problem

    assert found is None if problem is None else problem in str(found)


def test_a_changed_schema_is_explained(lake: Lake) -> None:
    found = figures(AGES, JOBS, words=[3, 4])
    found["distributions"]["age"] = distribution_of("categorical", ["old", "young"])
    del found["distributions"]["job"]

    result = schema_change.evaluate(check_context(CONTRACT, lake, figures=found))

    assert result.problem is None
    assert result.note == (
        "since the champion was trained: added: 'words'; removed: 'job'; "
        "'age' was numeric and is categorical"
    )
    assert {result.metadata[key] for key in ("added", "removed", "changed")} == {1}


@pytest.mark.parametrize("has_old_champion", [False, True])
def test_all_pass_without_a_champion_or_with_one_of_an_earlier_release(
    folder_lake: Lake, has_old_champion: bool
) -> None:
    if has_old_champion:
        train_champion(folder_lake, {"columns": {"age": {"missing": 0}}})
    context = check_context(CONTRACT, folder_lake, figures=figures(AGES, JOBS))

    for check in DRIFT_CHECKS:
        assert check.evaluate(context).problem is None
    note = drift.evaluate(context).note
    assert note is None if has_old_champion else "there is no champion yet" in str(note)
