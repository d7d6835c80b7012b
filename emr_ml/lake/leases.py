"""Who computes a version, or starts a cluster: one process at a time, and never for ever.

A claim is renewed while its owner works. Nobody compares clocks of two machines: a claim is
dead once it has not changed for the length of a lease on the watcher's own clock, or at once if
its owner was a process of this machine that is gone. The work may go on without its owner, as a
step of a cluster does: then the claim says where, and the next owner goes on with that attempt.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from logging import Logger
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from spark_jobs.runtime.attempt import SupersededError, now
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

LEASE_SECONDS = 60.0
RENEWALS_PER_LEASE = 6
NOWHERE = "unknown"


@dataclass(frozen=True)
class Lease:
    """The body of `claim.json`; `nonce` tells two claims of one process apart.

    `status` is `held` while the owner works, `left` if the work goes on without it, `ended` if
    the attempt is over. `place` says where the work goes on, such as the ids of cluster and step.
    """

    attempt: int
    run_id: str
    host: str
    pid: int
    nonce: str
    renewed_at: str
    status: Literal["held", "left", "ended"] = "held"
    place: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def of(stored: Stored) -> "Lease":
        """The claim in a `claim.json`; what a later release added to it is passed over.

        Raises:
            JobError: it is damaged.
        """
        return stored.parsed(_CLAIM.validate_python)

    def owner_is_gone(self) -> bool:
        """True only if the owner was a process of this machine and is no more."""
        if self.host != this_host() or self.host.endswith(NOWHERE):
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            return False
        return False


_CLAIM = TypeAdapter(Lease)


class LeaseFile:
    """The claim at one key of the lake, as one process sees it over time."""

    def __init__(self, lake: Lake, key: str, lease: float = LEASE_SECONDS) -> None:
        self._lake = lake
        self._key = key
        self._lease = lease
        self._seen: tuple[str, float] | None = None

    def take(self, run_id: str, past: int = 0, *, resume: bool = False) -> "HeldLease | None":
        """Claim the next attempt, a later one than `past`; None while another's claim lives.

        With `resume`, an attempt that is not over is taken as it is, with its place.
        """
        stored = self._lake.read(self._key)
        if stored is None:
            return self._write(_new_claim(past + 1, run_id), None)
        claim = Lease.of(stored)
        if not (
            claim.status != "held"
            or claim.owner_is_gone()
            or self._unchanged_for_a_lease(stored.etag)
        ):
            return None
        if resume and claim.status != "ended" and claim.attempt > past:
            taken = replace(_new_claim(claim.attempt, run_id), place=claim.place)
        else:
            taken = _new_claim(max(claim.attempt, past) + 1, run_id)
        return self._write(taken, stored.etag)

    def current(self) -> Lease | None:
        stored = self._lake.read(self._key)
        return Lease.of(stored) if stored else None

    def _unchanged_for_a_lease(self, etag: str) -> bool:
        here = time.monotonic()
        if self._seen is None or self._seen[0] != etag:
            self._seen = etag, here
        return here - self._seen[1] > self._lease

    def _write(self, claim: Lease, over: str | None) -> "HeldLease | None":
        body = as_json(asdict(claim))
        etag = (
            self._lake.swap(self._key, body, over) if over else self._lake.create(self._key, body)
        )
        return HeldLease(self._lake, self._key, claim, etag, self._lease) if etag else None


class HeldLease:
    """A claim that this process holds."""

    def __init__(self, lake: Lake, key: str, claim: Lease, etag: str, lease: float) -> None:
        self.claim = claim
        self._lake, self._key, self._etag = lake, key, etag
        self._pause = lease / RENEWALS_PER_LEASE
        self._end: Literal["left", "ended"] = "ended"
        self._one_swap_at_a_time = threading.Lock()

    def note(self, **place: str) -> None:
        """Keep where the work goes on, for whoever takes it over.

        Raises:
            SupersededError: the claim was taken over.
        """
        if not self._swap(lambda claim: replace(claim, place={**claim.place, **place})):
            raise SupersededError(
                f"the claim of attempt {self.claim.attempt} was taken over by another run"
            )

    def leave(self) -> None:
        """The attempt will go on after the block: whoever wants it may go on with it."""
        self._end = "left"

    @contextmanager
    def kept(self, log: Logger, *, left_on_error: bool = False) -> Generator[None]:
        """Renew the claim while the block runs; the attempt is over at its end, unless left."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(self._pause):
                # a store that does not answer for a while is no reason to stop working
                with suppress(Exception):
                    if not self._swap(lambda claim: claim):
                        log.warning("the claim of attempt %s was taken over", self.claim.attempt)
                        return

        keeper = threading.Thread(target=renew, name="claim-keeper", daemon=True)
        keeper.start()
        try:
            yield
        except BaseException:
            if left_on_error:
                self.leave()
            raise
        finally:
            ended.set()
            keeper.join()
            try:
                self._swap(lambda claim: replace(claim, status=self._end))
            except Exception:
                # it must not hide how the block ended; the lease will run out
                log.warning("the claim could not be released", exc_info=True)

    def _swap(self, change: Callable[[Lease], Lease]) -> bool:
        with self._one_swap_at_a_time:
            # changed in here: a copy made outside may lack what another thread has noted since
            claim = replace(change(self.claim), renewed_at=now())
            body = as_json(asdict(claim))
            etag = self._lake.swap(self._key, body, self._etag)
            if etag is None:
                stored = self._lake.read(self._key)
                # a renewal that raised may have been written all the same
                if stored and stored.json().get("nonce") == claim.nonce:
                    etag = self._lake.swap(self._key, body, stored.etag)
            if etag:
                self._etag, self.claim = etag, claim
            return bool(etag)


def this_host() -> str:
    """Host name, boot and process namespace: within one of these, process ids are comparable."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # a name alone may be another machine's too: then only the lease tells who is gone
        boot = namespace = NOWHERE
    return f"{socket.gethostname()} {boot} {namespace}"


def _new_claim(attempt: int, run_id: str) -> Lease:
    return Lease(attempt, run_id, this_host(), os.getpid(), uuid.uuid4().hex, now())
