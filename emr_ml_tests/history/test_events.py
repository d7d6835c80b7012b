"""What Dagster's history tells of a version."""

import dagster as dg

from emr_ml.history.events import CheckResult, VersionEvents, read_events
from emr_ml_tests.history.recorded import VERSION, lr_model, raw_csv_s3, run


def test_checks_are_of_the_last_run_and_cost_of_the_one_that_computed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        computed = run(instance, lr_model)
        run(instance, lr_model, reused=True)

        found = read_events(instance, "lr_model", VERSION)

    assert found.run_id == computed
    assert found.checks == (CheckResult("enough_rows", True, True, "3 rows, 10 are needed"),)
    assert found.cost == {"cost_usd": 1.5, "cost_note": "at list prices"}
    assert found.judged.endswith("+00:00")


def test_a_version_that_was_computed_elsewhere_has_checks_and_no_cost() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, lr_model, reused=True)

        found = read_events(instance, "lr_model", VERSION)

    assert (found.run_id, dict(found.cost)) == ("", {})
    assert len(found.checks) == 1


def test_a_version_that_no_run_used_has_nothing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, raw_csv_s3)

        assert read_events(instance, "raw_csv_s3", "00" * 16) == VersionEvents()
