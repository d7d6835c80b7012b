"""Spark itself on the emulated Kubernetes: its requests are accepted, and its pods compute."""

import os
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from emr_ml.project import ROOT
from emr_ml_tests.emulator.kubernetes.access import service_account
from emr_ml_tests.emulator.kubernetes.containers import python_image
from emr_ml_tests.emulator.kubernetes.examples import allow
from emr_ml_tests.emulator.kubernetes.server import LAUNCHER, Kubernetes, serve
from emr_ml_tests.emulator.spark_home import spark_home
from emr_ml_tests.waiting import wait_until

pytestmark = [pytest.mark.process, pytest.mark.soak]

NAMESPACE, IMAGE = "spark", "registry.example.com/emr_ml:1"
JOB = """
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print("sum", spark.sparkContext.parallelize(range(4), 2).map(lambda number: number).sum())
"""
QUICK = "-XX:TieredStopAtLevel=1"
DRIVER = [
    allow(["pods"], ["get", "list", "watch", "create", "deletecollection"]),
    allow(["configmaps"], ["create", "deletecollection"]),
    allow(["persistentvolumeclaims"], ["list", "deletecollection"]),
    allow(["services"], ["deletecollection"]),
]
SUBMITTER = [
    allow(["pods"], ["get", "watch", "create"]),
    # what is applied and not there is created
    allow(["services", "configmaps"], ["patch", "create"]),
]


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kubernetes]:
    image = python_image(ROOT / "deploy" / "entrypoint.sh", {"SPARK_HOME": str(spark_home())})
    with serve(tmp_path_factory.mktemp("kubernetes"), {IMAGE: image}) as cluster:
        cluster.add_namespace(NAMESPACE, "driver")
        cluster.access.bind(LAUNCHER, NAMESPACE, SUBMITTER)
        cluster.access.bind("client", NAMESPACE, DRIVER)
        cluster.access.bind(service_account(NAMESPACE, "driver"), NAMESPACE, DRIVER)
        yield cluster


def submit(
    cluster: Kubernetes, folder: Path, mode: str, user: str, conf: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    script = folder / "job.py"
    script.write_text(JOB)
    given = {
        "spark.kubernetes.namespace": NAMESPACE,
        "spark.kubernetes.container.image": IMAGE,
        "spark.kubernetes.executor.request.cores": "100m",
        "spark.executor.instances": "1",
        "spark.executor.memory": "512m",
        "spark.driver.memory": "512m",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": QUICK,
        "spark.executor.extraJavaOptions": QUICK,
        **conf,
    }
    options = [part for key, value in given.items() for part in ("--conf", f"{key}={value}")]
    where = ["--master", f"k8s://{cluster.url}", "--deploy-mode", mode, "--name", "a job"]
    command = [str(spark_home() / "bin" / "spark-submit"), *where, *options]
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": QUICK,
        "KUBECONFIG": str(cluster.kubeconfig(folder / "kubeconfig", user)),
    }
    address = f"local://{script}" if mode == "cluster" else str(script)
    return subprocess.run(
        [*command, address], env=environment, capture_output=True, text=True, check=False
    )


def roles(cluster: Kubernetes) -> dict[str, str]:
    """Return the phase of each pod, by its role."""
    return {
        pod["metadata"]["labels"]["spark-role"]: pod["status"]["phase"] for pod in cluster.pods()
    }


def test_in_cluster_mode_the_driver_is_a_pod_that_creates_its_executors(
    cluster: Kubernetes, tmp_path: Path
) -> None:
    conf = {
        "spark.kubernetes.driver.pod.name": "a-job-1",
        "spark.kubernetes.driver.label.emr-ml/attempt": "1",
        "spark.kubernetes.authenticate.driver.serviceAccountName": "driver",
        "spark.kubernetes.executor.deleteOnTermination": "false",
    }

    done = submit(cluster, tmp_path, "cluster", LAUNCHER, conf)

    assert done.returncode == 0, done.stderr
    assert roles(cluster) == {"driver": "Succeeded", "executor": "Succeeded"}
    driver = cluster.store.get("pods", NAMESPACE, "a-job-1")
    assert driver["metadata"]["labels"]["emr-ml/attempt"] == "1"
    assert "sum 6\n" in cluster.nodes.log(driver).read_text()
    assert {one.code for one in cluster.calls} <= {200, 201}

    cluster.delete("pods", NAMESPACE, "a-job-1")
    wait_until(lambda: not cluster.pods() and not cluster.store.all("configmaps"))


def test_in_client_mode_only_executors_are_pods(cluster: Kubernetes, tmp_path: Path) -> None:
    conf = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.kubernetes.executor.label.emr-ml/attempt": "2",
        "spark.kubernetes.executor.deleteOnTermination": "false",
    }

    done = submit(cluster, tmp_path, "client", "client", conf)

    assert "sum 6\n" in done.stdout, done.stderr
    wait_until(lambda: roles(cluster) == {"executor": "Succeeded"})
    (executor,) = cluster.pods()
    assert executor["metadata"]["labels"]["emr-ml/attempt"] == "2"
    assert "ownerReferences" not in executor["metadata"]
