"""Job runs: what EMR Serverless and EMR on EKS have in common.

Both take a whole job with StartJobRun and a client token, and answer a token that they know with
the job run that was started with it.
"""

import json
import secrets
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic

from botocore.exceptions import ClientError

from emr_ml.aws import SILENT_LOG
from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.failures import advice_for, cancelled, output_missing
from emr_ml.launchers.remote.job_run_config import Config
from emr_ml.launchers.remote.job_run_request import JobRunSpec
from emr_ml.launchers.remote.log_tail import LogStore, Tail
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.packages import upload_archive
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.shipping import Folder, planned_code, upload
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    RemoteJob,
    TargetConfigError,
)
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report

# errors with which the services refuse to cancel what is over
OVER_CODES = ("ValidationException", "ResourceNotFoundException")


def new_token() -> str:
    """Return a client token that nobody has used, not even for a lake that was since emptied."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class JobRunContext(Generic[Config]):
    """What all attempts of a launcher need to know.

    Args:
        shared: the whole lake, with what pipelines share: code and logs.
        config: of the target.
        endpoint: where jobs reach the whole lake.
        polling: how often to poll.
    """

    shared: Lake
    config: Config
    endpoint: Endpoint
    polling: PollingPolicy


class JobRun(RemoteJob, Generic[Config]):
    """An attempt as a job run.

    The lease records how far it has come: `request` is the whole StartJobRun, with its token,
    before it is sent; then `job` is the id. The token is random, so the attempt can't run twice
    however often the request is sent, and another attempt can't be answered with this one's result.
    """

    #: name of the service in boto3, for people, and of its page in the AWS console
    service: ClassVar[str]
    title: ClassVar[str]
    console_page: ClassVar[str]
    #: what the states mean in which a job run is over
    outcomes: ClassVar[Mapping[str, JobOutcome]]
    #: parameters of StartJobRun, DescribeJobRun and so on that name what runs it, and it
    owner_parameter: ClassVar[str]
    job_parameter: ClassVar[str]
    #: the key of the id in StartJobRun's answer, and the call that describes a job run
    started_key: ClassVar[str]
    describe_call: ClassVar[str]
    #: what runs it, as the lease records it
    owner_key: ClassVar[str]
    #: more parameters of CancelJobRun, and the seconds for which a cancelled job may go on
    cancel_parameters: ClassVar[Mapping[str, Any]]
    grace_seconds: ClassVar[float]

    def __init__(self, context: JobRunContext[Config], attempt: Attempt) -> None:
        self._context, self._attempt = context, attempt
        self._polling = polling = context.polling
        self._held, self._log = attempt.held, attempt.log
        first = min(1.0, polling.fast)
        self._api = Api(
            self.service, polling.patience, self._log, first_pause=first, longest_pause=polling.slow
        )
        # with little patience, so that the lake is still polled while the service does not answer
        self._look_api = Api(self.service, polling.look, SILENT_LOG, first_pause=polling.fast / 4)
        self._look: PacedLook[dict[str, Any]] = PacedLook(self._describe, polling)
        self._submitted_at = time.monotonic()
        self._logs = LogStore(f"{self.title} may take some minutes to write a log")

    @classmethod
    def place(cls, owner: str, job: str, region: str) -> str:
        """Return where a job run is, for a person, with the service's page in the AWS console.

        The page of one job run belongs to a Studio, whose address a launcher does not know.
        """
        return (
            f"job run {job or '(none)'} of {cls._owner_noun()} {owner}, {cls.console_link(region)}"
        )

    @classmethod
    def _owner_noun(cls) -> str:
        return cls.owner_key.replace("_", " ")

    @classmethod
    def console_link(cls, region: str) -> str:
        """Return the address of the service's page in the AWS console."""
        host = f"https://{region}.console.aws.amazon.com"
        return f"{host}/emr/home?region={region}#/{cls.console_page}"

    @abstractmethod
    def find_owner(self) -> str:
        """Return the id of what is to run the job; create it if that is configured."""

    @abstractmethod
    def start_request(self, spec: JobRunSpec) -> dict[str, Any]:
        """Return the parameters of StartJobRun."""

    @abstractmethod
    def log_uri(self, base: str) -> str:
        """Return the address below which the service writes the job's logs in its log folder."""

    @abstractmethod
    def tail(self) -> Tail:
        """Return the end of the driver's log, or of what else says why it failed."""

    @abstractmethod
    def run_failure(self, recorded: Failure | None) -> LaunchError:
        """Return the failure for a job run that the service reports as failed."""

    def await_acceptance(self, error: ClientError, owner: str, refusals: int) -> None:
        """Wait until it may help to send the request again; by default, it never does.

        Args:
            error: the refusal.
            owner: the id of what should run the job.
            refusals: the number of refusals, with this one.

        Raises:
            LaunchError: it won't help.
        """
        del refusals
        raise self.refused(error, owner) from error

    def refused(self, error: ClientError, owner: str) -> LaunchError:
        """Return the failure for a job run that the service does not accept."""
        advice = advice_for(str(error), self.advice) or "`emr-ml plan` shows what was sent"
        return LaunchError(
            f"{self.title} refuses job run '{self._attempt.name}' on {self._owner_noun()} {owner}: "
            f"{error}\n{advice}"
        )

    def more_folders(self) -> Iterable[Folder]:
        """Return what has to be uploaded besides the job's code."""
        return ()

    def usage(self, report: Report) -> dict[str, Any]:
        """Return Dagster metadata: what the job run used, and what that cost."""
        del report
        return {}

    @property
    def location(self) -> JobLocation:
        request, (owner, job) = self._attempt.request, self.ids
        text = self.place(owner, job, self._context.endpoint.region) if owner else ""
        return JobLocation(request.asset, request.attempt, text, self._log_folder if job else "")

    @property
    def is_submitted(self) -> bool:
        return "job" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._look.answers

    def submit(self) -> None:
        """Send the attempt's one request until the service answers; its token makes that safe."""
        request = self._recorded_request or self._new_request()
        owner: str = request[self.owner_parameter]
        self._held.record(**{self.owner_key: owner}, request=json.dumps(request))
        refusals = 0
        while True:
            try:
                job: str = self._api.ask("start_job_run", **request)[self.started_key]
            except ClientError as error:
                refusals += 1
                self.await_acceptance(error, owner, refusals)
            else:
                self._held.record(job=job, request="")
                self._submitted_at = time.monotonic()
                return

    def status(self) -> JobStatus | None:
        described = self._look.latest()
        if described is None:
            return None
        if not described:
            # a new job run may be missing for a moment
            is_new = self.seconds_when_described <= self._polling.visibility
            outcome = JobOutcome.UNFINISHED if is_new else JobOutcome.LOST
            return JobStatus(outcome, is_listed=False)
        state = str(described["state"])
        outcome = self.outcomes.get(state, JobOutcome.UNFINISHED)
        return JobStatus(outcome, is_listed=True, states={f"job run {self.ids[1]}": state})

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(self.location, self.tail())
            case JobOutcome.CANCELLED:
                return cancelled(self.location)
            case JobOutcome.LOST:
                cause = f"{self.title} does not know the job run any more"
                return LostError(self.location.failure_message(cause))
            case _:
                return self.run_failure(recorded)

    def cancel(self) -> None:
        """Cancel the job run, and wait for its end."""
        # with little patience, because the user may be waiting at the terminal
        api = Api(self.service, self._polling.cancellation, self._log)
        if not self.is_submitted:
            request = self._recorded_request
            if request is None:
                return
            # it may have been accepted without an answer: the same token tells its id
            job = api.ask("start_job_run", **request)[self.started_key]
            self._held.record(job=job, request="")
        try:
            api.ask("cancel_job_run", **self._parameters, **self.cancel_parameters)
        except ClientError as error:
            if error_code(error) not in OVER_CODES:
                raise
        deadline = time.monotonic() + self._polling.cancellation + self.grace_seconds
        while (state := self._state(api)) not in self.outcomes:
            if time.monotonic() > deadline:
                self._log.warning("%s is still %s", self.location.text, state)
                return
            time.sleep(self._polling.fast)
        self._log.info("job run %s is %s", self.ids[1], state)

    def metadata(self, report: Report | None) -> dict[str, Any]:
        owner, job = self.ids
        if not owner:
            return {}
        return {
            self.owner_key: owner,
            "job_run": job or "none",
            "console": self.console_link(self._context.endpoint.region),
            "log": self.location.log,
            **(self.usage(report) if report else {}),
        }

    @property
    def ids(self) -> tuple[str, str]:
        """The ids of what runs it and of the job run, "" for what there is not yet."""
        location = self._attempt.location
        return location.get(self.owner_key, ""), location.get("job", "")

    @property
    def described(self) -> dict[str, Any]:
        """The job run as the service last described it; empty if it does not know it."""
        return self._look.last or {}

    @property
    def seconds_when_described(self) -> float:
        """How long after its submission the service last described it.

        What is decided by time counts from then: while the service does not answer, the job run
        may have got on.
        """
        return self.answers.last - self._submitted_at

    @property
    def _log_folder(self) -> str:
        return self.log_uri(self._context.config.log_address(self._context.endpoint.lake))

    def _new_request(self) -> dict[str, Any]:
        """Upload what the job needs, and return the StartJobRun with a new token."""
        context, attempt = self._context, self._attempt
        if problems := list(check_jobs(context.config, {attempt.request.asset: attempt.module})):
            raise TargetConfigError("\n".join(problems))
        code = planned_code(context.shared.root, attempt.code)
        upload(context.shared, (*code.folders, *self.more_folders()))
        packages = upload_archive(context.shared, context.config)
        return self.start_request(
            JobRunSpec(
                owner=self.find_owner(),
                token=new_token(),
                module=attempt.module,
                name=attempt.name,
                request_uri=attempt.request_uri,
                code=code,
                packages=packages,
            )
        )

    @property
    def _parameters(self) -> dict[str, str]:
        owner, job = self.ids
        return {self.owner_parameter: owner, self.job_parameter: job}

    @property
    def _recorded_request(self) -> dict[str, Any] | None:
        """The request that an owner of the lease may have sent, or None."""
        text = self._attempt.location.get("request")
        return json.loads(text) if text else None

    def _describe(self) -> dict[str, Any]:
        try:
            return self._look_api.ask(self.describe_call, **self._parameters)["jobRun"]
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return {}

    def _state(self, api: Api) -> str:
        return api.ask(self.describe_call, **self._parameters)["jobRun"]["state"]
