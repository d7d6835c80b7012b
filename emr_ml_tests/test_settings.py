"""The settings and the variables that they are read from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from emr_ml.settings import CONTRACTS, ROOT, SettingsError, load_settings


def test_without_variables_everything_runs_here_on_sample_data() -> None:
    defaults = {
        "deployment": "local",
        "source": None,
        "sales_source": None,
        "dataset": str(CONTRACTS / "breast_cancer.yaml"),
        "lake": str(ROOT / "lake"),
        "fast_poll_seconds": 3.0,
        "spark_conf": {},
    }
    assert load_settings().model_dump(include=set(defaults)) == defaults


def test_the_lake_lies_beside_the_project_file() -> None:
    assert (Path(load_settings().lake).parent / "pyproject.toml").is_file()


PATHS = [("SOURCE", "source"), ("SALES_SOURCE", "sales_source"), ("DATASET", "dataset"),
         ("LAKE", "lake")]  # fmt: skip


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{variable}", "/some/where")
    assert getattr(load_settings(), field) == "/some/where"


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_a_relative_path_starts_at_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"EMR_ML_{variable}", "some/where")
    assert getattr(load_settings(), field) == str(tmp_path / "some/where")


@pytest.mark.parametrize(("variable", "field"), PATHS)
def test_an_address_in_s3_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{variable}", "s3://bucket/some/where")
    assert getattr(load_settings(), field) == "s3://bucket/some/where"


def test_a_path_may_start_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMR_ML_LAKE", "~/lake")
    assert load_settings().lake == str(tmp_path / "lake")


def test_spark_conf_is_a_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_SPARK_CONF", '{"spark.ui.enabled": "false"}')
    assert load_settings().spark_conf == {"spark.ui.enabled": "false"}


def test_the_pace_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "0.5")
    assert load_settings().fast_poll_seconds == 0.5


@pytest.mark.parametrize(
    "name", ["DEPLOYMENT", "SOURCE", "DATASET", "LAKE", "FAST_POLL_SECONDS", "SPARK_CONF"]
)
def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
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
    ],
)
def test_a_value_that_cant_be_used_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"EMR_ML_{name}", value)
    with pytest.raises(SettingsError, match=f"^EMR_ML_{name}"):
        load_settings()


def test_every_variable_that_cant_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "moon")
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "soon")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "EMR_ML_DEPLOYMENT",
        "EMR_ML_FAST_POLL_SECONDS",
    ]


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().lake = "/elsewhere"
