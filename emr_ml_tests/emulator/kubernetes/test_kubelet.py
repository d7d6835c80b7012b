"""Pods: real processes, with the phases, states and logs that Kubernetes shows."""

import base64
import os
import time
from collections.abc import Callable

import pytest

from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.kubernetes.conftest import Lab
from emr_ml_tests.emulator.kubernetes.examples import a_config_map, a_pod
from emr_ml_tests.emulator.kubernetes.faults import (
    evicted,
    node_lost,
    out_of_memory,
    unschedulable,
)
from emr_ml_tests.waiting import wait_until

SLEEP = ("sleep", "60")
STUBBORN = ("sh", "-c", "trap '' TERM; echo up; while true; do sleep 0.1; done")


def is_alive(lab: Lab, uid: str) -> bool:
    return lab.cluster.nodes.programs[uid].poll() is None


@pytest.mark.parametrize(
    ("script", "phase", "code", "reason"),
    [("echo out; echo err >&2", "Succeeded", 0, "Completed"), ("exit 3", "Failed", 3, "Error")],
)
def test_a_pod_ends_as_its_container_does(
    lab: Lab, script: str, phase: str, code: int, reason: str
) -> None:
    assert lab.create(a_pod("one", "sh", "-c", script))["status"]["phase"] == "Pending"

    pod = lab.wait_for("one", phase)

    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (code, reason)
    if code == 0:
        assert lab.call("GET", "pods/one/log") == (200, "out\nerr\n")
        assert lab.call("GET", "pods/one/log", tailLines=1) == (200, "err\n")


def test_an_end_is_shown_with_all_its_facts_at_once(lab: Lab) -> None:
    lab.cluster.faults.add(evicted("one", after=0.0))
    with lab.watch("pods", timeoutSeconds=60) as changes:
        lab.create(a_pod("one", *SLEEP))
        first = next(pod for _, pod in changes if pod["status"]["phase"] == "Failed")

    assert first["status"]["reason"] == "Evicted"
    assert "terminated" in first["status"]["containerStatuses"][0]["state"]
    conditions = {one["type"]: one["status"] for one in first["status"]["conditions"]}
    assert conditions["Ready"] == "False"


def test_a_log_can_be_followed(lab: Lab) -> None:
    lab.create(a_pod("one", "sh", "-c", "echo first; sleep 0.5; echo last"))
    lab.wait_for("one", "Running")

    assert lab.call("GET", "pods/one/log", follow="true") == (200, "first\nlast\n")


