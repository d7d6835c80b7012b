"""The configuration of spark-submit: which cluster runs the jobs, and with what resources."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator
from pydantic import model_validator as validator

from emr_ml.lake.versions import local_spark
from emr_ml.launchers.remote.configuration import (
    ConfigModel,
    LocatedFields,
    VerbatimText,
    is_secret,
    load_config,
)
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.settings import Settings

MASTERS = re.compile(r"(spark|k8s)://.+|yarn|local(\[[\d*, ]+\])?")
STANDALONE, KUBERNETES = "spark://", "k8s://"
# properties that Spark writes into the pods of executors
OF_EXECUTORS = ("spark.executorEnv.", "spark.executor.")
LOOPBACK = ("127.0.0.1", "localhost")

# relative ones are resolved where they are read
LocalPath = Annotated[str, AfterValidator(lambda path: str(Path(path).expanduser().absolute()))]
Memory = Annotated[str, Field(pattern=r"^\d+[mgMG]$")]
Count = Annotated[int, Field(strict=True, ge=1)]
Seconds = Annotated[int, Field(strict=True, ge=1)]
# fields with a path of this machine
PATHS = ("spark_home", "folder", "driver_template", "executor_template", "kubeconfig")


class SparkSubmitConfigError(TargetConfigError):
    """The configuration can't be used: one line for each mistake, with its location."""


