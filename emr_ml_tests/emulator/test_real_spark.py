"""A step's spark-submit on real nodes: Spark, S3A and a Python that has only what was installed."""

import os
import uuid
from pathlib import Path

import pytest

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.emulator.server import serve
from emr_ml_tests.emulator.spark_home import s3a_jars
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("emulation")

# read now: the fixtures take every variable of ours away from the tests
REQUIRE_S3A = os.environ.get("EMR_ML_REQUIRE_S3A") == "1"
BOOTSTRAP = b"""#!/bin/bash
set -e
if python3 -c 'import boto3' || python3 -c 'import numpy'; then exit 3; fi
sudo python3 -m pip --version
"""
JOB = b"""
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(5).coalesce(1).write.parquet(sys.argv[1])
counted = spark.read.parquet(sys.argv[1]).count()
print(counted, spark.conf.get("spark.given"), spark.conf.get("spark.told"), sys.executable)
"""
CONFIGURATIONS = [
    {
        "Classification": "spark-defaults",
        "Properties": {"spark.given": "a b", "spark.master": "yarn"},
    },
    {
        "Classification": "spark-env",
        "Configurations": [
            {"Classification": "export", "Properties": {"PYSPARK_PYTHON": "/usr/bin/python3.11"}}
        ],
    },
]


def require_s3a() -> None:
    """Skip a test where Spark can't have its S3 connector, unless the environment forbids that."""
    try:
        s3a_jars()
    except RuntimeError:
        if REQUIRE_S3A:
            raise
        pytest.skip("S3A IS NOT TESTED: hadoop-aws can't be had from Maven Central here")


def test_spark_reads_and_writes_s3_with_the_cluster_s_configuration(tmp_path: Path) -> None:
    require_s3a()
    with serve(tmp_path, speed=600.0, spark="real") as aws:
        lab = Lab(aws, aws.client("emr", "launcher"), aws.bucket(f"lab-{uuid.uuid4().hex}"))
        lab.bucket.put("boot.sh", BOOTSTRAP)
        lab.bucket.put("job.py", JOB)
        script = {"Path": lab.bucket.uri("boot.sh")}
        cluster = lab.start(
            Configurations=CONFIGURATIONS,
            BootstrapActions=[{"Name": "prepare", "ScriptBootstrapAction": script}],
        )
        command = ["spark-submit", "--deploy-mode", "client", "--conf", "spark.told=7"]
        command += [lab.bucket.uri("job.py"), lab.bucket.uri("out")]
        (step,) = lab.add(cluster, a_step("one", *command))

        wait_until(lambda: not step.active, 120)

        where = f"logs/{cluster.id}/steps/{step.id}"
        assert step.state == "COMPLETED", lab.read(f"{where}/stderr.gz")
        python = str(cluster.nodes[0].folder / "bin" / "python3.11")
        assert lab.read(f"{where}/stdout.gz").split() == ["5", "a", "b", "7", python]
        written = ("s3:PutObject", f"arn:aws:s3:::{lab.bucket.bucket}/out/_SUCCESS")
        assert written in aws.calls.actions("node")
