"""Objects that tests create."""

from collections.abc import Sequence
from typing import Any

IMAGE = "example/spark"


def a_pod(
    name: str,
    *command: str,
    labels: dict[str, str] | None = None,
    image: str = IMAGE,
    owner: dict[str, Any] | None = None,
    container: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Return a pod that runs a command, once."""
    metadata: dict[str, Any] = {"name": name, "labels": labels or {}}
    if owner:
        metadata["ownerReferences"] = [
            {
                "apiVersion": "v1",
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
            }
        ]
    main = {"name": "main", "image": image, "command": list(command), **(container or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"restartPolicy": "Never", "containers": [main], **spec},
    }


def a_config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def allow(resources: Sequence[str], verbs: Sequence[str]) -> dict[str, Any]:
    """Return a rule of a Role."""
    return {"apiGroups": [""], "resources": list(resources), "verbs": list(verbs)}
