"""The whole graph on EMR Serverless, with real Spark and the archive of packages."""

import subprocess
import uuid
from pathlib import Path

import pytest

from emr_ml.project import ROOT
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN
from emr_ml_tests.emulator.server import serve
from emr_ml_tests.rehearsal import COMMAND, PACE, environment, figures_in_bucket
from emr_ml_tests.s3a import needs_s3a
from emr_ml_tests.waiting import wait_until


@pytest.mark.soak
@pytest.mark.usefixtures("emulation")
def test_the_graph_runs_and_each_job_once(tmp_path: Path) -> None:
    needs_s3a()
    with serve(tmp_path / "nodes", speed=60.0, spark="real") as aws:
        bucket = aws.bucket(f"graph-{uuid.uuid4().hex}")
        ours = environment(
            tmp_path,
            "emr-serverless",
            EMR_ML_DEPLOYMENT="emr-serverless",
            EMR_ML_LAKE=bucket.uri("lake"),
            EMR_ML_SERVERLESS__EXECUTION_ROLE=RUNTIME_ROLE_ARN,
        )

        done = subprocess.run(
            [COMMAND, "run"],
            env={**ours, **PACE, **aws.environment()},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        assert figures_in_bucket(bucket)
        names = [job.name for job in aws.serverless.job_runs]
        assert len(names) == len(set(names)) > 3
        # the last one has written its report, and may still be ending
        wait_until(lambda: {job.state for job in aws.serverless.job_runs} == {"SUCCESS"})
        assert len(aws.serverless.applications) == 1
