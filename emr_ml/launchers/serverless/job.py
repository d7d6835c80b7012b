"""One attempt as a job run of EMR Serverless, from its lease to its report or its cancellation."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws import SILENT_LOG
from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.failures import cancelled, output_missing, timed_out
from emr_ml.launchers.remote.log_tail import LogStore, Tail
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import Attempt, JobLocation, JobOutcome, JobStatus, RemoteJob
from emr_ml.launchers.serverless import failures
from emr_ml.launchers.serverless.application import TERMINATED, Applications, new_token
from emr_ml.launchers.serverless.context import ServerlessContext
from emr_ml.launchers.serverless.cost import cost_metadata
from emr_ml.launchers.serverless.packages import upload_archive
from emr_ml.launchers.serverless.requests import SERVICE, start_job_run_request
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report

OUTCOMES = {
    "SUCCESS": JobOutcome.SUCCEEDED,
    "FAILED": JobOutcome.FAILED,
    "CANCELLED": JobOutcome.CANCELLED,
}
# seconds for which a cancelled job may end by itself
GRACE_SECONDS = 15
STOPPED = ("CREATED", "STOPPED")
MAX_REFUSALS = 20


class ServerlessJob(RemoteJob):
    """An attempt as a job run.

    The lease records how far it has come: `request` is the whole StartJobRun, with its token,
    before it is sent; then `application` and `job` are the ids. The token is random, so the
    attempt can't run twice however often the request is sent, and another attempt can't be
    answered with this one's result.
    """

    advice = failures.ADVICE

    def __init__(self, context: ServerlessContext, attempt: Attempt) -> None:
        self._context, self._attempt = context, attempt
        self._polling = polling = context.polling
        self._held, self._log = attempt.held, attempt.log
        first = min(1.0, polling.fast)
        self._api = Api(
            SERVICE, polling.patience, self._log, first_pause=first, longest_pause=polling.slow
        )
        # with little patience, so that the lake is still polled while the service does not answer
        self._look_api = Api(SERVICE, polling.look, SILENT_LOG, first_pause=polling.fast / 4)
        self._look: PacedLook[dict[str, Any]] = PacedLook(self._describe, polling)
        self._submitted_at = time.monotonic()
        self._logs = LogStore("EMR Serverless writes logs up to some minutes after they are said")

    @property
    def location(self) -> JobLocation:
        request, (application, job) = self._attempt.request, self._ids
        text = ""
        if application:
            console = console_link(self._context.endpoint.region)
            text = f"job run {job or '(none)'} of application {application}, {console}"
        return JobLocation(request.asset, request.attempt, text, self._log_uri if job else "")

    @property
    def is_submitted(self) -> bool:
        return "job" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._look.answers

    def submit(self) -> None:
        """Send the attempt's one request until the service answers; its token makes that safe."""
        request = self._recorded_request or self._new_request()
        application: str = request["applicationId"]
        self._held.record(application=application, request=json.dumps(request))
        refusals = 0
        while True:
            try:
                job: str = self._api.ask("start_job_run", **request)["jobRunId"]
            except ClientError as error:
                refusals += 1
                if error_code(error) != "ConflictException" or refusals >= MAX_REFUSALS:
                    raise self._refusal(error, application) from error
                self._await_readiness(application, error)
            else:
                self._held.record(job=job, request="")
                self._submitted_at = time.monotonic()
                return

    def status(self) -> JobStatus | None:
        described = self._look.latest()
        if described is None:
            return None
        subject = f"job run {self._ids[1]}"
        if not described:
            # a new job run may be missing for a moment
            is_new = time.monotonic() - self._submitted_at <= self._polling.visibility
            outcome = JobOutcome.UNFINISHED if is_new else JobOutcome.LOST
            return JobStatus(outcome, is_listed=False)
        state = str(described["state"])
        outcome = OUTCOMES.get(state, JobOutcome.UNFINISHED)
        return JobStatus(outcome, is_listed=True, states={subject: state})

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        described = self._look.latest() or {}
        details, has_started = described.get("stateDetails", ""), "startedAt" in described
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(self.location, self._tail(has_started=True))
            case JobOutcome.CANCELLED if self._has_timed_out(described):
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

    def cancel(self) -> None:
        """Cancel the job run, and wait for its end; the application stops by itself."""
        # with little patience, because the user may be waiting at the terminal
        api = Api(SERVICE, self._polling.cancellation, self._log)
        if not self.is_submitted:
            request = self._recorded_request
            if request is None:
                return
            # it may have been accepted without an answer: the same token tells its id
            job = api.ask("start_job_run", **request)["jobRunId"]
            self._held.record(job=job, request="")
        ids = dict(zip(("applicationId", "jobRunId"), self._ids, strict=True))
        try:
            api.ask("cancel_job_run", **ids, shutdownGracePeriodInSeconds=GRACE_SECONDS)
        except ClientError as error:
            # what is over can't be cancelled
            if error_code(error) not in ("ValidationException", "ResourceNotFoundException"):
                raise
        deadline = time.monotonic() + self._polling.cancellation + GRACE_SECONDS
        while (state := api.ask("get_job_run", **ids)["jobRun"]["state"]) not in OUTCOMES:
            if time.monotonic() > deadline:
                self._log.warning("%s is still %s", self.location.text, state)
                return
            time.sleep(self._polling.fast)
        self._log.info("job run %s is %s", ids["jobRunId"], state)

    def metadata(self, report: Report | None) -> dict[str, Any]:
        application, job = self._ids
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
    def _ids(self) -> tuple[str, str]:
        """The ids of the application and the job run, "" for what there is not yet."""
        location = self._attempt.location
        return location.get("application", ""), location.get("job", "")

    @property
    def _recorded_request(self) -> dict[str, Any] | None:
        """The request that an owner of the lease may have sent, or None."""
        text = self._attempt.location.get("request")
        return json.loads(text) if text else None

    @property
    def _log_uri(self) -> str:
        application, job = self._ids
        base = self._context.config.log_address(self._context.endpoint.lake)
        return f"{base}applications/{application}/jobs/{job}/"

    def _new_request(self) -> dict[str, Any]:
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

    def _applications(self) -> Applications:
        context = self._context
        return Applications(self._api, context.shared, context.config, self._polling)

    def _refusal(self, error: ClientError, application: str) -> LaunchError:
        """Return what a refusal means: the attempt is lost if its application was deleted."""
        if self._applications().state(application) == TERMINATED:
            return failures.application_gone(self.location, application)
        return failures.job_refused(error, self._attempt.name, application)

    def _await_readiness(self, application: str, error: ClientError) -> None:
        """Wait for an application that takes no job runs now, and start it if it is stopped.

        Raises:
            LaunchError: it takes them, so that is not why it refuses this one.
        """
        state = self._applications().state(application)
        self._log.info("application %s is %s: %s", application, state, error)
        if state in STOPPED:
            # its auto-start is off
            self._api.ask("start_application", applicationId=application)
        elif state in ("STARTED", TERMINATED):
            raise self._refusal(error, application) from error
        time.sleep(self._polling.slow)

    def _describe(self) -> dict[str, Any]:
        """Return the job run as the service describes it, empty if it does not know it."""
        application, job = self._ids
        try:
            answer = self._look_api.ask("get_job_run", applicationId=application, jobRunId=job)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return {}
        return answer["jobRun"]

    def _has_timed_out(self, described: dict[str, Any]) -> bool:
        seconds = described.get("totalExecutionDurationSeconds") or 0
        minutes = described.get("executionTimeoutMinutes") or 0
        said = failures.TIME_LIMIT.search(described.get("stateDetails", ""))
        return bool(said) or 0 < minutes * 60 <= seconds

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
