"""The story that every launcher tells, and the one part in which they differ."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from logging import Logger
from typing import Any

from emr_ml.errors import UserError
from emr_ml.lake.leases import HeldLease, Lease, LeaseFile
from emr_ml.lake.parts import new_part_key, parts_for
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec
from spark_jobs.runtime.attempt import Failure, SupersededError, read_failure, record_failure
from spark_jobs.runtime.bounds import asked, check_bounds
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import (
    Committed,
    Report,
    attempt_key,
    claim_key,
    job_key,
    read_report,
)

MOST_LOST_ATTEMPTS = 3


class LaunchError(UserError):
    """A job failed: the message names the cause, the attempt, where the log is, what to do.

    `facts` are more metadata for whoever looks at the failure, such as the ids of cluster and
    step.
    """

    def __init__(self, message: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = dict(facts or {})


class LostError(LaunchError):
    """The attempt was lost through no fault of the job: a new one may do."""


class DetachedError(LaunchError):
    """The attempt goes on, but can't be followed now: whoever asks again will find it."""


@dataclass(frozen=True)
class Computed:
    """The report that stands after an attempt, and facts about how it was run."""

    report: Report
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """A committed report, and whether it was there already or somebody else computed it.

    `facts` are more metadata about how it was computed, if it was computed here.
    """

    report: Report
    reused: bool
    facts: Mapping[str, Any]


class Launcher(ABC):
    """Gets a wanted version committed, exactly once however many ask for it."""

    #: whether an attempt may go on when the process that launched it is gone
    outlives_its_process = False

    def __init__(self, lake: Lake, poll_seconds: float) -> None:
        self.lake = lake
        self.poll_seconds = poll_seconds

    @property
    @abstractmethod
    def spark(self) -> str:
        """The release of Spark that jobs will find."""

    @abstractmethod
    def compute(self, request: Request, held: HeldLease, log: Logger) -> Computed:
        """Run the claimed attempt to its commit, or go on with one that is under way.

        Raises:
            JobError, LaunchError: the cause, in words for the user.
        """

    def where(self, lease: Lease) -> str:
        """Where the attempt of a lease is being computed, for whoever follows it."""
        return f"{lease.host.split()[0]}, process {lease.pid}"

    def finish(self, run_id: str, log: Logger) -> None:  # noqa: B027 - most have nothing to end
        """End what was kept up for the run alone; to be called when all of it is over."""

    def launch(self, work: VersionSpec, log: Logger) -> Outcome:
        """Committed: reuse. Claimed by another: follow. Else lease and compute.

        With `force`, only a report newer than the one that stands now will do. An attempt that
        is lost is followed by a new one, at most three in all.
        """
        lease_file = LeaseFile(self.lake, claim_key(work.asset, work.version))
        before = read_report(self.lake, work.asset, work.version) if work.force else None
        past = before.report.attempt if before else 0
        followed = lost = 0
        while True:
            if found := self._committed(work, before):
                return Outcome(found, reused=True, facts={})
            self._check_followed(work, followed)
            if held := lease_file.acquire(work.run_id, past, resume=self.outlives_its_process):
                try:
                    return self._compute_as(held, work, before, log)
                except SupersededError as reason:
                    log.warning("%s", reason)
                except LostError as error:
                    lost += 1
                    if lost == MOST_LOST_ATTEMPTS:
                        raise
                    log.warning("%s\nattempt %s is lost: trying anew", error, held.lease.attempt)
                    continue
            followed = self._follow(lease_file, followed, log)

    def _committed(self, work: VersionSpec, before: Committed | None) -> Report | None:
        """The report of the version, unless it is the one that a forced run is to replace."""
        committed = read_report(self.lake, work.asset, work.version)
        if committed is None or (before and committed.etag == before.etag):
            return None
        mark_used(self.lake, f"{work.asset}/{work.version}")
        # whoever cleans the lake may have been faster
        committed = read_report(self.lake, work.asset, work.version)
        return committed.report if committed else None

    def _check_followed(self, work: VersionSpec, followed: int) -> None:
        """What the user must mend failed for all who waited for it: nobody is to try it again."""
        failure = followed and read_failure(self.lake, work.asset, work.version, followed)
        if failure and not failure.retryable:
            raise LaunchError(failure.message)

    def _compute_as(
        self, held: HeldLease, work: VersionSpec, before: Committed | None, log: Logger
    ) -> Outcome:
        attempt = held.lease.attempt
        with held.renewing(log):
            # whoever held the lease before may have committed just before it was taken
            if found := self._committed(work, before):
                return Outcome(found, reused=True, facts={})
            log.info("attempt %s of %s %s", attempt, work.asset, work.version)
            request = self._request(work, attempt)
            try:
                computed = self._compute(request, held, log)
            except DetachedError:
                held.detach()
                raise
        report = computed.report
        return Outcome(report, reused=report.attempt != attempt, facts=computed.facts)

    def _compute(self, request: Request, held: HeldLease, log: Logger) -> Computed:
        """Compute, and keep why the attempt failed for those who follow it."""
        try:
            return self.compute(request, held, log)
        except (SupersededError, DetachedError):
            raise
        except (JobError, LaunchError) as error:
            by_user, retryable = isinstance(error, JobError), isinstance(error, LostError)
            self._record(request, Failure(str(error), by_user=by_user, retryable=retryable))
            raise
        except Exception:
            if self.outlives_its_process:
                # nobody foresaw it, so nobody knows that the attempt is over
                held.detach()
            raise
        except BaseException as error:
            self._record(request, Failure(f"interrupted by {error!r}", retryable=True))
            raise

    def _record(self, request: Request, failure: Failure) -> None:
        # a lake that does not answer must not hide what went wrong
        with suppress(Exception):
            record_failure(self.lake, request, failure)

    def _request(self, work: VersionSpec, attempt: int) -> Request:
        """What the attempt is asked; one that is under way goes on with what it was asked."""
        key = job_key(work.asset, work.version, attempt, "request.json")
        if stored := self.lake.read(key):
            return asked(stored)
        request = self._new_request(work, attempt)
        check_bounds(request)
        self.lake.write_json(key, request.as_json())
        return request

    def _new_request(self, work: VersionSpec, attempt: int) -> Request:
        inputs, parts, new_part = work.inputs, list[Part](), ""
        if work.batches:
            parts, left = parts_for(self.lake, work)
            inputs = {**inputs, work.batches: left}
            new_part = new_part_key(work, left.files, attempt)
        return Request(
            asset=work.asset,
            version=work.version,
            attempt=attempt,
            lake=self.lake.root,
            output=self.lake.uri(attempt_key(work.asset, work.version, attempt)),
            inputs=inputs,
            contract=work.contract,
            params=work.params,
            code=work.code,
            spark=work.spark,
            parts=tuple(parts),
            new_part=new_part,
        )

    def _follow(self, lease_file: LeaseFile, followed: int, log: Logger) -> int:
        lease = lease_file.read()
        if lease and lease.attempt != followed:
            log.info(
                "following attempt %s of run %s on %s",
                lease.attempt,
                lease.run_id,
                self.where(lease),
            )
        time.sleep(self.poll_seconds)
        return lease.attempt if lease else 0
