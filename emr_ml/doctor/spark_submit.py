"""Checks of spark-submit: its configuration, the Spark that submits, and the cluster."""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from emr_ml.aws.client import CALL_ERRORS, UnansweredError
from emr_ml.aws.problems import diagnose
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.doctor.machine import check_java
from emr_ml.errors import UserError
from emr_ml.launchers.spark_submit.command import spark_home
from emr_ml.launchers.spark_submit.config import (
    STANDALONE,
    KubernetesConfig,
    SparkSubmitConfig,
    load_spark_submit_config,
)
from emr_ml.launchers.spark_submit.kubernetes_api import FORBIDDEN, KubernetesApi, RefusedError
from emr_ml.launchers.spark_submit.master import Master, MasterError
from emr_ml.launchers.spark_submit.plan import make_plan, planned_pod, planned_submission
from emr_ml.launchers.spark_submit.pods import Pods
from emr_ml.settings import Settings

CONFIGURATION = "spark-submit"
TIMEOUT_SECONDS = 5.0
ROLES = "deploy/spark_roles.yaml"
# of the Roles in that file; drivers with dynamic allocation need more
OF_LAUNCHER = (
    *((verb, "pods") for verb in ("get", "list", "create", "delete")),
    ("get", "pods/log"),
)
OF_DRIVER = (
    *((verb, "pods") for verb in ("get", "list", "watch", "create", "deletecollection")),
    *((verb, "configmaps") for verb in ("create", "deletecollection")),
    *((verb, "persistentvolumeclaims") for verb in ("list", "deletecollection")),
    ("deletecollection", "services"),
)


def run_checks(settings: Settings, jobs: Mapping[str, str]) -> Iterator[Finding]:
    """Check all that spark-submit needs here and on the cluster.

    Args:
        settings: of the deployment.
        jobs: the module of each job, by the path of its asset.
    """
    try:
        config = load_spark_submit_config(settings)
        make_plan(config, settings.lake.rstrip("/"), jobs)
    except UserError as error:
        yield bad(CONFIGURATION, error.problem, error.fix or "see docs/spark-submit.md")
        return
    except CALL_ERRORS as error:
        # a profile or an endpoint that can't be used, which another check has named
        yield unchecked(CONFIGURATION, diagnose(error).what)
        return
    yield good(CONFIGURATION, f"{config.deploy_mode} mode, {config.master}")
    if config.deploy_mode == "cluster":
        yield unchecked("Spark", "it is that of the image; each job compares it")
    else:
        yield check_java(needed=True)
        yield check_spark(config)
    if own := config.kubernetes:
        yield from _check_kubernetes(config, own, settings.lake.rstrip("/"))
    elif config.is_standalone:
        yield check_master(config)
    elif config.master == "yarn":
        yield check_yarn()


def check_spark(config: SparkSubmitConfig) -> Finding:
    """Check that spark-submit can be started, and has the release of the configuration."""
    home = spark_home(config)
    script = home / "bin" / "spark-submit"
    if not os.access(script, os.X_OK):
        return bad("Spark", f"{script} can't be started", "correct `spark_home` or its permissions")
    jar = next((home / "jars").glob("spark-core_*.jar"), None)
    if jar is None:
        return unchecked("Spark", "its release is not known: there is no spark-core jar", str(home))
    release = jar.stem.rpartition("-")[2]
    if release != config.spark:
        fix = (
            f"set `spark: {release}` if the cluster has that release, or `spark_home` to a Spark "
            f"{config.spark}"
        )
        return bad("Spark", f"{home} has {release}, but `spark` is {config.spark}", fix)
    return good("Spark", f"{release} submits")


def check_master(config: SparkSubmitConfig) -> Finding:
    """Check that a standalone master answers, and has workers."""
    name = "master"
    try:
        _connect(config.master)
    except (OSError, ValueError) as error:
        fix = "start the master, or correct EMR_ML_SPARK_SUBMIT__MASTER"
        return bad(name, f"{config.master} can't be reached: {error}", fix)
    if not config.master_ui:
        return good(name, f"{config.master} can be reached; set `master_ui` to see its workers")
    try:
        cluster = Master(config.master_ui).look()
    except MasterError as error:
        return bad(name, str(error), "correct `master_ui`: it is the address of the master's page")
    if not cluster.workers:
        return bad(name, f"{config.master} has no worker that is alive", "start workers")
    return good(name, f"workers alive: {cluster.workers}, free cores: {cluster.free_cores}")


