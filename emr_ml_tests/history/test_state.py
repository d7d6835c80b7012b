"""What became of a version."""

import os
from typing import Any

import pytest

from emr_ml.history.lineage import Place
from emr_ml.history.state import VersionState, read_state
from emr_ml.lake.champion import promote_by_hand, record_decision, roll_back
from emr_ml.lake.current import refuse
from emr_ml.lake.leases import this_host
from emr_ml_tests.history.versions import DATA, MODEL, NEW_METRICS, NEW_MODEL, fill
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import job_key, lease_key

UNDER_WAY = "5a" * 16


def state_of(lake: Lake, asset: str, version: str) -> VersionState:
    place = Place.of(lake, asset)
    return read_state(place, version, place.report(version))


def leased(lake: Lake, **changes: Any) -> VersionState:
    lease = {
        "attempt": 2,
        "run_id": "run-7",
        "host": this_host(),
        "pid": os.getpid(),
        "nonce": "n",
        "renewed_at": "2026-11-01T10:00:00.000+00:00",
        "status": "held",
        "place": {},
    }
    lake.write_json(lease_key("lr_model", UNDER_WAY), {**lease, **changes})
    return state_of(lake, "lr_model", UNDER_WAY)


def test_current_champion_and_others_are_told_apart(folder_lake: Lake) -> None:
    fill(folder_lake)

    champion = state_of(folder_lake, "lr_model", MODEL)

    assert champion.words == ("champion",)
    assert champion.details == ("champion since 2026-11-01, first: good",)
    assert state_of(folder_lake, "lr_model", NEW_MODEL).words == ("current",)
    assert state_of(folder_lake, "processed_dataset", DATA).words == ("not current",)


def test_a_model_that_was_not_promoted_says_why(folder_lake: Lake) -> None:
    fill(folder_lake)
    metrics = Place.of(folder_lake, "metrics").report(NEW_METRICS)
    assert metrics
    record_decision(folder_lake, metrics, {"promoted": False, "reason": "no better"})

    found = state_of(folder_lake, "lr_model", NEW_MODEL)

    assert found.words == ("current", "not champion")
    assert found.details == ("not promoted: no better",)


def test_former_and_rolled_back_champions_are_named(folder_lake: Lake) -> None:
    fill(folder_lake)
    promote_by_hand(folder_lake, NEW_MODEL, "")
    assert "former champion" in state_of(folder_lake, "lr_model", MODEL).words

    roll_back(folder_lake, NEW_MODEL, "")

    assert "rolled back" in state_of(folder_lake, "lr_model", NEW_MODEL).words


def test_a_version_that_was_refused_names_the_checks(folder_lake: Lake) -> None:
    fill(folder_lake)
    refuse(folder_lake, "processed_dataset", DATA, "run", ["unique_id (3 ids twice)"])

    found = state_of(folder_lake, "processed_dataset", DATA)

    assert (found.words, found.details) == (("refused",), ("refused by unique_id (3 ids twice)",))


def test_an_attempt_under_way_names_its_run(folder_lake: Lake) -> None:
    found = leased(folder_lake)

    assert found.words == ("computing",)
    assert found.details[0].startswith("attempt 2 of run run-7, last heard of at 2026-11-01T10:00")
    assert found.ran == (("host", this_host().split()[0]),)


def test_where_a_cluster_computes_is_told(folder_lake: Lake) -> None:
    found = leased(folder_lake, status="left", place={"cluster": "j-ONE"})

    assert (found.words, found.ran) == (("computing",), (("cluster", "j-ONE"),))


@pytest.mark.parametrize("changes", [{"status": "ended"}, {"pid": 2**22 + 1}])
def test_an_attempt_that_ended_without_a_result_is_lost(
    folder_lake: Lake, changes: dict[str, Any]
) -> None:
    found = leased(folder_lake, **changes)

    assert found.words == ("lost",)
    assert "materialize lr_model again" in found.details[0]


def test_an_attempt_that_failed_has_its_cause(folder_lake: Lake) -> None:
    key = job_key("lr_model", UNDER_WAY, 2, "error.json")
    folder_lake.create(key, as_json(vars(Failure("the label has one class"))))

    found = leased(folder_lake, status="ended")

    assert found.words == ("failed",)
    assert found.details == ("attempt 2 of run run-7: the label has one class",)