def test_variables_and_files_come_from_the_cluster(lab: Lab) -> None:
    encoded = base64.b64encode(b"s3cret").decode()
    lab.cluster.add("secrets", "default", {"metadata": {"name": "keys"}, "data": {"KEY": encoded}})
    lab.create(a_config_map("files", greeting="read /etc/given/greeting"))
    script = 'cat /etc/given/greeting; echo " $KEY $FROM $NAME" $(POD_IP)'
    lab.create(
        a_pod(
            "one",
            *("sh", "-c", script),
            container={
                "envFrom": [{"secretRef": {"name": "keys"}}],
                "env": [
                    {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                ],
                "volumeMounts": [{"name": "given", "mountPath": "/etc/given"}],
            },
            volumes=[{"name": "given", "configMap": {"name": "files"}}],
        )
    )

    pod = lab.wait_for("one", "Succeeded")

    _, log = lab.call("GET", "pods/one/log")
    place = lab.cluster.nodes.folder / "pods" / pod["metadata"]["uid"] / "volumes/given/greeting"
    assert log == f"read {place} s3cret image one {pod['status']['podIP']}\n"
    assert pod["status"]["podIP"].startswith("127.")


def test_a_container_waits_for_what_it_lacks(lab: Lab) -> None:
    secret = {"env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
    lab.create(a_pod("no-image", "true", image="example/other"))
    lab.create(a_pod("no-secret", "true", container=secret))

    wait_until(lambda: lab.state("no-image").get("waiting", {}).get("message"))
    wait_until(lambda: lab.state("no-secret").get("waiting", {}).get("message"))

    assert lab.state("no-image")["waiting"]["reason"] == "ImagePullBackOff"
    assert lab.state("no-secret")["waiting"] == {
        "reason": "CreateContainerConfigError",
        "message": 'secret "s" not found',
    }
    refusal = lab.call("GET", "pods/no-image/log")
    assert refusal[0] == 400 and "waiting to start: ImagePullBackOff" in refusal[1]["message"]
    lab.cluster.add("secrets", "default", {"metadata": {"name": "s"}, "data": {"k": "YQ=="}})
    lab.wait_for("no-secret", "Succeeded")


def test_a_deleted_pod_s_process_is_asked_to_end_and_then_made_to(lab: Lab) -> None:
    pod = lab.create(a_pod("stubborn", *STUBBORN))
    wait_until(lambda: "up" in str(lab.call("GET", "pods/stubborn/log")[1]))
    began = time.monotonic()

    code, answer = lab.call("DELETE", "pods/stubborn", gracePeriodSeconds=1)

    assert code == 200 and "deletionTimestamp" in answer["metadata"]
    assert answer["status"]["phase"] == "Running"
    wait_until(lambda: not lab.phase("stubborn"))
    assert time.monotonic() - began >= 1
    assert not is_alive(lab, pod["metadata"]["uid"])


def test_a_pod_past_its_deadline_fails(lab: Lab) -> None:
    pod = lab.create(a_pod("long", *SLEEP, activeDeadlineSeconds=1))

    status = lab.wait_for("long", "Failed")["status"]

    assert status["reason"] == "DeadlineExceeded"
    assert not is_alive(lab, pod["metadata"]["uid"])


def test_a_pod_that_fits_on_no_node_says_so(lab: Lab) -> None:
    lab.cluster.faults.add(unschedulable("big"))
    lab.create(a_pod("big", "true"))

    wait_until(lambda: lab.pod("big")["status"].get("conditions"))

    condition = lab.pod("big")["status"]["conditions"][0]
    assert (condition["type"], condition["reason"]) == ("PodScheduled", "Unschedulable")
    assert lab.phase("big") == "Pending"
    lab.call("DELETE", "pods/big")
    assert not lab.phase("big")


@pytest.mark.parametrize(
    ("fault", "phase", "reason"),
    [(evicted, "Failed", "Evicted"), (node_lost, "Unknown", "NodeLost")],
)
def test_a_pod_may_lose_its_place(
    lab: Lab, fault: Callable[..., Fault], phase: str, reason: str
) -> None:
    lab.cluster.faults.add(fault("one", after=0.1))
    pod = lab.create(a_pod("one", *SLEEP))

    status = lab.wait_for("one", phase)["status"]

    assert status["reason"] == reason
    wait_until(lambda: not is_alive(lab, pod["metadata"]["uid"]))


def test_a_container_may_need_too_much_memory(lab: Lab) -> None:
    lab.cluster.faults.add(out_of_memory("one", after=0.1))
    lab.create(a_pod("one", *SLEEP))

    lab.wait_for("one", "Failed")

    ended = lab.state("one")["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


def test_on_a_lost_node_a_process_may_live_on_and_its_pod_stays(lab: Lab) -> None:
    lab.cluster.faults.add(node_lost("one", after=0.1, process_survives=True))
    pod = lab.create(a_pod("one", *SLEEP))
    lab.wait_for("one", "Unknown")

    lab.call("DELETE", "pods/one", gracePeriodSeconds=1)
    time.sleep(1.5)

    assert "deletionTimestamp" in lab.pod("one")["metadata"]
    assert lab.call("GET", "pods/one/log")[0] == 500
    lab.call("DELETE", "pods/one", gracePeriodSeconds=0)
    assert not lab.phase("one")
    assert is_alive(lab, pod["metadata"]["uid"])
    os.kill(lab.cluster.nodes.programs[pod["metadata"]["uid"]].pid, 0)
