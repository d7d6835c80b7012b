"""Calls of the API of Kubernetes; its client is imported only once it is needed."""

import json
from collections.abc import Callable
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.spark_submit.config import KubernetesConfig

TIMEOUT_SECONDS = 15.0
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 401, 403, 404, 409
PASSING = (UNAUTHORIZED, 429, 500, 502, 503, 504)


class RefusedError(Exception):
    """The API server refuses a call, with this HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class KubernetesApi:
    """The API server that a configuration names.

    All methods raise `RefusedError`; `UnansweredError` if the server gives no answer, or does not
    know the caller, as when a token has just expired; and `TargetConfigError` if there is no
    client, or no access to a cluster.
    """

    def __init__(self, config: KubernetesConfig) -> None:
        self._config = config
        self._client: Any = None

    def json(self, operation: str, **arguments: Any) -> Any:
        """Call an operation on pods of the namespace, and return its answer."""
        return json.loads(self.raw(operation, **arguments))

    def raw(self, operation: str, **arguments: Any) -> bytes:
        """Call an operation on pods of the namespace, and return its answer as it is."""
        return self._call("CoreV1Api", operation, namespace=self._config.namespace, **arguments)

    def may(self, verb: str, resource: str, user: str = "") -> bool:
        """Return whether the caller, or a user, has a permission in the namespace.

        Args:
            verb: such as `create`.
            resource: such as `pods` or `pods/log`.
            user: the name of another user; only administrators may ask for that.
        """
        main, _, sub = resource.partition("/")
        attributes = {
            "namespace": self._config.namespace,
            "verb": verb,
            "resource": main,
            **({"subresource": sub} if sub else {}),
        }
        spec = {"resourceAttributes": attributes, **({"user": user} if user else {})}
        kind = "SubjectAccessReview" if user else "SelfSubjectAccessReview"
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        operation = f"create_{'subject' if user else 'self_subject'}_access_review"
        answer = json.loads(self._call("AuthorizationV1Api", operation, body=body))
        return bool(answer["status"]["allowed"])

    def _call(self, api: str, operation: str, **arguments: Any) -> bytes:
        client = self._connect()
        # after the connection, which tells whether the package is there
        from kubernetes import client as apis
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        call: Callable[..., Any] = getattr(getattr(apis, api)(client), operation)
        try:
            answer = call(_preload_content=False, _request_timeout=TIMEOUT_SECONDS, **arguments)
            return answer.data
        except ApiException as error:
            if error.status == UNAUTHORIZED:
                self._client = None  # its token has expired: the next call reads a new one
            if error.status in PASSING:
                raise UnansweredError(f"Kubernetes can't answer: {_message(error)}") from error
            raise RefusedError(error.status or 0, _message(error)) from error
        except (HTTPError, OSError) as error:
            raise UnansweredError(f"Kubernetes gives no answer: {error}") from error

    def _connect(self) -> Any:
        """Return the client."""
        if self._client is None:
            try:
                from kubernetes import client, config
            except ImportError as error:
                raise TargetConfigError(
                    "the package kubernetes is missing: install the extra of that name, as in "
                    "`pip install '.[kubernetes]'`"
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
            self._client = client.ApiClient(settings)
        return self._client


def _message(error: Any) -> str:
    """Return what the API server says, without headers."""
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
