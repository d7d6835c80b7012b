"""The API server: what it accepts, refuses, lists and tells those who watch."""

from http.client import HTTPConnection
from typing import Any

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.kubernetes.conftest import Lab
from emr_ml_tests.emulator.kubernetes.examples import a_config_map, a_pod, allow
from emr_ml_tests.emulator.kubernetes.server import LAUNCHER
from emr_ml_tests.waiting import wait_until

APPLY = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"


def with_label(value: str) -> dict[str, Any]:
    return a_pod("a", labels={"app": value})


@pytest.mark.parametrize(
    ("one", "code", "said"),
    [
        (a_pod("A"), 422, "metadata.name"),
        (a_pod("a" * 254), 422, "no more than 253 characters"),
        (with_label("a" * 64), 422, "no more than 63 characters"),
        (with_label("lake/asset"), 422, "metadata.labels"),
        (a_pod("a", container={"name": "A"}), 422, "spec.containers[0].name"),
        (a_pod("a", container={"env": [{"name": "A", "value": 1}]}), 400, "is not of type"),
        (a_pod("a", container={"comand": ["true"]}), 400, "'comand' was unexpected"),
        (a_pod("a", container={"volumeMounts": [{"name": "v", "mountPath": "/v"}]}), 422, '"v"'),
        (a_pod("a", serviceAccountName="nobody"), 403, 'serviceaccount "nobody" not found'),
        ({**a_pod("a"), "apiVersion": "v2"}, 400, "API version"),
        ({**a_pod("a"), "kind": "ConfigMap"}, 400, "no Pod"),
    ],
)
def test_a_pod_that_kubernetes_refuses(lab: Lab, one: dict[str, Any], code: int, said: str) -> None:
    answer = lab.call("POST", "pods", one)

    assert answer[0] == code and said in answer[1]["message"], answer
    assert lab.cluster.pods() == []


def test_a_name_is_taken_once(lab: Lab) -> None:
    lab.create(a_pod("once", "sleep", "60"))

    code, answer = lab.call("POST", "pods", a_pod("once", "true"))

    assert (code, answer["reason"]) == (409, "AlreadyExists")
    assert answer["message"] == 'pods "once" already exists'


def test_listings_select_by_labels_and_fields(lab: Lab) -> None:
    for name, role in (("a", "driver"), ("b", "driver"), ("c", "executor")):
        lab.create(a_pod(name, "true", labels={"role": role, "of": "x"}))
    lab.wait_for("a", "Succeeded")

    def names(**query: str) -> list[str]:
        _, answer = lab.call("GET", "pods", **query)
        assert all("kind" not in one for one in answer["items"])
        return [one["metadata"]["name"] for one in answer["items"]]

    assert names(labelSelector="role=driver,of=x") == ["a", "b"]
    assert names(labelSelector="role in (driver, executor),!gone") == ["a", "b", "c"]
    assert names(labelSelector="role!=driver") == ["c"]
    assert names(fieldSelector="metadata.name=b") == ["b"]
    assert "a" not in names(fieldSelector="status.phase!=Succeeded")
    assert lab.call("GET", "pods", fieldSelector="spec.x=1")[0] == 400
    first = lab.call("GET", "pods", limit=2)[1]
    assert len(first["items"]) == 2
    assert names(**{"limit": "2", "continue": first["metadata"]["continue"]}) == ["c"]


def test_what_no_role_allows_is_forbidden(lab: Lab) -> None:
    lab.cluster.access.bind(LAUNCHER, "default", [allow(["pods"], ["create", "get"])])

    created, _ = lab.call("POST", "pods", a_pod("mine", "true"), user=LAUNCHER)
    listed, refusal = lab.call("GET", "pods", user=LAUNCHER)
    read, _ = lab.call("GET", "pods/mine/log", user=LAUNCHER)
    elsewhere, _ = lab.call("GET", "/api/v1/namespaces/other/pods/mine", user=LAUNCHER)

    assert (created, listed, read, elsewhere) == (201, 403, 403, 403)
    assert refusal["message"] == (
        f'pods is forbidden: User "{LAUNCHER}" cannot list resource "pods" in API group "" in the '
        'namespace "default"'
    )
    assert lab.cluster.needed(LAUNCHER) == {
        ("create", "pods"),
        ("list", "pods"),
        ("get", "pods/log"),
        ("get", "pods"),
    }