def check_yarn() -> Finding:
    """Check that the configuration of YARN is there; it can't be asked without its classes."""
    folders = [os.environ.get(name, "") for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR")]
    if not any(folder and Path(folder, "yarn-site.xml").is_file() for folder in folders):
        fix = "set HADOOP_CONF_DIR to the folder with yarn-site.xml"
        return bad("YARN", "its configuration is not found", fix)
    return unchecked("YARN", "whether the cluster answers; its configuration is there")


def _connect(master: str) -> None:
    """Connect to the first of several masters that answers, or raise the last error."""
    addresses = master.removeprefix(STANDALONE).split(",")
    for number, address in enumerate(addresses, start=1):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_SECONDS).close()
        except OSError:
            if number == len(addresses):
                raise
        else:
            return


def _check_kubernetes(
    config: SparkSubmitConfig, own: KubernetesConfig, lake: str
) -> Iterator[Finding]:
    api = KubernetesApi(own)
    in_pods = config.deploy_mode == "cluster"
    wanted = OF_LAUNCHER if in_pods else (*OF_LAUNCHER, *OF_DRIVER)
    finding = check_permissions(api, "permissions", wanted)
    yield finding
    if not in_pods:
        return
    account = f"system:serviceaccount:{own.namespace}:{own.service_account}"
    if finding.verdict != "good":
        yield unchecked("pod", f"see {finding.name}")
        yield unchecked("service account", f"see {finding.name}")
        return
    yield check_pod(config, own, lake)
    yield check_permissions(api, "service account", OF_DRIVER, account)


def check_permissions(
    api: KubernetesApi, name: str, wanted: tuple[tuple[str, str], ...], user: str = ""
) -> Finding:
    """Check that the caller, or a user, may do what is wanted."""
    try:
        missing = [
            f"{verb} {what}"
            for verb, what in dict.fromkeys(wanted)
            if not api.may(verb, what, user)
        ]
    except UserError as error:
        return bad(name, error.problem, error.fix or "see docs/spark-submit.md")
    except UnansweredError as error:
        fix = "check the master's address, kubernetes.kubeconfig and kubernetes.context"
        return bad(name, str(error), fix)
    except RefusedError as error:
        if user and error.status == FORBIDDEN:
            return unchecked(name, "only an administrator may ask what it may do", user)
        fix = "check whom kubernetes.kubeconfig and kubernetes.context name"
        return bad(name, f"Kubernetes does not tell permissions: {error}", fix)
    if missing:
        problem = f"{user or 'this process'} may not {', '.join(missing)}"
        roles = " and ".join(_roles_with(missing, user))
        return bad(name, problem, f"bind {roles} of {ROLES} to it")
    return good(name, f"{user or 'this process'} may do what it needs")


def _roles_with(missing: Iterable[str], user: str) -> Iterator[str]:
    """Yield the Roles that give a user, or else this process, what is missing."""
    of_launcher = set() if user else {f"{verb} {what}" for verb, what in OF_LAUNCHER}
    if not of_launcher.isdisjoint(missing):
        yield "the Role `emr-ml-launcher`"
    if not of_launcher.issuperset(missing):
        yield "the Role `emr-ml-driver`"


def check_pod(config: SparkSubmitConfig, own: KubernetesConfig, lake: str) -> Finding:
    """Check that the API server would accept the pod of a driver, which is not created."""
    submission = planned_submission(
        lake, "processed_dataset", "spark_jobs.processed_dataset", code=lake, version="0" * 32
    )
    try:
        Pods(own).create(planned_pod(config, submission, "emr-ml-doctor"), for_real=False)
    except UserError as error:
        return bad("pod", error.problem, error.fix or "see docs/spark-submit.md")
    except UnansweredError as error:
        return bad("pod", str(error), "check whether the API server is well")
    return good("pod", f"would be accepted in the namespace {own.namespace}")
