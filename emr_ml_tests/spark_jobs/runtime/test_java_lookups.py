"""How often Java is asked for a name."""

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.runtime import java_lookups
from spark_jobs.runtime.java_lookups import remember_lookups

LOOKUP = "r\n"  # how a command of py4j's protocol begins that asks for a name


def test_a_function_is_looked_up_once(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_lookups(spark)
    context: Any = spark.sparkContext
    client = context._gateway._gateway_client
    send, sent = client.send_command, list[str]()

    def record(command: str, *args: Any, **options: Any) -> Any:
        sent.append(command)
        return send(command, *args, **options)

    monkeypatch.setattr(client, "send_command", record)
    for _ in range(5):
        assert F.initcap(F.lit("a")) is not None

    calls = [command for command in sent if "\ninitcap\n" in command and command[0] == "c"]
    assert len(calls) == 5
    assert sum(command.startswith(LOOKUP) for command in sent) <= 2  # initcap and lit


def test_a_column_means_the_same(spark: SparkSession) -> None:
    remember_lookups(spark)
    remember_lookups(spark)

    (row,) = spark.range(1).select(F.concat(F.lit("a"), F.upper(F.lit("b")))).collect()

    assert row[0] == "aB"


def test_an_unknown_function_is_still_an_error(spark: SparkSession) -> None:
    remember_lookups(spark)
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way

    with pytest.raises(Exception, match="no_such_function does not exist in the JVM"):
        java.functions.no_such_function()


def test_a_class_that_java_does_not_know_is_not_remembered(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java_lookups, "CLASSES", ("NoSuchClass",))
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way

    remember_lookups(spark)

    assert "NoSuchClass" not in vars(java)
