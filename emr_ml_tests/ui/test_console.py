"""What a run logs on the console."""

import dagster as dg
import pytest

from emr_ml.ui.console import console


@dg.asset
def verbose(context: dg.AssetExecutionContext) -> None:
    context.log.info("forty rows")


@dg.asset
def user_error() -> None:
    raise dg.Failure("the file is not there: look for it")


@dg.asset
def bug() -> None:
    raise RuntimeError("nobody expected this")


@dg.asset(check_specs=[dg.AssetCheckSpec("enough_rows", asset="refused", blocking=True)])
def refused() -> dg.MaterializeResult:
    check = dg.AssetCheckResult(
        passed=False, check_name="enough_rows", description="3 rows, at least 10 are needed"
    )
    return dg.MaterializeResult(check_results=[check])


@dg.asset
def warned(context: dg.AssetExecutionContext) -> None:
    context.log.warning("a check warns: shrunk: half of the bytes are gone")


def console_output(
    asset: dg.AssetsDefinition, capfd: pytest.CaptureFixture[str], level: str = "INFO"
) -> str:
    job = dg.define_asset_job("job", selection=[asset])
    defs = dg.Definitions(assets=[asset], jobs=[job], loggers={"console": console})
    defs.resolve_job_def("job").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": level}}}}, raise_on_error=False
    )
    return capfd.readouterr().err


def test_a_message_is_one_line_with_the_asset(capfd: pytest.CaptureFixture[str]) -> None:
    lines = console_output(verbose, capfd).splitlines()

    assert [line.split(maxsplit=1)[1] for line in lines] == ["verbose            forty rows"]


def test_a_user_error_has_no_stack_trace(capfd: pytest.CaptureFixture[str]) -> None:
    output = console_output(user_error, capfd)

    assert "failed: the file is not there: look for it" in output
    assert "Traceback" not in output
    assert 'File "' not in output


def test_a_bug_has_a_stack_trace(capfd: pytest.CaptureFixture[str]) -> None:
    output = console_output(bug, capfd)

    assert "nobody expected this" in output
    assert "test_console.py" in output


def test_a_blocking_check_says_what_it_refuses_without_a_stack_trace(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output = console_output(refused, capfd, "DEBUG")

    assert "check enough_rows failed: 3 rows, at least 10 are needed" in output
    assert "failed: a blocking check refuses it" in output
    assert "Traceback" not in output


def test_a_check_that_warns_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert "a check warns: shrunk: half of the bytes are gone" in console_output(warned, capfd)


def test_the_level_can_be_raised(capfd: pytest.CaptureFixture[str]) -> None:
    assert console_output(verbose, capfd, "ERROR") == ""
