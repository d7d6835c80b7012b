"""Attempts as pods of an emulated Kubernetes: calls that fail, pods that do, and what is told."""

import json
import os
import signal
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from emr_ml.lake.leases import Lease, LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobOutcome
from emr_ml.launchers.spark_submit.cluster_job import ClusterJob
from emr_ml.launchers.spark_submit.pods import ENDED, Pods
from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.kubernetes.access import service_account
from emr_ml_tests.emulator.kubernetes.faults import (
    evicted,
    node_lost,
    out_of_memory,
    unschedulable,
)
from emr_ml_tests.emulator.kubernetes.server import LAUNCHER, Kubernetes
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.spark_submit.submissions import PODS, config_of
from emr_ml_tests.launchers.stages import (
    LOG,
    NAMESPACE,
    Stage,
    copy_job,
    kubernetes_stage,
    read_roles,
)
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import job_key, lease_key

pytestmark = pytest.mark.emulator
PACE = PollingPolicy(fast=0.1, slow=1.0, visibility=45.0, patience=600.0)
RELEASED, NEVER = "released", "never"  # keys of the lake that jobs wait for


@pytest.fixture(name="staged")
def fixture_staged(tmp_path: Path) -> Generator[tuple[Stage, Kubernetes]]:
    with kubernetes_stage(tmp_path) as staged:
        yield staged


@pytest.fixture(name="stage")
def fixture_stage(staged: tuple[Stage, Kubernetes]) -> Stage:
    return staged[0]


@pytest.fixture(name="cluster")
def fixture_cluster(staged: tuple[Stage, Kubernetes]) -> Kubernetes:
    return staged[1]


def with_fields(stage: Stage, own: dict[str, Any] | None = None, **fields: Any) -> Stage:
    present = stage.settings["spark_submit_fields"]
    merged = {**present, **fields, "kubernetes": {**present["kubernetes"], **(own or {})}}
    return replace(stage, settings={**stage.settings, "spark_submit_fields": merged})


def started(stage: Stage, work: VersionSpec, attempt: int = 1) -> None:
    wait_until(lambda: stage.lake.read(job_key(work.asset, work.version, attempt, "started.json")))


def release(stage: Stage) -> None:
    """Let the jobs that wait for it go on."""
    stage.lake.write(RELEASED, b"")


def failure(stage: Stage, **params: Any) -> str:
    with pytest.raises(LaunchError) as raised:
        stage.launcher().launch(stage.work("failure", **params), LOG)
    return str(raised.value)


def test_the_pod_says_what_it_runs_and_has_its_limit(stage: Stage, cluster: Kubernetes) -> None:
    outcome = stage.launcher().launch(stage.work("labels"), LOG)

    (pod,) = cluster.pods(NAMESPACE)
    labels = pod["metadata"]["labels"]
    assert labels["emr-ml/version"] == outcome.report.version and labels["emr-ml/attempt"] == "1"
    assert pod["spec"]["activeDeadlineSeconds"] == 21600
    assert outcome.metadata["pod"] == pod["metadata"]["name"]
    assert outcome.metadata["log"].endswith(f"logs {pod['metadata']['name']}")
    # the Role allows what is asked for, and nothing else
    assert cluster.needed(LAUNCHER) <= allowed("emr-ml-launcher")


@pytest.mark.parametrize("kind", ["cut", "lost answer", "throttle", "server error"])
def test_a_call_that_fails_makes_no_second_pod(
    stage: Stage, cluster: Kubernetes, kind: str
) -> None:
    cluster.faults.add(Fault(kind, "create pods", 2))

    outcome = stage.launcher().launch(stage.work(kind), LOG)

    assert outcome.report.attempt == 1 and len(cluster.pods(NAMESPACE)) == 1


@pytest.mark.soak
def test_looks_that_fail_end_nothing(stage: Stage, cluster: Kubernetes) -> None:
    for kind in ("cut", "expired token", "throttle"):
        cluster.faults.add(Fault(kind, "get pods", 2))

    assert stage.launcher().launch(stage.work("busy", seconds=2), LOG).report.attempt == 1


