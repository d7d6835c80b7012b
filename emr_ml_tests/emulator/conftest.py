"""A fast emulator, with a bucket and a cluster."""

import gzip
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.eks import VirtualCluster
from emr_ml_tests.emulator.examples import (
    a_cluster,
    a_serverless_run,
    an_application,
    an_eks_run,
)
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.emulator.serverless_application import Application
from emr_ml_tests.emulator.spark_home import s3a_jars
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.s3_server import S3
from emr_ml_tests.s3a import REQUIRE_S3A
from emr_ml_tests.waiting import wait_until


@dataclass(frozen=True)
class Lab:
    """What most tests need: the server, its EMR as the launcher sees it, and a bucket."""

    aws: Emulator
    emr: Any
    bucket: S3

    def start(self, **more: Any) -> Cluster:
        answer = self.emr.run_job_flow(**a_cluster(self.bucket.bucket, **more))
        return next(one for one in self.aws.clusters if one.id == answer["JobFlowId"])

    def started(self, **more: Any) -> Cluster:
        """Start a cluster, and return it once it waits for steps."""
        cluster = self.start(**more)
        wait_until(lambda: cluster.state == "WAITING")
        return cluster

    def add(self, cluster: Cluster, *steps: dict[str, Any]) -> list[Step]:
        ids = self.emr.add_job_flow_steps(JobFlowId=cluster.id, Steps=list(steps))["StepIds"]
        return [step for step in cluster.steps if step.id in ids]

    def read(self, key: str) -> str:
        return read_log(self.bucket, key)


def read_log(bucket: S3, key: str) -> str:
    """Wait for a log, and return its text."""
    client = bucket.client
    wait_until(lambda: client.list_objects_v2(Bucket=bucket.bucket, Prefix=key)["KeyCount"])
    body = client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read()
    return gzip.decompress(body).decode()


@dataclass(frozen=True)
class ServerlessLab:
    """The server, its EMR Serverless as the launcher sees it, and a bucket."""

    aws: Emulator
    client: Any
    bucket: S3

    def create(self, **more: Any) -> Application:
        """Create an application; once it is ready, return it."""
        answer = self.client.create_application(**an_application(**more))
        applications = self.aws.serverless.applications
        made = next(one for one in applications if one.id == answer["applicationId"])
        wait_until(lambda: made.state != "CREATING")
        return made

    def request(
        self, application: Application, script: bytes, *arguments: str, **more: Any
    ) -> dict[str, Any]:
        """Put a script into the bucket, and return the request that runs it."""
        self.bucket.put("job.py", script)
        where = self.bucket.uri("job.py")
        return a_serverless_run(application.id, self.bucket.bucket, where, *arguments, **more)

    def start(
        self, application: Application, script: bytes, *arguments: str, **more: Any
    ) -> JobRun:
        request = self.request(application, script, *arguments, **more)
        answer = self.client.start_job_run(**request)
        return next(job for job in application.jobs if job.id == answer["jobRunId"])

    def describe(self, job: JobRun) -> dict[str, Any]:
        return self.client.get_job_run(applicationId=job.owner, jobRunId=job.id)["jobRun"]

    def read(self, key: str) -> str:
        return read_log(self.bucket, key)


@pytest.fixture
def serverless(emulation: None, tmp_path: Path) -> Generator[ServerlessLab]:  # noqa: ARG001 - what it sets up
    with serve(tmp_path, speed=600.0) as aws:
        client = aws.client("emr-serverless", "launcher")
        yield ServerlessLab(aws, client, aws.bucket(f"lab-{uuid.uuid4().hex}"))


@dataclass(frozen=True)
class EksLab:
    """The server, its EMR on EKS as the launcher sees it, a virtual cluster, and a bucket."""

    aws: Emulator
    client: Any
    bucket: S3
    cluster: VirtualCluster

    def request(self, script: bytes, *arguments: str, **more: Any) -> dict[str, Any]:
        """Put a script into the bucket, and return the request that runs it."""
        self.bucket.put("job.py", script)
        where = self.bucket.uri("job.py")
        return an_eks_run(self.cluster.id, self.bucket.bucket, where, *arguments, **more)

    def start(self, script: bytes, *arguments: str, **more: Any) -> JobRun:
        answer = self.client.start_job_run(**self.request(script, *arguments, **more))
        return self.aws.eks.lives[answer["id"]].job

    def describe(self, job: JobRun) -> dict[str, Any]:
        return self.client.describe_job_run(id=job.id, virtualClusterId=job.owner)["jobRun"]

    def read(self, key: str) -> str:
        return read_log(self.bucket, key)


@pytest.fixture
def eks(emulation: None, tmp_path: Path) -> Generator[EksLab]:  # noqa: ARG001 - what it sets up
    with serve(tmp_path, speed=600.0) as aws:
        client, bucket = aws.client("emr-containers", "launcher"), f"lab-{uuid.uuid4().hex}"
        yield EksLab(aws, client, aws.bucket(bucket), aws.eks.add_virtual_cluster("emr-ml"))


@pytest.fixture
def lab(emulation: None, tmp_path: Path) -> Generator[Lab]:  # noqa: ARG001 - what it sets up
    with serve(tmp_path, speed=600.0, quotas=False) as aws:
        yield Lab(aws, aws.client("emr", "launcher"), aws.bucket(f"lab-{uuid.uuid4().hex}"))


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the code and the message of an AWS error."""
    details = error.value.response.get("Error", {})
    return f"{details.get('Code')}: {details.get('Message')}"


def require_s3a() -> None:
    """Skip a test where Spark can't have its S3 connector, unless the environment forbids that."""
    try:
        s3a_jars()
    except RuntimeError:
        if REQUIRE_S3A:
            raise
        pytest.skip("S3A IS NOT TESTED: hadoop-aws can't be had from Maven Central here")
