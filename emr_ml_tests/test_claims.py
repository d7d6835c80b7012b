"""At most one process works at a version, and nobody blocks it for ever."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from emr_ml.claims import Claim, Claims, this_host
from emr_ml_tests.processes import Racers
from spark_jobs.runtime.lake import Lake, Object, Stored, open_lake
from spark_jobs.runtime.report import claim_key

LOG = logging.getLogger("test_claims")
KEY = claim_key("metrics", "v")
SHORT = 0.3
HOLDER = """
import sys, time
from emr_ml.claims import Claims
from spark_jobs.runtime.lake import open_lake
assert Claims(open_lake(sys.argv[1]), "metrics", "v").take("holder")
print("held", flush=True)
time.sleep(600)
"""


def claims(lake: Lake, lease: float = 60.0) -> Claims:
    return Claims(lake, "metrics", "v", lease)


def take(root: str) -> int | None:
    held = claims(open_lake(root)).take(f"run of {os.getpid()}")
    return held.claim.attempt if held else None


def of_another_machine(lake: Lake) -> Claim:
    """A claim whose owner can't be looked up here."""
    claim = Claim(1, "elsewhere", "another machine", 1, "nonce", "2026-01-01T00:00:00+00:00")
    lake.write_json(KEY, asdict(claim))
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
    assert claims(lake).current() is None


def test_the_first_who_asks_gets_the_first_attempt(lake: Lake) -> None:
    held = claims(lake).take("run")
    assert held and held.claim.attempt == 1


def test_everyone_sees_who_holds_the_claim(lake: Lake) -> None:
    held = claims(lake).take("run")
    assert held and claims(lake).current() == held.claim


def test_a_claim_of_a_living_process_is_not_taken(lake: Lake) -> None:
    claims(lake).take("first")
    assert claims(lake).take("second") is None


def test_versions_are_claimed_apart(lake: Lake) -> None:
    claims(lake).take("first")
    assert Claims(lake, "metrics", "w").take("second")


def test_a_released_claim_is_taken_as_the_next_attempt(lake: Lake) -> None:
    held = claims(lake).take("first")
    assert held
    with held.kept(LOG):
        pass
    second = claims(lake).take("second")
    assert second and second.claim.attempt == 2


def test_attempts_rise_with_every_claim(folder_lake: Lake) -> None:
    attempts: list[int] = []
    for run in "abc":
        held = claims(folder_lake).take(run)
        assert held
        attempts.append(held.claim.attempt)
        with held.kept(LOG):
            pass
    assert attempts == [1, 2, 3]


def test_the_claim_of_a_living_other_process_is_not_taken(folder_lake: Lake) -> None:
    with holder(folder_lake):
        assert claims(folder_lake).take("second") is None


def test_the_claim_of_a_killed_process_is_taken_at_once(folder_lake: Lake) -> None:
    with holder(folder_lake) as process:
        process.kill()
        process.wait()
        assert claims(folder_lake).take("second")


def test_a_process_of_another_machine_is_never_held_for_gone(folder_lake: Lake) -> None:
    # no process of this machine has that id
    claim = replace(of_another_machine(folder_lake), pid=2**22 + 1)
    assert not claim.owner_is_gone()


def test_a_process_of_this_machine_that_is_no_more_is_gone(folder_lake: Lake) -> None:
    claim = replace(of_another_machine(folder_lake), host=this_host(), pid=2**22 + 1)
    assert claim.owner_is_gone()


def test_a_claim_of_another_machine_is_not_taken_at_first_sight(lake: Lake) -> None:
    of_another_machine(lake)
    assert claims(lake, SHORT).take("second") is None


def test_a_claim_that_stays_unchanged_for_a_lease_is_taken(lake: Lake) -> None:
    of_another_machine(lake)
    watcher = claims(lake, SHORT)
    watcher.take("second")
    time.sleep(SHORT * 1.2)
    held = watcher.take("second")
    assert held and held.claim.attempt == 2


def test_a_renewed_claim_outlives_its_lease(lake: Lake) -> None:
    claim = of_another_machine(lake)
    watcher = claims(lake, SHORT)
    for turn in range(6):
        lake.write_json(KEY, asdict(replace(claim, renewed_at=str(turn))))
        assert watcher.take("second") is None
        time.sleep(SHORT / 3)


def test_a_kept_claim_changes_several_times_within_a_lease(folder_lake: Lake) -> None:
    held = claims(folder_lake, SHORT).take("first")
    assert held
    seen: set[str] = set()
    with held.kept(LOG):
        end = time.monotonic() + 3 * SHORT
        while time.monotonic() < end:
            stored = folder_lake.read(KEY)
            assert stored
            seen.add(stored.etag)
            time.sleep(SHORT / 20)
    assert len(seen) >= 6


def test_the_claim_is_released_when_the_block_ends(lake: Lake) -> None:
    held = claims(lake).take("run")
    assert held
    with held.kept(LOG):
        pass
    claim = claims(lake).current()
    assert claim and claim.released


def test_the_claim_is_released_when_the_block_fails(lake: Lake) -> None:
    held = claims(lake).take("run")
    assert held
    with pytest.raises(ZeroDivisionError), held.kept(LOG):
        _ = 1 / 0
    claim = claims(lake).current()
    assert claim and claim.released


def test_a_keeper_that_lost_its_claim_says_so(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    held = claims(folder_lake, SHORT).take("run")
    assert held
    with held.kept(LOG):
        of_another_machine(folder_lake)
        time.sleep(SHORT)
    assert "the claim of attempt 1 was taken over" in caplog.text


def test_a_keeper_that_lost_its_claim_leaves_the_new_one(folder_lake: Lake) -> None:
    held = claims(folder_lake).take("run")
    assert held
    with held.kept(LOG):
        other = of_another_machine(folder_lake)
    assert claims(folder_lake).current() == other


def test_one_of_many_processes_gets_the_claim(lake: Lake, racers: Racers) -> None:
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [1]


def test_one_of_many_processes_takes_over_a_released_claim(lake: Lake, racers: Racers) -> None:
    held = claims(lake).take("first")
    assert held
    with held.kept(LOG):
        pass
    attempts = racers.race(take, lake.root)
    assert [attempt for attempt in attempts if attempt] == [2]


class Shaky(Lake):
    """A lake whose swaps raise while it is `down`, be they written or not."""

    def __init__(self, lake: Lake, *, writes: bool) -> None:
        self.root, self.down = lake.root, False
        self._lake, self._writes = lake, writes

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

    def list(self, prefix: str) -> Iterator[Object]:
        return self._lake.list(prefix)

    def upload(self, path: Path, key: str) -> None:
        self._lake.upload(path, key)


@pytest.mark.parametrize("writes", [False, True])
def test_a_store_that_is_away_for_a_while_costs_no_claim(folder_lake: Lake, writes: bool) -> None:
    lake = Shaky(folder_lake, writes=writes)
    held = claims(lake, SHORT).take("run")
    assert held
    with held.kept(LOG):
        lake.down = True
        time.sleep(SHORT)
        lake.down = False
    claim = claims(lake).current()
    assert claim and claim.released


def test_a_store_that_is_away_at_the_end_hides_nothing(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Shaky(folder_lake, writes=False)
    held = claims(lake).take("run")
    assert held
    with held.kept(LOG):
        lake.down = True
    assert "could not be released" in caplog.text
