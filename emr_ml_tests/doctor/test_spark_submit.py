"""`emr-ml doctor` for spark-submit: of a broken set-up it names the one thing that is wrong."""

import os
import socket
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from emr_ml.doctor import spark_submit
from emr_ml.lake.versions import local_spark
from emr_ml.launchers.spark_submit.kubernetes_api import RefusedError
from emr_ml.project import ROOT
from emr_ml_tests.doctor.diagnosis import all_well, diagnosis, the_bad_one
from emr_ml_tests.emulator.kubernetes.access import ADMIN, service_account
from emr_ml_tests.emulator.kubernetes.server import LAUNCHER, Kubernetes, serve
from emr_ml_tests.launchers.spark_submit.fake_master import FakeMaster, serve_master
from emr_ml_tests.launchers.stages import read_roles

FIELD = "EMR_ML_SPARK_SUBMIT__"
NAMESPACE = "spark"


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv(f"{FIELD}FOLDER", str(tmp_path / "here"))
    monkeypatch.setenv(f"{FIELD}MASTER", "local[2]")


@pytest.fixture(name="master")
def fixture_master(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeMaster]:
    """A standalone master, whose port for applications is open."""
    with serve_master() as master, socket.create_server(("127.0.0.1", 0)) as port:
        monkeypatch.setenv(f"{FIELD}MASTER", f"spark://127.0.0.1:{port.getsockname()[1]}")
        monkeypatch.setenv(f"{FIELD}MASTER_UI", master.url)
        yield master


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Kubernetes]:
    with serve(tmp_path / "kubernetes", {}) as cluster:
        cluster.add_namespace(NAMESPACE, "driver")
        roles = read_roles()
        cluster.access.bind(LAUNCHER, NAMESPACE, roles["emr-ml-launcher"])
        cluster.access.bind(service_account(NAMESPACE, "driver"), NAMESPACE, roles["emr-ml-driver"])
        fields = {
            "MASTER": f"k8s://{cluster.url}",
            "DEPLOY_MODE": "cluster",
            "KUBERNETES__IMAGE": "mine",
            "KUBERNETES__NAMESPACE": NAMESPACE,
            "KUBERNETES__SERVICE_ACCOUNT": "driver",
            "KUBERNETES__KUBECONFIG": str(cluster.kubeconfig(tmp_path / "kubeconfig")),
        }
        for name, value in fields.items():
            monkeypatch.setenv(FIELD + name, value)
        yield cluster


def test_a_good_set_up_without_a_cluster_is_good() -> None:
    found = diagnosis()

    assert (found.bad, found.skipped, found.exit_code) == ([], [], 0)
    assert found.names[-3:] == ["spark-submit", "Java", "Spark"]


def test_a_configuration_with_a_mistake_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}EXECUTORS", "0")

    assert the_bad_one().startswith(f"spark-submit {FIELD}EXECUTORS: executors: ")


def test_a_spark_that_is_too_old_for_the_jobs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}SPARK", "3.5.8")

    assert "the cluster has Spark 3.5.8, but " in the_bad_one()


def test_another_release_than_that_of_the_cluster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}SPARK", "4.0.0")

    said = the_bad_one()

    assert f" has {local_spark()}, but `spark` is 4.0.0. Fix: set `spark: {local_spark()}`" in said


def test_a_spark_submit_that_may_not_be_started_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "bin" / "spark-submit"
    script.parent.mkdir()
    script.touch(0o644)
    monkeypatch.setenv(f"{FIELD}SPARK_HOME", str(tmp_path))

    assert f"Spark {script} can't be started. Fix: correct `spark_home`" in the_bad_one()


def test_a_standalone_master_with_workers_is_good(master: FakeMaster) -> None:
    master.workers = 3

    all_well("master")


def test_a_master_without_workers_is_told(master: FakeMaster) -> None:
    master.workers = 0

    assert "has no worker that is alive. Fix: start workers" in the_bad_one()


def test_a_page_that_is_silent_is_told(master: FakeMaster) -> None:
    master.is_silent = True

    assert f"master the master's page {master.url} gives no answer" in the_bad_one()


def test_a_master_that_can_not_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}MASTER", "spark://127.0.0.1:1")

    assert "master spark://127.0.0.1:1 can't be reached: " in the_bad_one()


def test_yarn_needs_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(f"{FIELD}MASTER", "yarn")
    assert "YARN its configuration is not found. Fix: set HADOOP_CONF_DIR" in the_bad_one()

    (tmp_path / "yarn-site.xml").touch()
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    assert any(
        line.startswith("YARN not checked: whether the cluster answers")
        for line in diagnosis().skipped
    )