class KubernetesConfig(ConfigModel):
    """What only Kubernetes needs; the cluster's address is the master.

    Args:
        image: of drivers and executors.
        namespace: of their pods.
        service_account: of drivers, which create executors.
        driver_template, executor_template: files with what their pods have besides.
        context, kubeconfig: with which this process reaches the cluster.
        secret: name of a Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which
            pods read instead of getting this process's.
        api_in_pods: address of the cluster's API for drivers.
    """

    image: str = Field(min_length=1)
    namespace: str = Field("default", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    service_account: str = "default"
    driver_template: LocalPath | None = None
    executor_template: LocalPath | None = None
    context: str | None = None
    kubeconfig: LocalPath | None = None
    secret: str | None = None
    api_in_pods: str = Field("https://kubernetes.default.svc", pattern=r"^https?://\S+$")


class SparkSubmitConfig(ConfigModel):
    """Which cluster runs the jobs, and with what; None leaves a value to Spark and its defaults.

    Args:
        master: as `spark-submit --master` takes it.
        deploy_mode: `client` runs drivers on this machine, `cluster` as pods of Kubernetes.
        spark: release of Spark on the cluster, which each job checks.
        spark_home: folder of a Spark for `spark-submit`; the installed pyspark by default.
        python: on the executors; by default the path of the Python that runs here.
        driver_host: address of this machine that executors reach.
        master_ui: address of the page of a standalone master.
        executors: how many; for Kubernetes and YARN.
        max_cores: of one job on a standalone cluster, where Spark's default is all there are.
        spark_conf: any other properties of Spark; they count more than those of other fields.
        share_credentials: whether executors get this process's AWS keys; by default, pods do not,
            because their descriptions would show them.
        start_limit_seconds: for which a pod may not start, or an application have no core while
            no other has any.
        step_limit_seconds: after which a driver is ended.
        folder: for the logs and the code of drivers on this machine.
    """

    master: str
    deploy_mode: Literal["client", "cluster"] = "client"
    spark: VerbatimText = Field(default_factory=local_spark, pattern=r"^\d+\.\d+\.\d+$")
    spark_home: LocalPath | None = None
    python: str | None = None
    driver_host: str | None = None
    master_ui: str | None = Field(None, pattern=r"^https?://\S+$")
    driver_memory: Memory | None = None
    driver_cores: Count | None = None
    executor_memory: Memory | None = None
    executor_cores: Count | None = None
    executors: Count | None = None
    max_cores: Count | None = None
    spark_conf: dict[str, VerbatimText] = Field(default_factory=dict[str, str])
    share_credentials: bool | None = None
    start_limit_seconds: Seconds = 600
    step_limit_seconds: Seconds = 21600
    folder: LocalPath
    kubernetes: KubernetesConfig | None = None

    @field_validator("master")
    @classmethod
    def _check_master(cls, value: str) -> str:
        if not MASTERS.fullmatch(value):
            raise ValueError(
                "should be spark://host:port, k8s://https://host:port, yarn or local[n], "
                f"not {value!r}"
            )
        return value

    @field_validator("spark_home")
    @classmethod
    def _check_spark_home(cls, value: str | None) -> str | None:
        if value and not Path(value, "bin", "spark-submit").is_file():
            raise ValueError(f"there is no bin/spark-submit in {value}")
        return value

    @validator(mode="after")
    def _check_together(self) -> Self:
        if self.on_kubernetes and self.kubernetes is None:
            raise ValueError("kubernetes: is missing: at least its image is needed")
        if self.kubernetes and not self.on_kubernetes:
            raise ValueError(f"kubernetes: is only for k8s:// masters, not for {self.master}")
        if self.deploy_mode == "cluster" and not self.on_kubernetes:
            raise ValueError(
                "deploy_mode: cluster is only for k8s:// masters: Spark's own master refuses "
                "Python in cluster mode, and drivers on YARN can't be found again: use client"
            )
        if self.master_ui and not self.is_standalone:
            raise ValueError(f"master_ui: is only for spark:// masters, not for {self.master}")
        exposed = [key for key, value in self.spark_conf.items() if self._is_exposed(key, value)]
        if exposed:
            raise ValueError(
                f"spark_conf: {', '.join(exposed)} would be readable in a pod: put the value into "
                "a Secret, and name that in kubernetes.secret, in kubernetes.driver_template or by "
                "spark.kubernetes.executor.secretKeyRef.…"
            )
        return self

    def _is_exposed(self, key: str, value: str) -> bool:
        """Whether a property is a secret that the description of a pod would show."""
        in_pod = self.deploy_mode == "cluster" or key.startswith(OF_EXECUTORS)
        return self.on_kubernetes and in_pod and is_secret(key, value)

    @property
    def is_standalone(self) -> bool:
        return self.master.startswith(STANDALONE)

    @property
    def is_local(self) -> bool:
        """Whether driver and executor are one process."""
        return self.master.startswith("local")

    @property
    def passes_keys(self) -> bool:
        """Whether executors get this process's AWS keys: not if a Secret has them already."""
        if self.share_credentials is None:
            return not self.on_kubernetes
        return self.share_credentials and not (self.kubernetes and self.kubernetes.secret)

    @property
    def drivers(self) -> Path:
        """The folder of all drivers on this machine."""
        return Path(self.folder, "drivers")

    @property
    def on_kubernetes(self) -> bool:
        return self.master.startswith(KUBERNETES)

    @property
    def on_loopback(self) -> bool:
        """Whether the cluster is on this machine alone."""
        return self.is_local or (self.is_standalone and urlsplit(self.master).hostname in LOOPBACK)


def load_spark_submit_config(settings: Settings) -> SparkSubmitConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources override earlier ones: the file, single fields from the environment, settings.

    Raises:
        SparkSubmitConfigError: one line for each mistake, with its location.
    """
    fields = LocatedFields("spark-submit configuration", "EMR_ML_SPARK_SUBMIT")
    fields.add({"folder": str(Path(settings.dagster_home, ".dagster", "spark-submit"))}, "default")
    try:
        if address := settings.spark_submit:
            fields.add_file(address, lambda values: _beside(address, values))
        return load_config(
            SparkSubmitConfig,
            fields,
            None,
            settings.spark_submit_fields,
            settings.step_limit_seconds,
        )
    except TargetConfigError as error:
        raise SparkSubmitConfigError("\n".join(map(_explained, str(error).splitlines()))) from error


def _beside(address: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a file, with paths that are relative to its folder made absolute.

    Raises:
        TargetConfigError: the file is in S3, where no such paths are.
    """
    changed = dict(values)
    for name, value in values.items():
        if name == "kubernetes" and isinstance(value, dict):
            changed[name] = _beside(address, value)
        if name not in PATHS or not isinstance(value, str) or value.startswith(("/", "~")):
            continue
        if address.startswith("s3://"):
            raise TargetConfigError(
                f"{address}: {name}: should be an absolute path, as the file is in S3, not {value}"
            )
        changed[name] = str(Path(address).parent / value)
    return changed


def _explained(line: str) -> str:
    """Return a line with what to do, where the field's name does not say it."""
    if line.endswith(": master: is missing"):
        return (
            "there is no master: set EMR_ML_SPARK_SUBMIT__MASTER, as in spark://host:7077, or "
            "master in the file that EMR_ML_SPARK_SUBMIT names"
        )
    return line
