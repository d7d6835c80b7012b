"""The launcher of remote jobs: it submits each attempt once, follows it and reads its report."""

from abc import abstractmethod
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.errors import UserError
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import AttemptResult, DetachedError, Launcher, LaunchError, LostError
from emr_ml.launchers.remote.follow import Follower, detached
from emr_ml.launchers.remote.messages import Messages
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from spark_jobs.runtime.attempt import SupersededError, read_failure
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


class RemoteLauncher(Launcher):
    """Runs jobs on a target on which they continue without the process that submitted them.

    The next run that wants a version resumes its attempt from what its lease records.
    """

    attempts_resumable = True

    def __init__(self, lake: Lake, polling: PollingPolicy) -> None:
        super().__init__(lake, polling.fast)
        self.shared, self.polling = lake, polling

    @abstractmethod
    def job(self, attempt: Attempt) -> RemoteJob:
        """Return the job of an attempt, new or resumed, without calling the target."""

    def compute(self, request: Request, module: str, held: HeldLease, log: Logger) -> AttemptResult:
        attempt = Attempt(request, module, held, self.lake, self.shared, log, self.more_follows)
        job = self.job(attempt)
        try:
            report = self._run(attempt, job)
        except (DetachedError, SupersededError):
            # keep the messages for the run that resumes the attempt
            raise
        except (JobError, LaunchError) as error:
            self._clear_messages(request, log)
            if isinstance(error, LaunchError):
                error.metadata |= job.metadata(None)
            raise
        except UserError as error:
            if job.is_submitted:
                raise detached(job.location, str(error)) from error
            raise LaunchError(str(error)) from error
        except AWS_ERRORS as error:
            raise detached(job.location, str(diagnose(error))) from error
        except Exception:
            # a bug in the launcher, which must not end the job
            raise
        except BaseException:
            if self._is_taken_over(held, log):
                log.warning(
                    "another run has taken over the job, so it goes on. %s", job.location.text
                )
                raise
            self._cancel(job, log)
            self._clear_messages(request, log)
            raise
        self._clear_messages(request, log)
        return AttemptResult(report, job.metadata(report))

    def _run(self, attempt: Attempt, job: RemoteJob) -> Report:
        """Submit the job if that has not been done, and follow it to its report."""
        is_resumed = job.is_submitted
        self._check_not_failed(attempt)
        if is_resumed:
            attempt.log.info("resuming %s", job.location.text)
        else:
            job.submit()
            attempt.log.info("submitted %s", job.location.text)
            attempt.log.info("its log will be in %s", job.location.log)
        follower = Follower(attempt, job, self.polling)
        try:
            return follower.follow()
        except (LostError, DetachedError):
            raise
        except LaunchError as error:
            if is_resumed and not follower.seen_live:
                raise LostError(f"the job had failed before this run found it: {error}") from error
            raise

    def _check_not_failed(self, attempt: Attempt) -> None:
        """Raise LostError if the attempt recorded a failure under its previous owner."""
        request = attempt.request
        failure = read_failure(self.lake, request.asset, request.version, request.attempt)
        if failure and attempt.location:
            raise LostError(f"attempt {request.attempt} failed before: {failure.message}")

    def _is_taken_over(self, held: HeldLease, log: Logger) -> bool:
        """Return whether another run follows the job, as after a sleep of this machine."""
        try:
            return held.is_taken_over()
        except Exception as error:
            # a lake that does not answer names no other run
            log.error("the lease of the attempt can't be read: %s", error)
            return False

    def _cancel(self, job: RemoteJob, log: Logger) -> None:
        """Cancel the job; errors are only logged, so that the interruption reaches the caller."""
        try:
            job.cancel()
        except Exception as error:
            log.error("the job could not be cancelled: %s. %s", error, job.location.text)

    def _clear_messages(self, request: Request, log: Logger) -> None:
        try:
            Messages(self.lake, request).clear()
        except AWS_ERRORS as error:
            # messages that stay in the lake do no harm
            log.info("the messages of the attempt were not deleted: %s", error)
