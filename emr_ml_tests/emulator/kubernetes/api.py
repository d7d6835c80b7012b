"""What the API server does for each verb."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emr_ml_tests.emulator.kubernetes import patches, validation
from emr_ml_tests.emulator.kubernetes.access import Access
from emr_ml_tests.emulator.kubernetes.answers import (
    ApiError,
    bad_request,
    conflict,
    forbidden,
)
from emr_ml_tests.emulator.kubernetes.kubelet import Nodes
from emr_ml_tests.emulator.kubernetes.routes import OWN_REVIEWS, REVIEWS, Route, is_true
from emr_ml_tests.emulator.kubernetes.selectors import Matches, selection
from emr_ml_tests.emulator.kubernetes.store import KINDS, Event, Store, timestamp

Object = dict[str, Any]
VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.0", "platform": "linux/amd64"}
# what may change of a pod's spec, besides metadata
MUTABLE = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")
OVER = ("Succeeded", "Failed")
CREATED = 201


@dataclass(frozen=True)
class Text:
    """A log, as far as it is written; with `follow`, what is written later too."""

    content: Iterator[bytes]


class Api:
    """Carries out calls that are allowed."""

    def __init__(self, store: Store, access: Access, nodes: Nodes) -> None:
        self._store, self._access, self._nodes = store, access, nodes

    def answer(
        self, route: Route, user: str, media_type: str, body: bytes
    ) -> tuple[int, Object | Text]:
        """Return the code and the body of the answer.

        Raises:
            ApiError: the call is refused.
        """
        if route.resource == OWN_REVIEWS:
            return CREATED, self._review(route, user, _parsed(body))
        if not route.resource:
            return 200, VERSION if route.path == "/version" else {}
        self._access.check(route.call(user))
        if route.resource == REVIEWS:
            review = _parsed(body)
            return CREATED, self._review(route, review["spec"]["user"], review)
        if route.verb == "create":
            return CREATED, self._create(route, _parsed(body))
        if route.verb == "patch":
            return self._patch(route, user, media_type, body)
        return 200, self._read_or_change(route, body)

    def _read_or_change(self, route: Route, body: bytes) -> Object | Text:
        match route.verb:
            case "get" if route.subresource == "log":
                return Text(self._log(route))
            case "get":
                return self._store.get(route.resource, route.namespace, route.name)
            case "list":
                return self._list(route)
            case "update":
                return self._update(route, _parsed(body))
            case "delete":
                return self._delete(route, route.name, _parsed(body or b"{}"))
            case _:
                return self._delete_all(route, _parsed(body or b"{}"))

    def _delete_all(self, route: Route, options: Mapping[str, Any]) -> Object:
        chosen = self._list(route)
        for one in chosen["items"]:
            self._delete(route, one["metadata"]["name"], options)
        return chosen

    def watch(self, route: Route, closing: threading.Event) -> Iterator[Object]:
        """Yield the changes of what is selected, until `timeoutSeconds` are over.

        Without a resource version, what is there already comes first, as added.
        """
        matches = _selected(route)
        until = time.monotonic() + float(route.query.get("timeoutSeconds") or 3600)
        given = route.query.get("resourceVersion") or "0"
        with self._store.changed:
            version = self._store.version if given == "0" else int(given)
            present = self._store.all(route.resource, route.namespace) if given == "0" else []
        yield from ({"type": "ADDED", "object": one} for one in present if matches(one))
        while time.monotonic() < until and not closing.is_set():
            with self._store.changed:
                events = list(self._store.after(version))
                if not events:
                    self._store.changed.wait(0.2)
            for event in events:
                version = event.version
                if shown := _shown(event, route, matches):
                    yield {"type": shown, "object": event.object}

    def _create(self, route: Route, one: Any) -> Object:
        validation.check(KINDS[route.resource], one, route.namespace)
        one = {**one, "metadata": {**one["metadata"]}}
        match route.resource:
            case "pods":
                self._prepare_pod(route.namespace, one)
            case "persistentvolumeclaims":
                one["status"] = {"phase": "Bound"}
            case _:
                pass
        if route.query.get("dryRun"):
            return one
        created = self._store.create(route.resource, route.namespace, one)
        if route.resource == "pods":
            self._nodes.take(created)
        if route.resource == "services":
            self._nodes.network.publish()
        self._collect_later(created)
        return created

    def _prepare_pod(self, namespace: str, pod: Object) -> None:
        spec: Object = {
            "serviceAccountName": "default",
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            **pod["spec"],
        }
        pod["spec"], pod["status"] = spec, {"phase": "Pending"}
        name: str = pod["metadata"].get("name", "")
        account: str = spec["serviceAccountName"]
        if not self._store.find("serviceaccounts", namespace, account):
            raise forbidden(
                "pods",
                name,
                f"error looking up service account {namespace}/{account}: serviceaccount "
                f'"{account}" not found',
            )
        if len(spec["containers"]) > 1 or spec.get("initContainers"):
            raise ApiError(501, "NotImplemented", "only pods of one container are emulated")

    def _list(self, route: Route) -> Object:
        matches = _selected(route)
        with self._store.changed:
            chosen = [
                one for one in self._store.all(route.resource, route.namespace) if matches(one)
            ]
            version = str(self._store.version)
        start = int(route.query.get("continue") or 0)
        limit = int(route.query.get("limit") or 0) or len(chosen)
        metadata = {"resourceVersion": version}
        if start + limit < len(chosen):
            metadata["continue"] = str(start + limit)
        page = chosen[start : start + limit]
        for one in page:  # entries of a list don't say what they are
            one.pop("kind")
            one.pop("apiVersion")
        kind = KINDS[route.resource]
        return {
            "kind": f"{kind.kind}List",
            "apiVersion": kind.api_version,
            "metadata": metadata,
            "items": page,
        }

    def _update(self, route: Route, new: Any) -> Object:
        validation.check(KINDS[route.resource], new, route.namespace)

        def replace(one: Object) -> None:
            kept = {"uid": one["metadata"]["uid"], **one["metadata"]}
            version = new["metadata"].get("resourceVersion") or one["metadata"]["resourceVersion"]
            metadata = {**new["metadata"], "uid": kept["uid"], "resourceVersion": version}
            metadata["creationTimestamp"] = kept["creationTimestamp"]
            _check_immutable(route, one, new)
            status = one.get("status")
            one.clear()
            one.update({**new, "metadata": metadata})
            if status is not None:
                one["status"] = status

        return self._changed(route, replace)

    def _patch(self, route: Route, user: str, media_type: str, body: bytes) -> tuple[int, Object]:
        patch = patches.read(media_type, body)
        with self._store.changed:
            there = self._store.find(route.resource, route.namespace, route.name)
            if there is None and media_type == patches.APPLY:
                # who applies what is not there must be allowed to create it, too
                self._access.check(route.call(user, "create"))
                return CREATED, self._create(route, patch)

            def change(one: Object) -> None:
                before = json.loads(json.dumps(one))
                patches.apply(media_type, one, patch)
                _check_immutable(route, before, one)
                clean = {name: value for name, value in one.items() if name != "status"}
                validation.check(KINDS[route.resource], clean, route.namespace)

            return 200, self._changed(route, change)

    def _changed(self, route: Route, change: Any) -> Object:
        changed = self._store.update(route.resource, route.namespace, route.name, change)
        self._collect_later(changed)
        if route.resource == "services":
            self._nodes.network.publish()
        return changed

    def _delete(self, route: Route, name: str, options: Mapping[str, Any]) -> Object:
        with self._store.changed:
            one = self._store.get(route.resource, route.namespace, name)
            _check_preconditions(route.resource, one, options.get("preconditions") or {})
            given = options.get("gracePeriodSeconds", route.query.get("gracePeriodSeconds"))
            if route.resource == "pods" and (given is None or int(given) > 0):
                running = one["status"]["phase"] not in OVER and "nodeName" in one["spec"]
                if running:
                    grace = one["spec"]["terminationGracePeriodSeconds"] if given is None else given
                    return self._terminate(route.namespace, name, int(grace))
            self._store.remove(route.resource, route.namespace, name)
        self._nodes.network.publish()
        self._collect(one["metadata"]["uid"])
        if route.resource == "pods":
            return one
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": name, "kind": route.resource, "uid": one["metadata"]["uid"]},
        }

    def _terminate(self, namespace: str, name: str, grace: int) -> Object:
        """Tell the node to end a pod; it is removed once it has ended."""

        def change(pod: Object) -> None:
            metadata = pod["metadata"]
            metadata.setdefault("deletionTimestamp", timestamp())
            shorter = min(grace, metadata.get("deletionGracePeriodSeconds", grace))
            metadata["deletionGracePeriodSeconds"] = shorter

        pod = self._store.update("pods", namespace, name, change)
        self._when_gone(pod)
        return pod

    def _when_gone(self, pod: Object) -> None:
        def wait() -> None:
            uid = pod["metadata"]["uid"]
            while self._store.has_uid(uid) and not self._nodes.closing.is_set():
                with self._store.changed:
                    self._store.changed.wait(0.2)
            self._collect(uid)

        threading.Thread(target=wait, name="garbage", daemon=True).start()

    def _collect(self, uid: str) -> None:
        """Delete what the object with this uid owned, as the garbage collector does."""

        def collect() -> None:
            self._nodes.closing.wait(self._nodes.delays.collect)
            for resource, namespace, name in self._store.owned(uid):
                route = Route("", {}, "", resource, "", namespace, name, "delete")
                try:
                    self._delete(route, name, {})
                except ApiError:
                    continue  # somebody else has deleted it

        threading.Thread(target=collect, name="garbage", daemon=True).start()

    def _collect_later(self, one: Object) -> None:
        """Collect an object whose owners are all gone already."""
        owners = one["metadata"].get("ownerReferences") or ()
        if owners and not any(self._store.has_uid(owner["uid"]) for owner in owners):
            self._collect(owners[0]["uid"])

    def _log(self, route: Route) -> Iterator[bytes]:
        pod = self._store.get("pods", route.namespace, route.name)
        container = pod["spec"]["containers"][0]["name"]
        if route.query.get("container", container) != container:
            asked = route.query["container"]
            raise bad_request(f"container {asked} is not valid for pod {route.name}")
        if pod["status"].get("reason") == "NodeLost":
            message = (
                f'Get "https://{pod["spec"]["nodeName"]}:10250/containerLogs/{route.namespace}/'
                f'{route.name}/{container}": dial tcp: connect: no route to host'
            )
            raise ApiError(500, "InternalError", message)
        path = self._nodes.log(pod)
        if not path.exists() or pod["status"].get("reason") == "Evicted":
            state = (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})
            reason = state.get("waiting", {}).get("reason", "ContainerCreating")
            raise bad_request(
                f'container "{container}" in pod "{route.name}" is waiting to start: {reason}'
            )
        content = path.read_bytes()
        if lines := route.query.get("tailLines"):
            content = b"".join(
                content.splitlines(keepends=True)[-int(lines) :] if int(lines) else []
            )
        if limit := route.query.get("limitBytes"):
            content = content[: int(limit)]
        follows = is_true(route.query.get("follow", ""))
        return self._following(route, path.stat().st_size, content) if follows else iter([content])

    def _following(self, route: Route, read: int, content: bytes) -> Iterator[bytes]:
        yield content
        uid = self._store.get("pods", route.namespace, route.name)["metadata"]["uid"]
        path = self._nodes.folder / "pods" / uid / "logs" / "stdout"
        while not self._nodes.closing.is_set():
            pod = self._store.find("pods", route.namespace, route.name)
            with path.open("rb") as log:
                log.seek(read)
                if more := log.read():
                    read += len(more)
                    yield more
            if pod is None or pod["status"]["phase"] in OVER:
                return
            time.sleep(0.1)

    def _review(self, route: Route, user: str, review: Any) -> Object:
        asked = review["spec"].get("resourceAttributes") or {}
        subject = Route(
            route.path, {}, asked.get("group", ""), asked.get("resource", ""),
            asked.get("subresource", ""), asked.get("namespace", ""), asked.get("name", ""),
            asked.get("verb", ""),
        )  # fmt: skip
        return {**review, "status": {"allowed": self._access.allows(subject.call(user))}}


def _selected(route: Route) -> Matches:
    fields = route.query.get("fieldSelector", "")
    if route.name:  # a watch of one object
        fields = f"metadata.name={route.name}"
    return selection(route.query.get("labelSelector", ""), fields)


def _shown(event: Event, route: Route, matches: Matches) -> str:
    """How a change looks to a watch; "" if it does not concern it."""
    where = event.object["metadata"].get("namespace", "")
    if event.resource != route.resource or route.namespace not in ("", where):
        return ""
    was = event.before is not None and matches(event.before)
    if event.change == "DELETED":
        return "DELETED" if was else ""
    if matches(event.object):
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""


def _check_immutable(route: Route, before: Object, after: Object) -> None:
    if route.resource != "pods":
        return
    old = {key: value for key, value in before["spec"].items() if key not in MUTABLE}
    new = {key: value for key, value in after["spec"].items() if key not in MUTABLE}
    if new != {key: old.get(key) for key in new}:
        cause = "spec: Forbidden: pod updates may not change fields other than some"
        raise validation.invalid("Pod", route.name, [cause])


def _check_preconditions(resource: str, one: Object, wanted: Mapping[str, str]) -> None:
    for key, value in wanted.items():
        if one["metadata"].get(key) != value:
            found = one["metadata"].get(key)
            message = (
                f"the {key.upper()} in the precondition ({value}) does not match the "
                f"{key.upper()} in record ({found})"
            )
            raise conflict(resource, one["metadata"]["name"], message)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request(f"the body is no JSON: {error}") from error