def test_a_user_may_ask_what_it_may_do(lab: Lab) -> None:
    lab.cluster.access.bind(LAUNCHER, "default", [allow(["pods"], ["list"])])

    def allowed(verb: str) -> bool:
        attributes = {"namespace": "default", "verb": verb, "resource": "pods"}
        body = {"spec": {"resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return lab.call("POST", path, body, user=LAUNCHER)[1]["status"]["allowed"]

    assert allowed("list") and not allowed("delete")


def test_an_unknown_token_is_unauthorized(lab: Lab) -> None:
    connection = HTTPConnection(lab.cluster.url.removeprefix("http://"))
    connection.request("GET", "/api/v1/pods", headers={"Authorization": "Bearer expired"})

    assert connection.getresponse().status == 401
    connection.close()


def test_a_watch_tells_all_changes_of_what_is_selected(lab: Lab) -> None:
    lab.create(a_config_map("before", a="1"))
    with lab.watch("configmaps", labelSelector="mine", timeoutSeconds=60) as changes:
        lab.create(a_config_map("other", a="1"))
        lab.create({**a_config_map("seen"), "metadata": {"name": "seen", "labels": {"mine": "1"}}})
        seen = [next(changes)]
        lab.call("PATCH", "configmaps/seen", {"data": {"b": "2"}}, kind=STRATEGIC)
        seen.append(next(changes))
        unlabelled = {"metadata": {"labels": {"mine": None}}}
        lab.call("PATCH", "configmaps/seen", unlabelled, kind=STRATEGIC)
        seen.append(next(changes))

    assert [change for change, _ in seen] == ["ADDED", "MODIFIED", "DELETED"]
    assert {one["metadata"]["name"] for _, one in seen} == {"seen"}
    assert seen[1][1]["data"] == {"b": "2"}


def test_applying_creates_and_then_merges(lab: Lab) -> None:
    query = {"fieldManager": "test", "force": "true"}

    first, _ = lab.call("PATCH", "configmaps/one", a_config_map("one", a="1"), kind=APPLY, **query)
    then, one = lab.call("PATCH", "configmaps/one", a_config_map("one", b="2"), kind=APPLY, **query)

    assert (first, then) == (201, 200)
    assert one["data"] == {"a": "1", "b": "2"}


def test_what_an_object_owns_goes_with_it(lab: Lab) -> None:
    owner = lab.create(a_pod("owner", "sleep", "60"))
    lab.create(a_pod("owned", "sleep", "60", owner=owner))
    lab.create(a_pod("free", "true"))
    lab.wait_for("owned", "Running")

    lab.call("DELETE", "pods/owner")

    wait_until(lambda: not lab.phase("owner") and not lab.phase("owned"))
    assert lab.phase("free")


def test_a_deletion_may_name_the_very_object(lab: Lab) -> None:
    first = lab.create(a_config_map("one"))
    wrong, _ = lab.call("DELETE", "configmaps/one", {"preconditions": {"uid": "another"}})
    right, _ = lab.call(
        "DELETE", "configmaps/one", {"preconditions": {"uid": first["metadata"]["uid"]}}
    )

    assert (wrong, right) == (409, 200)
    assert lab.call("GET", "configmaps/one")[0] == 404


def test_planned_faults_meet_the_launcher_alone(lab: Lab) -> None:
    lab.cluster.access.bind(LAUNCHER, "default", [allow(["pods"], ["*"])])
    lab.cluster.faults.add(
        faults.throttle("list pods"),
        faults.server_error("list pods"),
        faults.lost_answer("create pods"),
        faults.cut("create pods"),
    )

    assert lab.call("GET", "pods")[0] == 200
    assert [lab.call("GET", "pods", user=LAUNCHER)[0] for _ in range(3)] == [429, 500, 200]
    with pytest.raises(ConnectionError):
        lab.call("POST", "pods", a_pod("sent", "true"), user=LAUNCHER)
    with pytest.raises(ConnectionError):
        lab.call("POST", "pods", a_pod("unsent", "true"), user=LAUNCHER)
    assert [one["metadata"]["name"] for one in lab.cluster.pods()] == ["sent"]


def test_the_kubernetes_of_a_path_that_does_not_exist(lab: Lab) -> None:
    assert lab.call("GET", "/api/v1/nodes")[0] == 404
    assert lab.call("GET", "pods/missing")[1]["message"] == 'pods "missing" not found'
    assert lab.call("PUT", "pods", a_pod("a"))[0] == 405
    code, answer = lab.call("POST", "/api/v1/namespaces/missing/pods", a_pod("a"))
    assert (code, answer["reason"]) == (403, "Forbidden")
    assert lab.call("GET", "/version")[1]["major"] == "1"
