"""The configuration of spark-submit: which cluster runs the jobs, and with what resources."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator
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
LOOPBACK = ("127.0.0.1", "localhost")

Memory = Annotated[str, Field(pattern=r"^\d+[mgMG]$")]
Count = Annotated[int, Field(strict=True, ge=1)]
Seconds = Annotated[int, Field(strict=True, ge=1)]


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
        secret: name of a Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
        api_in_pods: address of the cluster's API for drivers.
    """

    image: str = Field(min_length=1)
    namespace: str = Field("default", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    service_account: str = "default"
    driver_template: str | None = None
    executor_template: str | None = None
    context: str | None = None
    kubeconfig: str | None = None
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
        share_credentials: whether executors get this process's AWS keys.
        start_limit_seconds: for which a job may have no core while no other job has any.
        folder: for the logs of drivers on this machine.
    """

    master: str
    deploy_mode: Literal["client", "cluster"] = "client"
    spark: VerbatimText = Field(default_factory=local_spark, pattern=r"^\d+\.\d+\.\d+$")
    spark_home: str | None = None
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
    share_credentials: bool = True
    start_limit_seconds: Seconds = 600
    step_limit_seconds: Seconds = 21600
    folder: str
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
        if self.deploy_mode == "cluster":
            secrets = [key for key, value in self.spark_conf.items() if is_secret(key, value)]
            if secrets:
                raise ValueError(
                    f"spark_conf: {', '.join(secrets)} would be readable in a ConfigMap: put the "
                    "value into a Secret, and name that in kubernetes.secret or by "
                    "spark.kubernetes.driver.secretKeyRef.…"
                )
        return self

    @property
    def is_standalone(self) -> bool:
        return self.master.startswith(STANDALONE)

    @property
    def on_kubernetes(self) -> bool:
        return self.master.startswith(KUBERNETES)

    @property
    def on_loopback(self) -> bool:
        """Whether the cluster is on this machine alone."""
        return self.master.startswith("local") or (
            self.is_standalone and urlsplit(self.master).hostname in LOOPBACK
        )


def load_spark_submit_config(settings: Settings) -> SparkSubmitConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources count more: the file, single fields from the environment, settings.

    Raises:
        SparkSubmitConfigError: one line for each mistake, with its location.
    """
    fields = LocatedFields("spark-submit configuration", "EMR_ML_SPARK_SUBMIT")
    fields.add({"folder": str(Path(settings.dagster_home, ".dagster", "spark-submit"))}, "default")
    try:
        return load_config(
            SparkSubmitConfig,
            fields,
            settings.spark_submit,
            settings.spark_submit_fields,
            settings.step_limit_seconds,
        )
    except TargetConfigError as error:
        raise SparkSubmitConfigError("\n".join(map(_explained, str(error).splitlines()))) from error


def _explained(line: str) -> str:
    """Return a line with what to do, where the field's name does not say it."""
    if line.endswith(": master: is missing"):
        return (
            "there is no master: set EMR_ML_SPARK_SUBMIT__MASTER, as in spark://host:7077, or "
            "master in the file that EMR_ML_SPARK_SUBMIT names"
        )
    return line
