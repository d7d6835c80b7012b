"""Job runs: what EMR Serverless and EMR on EKS have in common.

Both take a whole job with StartJobRun and a client token, and answer a token that they know with
the job run that was started with it.
"""

import json
import secrets
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from botocore.exceptions import ClientError

from emr_ml.aws import SILENT_LOG
from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobOutcome, JobStatus, RemoteJob
from spark_jobs.runtime.lake import Lake

Config = TypeVar("Config")
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


class JobRun(RemoteJob):
    """An attempt as a job run.

    The lease records how far it has come: `request` is the whole StartJobRun, with its token,
    before it is sent; then `job` is the id. The token is random, so the attempt can't run twice
    however often the request is sent, and another attempt can't be answered with this one's result.
    """

    #: name of the service in boto3
    service: ClassVar[str]
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

    def __init__(self, attempt: Attempt, polling: PollingPolicy) -> None:
        self._attempt, self._polling = attempt, polling
        self._held, self._log = attempt.held, attempt.log
        first = min(1.0, polling.fast)
        self._api = Api(
            self.service, polling.patience, self._log, first_pause=first, longest_pause=polling.slow
        )
        # with little patience, so that the lake is still polled while the service does not answer
        self._look_api = Api(self.service, polling.look, SILENT_LOG, first_pause=polling.fast / 4)
        self._look: PacedLook[dict[str, Any]] = PacedLook(self._describe, polling)
        self._submitted_at = time.monotonic()

    @abstractmethod
    def new_request(self) -> dict[str, Any]:
        """Upload what the job needs, and return the StartJobRun with a new token."""

    @abstractmethod
    def await_acceptance(self, error: ClientError, owner: str, refusals: int) -> None:
        """Wait until it may help to send the request again.

        Args:
            error: the refusal.
            owner: the id of what should run the job.
            refusals: the number of refusals, with this one.

        Raises:
            LaunchError: it won't help.
        """

    @property
    def is_submitted(self) -> bool:
        return "job" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._look.answers

    def submit(self) -> None:
        """Send the attempt's one request until the service answers; its token makes that safe."""
        request = self._recorded_request or self.new_request()
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
            is_new = time.monotonic() - self._submitted_at <= self._polling.visibility
            outcome = JobOutcome.UNFINISHED if is_new else JobOutcome.LOST
            return JobStatus(outcome, is_listed=False)
        state = str(described["state"])
        outcome = self.outcomes.get(state, JobOutcome.UNFINISHED)
        return JobStatus(outcome, is_listed=True, states={f"job run {self.ids[1]}": state})

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
