"""What all launchers share: reuse, leases, waiting for other runs, and retries."""

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from logging import Logger
from typing import Any, Self

from emr_ml.errors import UserError
from emr_ml.lake.code_record import record_modules
from emr_ml.lake.copies import commit_copy
from emr_ml.lake.leases import HeldLease, Lease, LeaseFile
from emr_ml.lake.parts import new_part_key, parts_for
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec, short
from spark_jobs.runtime.attempt import Failure, SupersededError, read_failure, record_failure
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import (
    Committed,
    Report,
    attempt_key,
    job_key,
    lease_key,
    read_commit,
    read_report,
)
from spark_jobs.runtime.request_validation import check_paths, parse_request

MAX_LOST_ATTEMPTS = 3


class LaunchError(UserError):
    """A job failed: the message names the cause, the attempt, the log and what to do next.

    Args:
        problem, fix: as in `UserError`.
        metadata: Dagster metadata about the failure, such as the ids of cluster and step.
    """

    def __init__(
        self, problem: str, metadata: Mapping[str, Any] | None = None, *, fix: str = ""
    ) -> None:
        super().__init__(problem, fix=fix)
        self.metadata = dict(metadata or {})


class LostError(LaunchError):
    """The attempt was lost through no fault of the job, so a new attempt may succeed."""


class DetachedError(LaunchError):
    """The attempt continues, but this run can't follow it; the next run will resume it."""


