"""What a job's error says about the Java process that it ran on."""

import pytest

from spark_jobs.runtime.submit import java_is_gone, lost_java


@pytest.mark.parametrize(
    ("error", "is_gone", "is_lost"),
    [
        (ConnectionRefusedError("refused"), True, True),
        (RuntimeError("An error occurred while calling o123.fit"), True, True),
        (RuntimeError("Error while sending or receiving"), True, True),
        (RuntimeError("org.apache.spark.sql.functions does not exist in the JVM"), True, True),
        (RuntimeError("org.apache.spark.sql.functions.md5 does not exist in the JVM"), True, True),
        (RuntimeError("my.own.functions does not exist in the JVM"), False, False),
        (RuntimeError("Job 3 cancelled because SparkContext was shut down"), True, False),
        (RuntimeError("An error occurred while calling o1.fit.\n: java.lang.Error"), False, False),
        (ValueError("x"), False, False),
    ],
)
def test_only_a_java_that_ended_without_a_word_is_worth_a_new_attempt(
    error: Exception, is_gone: bool, is_lost: bool
) -> None:
    assert (java_is_gone(error), lost_java(error)) == (is_gone, is_lost)
