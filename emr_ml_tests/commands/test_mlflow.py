"""`emr-ml mlflow`, and commands that change what MLflow shows while it is down."""

import sys

import pytest
from click.testing import CliRunner, Result

from emr_ml.cli import main
from emr_ml.lake.champion import read_champion
from emr_ml.settings import load_settings
from emr_ml.tracking.pipelines import name_of
from emr_ml_tests.tracking.models import choose, train, version
from spark_jobs.runtime.lake import Lake

NOBODY = "http://ada:s3cret@127.0.0.1:9"  # nobody listens at this port


@pytest.fixture(name="models")
def fixture_models(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The lake that is set, with a champion and another model."""
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)
    for number in (1, 2):
        train(folder_lake, number)
    choose(folder_lake, 1)
    return folder_lake


def said(*args: str) -> Result:
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_without_a_server_the_command_says_what_to_set() -> None:
    shown = said("mlflow", "sync")

    assert shown.exit_code == 1
    assert shown.output == (
        "Error: MLFLOW_TRACKING_URI is not set: set it to the address of an MLflow server\n"
    )


@pytest.mark.parametrize("prefix", ["", "/"])
def test_a_server_that_is_down_is_named_without_its_password(
    models: Lake, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)

    shown = said("mlflow", "sync", "--pipeline", prefix)

    assert shown.exit_code == 1
    assert "MLflow at http://127.0.0.1:9 could not be brought up to date" in shown.output
    assert "Connection refused" in shown.output
    assert "s3cret" not in shown.output
    assert models.read("mlflow/claim.json")


@pytest.mark.usefixtures("models")
def test_a_token_that_can_not_be_sent_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "s3cret\nline")

    shown = said("mlflow", "sync", "--pipeline", "")

    assert "could not be brought up to date" in shown.output
    assert "s3cret" not in shown.output


def test_a_promotion_and_a_rollback_succeed_while_mlflow_is_down(
    models: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)

    there = said("promote", version(2))
    back = said("rollback")

    assert (there.exit_code, back.exit_code) == (0, 0)
    for each in (there, back):
        assert "`emr-ml mlflow sync`, also by the sensor, catches up" in each.output
    champion = read_champion(models)
    assert champion
    assert champion.version == version(1)


def test_a_promotion_succeeds_without_the_extra(
    models: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    monkeypatch.setattr("emr_ml.tracking.server.find_spec", dict[str, None]().get)

    shown = said("promote", version(2))

    assert shown.exit_code == 0
    assert "mlflow and pandas can't be imported: install the extra" in shown.output
    assert read_champion(models)


@pytest.mark.usefixtures("models")
def test_a_mistake_in_mlflow_fails_no_promotion(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    monkeypatch.setattr("emr_ml.tracking.pipelines.connect", broken)

    shown = said("promote", version(2))

    assert (shown.exit_code, "MLflow: ZeroDivisionError: a mistake" in shown.output) == (0, True)


@pytest.mark.usefixtures("models")
def test_nothing_of_mlflow_is_imported_if_no_server_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emr_ml.tracking.pipelines", None)

    assert said("promote", version(2)).exit_code == 0


@pytest.mark.parametrize(
    ("setting", "prefix", "name"),
    [
        ("", "", "emr_ml"),
        ("", "shop/churn", "shop_churn"),
        ("acme", "", "acme"),
        ("acme", "shop/churn", "acme_shop_churn"),
    ],
)
def test_the_name_follows_from_key_prefix_and_setting(
    setting: str, prefix: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_MLFLOW_NAME", setting)

    assert name_of(load_settings(), prefix) == name