@dataclass(frozen=True)
class AttemptResult:
    """The version's report once an attempt is over, and Dagster metadata about the attempt."""

    report: Report
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Outcome:
    """The committed report of a version.

    Args:
        report: the report.
        reused: whether it was committed before, or by another run.
        metadata: Dagster metadata about the attempt, if this run computed it.
    """

    report: Report
    reused: bool
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Launcher(ABC):
    """Commits each version exactly once, however many runs ask for it.

    A new launch target implements `spark` and `compute`. If its attempts survive the process
    that started them, it also sets `attempts_resumable`, records their location in the lease and
    names that location in `attempt_location`. If it keeps something up for a run, it sets
    `keeps_up` and implements `finish`; `executor.py` picks the deployments whose failed runs call
    that.
    """

    #: whether the run wants another job right after the one that is launched, so that a target may
    #: keep ready what both need
    more_follows = False
    #: whether an attempt continues after its process has died, so that another can resume it
    attempts_resumable = False
    #: whether something is kept up for a run, which `finish` ends
    keeps_up = False

    def __init__(self, lake: Lake, poll_seconds: float) -> None:
        self.lake = lake
        self.poll_seconds = poll_seconds

    def on(self, lake: Lake) -> Self:
        """Return this launcher for versions in another lake; clusters and sessions are shared."""
        launcher = copy.copy(self)
        launcher.lake = lake
        return launcher

    def expecting_more(self, more: bool) -> Self:
        """Return this launcher for a job after which its run wants another one, or not."""
        launcher = copy.copy(self)
        launcher.more_follows = more
        return launcher

    @property
    @abstractmethod
    def spark(self) -> str:
        """The release of Spark that runs the jobs."""

    def prepare(self, uris: Iterable[str]) -> None:  # noqa: B027 - most targets have nothing to do
        """Get ready, without waiting, for a job that will soon be launched.

        Args:
            uris: of files that it will read.
        """

    @abstractmethod
    def compute(self, request: Request, module: str, held: HeldLease, log: Logger) -> AttemptResult:
        """Run the attempt up to its commit, or resume it if it is under way.

        Args:
            request: what the job is to compute.
            module: of the job, which has a function `run`.
            held: the lease of the attempt; records where the attempt runs.
            log: the run's log.

        Raises:
            JobError: the job failed for a reason that the user can fix.
            LostError: the attempt was lost, and a new one may succeed.
            DetachedError: the attempt continues without this process.
            LaunchError: it failed for any other cause, which the message explains.
            SupersededError: another attempt has replaced this one.
        """

    def attempt_location(self, lease: Lease) -> str:
        """Return where an attempt runs, for the log of a run that follows it."""
        return f"{lease.host.split()[0]}, process {lease.pid}"

    def finish(  # noqa: B027 - most have nothing to end
        self, run_id: str, log: Logger, *, others_wait: bool
    ) -> None:
        """End what was kept running for this run; called once all its steps are over.

        Args:
            run_id: the run.
            log: its log.
            others_wait: whether other runs are under way or queued, which may want it next.
        """

    def launch(self, work: VersionSpec, log: Logger) -> Outcome:
        """Return the committed report of a version: reuse it, follow its attempt, or compute it.

        With `force`, only a report newer than the present one counts. After a lost attempt a new
        one starts, until this run has lost `MAX_LOST_ATTEMPTS`.

        Raises:
            JobError, LaunchError: as `compute`, or as the attempt of another run that this one
                followed.
        """
        lease_file = LeaseFile(self.lake, lease_key(work.asset, work.version))
        replaced = read_commit(self.lake, work.asset, work.version) if work.force else None
        past = replaced.report.attempt if replaced else 0
        followed = lost = 0
        while True:
            if report := self._committed_report(work, replaced):
                return Outcome(report, reused=True)
            self._check_followed_attempt(work, followed)
            held = lease_file.acquire(work.run_id, past, resume=self.attempts_resumable)
            if held is None:
                followed = self._follow(lease_file, followed, log)
                continue
            try:
                return self._compute_under(held, work, replaced, log)
            except SupersededError as reason:
                log.warning("%s", reason)
                followed = self._follow(lease_file, followed, log)
            except LostError as error:
                lost += 1
                if lost == MAX_LOST_ATTEMPTS:
                    raise LostError(
                        f"{error}\n{lost} attempts were lost, this was the last: materialize again "
                        "once the cause above has passed",
                        error.metadata,
                    ) from error
                log.warning("%s\nattempt %s is lost: starting a new one", error, held.lease.attempt)

    def _committed_report(self, work: VersionSpec, replaced: Committed | None) -> Report | None:
        """Return the report of the version, unless it is the one that a forced run replaces."""
        committed = read_commit(self.lake, work.asset, work.version)
        if committed is None or (replaced and committed.etag == replaced.etag):
            return None
        mark_used(self.lake, f"{work.asset}/{work.version}")
        # read again: a clean-up of the lake may have removed the version before it was marked
        return read_report(self.lake, work.asset, work.version)

    def _check_followed_attempt(self, work: VersionSpec, followed: int) -> None:
        """Raise LaunchError if the followed attempt failed in a way that a retry won't fix."""
        failure = followed and read_failure(self.lake, work.asset, work.version, followed)
        if failure and not failure.retryable:
            raise LaunchError(failure.message)

    def _follow(self, lease_file: LeaseFile, followed: int, log: Logger) -> int:
        """Wait for one poll, and return the number of the attempt that holds the lease."""
        lease = lease_file.read()
        if lease and lease.attempt != followed:
            log.info(
                "following attempt %s of run %s on %s",
                lease.attempt,
                lease.run_id,
                self.attempt_location(lease),
            )
        time.sleep(self.poll_seconds)
        return lease.attempt if lease else 0

    def _compute_under(
        self, held: HeldLease, work: VersionSpec, replaced: Committed | None, log: Logger
    ) -> Outcome:
        attempt = held.lease.attempt
        with held.renewing(log):
            # the previous owner may have committed just before this run acquired the lease
            if report := self._committed_report(work, replaced):
                return Outcome(report, reused=True)
            inputs = [f"{name} {short(given.version)}" for name, given in work.inputs.items()]
            source = f" from {', '.join(inputs)}" if inputs else ""
            log.info("computing %s%s, attempt %s", short(work.version), source, attempt)
            request = self._read_or_write_request(work, attempt)
            # a job that was sent somewhere may be writing by now, or have left files
            sent = held.lease.location
            if (
                work.same_as
                and not sent
                and (copied := commit_copy(self.lake, work.same_as, request, log))
            ):
                return Outcome(copied, reused=copied.attempt != attempt)
            try:
                result = self._compute_and_record(request, work.job_module, held, log)
            except DetachedError:
                held.detach()
                raise
        reused = result.report.attempt != attempt
        return Outcome(result.report, reused, result.metadata)

    def _compute_and_record(
        self, request: Request, module: str, held: HeldLease, log: Logger
    ) -> AttemptResult:
        """Compute, and record the cause of a failure for the runs that follow this attempt."""
        try:
            return self.compute(request, module, held, log)
        except (SupersededError, DetachedError):
            raise
        except (JobError, LaunchError) as error:
            by_user, retryable = isinstance(error, JobError), isinstance(error, LostError)
            self._record(request, Failure(str(error), by_user=by_user, retryable=retryable))
            raise
        except Exception:
            if self.attempts_resumable:
                # an unexpected error here does not mean that the attempt itself is over
                held.detach()
            raise
        except BaseException as error:
            self._record_interruption(request, held, error)
            raise

    def _record(self, request: Request, failure: Failure) -> None:
        # an unreachable lake must not hide the cause of the failure
        with suppress(Exception):
            record_failure(self.lake, request, failure)

    def _record_interruption(self, request: Request, held: HeldLease, error: BaseException) -> None:
        """Record that this run was interrupted, unless the attempt is another run's by now."""
        with suppress(Exception):
            if held.is_taken_over():
                return
        self._record(request, Failure(f"interrupted by {error!r}", retryable=True))

    def _read_or_write_request(self, work: VersionSpec, attempt: int) -> Request:
        """Return the request of the attempt; a resumed attempt keeps its original request."""
        key = job_key(work.asset, work.version, attempt, "request.json")
        if stored := self.lake.read(key):
            return parse_request(stored)
        request = self._new_request(work, attempt)
        check_paths(request)
        record_modules(self.lake, work, attempt)
        self.lake.write_json(key, request.as_json())
        return request

    def _new_request(self, work: VersionSpec, attempt: int) -> Request:
        inputs, parts, new_part = work.inputs, list[Part](), ""
        if work.incremental_input:
            parts, remaining = parts_for(self.lake, work)
            inputs = {**inputs, work.incremental_input: remaining}
            new_part = new_part_key(work, remaining.files, attempt)
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
