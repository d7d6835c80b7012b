"""Leases: the right of one process to compute a version, to start a cluster, and the like.

A lease has one owner, who renews it while it works. Expiry compares no clocks of two machines: a
lease has expired once it has not changed for its whole duration on the watcher's own clock, or at
once if its owner was a process of this machine that is gone. Work may outlive its owner, as a step
on a cluster does. The lease then records where the work runs, and the next owner resumes that
attempt.
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
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from spark_jobs.runtime.attempt import SupersededError, now
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

LEASE_SECONDS = 60.0
RENEWALS_PER_LEASE = 6
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lease:
    """The contents of `claim.json`.

    Args:
        attempt: number of the attempt, from 1.
        run_id: the owner's run.
        host: the owner's machine, see `this_host`.
        pid: the owner's process id on that machine.
        nonce: distinguishes two leases of one process.
        renewed_at: UTC, by the owner's clock.
        status: `held` while the owner works, `left` if the work continues without it, `ended` once
            the attempt is over.
        location: where the work runs, such as the ids of cluster and step; `place` in the file.
    """

    attempt: int
    run_id: str
    host: str
    pid: int
    nonce: str
    renewed_at: str
    status: Literal["held", "left", "ended"] = "held"
    location: Annotated[dict[str, str], Field(alias="place")] = field(
        default_factory=dict[str, str]
    )

    @staticmethod
    def of(stored: Stored) -> "Lease":
        """Parse a `claim.json`, ignoring fields that a later release added.

        Raises:
            JobError: the file is damaged.
        """
        return stored.parsed(_LEASE.validate_python)

    def as_json(self) -> dict[str, Any]:
        """Return JSON values under the keys of `claim.json`."""
        values = asdict(self)
        values["place"] = values.pop("location")
        return values

    def owner_is_gone(self) -> bool:
        """Return True only if the owner was a process of this machine that no longer exists."""
        if self.host != this_host() or self.host.endswith(UNKNOWN):
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            return False
        return False


_LEASE = TypeAdapter(Lease)


class LeaseFile:
    """The lease at one key of the lake, as one process watches it over time.

    Args:
        lake: where the lease is kept.
        key: of its `claim.json`.
        duration: seconds without a renewal after which the lease has expired.
    """

    def __init__(self, lake: Lake, key: str, duration: float = LEASE_SECONDS) -> None:
        self._lake = lake
        self.key = key
        self._duration = duration
        self._last_change: tuple[str, float] | None = None

    def acquire(self, run_id: str, past: int = 0, *, resume: bool = False) -> "HeldLease | None":
        """Acquire the lease of an attempt, or return None while another owner holds it.

        Args:
            run_id: the new owner's run.
            past: number of the last attempt that does not count; the acquired one is later.
            resume: take over an unfinished attempt, with its location, instead of starting a new
                one.
        """
        stored = self._lake.read(self.key)
        if stored is None:
            return self._write(_new_lease(past + 1, run_id), None, None)
        lease = Lease.of(stored)
        is_free = lease.status != "held" or lease.owner_is_gone() or self._has_expired(stored.etag)
        if not is_free:
            return None
        if resume and lease.status != "ended" and lease.attempt > past:
            acquired = replace(_new_lease(lease.attempt, run_id), location=lease.location)
        else:
            acquired = _new_lease(max(lease.attempt, past) + 1, run_id)
        return self._write(acquired, stored.etag, lease)

    def read(self) -> Lease | None:
        """Return the lease, held or not, or None if there is none."""
        stored = self._lake.read(self.key)
        return Lease.of(stored) if stored else None

    def _has_expired(self, etag: str) -> bool:
        now_here = time.monotonic()
        if self._last_change is None or self._last_change[0] != etag:
            self._last_change = etag, now_here
        return now_here - self._last_change[1] > self._duration

    def _write(
        self, lease: Lease, expected: str | None, previous: Lease | None
    ) -> "HeldLease | None":
        etag = self._lake.write_if_unchanged(self.key, as_json(lease.as_json()), expected)
        if etag is None:
            return None
        return HeldLease(
            self._lake, self.key, lease, etag, duration=self._duration, previous=previous
        )


class HeldLease:
    """A lease that this process holds; `previous` is the one that it replaced, if any."""

    def __init__(
        self,
        lake: Lake,
        key: str,
        lease: Lease,
        etag: str,
        *,
        duration: float,
        previous: Lease | None,
    ) -> None:
        self.lease = lease
        self.previous = previous
        self._lake, self._key, self._etag = lake, key, etag
        self._interval = duration / RENEWALS_PER_LEASE
        self._final_status: Literal["left", "ended"] = "ended"
        self._swap_lock = threading.Lock()

    def record(self, **location: str) -> None:
        """Record where the work runs, for the run that takes it over.

        Raises:
            SupersededError: another run has taken the lease over.
        """
        if not self._swap(lambda lease: replace(lease, location={**lease.location, **location})):
            raise SupersededError(
                f"another run has taken over the lease of attempt {self.lease.attempt}"
            )

    def is_taken_over(self) -> bool:
        """Return whether the lake has another owner's lease now."""
        stored = self._lake.read(self._key)
        return stored is not None and stored.json().get("nonce") != self.lease.nonce

    def detach(self) -> None:
        """Leave the attempt running after the block, for another run to resume."""
        self._final_status = "left"

    @contextmanager
    def renewing(self, log: Logger, *, detach_on_error: bool = False) -> Generator[None]:
        """Renew the lease while the block runs, and end the attempt after it unless detached."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(self._interval):
                # a store that does not answer for a while is no reason to stop working
                with suppress(Exception):
                    if not self._swap(lambda lease: lease):
                        log.warning(
                            "another run has taken over the lease of attempt %s",
                            self.lease.attempt,
                        )
                        return

        thread = threading.Thread(target=renew, name="lease-renewal", daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            if detach_on_error:
                self.detach()
            raise
        finally:
            ended.set()
            thread.join()
            try:
                self._swap(lambda lease: replace(lease, status=self._final_status))
            except Exception:
                # this must not hide how the block ended, and the lease will expire
                log.warning("the lease could not be released", exc_info=True)

    def _swap(self, change: Callable[[Lease], Lease]) -> bool:
        with self._swap_lock:
            # applied under the lock: a copy made outside may lack what another thread recorded
            lease = replace(change(self.lease), renewed_at=now())
            body = as_json(lease.as_json())
            etag = self._lake.swap(self._key, body, self._etag)
            if etag is None:
                stored = self._lake.read(self._key)
                # a renewal that raised an error may have been written nevertheless
                if stored and stored.json().get("nonce") == lease.nonce:
                    etag = self._lake.swap(self._key, body, stored.etag)
            if etag:
                self._etag, self.lease = etag, lease
            return bool(etag)


def this_host() -> str:
    """Return host name, boot id and process namespace: process ids are comparable within these."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # another machine may have the same name, so only expiry can show that an owner is gone
        boot = namespace = UNKNOWN
    return f"{socket.gethostname()} {boot} {namespace}"


def _new_lease(attempt: int, run_id: str) -> Lease:
    return Lease(attempt, run_id, this_host(), os.getpid(), uuid.uuid4().hex, now())
