"""What a job's error says about the Java process that it ran on."""

from types import SimpleNamespace

import pytest
from pyspark import SparkContext

from spark_jobs.runtime.submit import java_is_gone, lost_java


@pytest.mark.parametrize(
    ("error", "is_gone", "is_lost"),
    [
        (ConnectionRefusedError("refused"), True, True),
        (RuntimeError("An error occurred while calling o123.fit"), True, True),
        (RuntimeError("Error while sending or receiving"), True, True),
        (RuntimeError("Job 3 cancelled because SparkContext was shut down"), True, False),
        (RuntimeError("An error occurred while calling o1.fit.\n: java.lang.Error"), False, False),
        (ValueError("x"), False, False),
    ],
)
def test_only_a_java_that_ended_without_a_word_is_worth_a_new_attempt(
    error: Exception, is_gone: bool, is_lost: bool
) -> None:
    assert (java_is_gone(error), lost_java(error)) == (is_gone, is_lost)


@pytest.mark.parametrize("answers", [True, False])
def test_an_unknown_name_may_mean_that_java_did_not_answer(
    monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    def nano_time() -> int:
        if not answers:
            raise ConnectionRefusedError
        return 1

    system = SimpleNamespace(nanoTime=nano_time)
    java = SimpleNamespace(java=SimpleNamespace(lang=SimpleNamespace(System=system)))
    monkeypatch.setattr(SparkContext, "_gateway", SimpleNamespace(jvm=java))

    assert lost_java(RuntimeError("functions does not exist in the JVM")) != answers
