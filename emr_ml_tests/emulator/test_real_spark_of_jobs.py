"""A job run's spark-submit with real Spark: code, archive, Python and S3 as a driver has them."""

import io
import sys
import tarfile
import uuid
import zipfile
from pathlib import Path

import pytest

from emr_ml_tests.emulator.conftest import ServerlessLab, read_log, require_s3a
from emr_ml_tests.emulator.server import serve
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("emulation")

PYTHON = "./environment/bin/python"
JOB = b"""
import sys
import code_of_ours
import packed
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
def name_on_worker(_):
    import packed
    return packed.NAME
names = spark.sparkContext.range(1, numSlices=1).map(name_on_worker).collect()
spark.range(5).coalesce(1).write.parquet(sys.argv[1])
counted = spark.read.parquet(sys.argv[1]).count()
print(counted, names, code_of_ours.NAME, spark.conf.get("spark.given"), sys.executable)
"""


def environment() -> bytes:
    """A virtual environment as an archive: a link to this machine's Python, and a module."""
    release = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix) / "bin"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, str(base / release)
        archive.addfile(link)
        for name, content in (
            ("pyvenv.cfg", f"home = {base}\ninclude-system-site-packages = no\n"),
            (f"lib/{release}/site-packages/packed.py", "NAME = 'packed'\n"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()


def code() -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("code_of_ours.py", "NAME = 'shipped'")
    return zipped.getvalue()


@pytest.mark.soak
def test_spark_runs_with_the_archive_s_python_and_writes_to_s3(tmp_path: Path) -> None:
    require_s3a()
    with serve(tmp_path, speed=600.0, spark="real") as aws:
        client = aws.client("emr-serverless", "launcher")
        lab = ServerlessLab(aws, client, aws.bucket(f"lab-{uuid.uuid4().hex}"))
        lab.bucket.put("env.tar.gz", environment())
        lab.bucket.put("code.zip", code())
        conf = {
            "spark.archives": f"{lab.bucket.uri('env.tar.gz')}#environment",
            "spark.submit.pyFiles": lab.bucket.uri("code.zip"),
            "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON,
            "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": PYTHON,
            "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
        }
        parameters = " ".join(f"--conf {name}={value}" for name, value in conf.items())
        given = {"classification": "spark-defaults", "properties": {"spark.given": "7"}}
        application = lab.create(runtimeConfiguration=[given])
        job = lab.start(application, JOB, lab.bucket.uri("out"), parameters=parameters)

        wait_until(lambda: job.ended, 120)

        where = f"logs/applications/{application.id}/jobs/{job.id}/SPARK_DRIVER"
        assert job.state == "SUCCESS", read_log(lab.bucket, f"{where}/stderr.gz")
        python = f"{tmp_path}/{application.id}/{job.id}/1/home/environment/bin/python"
        said = read_log(lab.bucket, f"{where}/stdout.gz")
        assert said == f"5 ['packed'] shipped 7 {python}\n"
        written = ("s3:PutObject", f"arn:aws:s3:::{lab.bucket.bucket}/out/_SUCCESS")
        assert written in aws.calls.actions("node")
