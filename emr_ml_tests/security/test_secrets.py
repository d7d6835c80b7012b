"""No secret reaches an error; `commands/test_run.py` looks at what a green run leaves."""

import traceback

import pytest

from emr_ml.settings import SettingsError, load_settings
from emr_ml_tests.commands.runs import MARK, RunTrace, run_with_secrets


@pytest.fixture(scope="module", name="failed")
def fixture_failed(tmp_path_factory: pytest.TempPathFactory) -> RunTrace:
    """A run whose Spark does not start, so that Java and Dagster report errors."""
    return run_with_secrets(tmp_path_factory.mktemp("failed"), **{"spark.driver.memory": "300m"})


@pytest.mark.process
def test_a_run_that_fails_leaves_no_secret_either(failed: RunTrace) -> None:
    assert failed.exit_code == 1
    assert "Spark did not start" in failed.output
    assert "spark.hadoop.fs.s3a.secret.key" in failed.output
    assert MARK not in failed.output
    assert failed.files_with(MARK) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMR_ML_ALERT_WEBHOOK", f"ftp://hooks.example/{MARK}"),
        ("EMR_ML_SPARK_CONF", f'{{"spark.hadoop.fs.s3a.secret.key": ["{MARK}"]}}'),
        ("EMR_ML_SPARK_CONF", f'{{"spark.hadoop.fs.s3a.secret.key": "{MARK}"'),
    ],
)
def test_the_error_for_an_unusable_setting_does_not_show_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()

    assert MARK not in "".join(traceback.format_exception(caught.value))


def test_printed_settings_do_not_show_the_webhook_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_ALERT_WEBHOOK", f"https://hooks.example/{MARK}")
    settings = load_settings()

    assert (
        MARK not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )
