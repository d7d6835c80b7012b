"""At most one process works on a version, and nobody blocks it forever."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from emr_ml.lake.leases import Lease, LeaseFile, this_host
from emr_ml_tests.processes import Racers
from spark_jobs.runtime.attempt import SupersededError
from spark_jobs.runtime.lake import Lake, Object, Stored, open_lake
from spark_jobs.runtime.report import lease_key

LOG = logging.getLogger("test_leases")
KEY = lease_key("metrics", "v")
SHORT = 0.3
HOLDER = """
import sys, time
from emr_ml.lake.leases import LeaseFile
from spark_jobs.runtime.lake import open_lake
assert LeaseFile(open_lake(sys.argv[1]), "metrics/v/claim.json").acquire("holder")
print("held", flush=True)
time.sleep(600)
"""


def lease_file(lake: Lake, lease: float = 60.0) -> LeaseFile:
    return LeaseFile(lake, KEY, lease)


def take(root: str) -> int | None:
    held = lease_file(open_lake(root)).acquire(f"run of {os.getpid()}")
    return held.lease.attempt if held else None


def of_another_machine(lake: Lake) -> Lease:
    """A lease whose owner can't be looked up here."""
    lease = Lease(1, "elsewhere", "another machine", 1, "nonce", "2026-01-01T00:00:00+00:00")
    lake.write_json(KEY, lease.as_json())
    return lease


