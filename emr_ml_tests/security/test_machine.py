"""Other users of this machine get nothing from local Spark."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import psutil
import pytest
from pyspark.sql import SparkSession

from emr_ml.launchers.local_spark import DataSize, local_conf

pytestmark = pytest.mark.process


def look() -> tuple[bool, Sequence[str]]:
    """Return whether Spark's ports require a secret, and their addresses."""
    conf: dict[str, Any] = {**local_conf(on_s3=False, size=DataSize.SMALL)}
    spark = SparkSession.builder.config(map=conf).getOrCreate()
    jvm: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - Python has no other way to ask
    environment = jvm.org.apache.spark.SparkEnv.get()
    asks = bool(environment.securityManager().isAuthenticationEnabled())
    javas = [each for each in psutil.Process().children(recursive=True) if each.name() == "java"]
    ports = [port for java in javas for port in java.net_connections() if port.status == "LISTEN"]
    spark.stop()
    return asks, [port.laddr.ip.removeprefix("::ffff:") for port in ports]


def test_ports_of_local_spark_require_a_secret_and_are_bound_to_this_machine() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        asks, addresses = pool.submit(look).result()

    assert asks
    assert set(addresses) == {"127.0.0.1"}