def test_a_run_that_dies_before_it_knows_its_pod_finds_it_again(
    stage: Stage, cluster: Kubernetes
) -> None:
    work = stage.work("killed", until=RELEASED)
    run = stage.launch_elsewhere(work)
    started(stage, work)
    assert run.pid
    os.kill(run.pid, signal.SIGKILL)
    run.join(60)
    key = lease_key(work.asset, work.version)
    stored = stage.lake.read(key)
    assert stored
    lease = Lease.of(stored)
    known = replace(lease, location={"pod": lease.location["pod"]})
    assert stage.lake.swap(key, as_json(known.as_json()), stored.etag)
    release(stage)

    assert stage.launcher().launch(work, LOG).report.attempt == 1
    assert len(cluster.pods(NAMESPACE)) == 1


def test_a_cancelled_run_leaves_no_pod(stage: Stage, cluster: Kubernetes) -> None:
    work = stage.work("cancelled", until=NEVER)
    run = stage.launch_elsewhere(work)
    started(stage, work)
    assert run.pid

    os.kill(run.pid, signal.SIGINT)
    run.join(60)

    wait_until(lambda: not cluster.pods(NAMESPACE))


@pytest.mark.parametrize("fault", [evicted, lambda: node_lost(process_survives=True)])
def test_a_pod_that_is_lost_with_its_node_is_replaced(
    stage: Stage, cluster: Kubernetes, fault: Callable[[], Fault]
) -> None:
    cluster.faults.add(fault())
    work = stage.work("lost", until=RELEASED)
    run = stage.launch_elsewhere(work)
    started(stage, work, attempt=2)
    release(stage)
    run.join(60)

    assert stage.launcher().launch(work, LOG).report.attempt == 2


def test_a_pod_is_lost_if_its_node_is_silent_without_a_break(
    attempt: Attempt, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt.held.record(pod="a-pod", uid="1")
    pod: dict[str, Any] = {"metadata": {"name": "a-pod", "uid": "1"}, "status": {}}
    monkeypatch.setattr(Pods, "find", lambda *_: pod)  # pyright: ignore[reportUnknownLambdaType] - of any pod
    job, outcomes = ClusterJob(config_of(PODS), attempt, PACE), list[JobOutcome]()
    seen = [(0, "Unknown"), (40, "Running"), (80, "Unknown"), (120, "Unknown"), (130, "Unknown")]
    for seconds, pod["status"]["phase"] in seen:
        clock.at(seconds)
        status = job.status()
        assert status
        outcomes.append(status.outcome)

    assert outcomes == [*[JobOutcome.UNFINISHED] * 4, JobOutcome.LOST]


@pytest.mark.soak
def test_a_deleted_pod_is_replaced(stage: Stage, cluster: Kubernetes) -> None:
    work = stage.work("deleted", until=RELEASED)
    run = stage.launch_elsewhere(work)
    started(stage, work)
    cluster.delete("pods", NAMESPACE, cluster.pods(NAMESPACE)[0]["metadata"]["name"])
    started(stage, work, attempt=2)
    release(stage)
    run.join(60)

    assert stage.launcher().launch(work, LOG).report.attempt == 2


def test_a_pod_without_memory_is_told_so(stage: Stage, cluster: Kubernetes) -> None:
    cluster.faults.add(out_of_memory())

    told = failure(stage, until=NEVER)

    assert "OOMKilled (exit code 137)" in told and "out of memory: give the driver" in told


def test_a_pod_that_does_not_start_is_deleted_and_its_reason_told(
    stage: Stage, cluster: Kubernetes
) -> None:
    cluster.faults.add(unschedulable())
    stage = with_fields(stage, start_limit_seconds=1)

    told = failure(stage)

    assert "Insufficient memory" in told and "ask for less by driver_memory" in told
    wait_until(lambda: not cluster.pods(NAMESPACE))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"image": "registry.example.com/other:1"}, "check kubernetes.image"),
        ({"secret": "nothing"}, "kubernetes.secret must name a Secret"),
    ],
)
def test_a_wrong_image_or_secret_is_told(stage: Stage, own: dict[str, Any], expected: str) -> None:
    assert expected in failure(with_fields(stage, own, start_limit_seconds=1))


@pytest.mark.soak
def test_a_pod_past_its_limit_is_ended(stage: Stage) -> None:
    told = failure(with_fields(stage, step_limit_seconds=2), until=NEVER)

    assert "the job ran into its time limit" in told