@contextmanager
def holder(lake: Lake) -> Generator["subprocess.Popen[str]"]:
    """A process that holds the lease until it is killed."""
    command = [sys.executable, "-c", HOLDER, lake.root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_nobody_holds_a_new_version(lake: Lake) -> None:
    assert lease_file(lake).read() is None


def test_the_first_who_asks_gets_the_first_attempt(lake: Lake) -> None:
    held = lease_file(lake).acquire("run")
    assert held and held.lease.attempt == 1


def test_everyone_sees_who_holds_the_lease(lake: Lake) -> None:
    held = lease_file(lake).acquire("run")
    assert held and lease_file(lake).read() == held.lease


def test_a_lease_of_a_living_process_is_not_taken(lake: Lake) -> None:
    lease_file(lake).acquire("first")
    assert lease_file(lake).acquire("second") is None


def test_versions_are_leased_separately(lake: Lake) -> None:
    lease_file(lake).acquire("first")
    assert LeaseFile(lake, lease_key("metrics", "w")).acquire("second")


def test_a_released_lease_is_taken_as_the_next_attempt(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        pass
    second = lease_file(lake).acquire("second")
    assert second and second.lease.attempt == 2


def test_attempts_rise_with_every_lease(folder_lake: Lake) -> None:
    attempts: list[int] = []
    for run in "abc":
        held = lease_file(folder_lake).acquire(run)
        assert held
        attempts.append(held.lease.attempt)
        with held.renewing(LOG):
            pass
    assert attempts == [1, 2, 3]


def test_the_lease_of_a_living_other_process_is_not_taken(folder_lake: Lake) -> None:
    with holder(folder_lake):
        assert lease_file(folder_lake).acquire("second") is None


def test_the_lease_of_a_killed_process_is_taken_at_once(folder_lake: Lake) -> None:
    with holder(folder_lake) as process:
        process.kill()
        process.wait()
        assert lease_file(folder_lake).acquire("second")


def test_a_process_of_another_machine_is_never_held_for_gone(folder_lake: Lake) -> None:
    # no process of this machine has that id
    lease = replace(of_another_machine(folder_lake), pid=2**22 + 1)
    assert not lease.owner_is_gone()


def test_a_process_of_this_machine_that_is_no_more_is_gone(folder_lake: Lake) -> None:
    lease = replace(of_another_machine(folder_lake), host=this_host(), pid=2**22 + 1)
    assert lease.owner_is_gone()


def test_a_lease_of_another_machine_is_not_taken_at_first_sight(lake: Lake) -> None:
    of_another_machine(lake)
    assert lease_file(lake, SHORT).acquire("second") is None


def test_a_lease_that_stays_unchanged_for_a_lease_is_taken(lake: Lake) -> None:
    of_another_machine(lake)
    watcher = lease_file(lake, SHORT)
    watcher.acquire("second")
    time.sleep(SHORT * 1.2)
    held = watcher.acquire("second")
    assert held and held.lease.attempt == 2


def test_a_renewed_lease_outlives_its_lease(lake: Lake) -> None:
    lease = of_another_machine(lake)
    watcher = lease_file(lake, SHORT)
    for turn in range(6):
        lake.write_json(KEY, replace(lease, renewed_at=str(turn)).as_json())
        assert watcher.acquire("second") is None
        time.sleep(SHORT / 3)


def test_one_of_many_processes_gets_the_lease(lake: Lake, racers: Racers) -> None:
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [1]


def test_one_of_many_processes_takes_over_a_released_lease(lake: Lake, racers: Racers) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        pass
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [2]


def test_an_attempt_that_is_not_over_is_resumed_with_its_place(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        held.record(cluster="j-1")
        held.record(step="s-1")
    second = lease_file(lake).acquire("second", resume=True)
    assert second and second.lease.attempt == 1
    assert second.lease.location == {"cluster": "j-1", "step": "s-1"}


def test_an_attempt_that_is_over_is_not_resumed(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    with held.renewing(LOG):
        held.record(cluster="j-1")
    second = lease_file(lake).acquire("second", resume=True)
    assert second and (second.lease.attempt, second.lease.location) == (2, {})


def test_an_attempt_whose_report_is_to_be_replaced_is_not_resumed(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        held.record(cluster="j-1")
    forced = lease_file(lake).acquire("second", past=1, resume=True)
    assert forced and (forced.lease.attempt, forced.lease.location) == (2, {})


def test_a_left_attempt_is_not_taken_up_by_who_can_not_go_on_with_it(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    held.detach()
    with held.renewing(LOG):
        pass
    second = lease_file(lake).acquire("second")
    assert second and second.lease.attempt == 2


def test_an_owner_that_lost_its_lease_learns_it_when_it_notes_a_place(lake: Lake) -> None:
    held = lease_file(lake).acquire("first")
    assert held
    of_another_machine(lake)
    with pytest.raises(SupersededError, match="taken over the lease of attempt 1"):
        held.record(cluster="j-1")


def test_a_place_outlives_the_renewals_of_the_lease(folder_lake: Lake) -> None:
    held = lease_file(folder_lake, SHORT).acquire("first")
    assert held
    with held.renewing(LOG):
        for step in range(20):
            held.record(step=str(step))
            time.sleep(SHORT / 20)
        lease = lease_file(folder_lake).read()
        assert lease and lease.location == {"step": "19"}


def test_a_kept_lease_changes_several_times_within_a_lease(folder_lake: Lake) -> None:
    held = lease_file(folder_lake, SHORT).acquire("first")
    assert held
    seen: set[str] = set()
    with held.renewing(LOG):
        end = time.monotonic() + 3 * SHORT
        while time.monotonic() < end:
            stored = folder_lake.read(KEY)
            assert stored
            seen.add(stored.etag)
            time.sleep(SHORT / 20)
    assert len(seen) >= 6


def test_the_lease_is_released_when_the_block_ends(lake: Lake) -> None:
    held = lease_file(lake).acquire("run")
    assert held
    with held.renewing(LOG):
        pass
    lease = lease_file(lake).read()
    assert lease and lease.status == "ended"


def test_the_lease_is_released_when_the_block_fails(lake: Lake) -> None:
    held = lease_file(lake).acquire("run")
    assert held
    with pytest.raises(ZeroDivisionError), held.renewing(LOG):
        _ = 1 / 0
    lease = lease_file(lake).read()
    assert lease and lease.status == "ended"


def test_an_owner_that_lost_its_lease_while_renewing_says_so(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    held = lease_file(folder_lake, SHORT).acquire("run")
    assert held
    with held.renewing(LOG):
        of_another_machine(folder_lake)
        time.sleep(SHORT)
    assert "another run has taken over the lease of attempt 1" in caplog.text


def test_an_owner_that_lost_its_lease_while_renewing_leaves_the_new_one(folder_lake: Lake) -> None:
    held = lease_file(folder_lake).acquire("run")
    assert held
    with held.renewing(LOG):
        other = of_another_machine(folder_lake)
    assert lease_file(folder_lake).read() == other


class Shaky(Lake):
    """A lake whose swaps raise while it is `down`, be they written or not."""

    def __init__(self, lake: Lake, *, writes: bool) -> None:
        self.root, self.down = lake.root, False
        self._lake, self._writes = lake, writes

    def below(self, key: str) -> Lake:
        return self._lake.below(key)

    def read(self, key: str) -> Stored | None:
        return self._lake.read(key)

    def write(self, key: str, body: bytes) -> str:
        return self._lake.write(key, body)

    def create(self, key: str, body: bytes) -> str | None:
        return self._lake.create(key, body)

    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        if self.down and not self._writes:
            raise TimeoutError("no answer")
        written = self._lake.swap(key, body, etag)
        if self.down:
            raise TimeoutError("no answer")
        return written

    def remove(self, key: str) -> None:
        self._lake.remove(key)

    def list(self, prefix: str) -> Iterator[Object]:
        return self._lake.list(prefix)

    def upload(self, path: Path, key: str, content: str) -> None:
        self._lake.upload(path, key, content)


@pytest.mark.parametrize("writes", [False, True])
def test_a_store_that_is_away_for_a_while_costs_no_lease(folder_lake: Lake, writes: bool) -> None:
    lake = Shaky(folder_lake, writes=writes)
    held = lease_file(lake, SHORT).acquire("run")
    assert held
    with held.renewing(LOG):
        lake.down = True
        time.sleep(SHORT)
        lake.down = False
    lease = lease_file(lake).read()
    assert lease and lease.status == "ended"


def test_a_store_that_is_away_at_the_end_hides_nothing(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Shaky(folder_lake, writes=False)
    held = lease_file(lake).acquire("run")
    assert held
    with held.renewing(LOG):
        lake.down = True
    assert "could not be released" in caplog.text
