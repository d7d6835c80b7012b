"""Follow a submitted job until its report is there, or the reason why there is none."""

import random
import time
from logging import Logger

from emr_ml.aws.client import (
    AWS_ERRORS,
    CALL_ERRORS,
    THROTTLING_CODES,
    UnansweredError,
    error_code,
)
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.base import DetachedError
from emr_ml.launchers.remote.failures import job_failed
from emr_ml.launchers.remote.messages import Messages
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    RemoteJob,
)
from spark_jobs.runtime.attempt import Failure, check_lease, read_failure
from spark_jobs.runtime.report import Report, read_report

# reads of the lake after the target reports the end of a job, before a missing report is a failure
GRACE_POLLS = 3
# A short job is looked at more often: the pause is this share of the time since its start, at least
# so many seconds, and at most `PollingPolicy.fast`.
LATE_SHARE, LEAST_PAUSE_SECONDS = 0.05, 1.0


class Follower:
    """Follows one attempt by two signals: the lake, polled often, and the target, polled rarely.

    `seen_live` is True once the target has listed the job as live.
    """

    def __init__(self, attempt: Attempt, job: RemoteJob, polling: PollingPolicy) -> None:
        self._lake, self._request, self._log = attempt.lake, attempt.request, attempt.log
        self._job, self._polling = job, polling
        self._messages = Messages(attempt.lake, attempt.request)
        self._logged_states: dict[str, str] = {}
        self._outage = _Outage(polling.patience, attempt.log)
        self.seen_live = False

    def follow(self) -> Report:
        """Wait for the report.

        Raises:
            LaunchError: the attempt ended without a report.
            SupersededError: another attempt has replaced this one.
            DetachedError: the target gives no answer, and the job no message, for longer than
                `PollingPolicy.patience`.
        """
        started = time.monotonic()
        while True:
            try:
                if report := self._poll_lake():
                    return report
                if status := self._job.status():
                    self._check(status)
            except AWS_ERRORS as error:
                self._outage.tolerate(error, self._job)
            else:
                if not self._job.answers.failing:
                    self._outage.end()
            pause = max(LEAST_PAUSE_SECONDS, LATE_SHARE * (time.monotonic() - started))
            time.sleep(min(self._polling.fast, pause) * random.uniform(0.8, 1.2))

    def _poll_lake(self) -> Report | None:
        """Forward messages, and return the report if it is there.

        Raises:
            LaunchError: the job recorded a failure that a new attempt would not avoid.
        """
        if self._messages.forward(self._log):
            self._outage.note_life()
        if report := self._read_report():
            self._messages.finish(self._log, self._polling.fast)
            return report
        failure = self._read_failure()
        if failure and not failure.retryable:
            self._messages.finish(self._log, self._polling.fast)
            raise job_failed(self._job.location, failure, self._job.log_advice)
        return None

    def _read_report(self) -> Report | None:
        report = read_report(self._lake, self._request.asset, self._request.version)
        return report if report and report.attempt >= self._request.attempt else None

    def _read_failure(self) -> Failure | None:
        request = self._request
        return read_failure(self._lake, request.asset, request.version, request.attempt)

    def _check(self, status: JobStatus) -> None:
        """Raise the cause if the job's state means that there will be no report."""
        self._log_states(status)
        if status.outcome is JobOutcome.UNFINISHED:
            self.seen_live |= status.is_listed
            return
        # the report may have been written since the last poll of the lake, or be on its way
        for _ in range(GRACE_POLLS):
            if self._poll_lake():
                return
            time.sleep(self._polling.fast)
        # a superseded attempt ends without a report, which is no failure
        check_lease(self._lake, self._request)
        if failure := self._job.failure(status, self._read_failure()):
            raise failure

    def _log_states(self, status: JobStatus) -> None:
        """Log the states that have changed."""
        for subject, state in status.states.items():
            if self._logged_states.get(subject) != state:
                self._log.info("%s is %s", subject, state)
        self._logged_states |= status.states


class _Outage:
    """How long there has been no sign of life, and the lines about that in the run's log."""

    def __init__(self, patience: float, log: Logger) -> None:
        self._patience, self._log = patience, log
        self._last_life = time.monotonic()
        self._cause = ""

    def note_life(self) -> None:
        """Note that the job has spoken, or that its target is only too busy."""
        self._last_life = time.monotonic()

    def tolerate(self, error: Exception, job: RemoteJob) -> None:
        """Go on without an answer: the job does.

        Raises:
            DetachedError: there has been no sign of life for longer than the patience.
        """
        refusal = error.__cause__ if isinstance(error, UnansweredError) else error
        cause = _cause(error, refusal)
        if cause != self._cause:
            self._log.warning("%s: waiting, while the job keeps running", cause)
        self._cause = cause
        if error_code(refusal) in THROTTLING_CODES:
            self.note_life()
        seconds = time.monotonic() - max(self._last_life, job.answers.last)
        if seconds > self._patience:
            silence = f"there was no answer for {seconds:.0f} seconds. The last error: "
            raise detached(job.location, f"{silence}{diagnose(error)}") from error

    def end(self) -> None:
        """Note that both the lake and the target answer."""
        if self._cause:
            self._log.info("there are answers again")
        self._cause = ""
        self.note_life()


def _cause(error: Exception, refusal: BaseException | None) -> str:
    """Return what the log says about an error: the same words as long as the cause is the same."""
    if isinstance(refusal, CALL_ERRORS):
        return f"no answer ({error_code(refusal) or type(refusal).__name__})"
    # a service other than AWS, which the message names before it has details that may vary
    return str(error).partition(": ")[0]


def detached(location: JobLocation, cause: str) -> DetachedError:
    """Return the error for a job that continues although this run stops following it."""
    lines = (
        f"attempt {location.attempt} of {location.asset} can't be followed: {cause}",
        location.text,
        "what was started continues: materialize again to resume it",
    )
    return DetachedError("\n".join(line for line in lines if line))
