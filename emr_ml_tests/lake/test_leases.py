"""At most one process works at a version, and nobody blocks it for ever."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from emr_ml.lake.leases import Lease, LeaseFile, this_host
from emr_ml_tests.processes import Racers
from spark_jobs.runtime.attempt import SupersededError
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import lease_key

LOG = logging.getLogger("test_claims")
KEY = lease_key("metrics", "v")
SHORT = 0.3
HOLDER = """
import sys, time
from emr_ml.lake.leases import LeaseFile as Claims
from spark_jobs.runtime.lake import open_lake
assert Claims(open_lake(sys.argv[1]), "metrics/v/claim.json").acquire("holder")
print("held", flush=True)
time.sleep(600)
"""


def claims(lake: Lake, lease: float = 60.0) -> LeaseFile:
    return LeaseFile(lake, KEY, lease)


def take(root: str) -> int | None:
    held = claims(open_lake(root)).acquire(f"run of {os.getpid()}")
    return held.lease.attempt if held else None


def of_another_machine(lake: Lake) -> Lease:
    """A claim whose owner can't be looked up here."""
    claim = Lease(1, "elsewhere", "another machine", 1, "nonce", "2026-01-01T00:00:00+00:00")
    lake.write_json(KEY, claim.as_json())
    return claim


@contextmanager
def holder(lake: Lake) -> Generator["subprocess.Popen[str]"]:
    """A process that holds the claim until it is killed."""
    command = [sys.executable, "-c", HOLDER, lake.root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_nobody_holds_a_new_version(lake: Lake) -> None:
    assert claims(lake).read() is None


def test_the_first_who_asks_gets_the_first_attempt(lake: Lake) -> None:
    held = claims(lake).acquire("run")
    assert held and held.lease.attempt == 1


def test_everyone_sees_who_holds_the_claim(lake: Lake) -> None:
    held = claims(lake).acquire("run")
    assert held and claims(lake).read() == held.lease


def test_a_claim_of_a_living_process_is_not_taken(lake: Lake) -> None:
    claims(lake).acquire("first")
    assert claims(lake).acquire("second") is None


def test_versions_are_claimed_apart(lake: Lake) -> None:
    claims(lake).acquire("first")
    assert LeaseFile(lake, lease_key("metrics", "w")).acquire("second")


def test_a_released_claim_is_taken_as_the_next_attempt(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        pass
    second = claims(lake).acquire("second")
    assert second and second.lease.attempt == 2


def test_attempts_rise_with_every_claim(folder_lake: Lake) -> None:
    attempts: list[int] = []
    for run in "abc":
        held = claims(folder_lake).acquire(run)
        assert held
        attempts.append(held.lease.attempt)
        with held.renewing(LOG):
            pass
    assert attempts == [1, 2, 3]


def test_the_claim_of_a_living_other_process_is_not_taken(folder_lake: Lake) -> None:
    with holder(folder_lake):
        assert claims(folder_lake).acquire("second") is None


def test_the_claim_of_a_killed_process_is_taken_at_once(folder_lake: Lake) -> None:
    with holder(folder_lake) as process:
        process.kill()
        process.wait()
        assert claims(folder_lake).acquire("second")


def test_a_process_of_another_machine_is_never_held_for_gone(folder_lake: Lake) -> None:
    # no process of this machine has that id
    claim = replace(of_another_machine(folder_lake), pid=2**22 + 1)
    assert not claim.owner_is_gone()


def test_a_process_of_this_machine_that_is_no_more_is_gone(folder_lake: Lake) -> None:
    claim = replace(of_another_machine(folder_lake), host=this_host(), pid=2**22 + 1)
    assert claim.owner_is_gone()


def test_a_claim_of_another_machine_is_not_taken_at_first_sight(lake: Lake) -> None:
    of_another_machine(lake)
    assert claims(lake, SHORT).acquire("second") is None


def test_a_claim_that_stays_unchanged_for_a_lease_is_taken(lake: Lake) -> None:
    of_another_machine(lake)
    watcher = claims(lake, SHORT)
    watcher.acquire("second")
    time.sleep(SHORT * 1.2)
    held = watcher.acquire("second")
    assert held and held.lease.attempt == 2


def test_a_renewed_claim_outlives_its_lease(lake: Lake) -> None:
    claim = of_another_machine(lake)
    watcher = claims(lake, SHORT)
    for turn in range(6):
        lake.write_json(KEY, replace(claim, renewed_at=str(turn)).as_json())
        assert watcher.acquire("second") is None
        time.sleep(SHORT / 3)


def test_one_of_many_processes_gets_the_claim(lake: Lake, racers: Racers) -> None:
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [1]


def test_one_of_many_processes_takes_over_a_released_claim(lake: Lake, racers: Racers) -> None:
    held = claims(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        pass
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [2]


def test_an_attempt_that_is_not_over_is_resumed_with_its_place(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        held.record(cluster="j-1")
        held.record(step="s-1")
    second = claims(lake).acquire("second", resume=True)
    assert second and second.lease.attempt == 1
    assert second.lease.location == {"cluster": "j-1", "step": "s-1"}


def test_an_attempt_that_is_over_is_not_resumed(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        held.record(cluster="j-1")
    second = claims(lake).acquire("second", resume=True)
    assert second and (second.lease.attempt, second.lease.location) == (2, {})


def test_an_attempt_whose_report_is_to_be_replaced_is_not_resumed(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        held.record(cluster="j-1")
    forced = claims(lake).acquire("second", past=1, resume=True)
    assert forced and (forced.lease.attempt, forced.lease.location) == (2, {})


def test_a_left_attempt_is_not_taken_up_by_who_can_not_go_on_with_it(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        pass
    second = claims(lake).acquire("second")
    assert second and second.lease.attempt == 2


def test_an_owner_that_lost_its_claim_learns_it_when_it_notes_a_place(lake: Lake) -> None:
    held = claims(lake).acquire("first")
    assert held
    of_another_machine(lake)
    with pytest.raises(SupersededError, match="taken over the lease of attempt 1"):
        held.record(cluster="j-1")


def test_a_place_outlives_the_renewals_of_the_claim(folder_lake: Lake) -> None:
    held = claims(folder_lake, SHORT).acquire("first")
    assert held
    with held.renewing(LOG):
        for step in range(20):
            held.record(step=str(step))
            time.sleep(SHORT / 20)
        claim = claims(folder_lake).read()
        assert claim and claim.location == {"step": "19"}
