"""The settings and the variables that they are read from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from emr_ml.project import ROOT
from emr_ml.settings import CONTRACTS, SettingsError, load_settings


def test_defaults_run_everything_locally_on_sample_data() -> None:
    defaults = {
        "deployment": "local",
        "source": None,
        "sales_source": None,
        "dataset": str(CONTRACTS / "breast_cancer.yaml"),
        "lake": str(ROOT / "lake"),
        "fast_poll_seconds": 3.0,
        "spark_conf": {},
        "poll_seconds": 30.0,
        "visibility_seconds": 45.0,
        "api_patience_seconds": 1800.0,
        "cluster": None,
        "cluster_scope": None,
        "idle_timeout_seconds": None,
        "step_limit_seconds": None,
        "cluster_fields": {},
    }
    assert load_settings().model_dump(include=set(defaults)) == defaults


def test_the_default_lake_is_in_the_project_folder() -> None:
    assert (Path(load_settings().lake).parent / "pyproject.toml").is_file()


PATHS = [("SOURCE", "source"), ("SALES_SOURCE", "sales_source"), ("DATASET", "dataset"),
         ("LAKE", "lake"), ("CLUSTER", "cluster")]  # fmt: skip


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{variable}", "/some/where")
    assert getattr(load_settings(), field) == "/some/where"


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_a_relative_path_is_resolved_against_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"EMR_ML_{variable}", "some/where")
    assert getattr(load_settings(), field) == str(tmp_path / "some/where")


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_an_s3_address_is_not_changed(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{variable}", "s3://bucket/some/where")
    assert getattr(load_settings(), field) == "s3://bucket/some/where"


def test_a_tilde_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMR_ML_LAKE", "~/lake")
    assert load_settings().lake == str(tmp_path / "lake")


def test_spark_conf_is_parsed_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_SPARK_CONF", '{"spark.ui.enabled": "false"}')
    assert load_settings().spark_conf == {"spark.ui.enabled": "false"}


def test_spark_is_kept_warm_unless_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().warm  # as the tests set it
    monkeypatch.delenv("EMR_ML_WARM")
    assert load_settings().warm


def test_the_poll_interval_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "0.5")
    assert load_settings().fast_poll_seconds == 0.5


@pytest.mark.parametrize(
    "name",
    [
        *("DEPLOYMENT", "SOURCE", "DATASET", "LAKE", "FAST_POLL_SECONDS", "SPARK_CONF"),
        *("CLUSTER", "CLUSTER_SCOPE", "IDLE_TIMEOUT_SECONDS", "CLUSTER__STEP_CONCURRENCY"),
    ],
)
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("EMR_ML_WARM")  # which the tests set
    monkeypatch.setenv(f"EMR_ML_{name}", "")
    assert load_settings() == load_settings().model_construct()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEPLOYMENT", "moon"),
        ("FAST_POLL_SECONDS", "soon"),
        ("FAST_POLL_SECONDS", "0"),
        ("FAST_POLL_SECONDS", "-1"),
        ("SPARK_CONF", "spark.ui.enabled=false"),
        ("SPARK_CONF", "[]"),
        ("SPARK_CONF", '{"spark.cores.max": []}'),
        ("POLL_SECONDS", "0"),
        ("VISIBILITY_SECONDS", "-1"),
        ("API_PATIENCE_SECONDS", "long"),
        ("CLUSTER", "http://somewhere/cluster.yaml"),
        ("CLUSTER_SCOPE", "mine"),
        ("IDLE_TIMEOUT_SECONDS", "5 minutes"),
        ("STEP_LIMIT_SECONDS", "1.5"),
        ("CLUSTER__TAGS", "{a: b"),
        ("CLUSTER__", "1"),
        ("CLUSTER__CORE__", "1"),
        ("MLFLOW_NAME", "shop/churn"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{name}", value)
    with pytest.raises(SettingsError, match=f"^EMR_ML_{name}"):
        load_settings()


def test_every_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "moon")
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "soon")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "EMR_ML_DEPLOYMENT",
        "EMR_ML_FAST_POLL_SECONDS",
    ]


def test_settings_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().lake = "/elsewhere"


def test_an_error_names_the_cause_without_validation_details(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_SPARK_CONF", "x")
    with pytest.raises(SettingsError, match=r"^EMR_ML_SPARK_CONF: is not JSON"):
        load_settings()


def test_a_lake_is_not_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "lake"
    path.touch()
    monkeypatch.setenv("EMR_ML_LAKE", str(path))

    with pytest.raises(SettingsError, match=rf"^EMR_ML_LAKE: {path} is a file, not a folder"):
        load_settings()


def test_a_lake_that_can_not_be_looked_at_is_no_mistake_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", f"/nowhere/{'a' * 300}")

    assert load_settings().lake.startswith("/nowhere/aaa")


def test_emr_needs_a_lake_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    for lake in ("", "/some/where"):
        monkeypatch.setenv("EMR_ML_LAKE", lake)
        with pytest.raises(SettingsError, match=r"^EMR_ML_LAKE: clusters can't reach .*s3://"):
            load_settings()


def test_emr_accepts_a_lake_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    assert load_settings().deployment == "emr"


def test_cluster_fields_are_parsed_as_yaml(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__CORE__ON_DEMAND", "2")
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", "[subnet-1, subnet-2]")
    monkeypatch.setenv("EMR_ML_CLUSTER__LOG_URI", "s3://bucket/logs")
    assert load_settings().cluster_fields == {
        "CORE__ON_DEMAND": 2,
        "SUBNETS": ["subnet-1", "subnet-2"],
        "LOG_URI": "s3://bucket/logs",
    }


def test_other_variables_are_not_cluster_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER_FIELDS", '{"core": {"on_demand": 9}}')
    monkeypatch.setenv("EMR_ML_CLUSTER_SCOPE", "run")
    monkeypatch.setenv("EMR_ML_CLUSTER", "/some/cluster.yaml")
    assert load_settings().cluster_fields == {}
