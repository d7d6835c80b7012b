"""Whether Spark's S3 connector can be had here."""

import fcntl
import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

# read now: the fixtures take every variable of ours away from the tests
REQUIRE_S3A = os.environ.get("EMR_ML_REQUIRE_S3A") == "1"


def needs_s3a() -> None:
    """Skip, loudly, where the jars of S3A can't be had, unless the environment insists."""
    trouble = _trouble()
    if trouble and not REQUIRE_S3A:
        pytest.skip("S3A IS NOT TESTED: hadoop-aws can't be had from Maven Central here")
    assert not trouble, trouble


@cache
def _trouble() -> str:
    """Why there is no S3A; empty if there is."""
    # the cache of jars is not made for two who fill it at once, and one trial is enough
    tried = Path(tempfile.gettempdir()) / f"emr_ml_tests_jars_{version('pyspark')}"
    with tried.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if tried.exists():
            return ""
        if not (trouble := _tried()):
            tried.touch()
        return trouble


def _tried() -> str:
    code = (
        "from emr_ml.launchers.local_spark import installed_spark, local_conf, s3_packages\n"
        "from pyspark.sql import SparkSession\n"
        "jars = s3_packages(installed_spark())['spark.jars.packages']\n"
        "builder = SparkSession.builder.config('spark.jars.packages', jars)\n"
        "for name, value in local_conf(on_s3=False).items(): builder.config(name, value)\n"
        "builder.getOrCreate().stop()\n"
    )
    tried = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    return tried.stderr if tried.returncode else ""
