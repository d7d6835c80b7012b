"""What a job run's spark-submit finds: its archives, its code, and the Python that it names."""

import io
import tarfile
import zipfile

from emr_ml_tests.emulator.conftest import ServerlessLab
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.submissions import Submission
from emr_ml_tests.waiting import wait_until

JOB = b"""
import json, os
import spark_jobs.toy
found = {path: os.access(path, os.X_OK) for path in ("environment/bin/python", "other.zip/x")}
print(json.dumps([found, spark_jobs.toy.NAME, os.environ["PYSPARK_DRIVER_PYTHON"]]))
"""
PYTHON = "./environment/bin/python"


def put_archives(lab: ServerlessLab) -> dict[str, str]:
    """A packed environment, another archive, and zipped code."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("bin/python")
        entry.mode, content = 0o755, b"#!/bin/sh\n"
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    lab.bucket.put("env.tar.gz", packed.getvalue())
    for name, file in (("other.zip", "x"), ("code.zip", "spark_jobs/toy.py")):
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("spark_jobs/__init__.py", "")
            archive.writestr(file, "NAME = 'shipped'")
        lab.bucket.put(name, zipped.getvalue())
    return {name: lab.bucket.uri(name) for name in ("env.tar.gz", "other.zip", "code.zip")}


def run(lab: ServerlessLab, **settings: str) -> tuple[JobRun, str, str]:
    """Run the job with settings whose dots are underscores; the run, its stdout and its stderr."""
    named = {"spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON} | {
        f"spark.{name.replace('_', '.')}": value for name, value in settings.items()
    }
    parameters = " ".join(f"--conf {name}={value}" for name, value in named.items())
    application = lab.create()
    job = lab.start(application, JOB, parameters=parameters)
    wait_until(lambda: job.ended)
    where = f"logs/applications/{application.id}/jobs/{job.id}/SPARK_DRIVER"
    return job, lab.read(f"{where}/stdout.gz"), lab.read(f"{where}/stderr.gz")


def test_archives_are_in_the_working_directory_and_code_is_imported(
    serverless: ServerlessLab,
) -> None:
    at = put_archives(serverless)

    job, stdout, stderr = run(
        serverless,
        archives=f"{at['env.tar.gz']}#environment,{at['other.zip']}",
        submit_pyFiles=at["code.zip"],
    )

    assert job.state == "SUCCESS", stderr
    # a zip loses that a file may be executed
    assert '{"environment/bin/python": true, "other.zip/x": false}' in stdout
    assert f'"shipped", "{PYTHON}"' in stdout
    arn = f"arn:aws:s3:::{serverless.bucket.bucket}/env.tar.gz"
    assert ("s3:GetObject", arn) in serverless.aws.calls.actions("node")


def test_a_python_that_is_not_in_the_archive_fails_before_the_job(
    serverless: ServerlessLab,
) -> None:
    at = put_archives(serverless)

    job, _, stderr = run(serverless, archives=f"{at['env.tar.gz']}#elsewhere")

    assert job.state == "FAILED"
    assert f'Cannot run program "{PYTHON}": error=2' in stderr
    assert job.program is None


def test_an_archive_that_is_missing_fails_the_job(serverless: ServerlessLab) -> None:
    missing = serverless.bucket.uri("nothing.tar.gz")

    job, _, stderr = run(serverless, archives=f"{missing}#environment")

    assert job.state == "FAILED"
    assert "FileNotFoundException" in stderr and missing in stderr


def test_parameters_win_over_classifications_and_the_job_s_over_the_application_s() -> None:
    def defaults(**properties: str) -> dict[str, object]:
        named = {f"spark.{name}": value for name, value in properties.items()}
        return {"classification": "spark-defaults", "properties": named}

    driver = {"entryPoint": "job.py", "sparkSubmitParameters": "--conf spark.a=1 --num-executors 7"}
    submission = Submission(driver, [defaults(a="3", b="3", c="3"), defaults(b="2")], "spark.env.")

    assert submission.conf == {
        "spark.a": "1",
        "spark.b": "2",
        "spark.c": "3",
        "spark.executor.instances": "7",
    }
