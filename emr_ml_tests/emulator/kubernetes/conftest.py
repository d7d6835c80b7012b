"""A cluster without Spark, and a client of its API."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from emr_ml_tests.emulator.kubernetes.access import ADMIN
from emr_ml_tests.emulator.kubernetes.containers import Image
from emr_ml_tests.emulator.kubernetes.examples import IMAGE
from emr_ml_tests.emulator.kubernetes.server import Kubernetes, serve
from emr_ml_tests.waiting import wait_until

NAMESPACE = "default"


@dataclass(frozen=True)
class Lab:
    """A cluster, and requests to its API by any user."""

    cluster: Kubernetes

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = ADMIN,
        kind: str = "application/json",
        **query: str | int,
    ) -> tuple[int, Any]:
        """Return the code and the answer, JSON or text; the path is below the namespace."""
        with self.open(method, path, body, user=user, kind=kind, **query) as answer:
            text = answer.read().decode()
            is_json = answer.getheader("Content-Type") == "application/json"
            return answer.status, json.loads(text) if is_json else text

    def open(
        self, method: str, path: str, body: Any = None, *, user: str, kind: str, **query: str | int
    ) -> HTTPResponse:
        full = path if path.startswith("/") else f"/api/v1/namespaces/{NAMESPACE}/{path}"
        connection = HTTPConnection(urlsplit(self.cluster.url).netloc, timeout=30)
        headers = {
            "Content-Type": kind,
            "Authorization": f"Bearer {self.cluster.token(user)}",
            "Connection": "close",
        }
        sent = None if body is None else json.dumps(body)
        connection.request(method, f"{full}?{urlencode(query)}", sent, headers)
        return connection.getresponse()

    @contextmanager
    def watch(self, path: str, **query: str | int) -> Generator[Iterator[tuple[str, Any]]]:
        """Begin to watch; yields the kind of each change, and the object."""
        with self.open("GET", path, user=ADMIN, kind="", watch="True", **query) as answer:
            events = (json.loads(line) for line in answer)
            yield ((event["type"], event["object"]) for event in events)

    def create(self, one: dict[str, Any], **query: str) -> Any:
        path = f"{one['kind'].lower()}s"
        code, answer = self.call("POST", path, one, **query)
        assert code == 201, answer
        return answer

    def pod(self, name: str) -> Any:
        code, answer = self.call("GET", f"pods/{name}")
        return answer if code == 200 else None

    def phase(self, name: str) -> str:
        pod = self.pod(name)
        return pod["status"]["phase"] if pod else ""

    def state(self, name: str) -> dict[str, Any]:
        """Return the state of the pod's container."""
        statuses = (self.pod(name) or {}).get("status", {}).get("containerStatuses") or [{}]
        return statuses[0].get("state", {})

    def wait_for(self, name: str, phase: str) -> Any:
        wait_until(lambda: self.phase(name) == phase, evidence=lambda: str(self.pod(name)))
        return self.pod(name)


@pytest.fixture
def kubernetes(tmp_path: Path) -> Generator[Kubernetes]:
    image = Image((), {"PATH": "/usr/bin:/bin", "FROM": "image"})
    with serve(tmp_path / "kubernetes", {IMAGE: image}) as cluster:
        yield cluster


@pytest.fixture
def lab(kubernetes: Kubernetes) -> Lab:
    return Lab(kubernetes)
