"""Runs in Dagster's history."""

from collections.abc import Generator

import dagster as dg
import pytest

from emr_ml.history.runs import RunSummary, recent_runs
from emr_ml_tests.history.recorded import VERSION, broken, lr_model, raw_csv_s3, run


@pytest.fixture(name="instance")
def fixture_instance() -> Generator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def last(instance: dg.DagsterInstance) -> RunSummary:
    (found,) = recent_runs(instance, 1)
    return found


def test_what_was_computed_and_what_was_reused_is_told(instance: dg.DagsterInstance) -> None:
    run_id = run(instance, raw_csv_s3, lr_model)
    run(instance, lr_model, reused=True)

    newest, oldest = recent_runs(instance, 10)

    assert (newest.computed, newest.reused) == ({}, {"lr_model": VERSION})
    assert oldest.run_id == run_id
    assert oldest.computed == {"raw_csv_s3": VERSION, "lr_model": VERSION}
    assert (oldest.state, oldest.cause) == ("success", "")
    assert oldest.seconds(0.0)


def test_the_first_line_of_the_cause_names_the_asset(instance: dg.DagsterInstance) -> None:
    run(instance, raw_csv_s3, broken, fails=True)

    assert last(instance).cause == "raw_csv_s3: there is nothing at /nowhere: check the path"


def test_a_blocking_check_is_named_with_what_it_found(instance: dg.DagsterInstance) -> None:
    run(instance, lr_model, refused=True)

    assert last(instance).cause == "lr_model: refused by enough_rows: 3 rows, 10 are needed"


def test_a_bug_is_told_in_one_line(instance: dg.DagsterInstance) -> None:
    run(instance, raw_csv_s3, broken)

    found = last(instance)
    assert found.state == "failure"
    assert found.cause.startswith("broken: ")
    assert "\n" not in found.cause


def test_a_run_that_was_lost_has_the_reason_that_was_recorded(
    instance: dg.DagsterInstance,
) -> None:
    job = dg.define_asset_job("lost_job", [raw_csv_s3])
    defs = dg.Definitions([raw_csv_s3], jobs=[job])
    lost = instance.create_run_for_job(defs.resolve_job_def("lost_job"))
    instance.report_run_failed(lost, "its process is gone\nsecond line")

    assert last(instance).cause == "its process is gone"


def test_only_failed_runs_and_only_so_many_are_listed(instance: dg.DagsterInstance) -> None:
    failed = [run(instance, raw_csv_s3, fails=True) for _ in range(2)]
    run(instance, raw_csv_s3)

    assert [each.run_id for each in recent_runs(instance, 1)] != failed[1:]
    found = [each.run_id for each in recent_runs(instance, 5, failed_only=True)]
    assert found == failed[::-1]


def test_a_run_that_has_not_started_has_no_duration(instance: dg.DagsterInstance) -> None:
    job = dg.define_asset_job("waiting_job", [raw_csv_s3])
    defs = dg.Definitions([raw_csv_s3], jobs=[job])
    instance.create_run_for_job(defs.resolve_job_def("waiting_job"))

    found = last(instance)

    assert (found.job, found.state) == ("waiting_job", "not_started")
    assert found.seconds(9.0) is None
    values = found.as_json(9.0)
    assert (values["started"], values["ended"], values["seconds"]) == (None, None, None)
    assert values["requested"].endswith("+00:00")


def test_a_run_costs_what_its_jobs_do(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def priced() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"cost_usd": 0.25})

    @dg.asset
    def also_priced() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"cost_usd": 0.5})

    dg.materialize([priced, also_priced], instance=instance)

    assert last(instance).cost_usd == 0.75


def test_a_version_that_was_reused_cost_nothing_in_this_run(instance: dg.DagsterInstance) -> None:
    run(instance, lr_model, reused=True)

    assert last(instance).cost_usd is None
