"""Spark's configuration wherever it runs: checkpoints, S3A, and the text of its file."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from emr_ml.launchers.base import LaunchError

HADOOP_JAR = "hadoop-client-api-"
CREDENTIALS_PROVIDER = "spark.hadoop.fs.s3a.aws.credentials.provider"


def installed_spark() -> Path:
    """Return the folder of the installed pyspark, without importing it."""
    spec = find_spec("pyspark")
    assert spec, "pyspark is a dependency"
    assert spec.origin
    return Path(spec.origin).parent


def checkpoint_conf(request_uri: str) -> dict[str, str]:
    """Return the configuration that keeps a job's checkpoints beside its request.

    There, the launcher deletes them, and the loss of an executor does not end the job. Not every
    target has HDFS, and files left in that of EMR would keep a cluster from being idle.
    """
    return {"spark.checkpoint.dir": f"{request_uri.rpartition('/')[0]}/checkpoints"}


def s3_conf() -> dict[str, str]:
    """Return the configuration of S3A, with the endpoint, region and credentials of boto3.

    `s3://` means S3A, as it does on EMR.
    """
    import boto3

    client = boto3.client("s3")
    return {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": client.meta.endpoint_url,
        "spark.hadoop.fs.s3a.endpoint.region": client.meta.region_name,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        # the SDK's own chain reads variables, profiles and roles, as boto3 does
        CREDENTIALS_PROVIDER: (
            "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
        ),
    }


def s3_packages(spark_home: Path) -> dict[str, str]:
    """Return the configuration that adds S3A's jars, which Maven Central has, to a Spark.

    Args:
        spark_home: folder of that Spark, whose Hadoop's release S3A must have.

    Raises:
        LaunchError: the folder has no Hadoop.
    """
    jars = spark_home / "jars"
    hadoop = next(jars.glob(f"{HADOOP_JAR}*.jar"), None)
    if hadoop is None:
        raise LaunchError(
            f"there is no {HADOOP_JAR}*.jar in {jars}, so the release of S3's connector is unknown",
            fix="use a Spark that includes Hadoop, such as the one that `make setup` installs",
        )
    release = hadoop.stem.removeprefix(HADOOP_JAR)
    return {"spark.jars.packages": f"org.apache.hadoop:hadoop-aws:{release}"}


def as_properties(conf: Mapping[str, str]) -> str:
    """Return a configuration as the text of a file in Java's format."""
    return "".join(f"{_escape(key)}={_escape(value)}\n" for key, value in conf.items())


def _escape(text: str) -> str:
    """Write every character as a Java properties escape, so that none has a special meaning."""
    units = text.encode("utf-16-be").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units)
