"""A step's spark-submit on real nodes: Spark, S3A and a Python that has only what was installed."""

import uuid
from pathlib import Path

import pytest

from emr_ml_tests.emulator.conftest import Lab, require_s3a
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.emulator.server import serve
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("emulation")

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
