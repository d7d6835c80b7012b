"""A claim is renewed while its owner works, and released when the work ends."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emr_ml.lake.leases import Lease, LeaseFile
from spark_jobs.runtime.lake import Lake, Object, Stored
from spark_jobs.runtime.report import lease_key

LOG = logging.getLogger("test_claims_kept")
KEY = lease_key("metrics", "v")
SHORT = 0.3


def claims(lake: Lake, lease: float = 60.0) -> LeaseFile:
    return LeaseFile(lake, KEY, lease)


def of_another_machine(lake: Lake) -> Lease:
    """A claim whose owner can't be looked up here."""
    claim = Lease(1, "elsewhere", "another machine", 1, "nonce", "2026-01-01T00:00:00+00:00")
    lake.write_json(KEY, claim.as_json())
    return claim


def test_a_kept_claim_changes_several_times_within_a_lease(folder_lake: Lake) -> None:
    held = claims(folder_lake, SHORT).acquire("first")
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


def test_the_claim_is_released_when_the_block_ends(lake: Lake) -> None:
    held = claims(lake).acquire("run")
    assert held
    with held.renewing(LOG):
        pass
    claim = claims(lake).read()
    assert claim and claim.status == "ended"


def test_the_claim_is_released_when_the_block_fails(lake: Lake) -> None:
    held = claims(lake).acquire("run")
    assert held
    with pytest.raises(ZeroDivisionError), held.renewing(LOG):
        _ = 1 / 0
    claim = claims(lake).read()
    assert claim and claim.status == "ended"


def test_a_keeper_that_lost_its_claim_says_so(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    held = claims(folder_lake, SHORT).acquire("run")
    assert held
    with held.renewing(LOG):
        of_another_machine(folder_lake)
        time.sleep(SHORT)
    assert "another run has taken over the lease of attempt 1" in caplog.text


def test_a_keeper_that_lost_its_claim_leaves_the_new_one(folder_lake: Lake) -> None:
    held = claims(folder_lake).acquire("run")
    assert held
    with held.renewing(LOG):
        other = of_another_machine(folder_lake)
    assert claims(folder_lake).read() == other


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
def test_a_store_that_is_away_for_a_while_costs_no_claim(folder_lake: Lake, writes: bool) -> None:
    lake = Shaky(folder_lake, writes=writes)
    held = claims(lake, SHORT).acquire("run")
    assert held
    with held.renewing(LOG):
        lake.down = True
        time.sleep(SHORT)
        lake.down = False
    claim = claims(lake).read()
    assert claim and claim.status == "ended"


def test_a_store_that_is_away_at_the_end_hides_nothing(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Shaky(folder_lake, writes=False)
    held = claims(lake).acquire("run")
    assert held
    with held.renewing(LOG):
        lake.down = True
    assert "could not be released" in caplog.text
