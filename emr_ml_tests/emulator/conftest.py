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
from emr_ml_tests.emulator.examples import a_cluster
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.s3_server import S3
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
        """Wait for a log, and return its text."""
        client = self.bucket.client
        wait_until(
            lambda: client.list_objects_v2(Bucket=self.bucket.bucket, Prefix=key)["KeyCount"]
        )
        body = client.get_object(Bucket=self.bucket.bucket, Key=key)["Body"].read()
        return gzip.decompress(body).decode()


@pytest.fixture
def lab(emulation: None, tmp_path: Path) -> Generator[Lab]:  # noqa: ARG001 - what it sets up
    with serve(tmp_path, speed=600.0, quotas=False) as aws:
        yield Lab(aws, aws.client("emr", "launcher"), aws.bucket(f"lab-{uuid.uuid4().hex}"))


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the code and the message of an AWS error."""
    details = error.value.response.get("Error", {})
    return f"{details.get('Code')}: {details.get('Message')}"
