"""One attempt as a job run of EMR Serverless, from its lease to its report or its cancellation."""

import time
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from emr_ml.aws.client import error_code
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.failures import timed_out
from emr_ml.launchers.remote.job_run import JobRun
from emr_ml.launchers.remote.job_run_request import JobRunSpec
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobOutcome, JobStatus
from emr_ml.launchers.serverless import failures
from emr_ml.launchers.serverless.application import TERMINATED, Applications
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.launchers.serverless.cost import cost_metadata
from emr_ml.launchers.serverless.requests import SERVICE, start_job_run_request
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report

GRACE_SECONDS = 15
STOPPED = ("CREATED", "STOPPED")
MAX_REFUSALS = 20


class ServerlessJob(JobRun[ServerlessConfig]):
    """An attempt as a job run of an application, which starts with it and stops by itself."""

    advice, log_advice = failures.ADVICE, failures.LOG_ADVICE
    # the link of GetDashboardForJobRun works without a login, so it must not be logged
    service, title, console_page = SERVICE, "EMR Serverless", "serverless"
    outcomes: ClassVar = {
        "SUCCESS": JobOutcome.SUCCEEDED,
        "FAILED": JobOutcome.FAILED,
        "CANCELLED": JobOutcome.CANCELLED,
    }
    owner_parameter, job_parameter = "applicationId", "jobRunId"
    started_key, describe_call = "jobRunId", "get_job_run"
    owner_key = "application"
    cancel_parameters: ClassVar = {"shutdownGracePeriodInSeconds": GRACE_SECONDS}
    grace_seconds = GRACE_SECONDS

    def find_owner(self) -> str:
        return self._applications().find_or_create(self._held.lease.run_id, self._log)

    def start_request(self, spec: JobRunSpec) -> dict[str, Any]:
        return start_job_run_request(self._context.config, self._context.endpoint, spec)

    def await_acceptance(self, error: ClientError, owner: str, refusals: int) -> None:
        """Wait for an application that takes no job runs now, and start it if it is stopped."""
        state = self._applications().state(owner)
        if state == TERMINATED:
            raise failures.application_gone(self.location, owner) from error
        is_conflict = error_code(error) == "ConflictException"
        takes_jobs = state == "STARTED" and refusals > 1
        if not is_conflict or takes_jobs or refusals >= MAX_REFUSALS:
            raise self.refused(error, owner) from error
        self._log.info("application %s is %s: %s", owner, state, error)
        if state in STOPPED:
            # its auto-start is off
            self._api.ask("start_application", applicationId=owner)
        time.sleep(self._polling.slow)

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        if status.outcome is JobOutcome.CANCELLED and _has_timed_out(self.described):
            return timed_out(self.location, self.tail())
        return super().failure(status, recorded)

    def run_failure(self, recorded: Failure | None) -> LaunchError:
        details, has_started = self.described.get("stateDetails", ""), self._has_started
        return failures.run_failed(
            self.location, details, recorded, self.tail(), has_started=has_started
        )

    def usage(self, report: Report) -> dict[str, Any]:
        del report  # the service itself tells what it bills
        return cost_metadata(self._context.config, *self.ids, self._log)

    def log_uri(self, base: str) -> str:
        application, job = self.ids
        return f"{base}applications/{application}/jobs/{job}/"

    def tail(self) -> Tail:
        """Return the end of the driver's log; one that was never started seldom has any."""
        wait = self._polling.logs if self._has_started else self._polling.slow
        # of a later attempt of the service's own, it is below `attempts/<n>/`
        parts = ("SPARK_DRIVER/", "stderr")
        return self._logs.tail(self._log_folder, wait, self._polling.fast, parts)

    @property
    def _has_started(self) -> bool:
        """Whether the driver was started."""
        return "startedAt" in self.described

    def _applications(self) -> Applications:
        context = self._context
        return Applications(self._api, context.shared, context.config, self._polling)


def _has_timed_out(described: dict[str, Any]) -> bool:
    seconds = described.get("totalExecutionDurationSeconds") or 0
    minutes = described.get("executionTimeoutMinutes") or 0
    said = failures.TIME_LIMIT.search(described.get("stateDetails", ""))
    return bool(said) or 0 < minutes * 60 <= seconds
