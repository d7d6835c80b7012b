"""Which version is current, in whatever order runs end."""

import os

import pytest

from emr_ml.lake.current import (
    Current,
    missing_reason,
    promote,
    read_current,
    refuse,
    replaced_report,
)
from emr_ml.lake.versions import VersionSpec
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.processes import COUNT, Racers
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import commit


def requested(at: float, run: str = "run", version: str | None = None) -> Current:
    return Current(version or f"version {at}", f"/lake/{at}", run, at)


def promote_in_turn(root: str) -> list[float]:
    """Promote versions requested at times that no other process uses, and return the times."""
    lake = open_lake(root)
    times = [float(turn * 10**9 + os.getpid()) for turn in range(5)]
    for at in times:
        promote(lake, "lr_model", requested(at))
    return times


def test_nothing_is_current_at_first(lake: Lake) -> None:
    assert read_current(lake, "lr_model") is None


def test_the_first_version_becomes_current(lake: Lake) -> None:
    assert promote(lake, "lr_model", requested(1))
    assert read_current(lake, "lr_model") == requested(1)


def test_a_version_requested_later_replaces_an_earlier_one(lake: Lake) -> None:
    promote(lake, "lr_model", requested(1))
    assert promote(lake, "lr_model", requested(2))
    assert read_current(lake, "lr_model") == requested(2)


def test_a_version_requested_earlier_that_ends_late_changes_nothing(lake: Lake) -> None:
    promote(lake, "lr_model", requested(2))
    assert not promote(lake, "lr_model", requested(1))
    assert read_current(lake, "lr_model") == requested(2)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_same_of_two_versions_requested_at_once_wins_in_any_order(
    folder_lake: Lake, order: tuple[str, str]
) -> None:
    for run in order:
        promote(folder_lake, "lr_model", requested(1, run))
    assert read_current(folder_lake, "lr_model") == requested(1, "b")


def test_the_same_run_may_promote_again(folder_lake: Lake) -> None:
    promote(folder_lake, "lr_model", requested(1))
    assert promote(folder_lake, "lr_model", requested(1))


def test_an_older_version_becomes_current_again_when_requested_again(folder_lake: Lake) -> None:
    for at, version in enumerate(("a", "b", "a")):
        promote(folder_lake, "lr_model", requested(at, version=version))
    current = read_current(folder_lake, "lr_model")
    assert current and current.version == "a"


def test_each_asset_has_its_own_current_version(folder_lake: Lake) -> None:
    promote(folder_lake, "lr_model", requested(1))
    assert read_current(folder_lake, "metrics") is None


def test_the_latest_requested_wins_among_many_processes(lake: Lake, racers: Racers) -> None:
    times = racers.race(promote_in_turn, lake.root)
    assert len({tuple(each) for each in times}) == COUNT
    assert read_current(lake, "lr_model") == requested(max(at for each in times for at in each))


def test_an_asset_without_a_version_must_be_materialized(folder_lake: Lake) -> None:
    reason = missing_reason(folder_lake, "metrics")
    assert "metrics was never materialized" in reason
    assert folder_lake.root in reason


def test_a_refused_version_is_named_with_its_checks(lake: Lake) -> None:
    refuse(lake, "metrics", "v1", "run", ["rejected_rows: 9 % over 5 %", "auc: none"])
    assert missing_reason(lake, "metrics") == (
        "metrics has no version that passed its checks: v1 was refused by "
        "rejected_rows: 9 % over 5 %; auc: none. Fix that and materialize metrics again"
    )


def test_only_the_last_refusal_is_reported(folder_lake: Lake) -> None:
    refuse(folder_lake, "metrics", "v1", "run", ["first"])
    refuse(folder_lake, "metrics", "v2", "run", ["second"])
    assert "v2 was refused by second" in missing_reason(folder_lake, "metrics")


def test_a_refusal_leaves_the_current_version(folder_lake: Lake) -> None:
    promote(folder_lake, "metrics", requested(1))
    refuse(folder_lake, "metrics", "v2", "run", ["auc"])
    assert read_current(folder_lake, "metrics") == requested(1)


def wanted(spark: str) -> VersionSpec:
    return VersionSpec("lr_model", "run", {}, {}, {}, "code", spark)


def commit_current(lake: Lake, spec: VersionSpec) -> None:
    commit(lake, a_report(asset=spec.asset, version=spec.version, spark=spec.spark))
    promote(lake, spec.asset, requested(1, version=spec.version))


def test_the_current_version_is_what_a_new_one_replaces(folder_lake: Lake) -> None:
    newer = wanted("4.1.1")
    assert replaced_report(folder_lake, newer) is None

    commit_current(folder_lake, wanted("4.0.2"))

    found = replaced_report(folder_lake, newer)
    assert found
    assert found.version == wanted("4.0.2").version


def test_a_version_that_is_committed_replaces_nothing(folder_lake: Lake) -> None:
    commit_current(folder_lake, wanted("4.1.1"))
    commit_current(folder_lake, wanted("4.0.2"))

    assert replaced_report(folder_lake, wanted("4.1.1")) is None
