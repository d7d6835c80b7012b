"""What a run says on the console."""

import dagster as dg
import pytest

from emr_ml.ui.console import console


@dg.asset
def talkative(context: dg.AssetExecutionContext) -> None:
    context.log.info("forty rows")


@dg.asset
def mistaken() -> None:
    raise dg.Failure("the file is not there: look for it")


@dg.asset
def surprised() -> None:
    raise RuntimeError("nobody expected this")


def said_by(
    asset: dg.AssetsDefinition, capfd: pytest.CaptureFixture[str], level: str = "INFO"
) -> str:
    job = dg.define_asset_job("job", selection=[asset])
    defs = dg.Definitions(assets=[asset], jobs=[job], loggers={"console": console})
    defs.resolve_job_def("job").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": level}}}}, raise_on_error=False
    )
    return capfd.readouterr().err


def test_what_a_job_logs_is_one_line_with_the_asset(capfd: pytest.CaptureFixture[str]) -> None:
    lines = said_by(talkative, capfd).splitlines()

    assert [line.split(maxsplit=1)[1] for line in lines] == ["talkative          forty rows"]


def test_a_user_mistake_is_told_without_a_trace(capfd: pytest.CaptureFixture[str]) -> None:
    said = said_by(mistaken, capfd)

    assert "failed: the file is not there: look for it" in said
    assert "Traceback" not in said
    assert 'File "' not in said


def test_a_surprise_is_told_with_its_trace(capfd: pytest.CaptureFixture[str]) -> None:
    said = said_by(surprised, capfd)

    assert "nobody expected this" in said
    assert "test_console.py" in said


def test_the_level_can_be_raised(capfd: pytest.CaptureFixture[str]) -> None:
    assert said_by(talkative, capfd, "ERROR") == ""
