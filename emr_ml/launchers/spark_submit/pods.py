"""Pods of drivers and executors: created once, found, listed and deleted."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.log_tail import LINES, Tail, last_lines
from emr_ml.launchers.spark_submit.config import KubernetesConfig
from emr_ml.launchers.spark_submit.kubernetes_api import (
    CONFLICT,
    FORBIDDEN,
    NOT_FOUND,
    KubernetesApi,
    RefusedError,
)

Pod = Mapping[str, Any]
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
        self._api = KubernetesApi(config)

    def create(self, manifest: Pod, *, for_real: bool = True) -> Pod:
        """Create a pod, or return the one of that name, so that a call may be repeated.

        Args:
            manifest: of the pod.
            for_real: False to learn only whether the API server would accept it.

        Raises:
            LaunchError: the API server refuses the pod.
        """
        name = manifest["metadata"]["name"]
        try_only = {} if for_real else {"dry_run": "All"}
        try:
            return self._api.json("create_namespaced_pod", body=manifest, **try_only)
        except RefusedError as error:
            if error.status == CONFLICT and (found := self.find(name)):
                return found
            raise LaunchError(
                f"Kubernetes refuses the pod {name}: {error}",
                fix="the launcher needs the Role `emr-ml-launcher`, and drivers their service "
                "account: both are in deploy/spark_roles.yaml, for the namespace "
                f"{self._config.namespace}"
                if error.status == FORBIDDEN
                else "correct the configuration of spark-submit",
            ) from error

    def find(self, name: str) -> Pod | None:
        """Return a pod, or None if there is none of that name."""
        try:
            return self._api.json("read_namespaced_pod", name=name)
        except RefusedError as error:
            if error.status == NOT_FOUND:
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
            self._api.json("delete_namespaced_pod", name=name, body=body)
        except RefusedError as error:
            if error.status not in (NOT_FOUND, CONFLICT):
                raise UnansweredError(f"the pod {name} can't be deleted: {error}") from error

    def delete_old(self) -> None:
        """Delete pods of drivers that ended long ago."""
        for pod in self.drivers():
            is_old = datetime.now(UTC) - created(pod) > KEEP
            if is_old and pod["status"].get("phase") in ENDED:
                self.delete(pod["metadata"]["name"], pod["metadata"]["uid"])

    def delete_labelled(self, labels: Mapping[str, str]) -> None:
        """Delete all pods with these labels."""
        for pod in self._listed(labels):
            self.delete(pod["metadata"]["name"], pod["metadata"]["uid"])

    def drivers(self) -> list[Pod]:
        """Return the pods of drivers, those that have ended too."""
        return self._listed(OWN)

    def tail(self, name: str) -> Tail:
        """Return the end of a pod's log."""
        address = f"kubectl --namespace {self._config.namespace} logs {name}"
        try:
            body = self._api.raw("read_namespaced_pod_log", name=name, tail_lines=LINES)
        except (RefusedError, UnansweredError) as error:
            return Tail(address, problem=f"it can't be read: {error}")
        return Tail(address, last_lines(io.BytesIO(body)), "it is empty")  # pyright: ignore[reportArgumentType] - it has read()

    def _listed(self, labels: Mapping[str, str]) -> list[Pod]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            return self._api.json("list_namespaced_pod", label_selector=selector)["items"]
        except RefusedError as error:
            raise UnansweredError(f"pods can't be listed: {error}") from error


def created(pod: Pod) -> datetime:
    """Return when a pod was created."""
    return datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
