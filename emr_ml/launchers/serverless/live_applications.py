"""The project's started applications: which there are, what they do, and how to stop them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.serverless.application import list_applications
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.launchers.serverless.requests import NAME_PREFIX

# in these states, initial capacity costs money
STARTED = ("STARTING", "STARTED")
GRACE_MINUTES = 5  # in which an application that is to stop may do so
ACTIVE = ("SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED")


@dataclass(frozen=True)
class LiveApplication:
    """A started application.

    Args:
        updated: when its state last changed.
        active_jobs: number of its job runs that have not ended.
    """

    id: str
    name: str
    state: str
    updated: datetime
    active_jobs: int

    @property
    def is_idle(self) -> bool:
        return self.state == "STARTED" and not self.active_jobs


def live_applications(api: Api, config: ServerlessConfig | None) -> Iterator[LiveApplication]:
    """Yield the started applications that this project has made, and the configured one.

    Args:
        api: of EMR Serverless.
        config: the configuration, None if it can't be used.
    """
    known = {config.application_id, config.application_name} - {None} if config else set[str]()
    for listed in list_applications(api, STARTED):
        name = listed.get("name", "")
        if name.startswith(NAME_PREFIX) or known & {name, listed["id"]}:
            active = _active_jobs(api, listed["id"])
            yield LiveApplication(listed["id"], name, listed["state"], listed["updatedAt"], active)


@dataclass(frozen=True)
class IdleApplication:
    """An application that is idle for longer than it should be.

    Args:
        minutes: since its start or its last job run, whatever was later.
        limit_minutes: after which it should stop by itself, or else the configured ones.
        has_initial_capacity: whether it costs money though it is idle.
    """

    application: LiveApplication
    minutes: float
    limit_minutes: int
    has_initial_capacity: bool


def overdue(
    api: Api, candidates: Iterable[LiveApplication], config: ServerlessConfig, now: datetime
) -> Iterator[IdleApplication]:
    """Yield the applications among the candidates that should have stopped by now."""
    for application in candidates:
        if not application.is_idle:
            continue
        described = api.ask("get_application", applicationId=application.id)["application"]
        auto_stop = described.get("autoStopConfiguration", {})
        limit: int = auto_stop.get("idleTimeoutMinutes", config.idle_minutes)
        # the service lists the newest job runs first
        newest = api.ask("list_job_runs", applicationId=application.id)["jobRuns"]
        since = max([application.updated, *(each["updatedAt"] for each in newest)])
        minutes = (now - since).total_seconds() / 60
        if minutes > limit + GRACE_MINUTES:
            has_capacity = bool(described.get("initialCapacity"))
            yield IdleApplication(application, minutes, limit, has_capacity)


def stop_idle(api: Api, candidates: list[LiveApplication]) -> Iterator[tuple[bool, str]]:
    """Stop the idle applications among the candidates; yield success and a message for each.

    The service itself refuses to stop one that has been given a job since.
    """
    for application in candidates:
        if application.is_idle:
            try:
                api.ask("stop_application", applicationId=application.id)
            except AWS_ERRORS as error:
                yield False, f"{application.id} was skipped: {diagnose(error)}"
            else:
                yield True, f"{application.id} was idle and is stopping"


def _active_jobs(api: Api, application: str) -> int:
    pages = api.pages("list_job_runs", "jobRuns", applicationId=application, states=list(ACTIVE))
    return sum(len(page) for page in pages)
