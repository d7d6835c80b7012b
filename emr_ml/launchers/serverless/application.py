"""Find or create the application: one per name, however many processes want it at once."""

import time
from collections.abc import Iterator, Mapping
from logging import Logger
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.lake.leases import HeldLease, Lease, LeaseFile
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.failures import advice_for
from emr_ml.launchers.remote.job_run import new_token
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.launchers.serverless.failures import ADVICE
from emr_ml.launchers.serverless.requests import create_application_request
from spark_jobs.runtime.lake import Lake

# a job run starts the application by itself in all of these
USABLE = ("CREATING", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED")
TERMINATED = "TERMINATED"


class Applications:
    """The applications of one lake; a lease in the lake decides who creates the one of a name."""

    def __init__(
        self, api: Api, lake: Lake, config: ServerlessConfig, polling: PollingPolicy
    ) -> None:
        self._api, self._lake, self._config, self._polling = api, lake, config, polling

    def find_or_create(self, run_id: str, log: Logger) -> str:
        """Return the id of the configured application, once it has been created.

        Raises:
            LaunchError: the service refuses to create it, or it can't be used.
            TargetConfigError: another application than the configured one has its id or name.
        """
        if known := self._config.application_id:
            check_fits(self._config, self._describe(known), known)
            return known
        request = create_application_request(self._config, self._lake.root, new_token())
        lease_file = LeaseFile(self._lake, application_lease_key(request["name"]))
        while True:
            if known := self._recorded(lease_file.read()):
                return self._ready(known)
            if held := lease_file.acquire(run_id, resume=True):
                # detached on any error: the application may have been requested by then
                with held.renewing(log, detach_on_error=True):
                    application = (
                        self._recorded(held.previous)
                        or self._find(request["name"])
                        or self._create(held, request, log)
                    )
                    held.record(application=application)
                    return self._ready(application)
            time.sleep(self._polling.fast)

    def state(self, application: str) -> str:
        """Return the state of an application, TERMINATED if the service does not know it."""
        return self._describe(application).get("state", TERMINATED)

    def _create(self, held: HeldLease, request: dict[str, Any], log: Logger) -> str:
        """Create the application, or find what an earlier owner of the lease has created."""
        # the same token answers with the application that was created with it
        token = held.lease.location.get("token") or request["clientToken"]
        while True:
            held.record(token=token)
            request["clientToken"] = token
            try:
                made: str = self._api.ask("create_application", **request)["applicationId"]
            except ClientError as error:
                # an earlier owner of the lease has sent another request with this token
                is_conflict = error_code(error) == "ConflictException"
                if is_conflict and (found := self._wait_until_listed(request["name"])):
                    return found
                raise _refused(error, request) from error
            if self._describe(made).get("state") != TERMINATED:
                log.info("created application %s, '%s'", made, request["name"])
                return made
            # somebody has deleted it since the token was first used
            token = new_token()

    def _recorded(self, lease: Lease | None) -> str | None:
        """Return the application that a lease records if it can be used, or None."""
        application = lease.location.get("application") if lease else None
        if application is None:
            return None
        described = self._describe(application)
        if described.get("state") not in USABLE:
            return None
        check_fits(self._config, described, application)
        return application

    def _find(self, name: str) -> str | None:
        """Return the application of that name as the service lists it, or None."""
        for listed in list_applications(self._api, USABLE):
            if listed.get("name") == name:
                check_fits(self._config, listed, listed["id"])
                return listed["id"]
        return None

    def _wait_until_listed(self, name: str) -> str | None:
        return self._polling.wait_until_listed(lambda: self._find(name))

    def _ready(self, application: str) -> str:
        """Wait until the application takes job runs, which takes some seconds after its creation.

        Raises:
            LaunchError: it was deleted.
        """
        while (state := self.state(application)) == "CREATING":
            time.sleep(self._polling.fast)
        if state == TERMINATED:
            raise LaunchError(
                f"application {application} was deleted while it was created",
                fix="materialize again, and another one is created",
            )
        return application

    def _describe(self, application: str) -> dict[str, Any]:
        """Return an application as the service describes it, empty if it does not know it."""
        try:
            answer = self._api.ask("get_application", applicationId=application)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return {}
        return answer["application"]


def check_fits(config: ServerlessConfig, described: Mapping[str, Any], application: str) -> None:
    """Check that an application has the configured release and architecture.

    Args:
        config: the configuration.
        described: the application as the service describes it; empty if it does not know it.
        application: its id.

    Raises:
        TargetConfigError: there is none, or it has others.
    """
    if described.get("state", TERMINATED) == TERMINATED:
        field = "application_id" if config.application_id else "application_name"
        raise TargetConfigError(f"{field}: there is no application {application}: correct it")
    expected = {
        "release_label": ("releaseLabel", config.release_label),
        "architecture": ("architecture", config.architecture),
    }
    for setting, (name, value) in expected.items():
        actual = described.get(name, value)
        if actual != value:
            raise TargetConfigError(
                f"{setting}: application {application} has {actual}, not {value}: set "
                f"`{setting}: {actual}`, or name another application"
            )


def list_applications(api: Api, states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the applications in these states, as the service lists them."""
    for page in api.pages("list_applications", "applications", states=list(states)):
        yield from page


def application_lease_key(name: str) -> str:
    """Return the key of the lease of a name: who creates its application, and the id of that."""
    return f"applications/{name.replace('/', '-')}/claim.json"


def _refused(error: ClientError, request: Mapping[str, Any]) -> LaunchError:
    advice = advice_for(str(error), ADVICE) or (
        "check the configuration of EMR Serverless; `emr-ml plan` shows what was sent"
    )
    return LaunchError(
        f"EMR Serverless refuses to create application '{request['name']}': {error}\n{advice}"
    )
