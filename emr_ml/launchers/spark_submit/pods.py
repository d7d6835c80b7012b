"""Pods through the API of Kubernetes; its client is imported only once it is needed."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.log_tail import LINES, Tail, last_lines
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.spark_submit.config import KubernetesConfig

Pod = Mapping[str, Any]
TIMEOUT_SECONDS = 15.0
UNAUTHORIZED, FORBIDDEN = 401, 403
PASSING = (UNAUTHORIZED, 429, 500, 502, 503, 504)
OWN = {"app.kubernetes.io/managed-by": "emr-ml"}
GRACE_SECONDS = 20
KEEP = timedelta(days=1)  # pods that have ended, for their logs
ENDED = ("Succeeded", "Failed")


class Pods:
    """The pods of one namespace.

    All methods raise `UnansweredError` if the API server gives no answer, or does not know the
    caller, as when a token has just expired.
    """

    def __init__(self, config: KubernetesConfig) -> None:
        self._config = config
        self._client: Any = None

    def create(self, manifest: Pod) -> Pod:
        """Create a pod, or return the one of that name, so that a call may be repeated.

        Raises:
            LaunchError: the API server refuses the pod.
        """
        name = manifest["metadata"]["name"]
        try:
            return self._json("create_namespaced_pod", body=manifest)
        except _ApiError as error:
            if error.status == 409 and (found := self.find(name)):
                return found
            raise LaunchError(
                f"Kubernetes refuses the pod {name}: {error}",
                fix="the launcher needs the Role `emr-ml-launcher` of deploy/spark_roles.yaml in "
                f"the namespace {self._config.namespace}"
                if error.status == FORBIDDEN
                else "correct the configuration of spark-submit",
            ) from error

    def find(self, name: str) -> Pod | None:
        """Return a pod, or None if there is none of that name."""
        try:
            return self._json("read_namespaced_pod", name=name)
        except _ApiError as error:
            if error.status == 404:
                return None
            raise UnansweredError(
                f"Kubernetes can't be asked for the pod {name}: {error}"
            ) from error

    def delete(self, name: str, uid: str) -> None:
        """Delete a pod, and with it all that it owns; another one of that name is left alone."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "gracePeriodSeconds": GRACE_SECONDS,
            **({"preconditions": {"uid": uid}} if uid else {}),
        }
        try:
            self._json("delete_namespaced_pod", name=name, body=body)
        except _ApiError as error:
            if error.status not in (404, 409):
                raise UnansweredError(f"the pod {name} can't be deleted: {error}") from error

    def delete_old(self) -> None:
        """Delete pods of drivers that ended long ago."""
        for pod in self._listed(OWN):
            created = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
            is_old = datetime.now(UTC) - created > KEEP
            if is_old and pod["status"].get("phase") in ENDED:
                self.delete(pod["metadata"]["name"], pod["metadata"]["uid"])

    def delete_labelled(self, labels: Mapping[str, str]) -> None:
        """Delete all pods with these labels."""
        for pod in self._listed(labels):
            self.delete(pod["metadata"]["name"], pod["metadata"]["uid"])

    def tail(self, name: str) -> Tail:
        """Return the end of a pod's log."""
        address = f"kubectl --namespace {self._config.namespace} logs {name}"
        try:
            body = self._call("read_namespaced_pod_log", name=name, tail_lines=LINES)
        except (_ApiError, UnansweredError) as error:
            return Tail(address, problem=f"it can't be read: {error}")
        return Tail(address, last_lines(io.BytesIO(body)), "it is empty")  # pyright: ignore[reportArgumentType] - it has read()

    def _listed(self, labels: Mapping[str, str]) -> list[Pod]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            return self._json("list_namespaced_pod", label_selector=selector)["items"]
        except _ApiError as error:
            raise UnansweredError(f"pods can't be listed: {error}") from error

    def _json(self, operation: str, **arguments: Any) -> Any:
        return json.loads(self._call(operation, **arguments))

    def _call(self, operation: str, **arguments: Any) -> bytes:
        call: Callable[..., Any] = getattr(self._connect(), operation)
        # after the connection, which tells whether the package is there
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            answer = call(
                namespace=self._config.namespace,
                _preload_content=False,
                _request_timeout=TIMEOUT_SECONDS,
                **arguments,
            )
            return answer.data
        except ApiException as error:
            if error.status == UNAUTHORIZED:
                self._client = None  # its token has expired: the next call reads a new one
            if error.status in PASSING:
                raise UnansweredError(f"Kubernetes can't answer: {_message(error)}") from error
            raise _ApiError(error.status or 0, _message(error)) from error
        except (HTTPError, OSError) as error:
            raise UnansweredError(f"Kubernetes gives no answer: {error}") from error

    def _connect(self) -> Any:
        """Return the client."""
        if self._client is None:
            try:
                from kubernetes import client, config
            except ImportError as error:
                raise TargetConfigError(
                    "the package kubernetes is missing: `pip install 'emr-ml[kubernetes]'`"
                ) from error
            given = self._config
            settings = client.Configuration()
            try:
                if given.kubeconfig or given.context:
                    config.load_kube_config(given.kubeconfig, given.context, settings)
                else:
                    config.load_config(client_configuration=settings)
            except config.ConfigException as error:
                raise TargetConfigError(
                    f"no access to Kubernetes: {error}: set KUBECONFIG, or kubernetes.kubeconfig "
                    "and kubernetes.context in the configuration of spark-submit"
                ) from error
            self._client = client.CoreV1Api(client.ApiClient(settings))
        return self._client


class _ApiError(Exception):
    """The API server refuses a call."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _message(error: Any) -> str:
    """Return what the API server says, without headers."""
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
