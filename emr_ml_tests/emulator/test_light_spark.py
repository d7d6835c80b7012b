"""A step's spark-submit on light nodes: the job's own script and code, and no JVM."""

import io
import zipfile

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.waiting import wait_until

JOB = b"""
import sys
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F
import spark_jobs.toy
session = SparkSession.builder.appName("toy").getOrCreate()
own = session.newSession()
own.conf.set("spark.sql.caseSensitive", "true")
print(session.version, session.sparkContext.statusTracker().getActiveJobsIds())
print(spark_jobs.toy.NAME, sys.argv[1:], session.conf.get("spark.x"))
if "--compute" in sys.argv:
    F.col("x")
if "--all" in sys.argv:
    import spark_jobs.lr_model
"""


def run(lab: Lab, *arguments: str) -> Step:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("spark_jobs/__init__.py", "")
        archive.writestr("spark_jobs/toy.py", "NAME = 'shipped'")
    lab.bucket.put("code.zip", packed.getvalue())
    lab.bucket.put("job.py", JOB)
    submit = ("spark-submit", "--deploy-mode", "client", "--conf", "spark.x=7 8")
    where = ("--py-files", lab.bucket.uri("code.zip"), lab.bucket.uri("job.py"))
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("toy", *submit, *where, *arguments))
    wait_until(lambda: not step.active)
    return step


def read_log(lab: Lab, step: Step, name: str) -> str:
    return lab.read(f"logs/{step.cluster}/steps/{step.id}/{name}.gz")


def test_a_job_runs_with_the_code_that_came_with_it(lab: Lab) -> None:
    step = run(lab, "s3://x/request.json")

    assert step.state == "COMPLETED", read_log(lab, step, "stderr")
    assert read_log(lab, step, "stdout").splitlines() == [
        "4.1.1-amzn-0 []",
        "shipped ['s3://x/request.json'] 7 8",
    ]


def test_what_was_not_shipped_is_not_found_elsewhere(lab: Lab) -> None:
    step = run(lab, "--all")

    assert "No module named 'spark_jobs.lr_model'" in read_log(lab, step, "stderr")


def test_nothing_can_be_computed_with_the_stand_in(lab: Lab) -> None:
    step = run(lab, "--compute")

    assert "RuntimeError: a light node has no col of Spark" in read_log(lab, step, "stderr")
