"""What a standalone master says about applications, and how it ends one."""

import json
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from emr_ml.aws.client import UnansweredError

TIMEOUT_SECONDS = 5.0
ALIVE = "ALIVE"  # of masters and workers


@dataclass(frozen=True)
class Application:
    """An application at the master.

    Args:
        id: such as `app-20260131120000-0001`.
        name: that its driver gave it; several may have the same.
        state: `WAITING` or `RUNNING`; what has ended is not asked for, as its state says nothing
            about success.
        cores: that it has.
    """

    id: str
    name: str
    state: str
    cores: int


@dataclass(frozen=True)
class Cluster:
    """The master's view at one moment, with the applications that have not ended."""

    applications: tuple[Application, ...]
    workers: int
    free_cores: int

    @property
    def is_idle(self) -> bool:
        """Whether no application has a core, so that there is nothing to wait for."""
        return not any(each.cores for each in self.applications)

    def named(self, name: str) -> Application | None:
        """Return the application of that name, or None."""
        return next((each for each in self.applications if each.name == name), None)


class MasterError(UnansweredError):
    """The master's page gives no answer, or not the one of a standalone master in charge."""


class Master:
    """The pages of a standalone master.

    https://spark.apache.org/docs/latest/spark-standalone.html describes them. All methods raise
    `MasterError`.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def look(self) -> Cluster:
        """Return the workers, and the applications that have not ended."""
        try:
            state = json.loads(self._call("/json/"))
            status = state["status"]
            alive = [each for each in state["workers"] if each["state"] == ALIVE]
            applications = tuple(
                Application(each["id"], each["name"], each["state"], each["cores"])
                for each in state["activeapps"]
            )
            free = sum(each["coresfree"] for each in alive)
        except (ValueError, KeyError, TypeError) as error:
            raise MasterError(
                f"{self._address}/json/ is not that of a standalone master: {error!r}"
            ) from error
        if status != ALIVE:
            # a standby knows no application, and one that recovers knows none of their cores
            raise MasterError(f"the master {self._address} is {status}, and not in charge")
        return Cluster(applications, len(alive), free)

    def kill(self, application: str) -> None:
        """End an application by its id; this needs spark.ui.killEnabled, which is the default."""
        form = urlencode({"id": application, "terminate": "true"}).encode()
        self._call("/app/kill/", form)

    def _call(self, path: str, form: bytes | None = None) -> bytes:
        request = Request(self._address + path, form)  # noqa: S310 - the configuration allows http and https only
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
                return answer.read()
        except (OSError, HTTPException) as error:
            raise MasterError(
                f"the master's page {self._address} gives no answer: {error}"
            ) from error
