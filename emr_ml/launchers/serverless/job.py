"""One attempt as a job run of EMR Serverless, from its lease to its report or its cancellation."""

import time
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from emr_ml.aws.client import error_code
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.failures import cancelled, output_missing, timed_out
from emr_ml.launchers.remote.job_run import JobRun, JobRunContext, new_token
from emr_ml.launchers.remote.log_tail import LogStore, Tail
from emr_ml.launchers.remote.packages import upload_archive
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import Attempt, JobLocation, JobOutcome, JobStatus
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


class ServerlessJob(JobRun):
    """An attempt as a job run of an application, which starts with it and stops by itself."""

    advice = failures.ADVICE
    service = SERVICE
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

    def __init__(self, context: JobRunContext[ServerlessConfig], attempt: Attempt) -> None:
        super().__init__(attempt, context.polling)
        self._context = context
        self._logs = LogStore("EMR Serverless writes logs up to some minutes after they are said")

    @property
    def location(self) -> JobLocation:
        request, (application, job) = self._attempt.request, self.ids
        text = ""
        if application:
            console = console_link(self._context.endpoint.region)
            text = f"job run {job or '(none)'} of application {application}, {console}"
        return JobLocation(request.asset, request.attempt, text, self._log_uri if job else "")

    def new_request(self) -> dict[str, Any]:
        context, attempt = self._context, self._attempt
        code = planned_code(context.shared.root, attempt.code)
        upload(context.shared, code.folders)
        packages = upload_archive(context.shared, context.config)
        application = self._applications().find_or_create(self._held.lease.run_id, self._log)
        return start_job_run_request(
            context.config,
            context.endpoint,
            code,
            packages,
            application=application,
            token=new_token(),
            module=attempt.module,
            name=attempt.name,
            request_uri=attempt.request_uri,
        )

    def await_acceptance(self, error: ClientError, owner: str, refusals: int) -> None:
        """Wait for an application that takes no job runs now, and start it if it is stopped."""
        state = self._applications().state(owner)
        if state == TERMINATED:
            raise failures.application_gone(self.location, owner) from error
        is_conflict = error_code(error) == "ConflictException"
        takes_jobs = state == "STARTED" and refusals > 1
        if not is_conflict or takes_jobs or refusals >= MAX_REFUSALS:
            raise failures.job_refused(error, self._attempt.name, owner) from error
        self._log.info("application %s is %s: %s", owner, state, error)
        if state in STOPPED:
            # its auto-start is off
            self._api.ask("start_application", applicationId=owner)
        time.sleep(self._polling.slow)

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        described = self.described
        details, has_started = described.get("stateDetails", ""), "startedAt" in described
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(self.location, self._tail(has_started=True))
            case JobOutcome.CANCELLED if _has_timed_out(described):
                return timed_out(self.location, self._tail(has_started=has_started))
            case JobOutcome.CANCELLED:
                return cancelled(self.location)
            case JobOutcome.LOST:
                return failures.job_forgotten(self.location)
            case _:
                tail = self._tail(has_started=has_started)
                return failures.run_failed(
                    self.location, details, recorded, tail, has_started=has_started
                )

    def metadata(self, report: Report | None) -> dict[str, Any]:
        application, job = self.ids
        if not application:
            return {}
        cost = cost_metadata(self._context.config, application, job, self._log) if report else {}
        return {
            "application": application,
            "job_run": job or "none",
            "console": console_link(self._context.endpoint.region),
            "log": self.location.log,
            **cost,
        }

    @property
    def _log_uri(self) -> str:
        application, job = self.ids
        base = self._context.config.log_address(self._context.endpoint.lake)
        return f"{base}applications/{application}/jobs/{job}/"

    def _applications(self) -> Applications:
        context = self._context
        return Applications(self._api, context.shared, context.config, self._polling)

    def _tail(self, *, has_started: bool) -> Tail:
        """Return the end of the driver's log; one that was never started seldom has any."""
        wait = self._polling.logs if has_started else self._polling.slow
        # of a later attempt of the service's own, it is below `attempts/<n>/`
        return self._logs.tail(self._log_uri, wait, self._polling.fast, ("SPARK_DRIVER/", "stderr"))


def console_link(region: str) -> str:
    """Return the address of EMR Serverless in the AWS console.

    The page of one job run belongs to a Studio, whose address a launcher does not know; the link
    of GetDashboardForJobRun works without a login, so it is for no log.
    """
    return f"https://{region}.console.aws.amazon.com/emr/home?region={region}#/serverless"


def _has_timed_out(described: dict[str, Any]) -> bool:
    seconds = described.get("totalExecutionDurationSeconds") or 0
    minutes = described.get("executionTimeoutMinutes") or 0
    said = failures.TIME_LIMIT.search(described.get("stateDetails", ""))
    return bool(said) or 0 < minutes * 60 <= seconds
