"""Neither requests to EMR nor objects in S3 contain a secret."""

import json
from collections.abc import Generator
from pathlib import Path

import boto3
import pytest

from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
from emr_ml.settings import Settings
from emr_ml_tests.emulator.server import Emulator
from emr_ml_tests.launchers.emr.stage import Stage, open_stage, put_conformance_job

pytestmark = pytest.mark.usefixtures("emulation")

MARK = "recognisable"


@pytest.fixture(name="stage")
def fixture_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Stage]:
    secrets = {
        "alert_webhook": f"https://hooks.example/{MARK}-1",
        "spark_conf": {"spark.hadoop.fs.s3a.secret.key": f"{MARK}-2"},
        "cluster_fields": {"task": {"on_demand": 0, "spot": 0}},
    }
    with open_stage(tmp_path, settings=secrets) as stage:
        mine = {"AWS_SECRET_ACCESS_KEY": f"{MARK}-3", "AWS_SESSION_TOKEN": f"{MARK}-4"}
        for name, value in {**stage.environment, **mine}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        put_conformance_job(stage)
        yield stage


def objects(aws: Emulator, bucket: str) -> dict[str, bytes]:
    client = aws.client("s3")
    listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {
        entry["Key"]: client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        for entry in listed
    }


def test_cluster_steps_logs_and_lake_hold_no_secret(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "launch"):
        stage.launch()

    requests = [stage.only_cluster().request, *(step.request for step in stage.aws.steps)]
    assert {"BootstrapActions", "Configurations", "Tags"} & requests[0].keys()
    assert "spark-submit" in json.dumps(requests[1])
    assert MARK not in json.dumps(requests)
    assert MARK not in caplog.text
    stored = objects(stage.aws, stage.settings.lake.split("/")[2])
    assert any(key.endswith("report.json") for key in stored)
    assert not [key for key, body in stored.items() if MARK.encode() in body]


@pytest.mark.parametrize(
    "key",
    [
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.my.password",
    ],
)
def test_a_secret_is_refused_in_a_configuration_that_others_can_read(key: str) -> None:
    with pytest.raises(
        ClusterConfigError, match="would be visible in the step's arguments"
    ) as caught:
        load_cluster_config(Settings(cluster_fields={"spark_conf": {key: MARK}}))  # pyright: ignore[reportCallIssue] - the others come from the environment

    assert MARK not in str(caught.value)
