"""The objects of the emulated cluster, with their history for those who watch."""

import copy
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from emr_ml_tests.emulator.kubernetes.answers import already_exists, conflict, not_found

Object = dict[str, Any]
Change = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True)
class Kind:
    """A resource: its plural in paths, and whether it is in a namespace."""

    resource: str
    kind: str
    api_version: str = "v1"
    namespaced: bool = True


KINDS = {
    kind.resource: kind
    for kind in (
        Kind("pods", "Pod"),
        Kind("services", "Service"),
        Kind("configmaps", "ConfigMap"),
        Kind("secrets", "Secret"),
        Kind("persistentvolumeclaims", "PersistentVolumeClaim"),
        Kind("serviceaccounts", "ServiceAccount"),
        Kind("events", "Event"),
        Kind("namespaces", "Namespace", namespaced=False),
    )
}


@dataclass(frozen=True)
class Event:
    """A change at a resource version; `before` is the object as it was."""

    version: int
    change: Change
    resource: str
    object: Object
    before: Object | None


class Store:
    """Objects by resource, namespace and name; all that is returned is a copy.

    `changed` guards the state, and is notified at every change.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.version = 1
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._history: list[Event] = []

    def create(self, resource: str, namespace: str, given: Object) -> Object:
        """Add an object, with what the server sets in its metadata.

        Raises:
            ApiError: there is one of that name, or no such namespace.
        """
        one = copy.deepcopy(given)
        metadata = one.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
        name = metadata["name"]
        with self.changed:
            if namespace and ("namespaces", "", namespace) not in self._objects:
                raise not_found("namespaces", namespace)
            if (resource, namespace, name) in self._objects:
                raise already_exists(resource, name)
            kind = KINDS[resource]
            one["apiVersion"], one["kind"] = kind.api_version, kind.kind
            metadata["uid"] = str(uuid.uuid4())
            metadata["creationTimestamp"] = timestamp()
            if kind.namespaced:
                metadata["namespace"] = namespace
            self._put(resource, namespace, one, "ADDED", None)
            return copy.deepcopy(one)

    def get(self, resource: str, namespace: str, name: str) -> Object:
        """Return an object.

        Raises:
            ApiError: there is none of that name.
        """
        with self.changed:
            return copy.deepcopy(self._existing(resource, namespace, name))

    def find(self, resource: str, namespace: str, name: str) -> Object | None:
        with self.changed:
            return copy.deepcopy(self._objects.get((resource, namespace, name)))

    def all(self, resource: str, namespace: str = "") -> list[Object]:
        """Return all objects of a namespace, or of all namespaces."""
        with self.changed:
            return [
                copy.deepcopy(one)
                for (of, where, _), one in sorted(self._objects.items())
                if of == resource and namespace in ("", where)
            ]

    def update(
        self, resource: str, namespace: str, name: str, change: Callable[[Object], object]
    ) -> Object:
        """Change an object in place.

        Raises:
            ApiError: there is none of that name, or the change sets another resource version.
        """
        with self.changed:
            before = self._existing(resource, namespace, name)
            one = copy.deepcopy(before)
            change(one)
            if one["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
                message = (
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again"
                )
                raise conflict(resource, name, message)
            if one != before:
                self._put(resource, namespace, one, "MODIFIED", before)
            return copy.deepcopy(one)

    def remove(self, resource: str, namespace: str, name: str) -> None:
        """Delete an object if it is there, and then what it alone owned."""
        with self.changed:
            one = self._objects.pop((resource, namespace, name), None)
            if one is None:
                return
            last = copy.deepcopy(one)
            self._note(resource, last, "DELETED", one)

    def owned(self, uid: str) -> list[tuple[str, str, str]]:
        """Return the places of the objects whose only owner has that uid."""
        with self.changed:
            return [
                place
                for place, one in self._objects.items()
                if (owners := one["metadata"].get("ownerReferences"))
                and all(owner["uid"] == uid for owner in owners)
            ]

    def has_uid(self, uid: str) -> bool:
        with self.changed:
            return any(one["metadata"]["uid"] == uid for one in self._objects.values())

    def after(self, version: int) -> Iterator[Event]:
        """Yield what has changed since a resource version, oldest first."""
        with self.changed:
            yield from [event for event in self._history if event.version > version]

    def _existing(self, resource: str, namespace: str, name: str) -> Object:
        one = self._objects.get((resource, namespace, name))
        if one is None:
            raise not_found(resource, name)
        return one

    def _put(
        self, resource: str, namespace: str, one: Object, change: Change, before: Object | None
    ) -> None:
        self._objects[resource, namespace, one["metadata"]["name"]] = one
        self._note(resource, one, change, before)

    def _note(self, resource: str, one: Object, change: Change, before: Object | None) -> None:
        self.version += 1
        one["metadata"]["resourceVersion"] = str(self.version)
        event = Event(self.version, change, resource, copy.deepcopy(one), before)
        self._history.append(event)
        self.changed.notify_all()


def timestamp() -> str:
    """Return the present, as Kubernetes writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