@pytest.mark.emulator
def test_a_namespace_with_both_roles_is_good(cluster: Kubernetes) -> None:
    found = diagnosis()

    assert found.bad == []
    assert found.names[-4:] == ["Spark", "permissions", "pod", "service account"]
    assert not any(line.startswith("pod") for line in found.skipped)
    # only an administrator may ask about others
    assert any(line.startswith("service account ") for line in found.skipped)
    assert cluster.pods() == []


@pytest.mark.emulator
def test_a_role_that_is_not_bound_is_named(cluster: Kubernetes) -> None:
    cluster.access.rules[:] = [rule for rule in cluster.access.rules if rule.user != LAUNCHER]

    said = the_bad_one()

    assert "permissions this process may not get pods, list pods, create pods, delete" in said
    assert "bind the Role `emr-ml-launcher`" in said


@pytest.mark.parametrize(
    ("granted", "roles"),
    [
        (spark_submit.OF_LAUNCHER, "the Role `emr-ml-driver`"),
        (spark_submit.OF_DRIVER, "the Role `emr-ml-launcher`"),
        ((), "the Role `emr-ml-launcher` and the Role `emr-ml-driver`"),
    ],
)
def test_a_driver_on_this_machine_needs_both_roles_and_the_missing_one_is_named(
    granted: tuple[tuple[str, str], ...], roles: str
) -> None:
    def may(verb: str, what: str, user: str) -> bool:
        assert not user
        return (verb, what) in granted

    api: Any = SimpleNamespace(may=may)
    wanted = (*spark_submit.OF_LAUNCHER, *spark_submit.OF_DRIVER)

    finding = spark_submit.check_permissions(api, "permissions", wanted)

    assert f"bind {roles} of deploy/spark_roles.yaml to it" in finding.line


@pytest.mark.parametrize(
    ("status", "user", "expected"),
    [
        (403, "a-driver", "skip"),
        (403, "", "bad"),
        (422, "a-driver", "bad"),
    ],
)
def test_only_who_may_not_ask_about_others_is_excused(
    status: int, user: str, expected: str
) -> None:
    def may(*_: str) -> bool:
        raise RefusedError(status, "as the server says")

    api: Any = SimpleNamespace(may=may)

    finding = spark_submit.check_permissions(api, "permissions", spark_submit.OF_DRIVER, user)

    assert finding.verdict == expected
    assert ("as the server says" in finding.line) is (expected == "bad")


@pytest.mark.emulator
@pytest.mark.usefixtures("cluster")
def test_a_service_account_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}KUBERNETES__SERVICE_ACCOUNT", "nobody")

    assert "pod Kubernetes refuses the pod emr-ml-doctor: " in (said := the_bad_one())
    assert 'serviceaccount "nobody" not found' in said


@pytest.mark.emulator
def test_an_administrator_learns_what_the_service_account_lacks(cluster: Kubernetes) -> None:
    driver = service_account(NAMESPACE, "driver")
    cluster.access.rules[:] = [rule for rule in cluster.access.rules if rule.user != driver]
    cluster.kubeconfig(Path(os.environ[f"{FIELD}KUBERNETES__KUBECONFIG"]), ADMIN)

    assert f"service account {driver} may not get pods" in (said := the_bad_one())
    assert "bind the Role `emr-ml-driver`" in said


@pytest.mark.emulator
@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_can_not_be_reached_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{FIELD}KUBERNETES__KUBECONFIG", str(tmp_path / "none"))

    assert "permissions no access to Kubernetes: " in the_bad_one()


@pytest.mark.parametrize(
    ("role", "wanted"),
    [("emr-ml-launcher", spark_submit.OF_LAUNCHER), ("emr-ml-driver", spark_submit.OF_DRIVER)],
)
def test_what_is_asked_for_is_in_the_roles(role: str, wanted: tuple[tuple[str, str], ...]) -> None:
    manifests = yaml.safe_load_all((ROOT / "deploy" / "spark_roles.yaml").read_text())
    rules = next(
        one["rules"] for one in manifests if one["metadata"]["name"] == role and "rules" in one
    )
    allowed = {
        (verb, what) for rule in rules for what in rule["resources"] for verb in rule["verbs"]
    }
    for_dynamic_allocation = {("delete", "pods"), ("patch", "pods")}

    assert set(wanted) | (for_dynamic_allocation if role == "emr-ml-driver" else set()) == allowed
