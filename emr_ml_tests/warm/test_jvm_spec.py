"""Which warm JVM fits a run: everything that a JVM reads only when it starts counts."""

from pathlib import Path

import pytest

from emr_ml.launchers.spark_conf import installed_spark
from emr_ml.warm.jvm_spec import JvmSpec

CONF = {"spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "2"}


def spec(*files: Path, conf: dict[str, str] = CONF) -> JvmSpec:
    return JvmSpec.for_run(conf, Path("/usr/bin/java"), installed_spark(), files)


def test_two_runs_of_one_kind_fit_the_same_java() -> None:
    assert spec() == spec()


@pytest.mark.parametrize(
    "name",
    ["TZ", "PYTHONPATH", "PYSPARK_PYTHON", "JAVA_HOME", "SPARK_CONF_DIR", "PATH", "A_JOB_S_OWN"],
)
def test_a_variable_that_jobs_may_read_makes_another_java(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = spec()

    monkeypatch.setenv(name, "/another")

    assert spec().digest != before.digest
    assert spec().environment[name] == "/another"


@pytest.mark.parametrize(
    "name",
    ["EMR_ML_ALERT_WEBHOOK", "MLFLOW_TRACKING_PASSWORD", "DAGSTER_RUN_ID", "TERM", "SSH_TTY", "_"],
)
def test_java_does_not_get_variables_of_dagster_terminals_and_settings(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = spec()

    monkeypatch.setenv(name, "another")

    assert spec() == before
    assert name not in spec().environment


def test_another_heap_makes_another_java_but_settings_of_a_context_do_not() -> None:
    assert spec(conf={**CONF, "spark.driver.memory": "2g"}).digest != spec().digest
    assert spec(conf={**CONF, "spark.sql.shuffle.partitions": "7"}) == spec()


def test_another_folder_makes_another_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spec()

    monkeypatch.chdir(tmp_path)

    assert spec().digest != before.digest


def test_a_file_that_was_replaced_makes_another_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    archive, defaults = tmp_path / "spark.jsa", tmp_path / "spark-defaults.conf"
    digests = [spec(archive).digest]
    for file in (archive, defaults):
        file.write_text("spark.ui.enabled true")
        digests.append(spec(archive).digest)

    assert len(set(digests)) == 3