def test_a_missing_permission_names_the_role(stage: Stage, cluster: Kubernetes) -> None:
    cluster.access.rules.clear()

    assert "cannot create resource" in (told := failure(stage))
    assert "the Role `emr-ml-launcher`" in told


def test_templates_add_to_the_pod(stage: Stage, cluster: Kubernetes, tmp_path: Path) -> None:
    template = {
        "metadata": {"labels": {"team": "a"}},
        "spec": {
            "nodeSelector": {"disk": "fast"},
            "containers": [{"name": "mine", "env": [{"name": "EXTRA", "value": "1"}]}],
        },
    }
    for name in ("driver.yaml", "executor.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(template))
    own = {f"{one}_template": str(tmp_path / f"{one}.yaml") for one in ("driver", "executor")}

    with_fields(stage, own).launcher().launch(stage.work("templates"), LOG)

    (pod,) = cluster.pods(NAMESPACE)
    container = pod["spec"]["containers"][0]
    assert pod["metadata"]["labels"]["team"] == "a" and pod["spec"]["nodeSelector"]
    assert container["name"] == "mine" and container["env"][0] == {"name": "EXTRA", "value": "1"}
    given = "spark.kubernetes.executor.podTemplateFile="
    (path,) = [each.removeprefix(given) for each in container["args"] if each.startswith(given)]
    assert Path(path).read_text() == yaml.safe_dump(template)


@pytest.mark.soak
def test_spark_s_own_driver_and_executors_need_no_more_than_their_role(tmp_path: Path) -> None:
    with kubernetes_stage(tmp_path, "real") as (stage, cluster):
        work = stage.work("real", until=RELEASED)
        run = stage.launch_elsewhere(work)
        wait_until(lambda: len(cluster.pods()) > 1)
        release(stage)
        run.join(120)

        assert stage.launcher().launch(work, LOG).report.attempt == 1
        lease = LeaseFile(stage.lake, lease_key(work.asset, work.version)).read()
        assert lease
        # Spark tidies up after the report
        name = lease.location["pod"]
        wait_until(lambda: cluster.store.get("pods", NAMESPACE, name)["status"]["phase"] in ENDED)
        driver = service_account(NAMESPACE, "driver")
        executors = [
            json.loads(each.body)
            for each in cluster.calls
            if (each.call.user, each.call.verb, each.call.what) == (driver, "create", "pods")
        ]
        # so they go with the driver
        assert executors and {
            each["metadata"]["ownerReferences"][0]["name"] for each in executors
        } == {name}
        for_dynamic_allocation = {("delete", "pods"), ("patch", "pods")}
        assert cluster.needed(driver) | for_dynamic_allocation == allowed("emr-ml-driver")
        wait_until(lambda: len(cluster.pods()) == 1 and not cluster.store.all("configmaps"))


@pytest.mark.soak
def test_nothing_is_left_of_a_driver_outside_of_pods_that_is_killed(tmp_path: Path) -> None:
    with kubernetes_stage(tmp_path, "real") as (pods, cluster):
        cluster.access.bind(LAUNCHER, NAMESPACE, read_roles()["emr-ml-driver"])
        here = str(tmp_path / "here")
        stage = with_fields(pods, deploy_mode="client", driver_host="127.0.0.1", folder=here)
        copy_job(here)
        work = stage.work("outside", until=RELEASED)
        run = stage.launch_elsewhere(work)
        wait_until(lambda: [pod for pod in cluster.pods() if pod["status"]["phase"] == "Running"])
        (first,) = cluster.pods()
        lease = LeaseFile(stage.lake, lease_key(work.asset, work.version)).read()
        assert lease
        (java,) = psutil.Process(int(lease.location["pid"])).children()

        java.kill()
        release(stage)
        run.join(120)

        assert stage.launcher().launch(work, LOG).report.attempt == 2
        assert first["metadata"]["name"] not in {pod["metadata"]["name"] for pod in cluster.pods()}


def allowed(role: str) -> set[tuple[str, str]]:
    """Return the verbs and resources of a Role in deploy/."""
    return {
        (verb, what)
        for rule in read_roles()[role]
        for what in rule["resources"]
        for verb in rule["verbs"]
    }
