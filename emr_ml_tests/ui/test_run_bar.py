"""The bar below the log of a run."""

import io
import sys

import dagster as dg
import pytest
from rich.console import Console

from emr_ml.ui.console import console
from emr_ml.ui.run_bar import run_bar


@dg.asset
def talks(context: dg.AssetExecutionContext) -> None:
    context.log.info("forty [rows]")
    context.log.warning("one was odd")


@dg.asset(deps=[talks])
def fails() -> None:
    raise dg.Failure("the file is not there: look for it")


def run(terminal: Console | None, steps: int = 2) -> None:
    job = dg.define_asset_job("job", selection=[talks, fails])
    defs = dg.Definitions(assets=[talks, fails], jobs=[job], loggers={"console": console})
    with run_bar(steps, terminal):
        defs.resolve_job_def("job").execute_in_process(
            run_config={"loggers": {"console": {}}}, raise_on_error=False
        )


def a_terminal(*, no_color: bool | None = None) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=True, width=80, no_color=no_color), written


def test_the_log_is_above_the_bar_and_the_bar_moves_with_the_steps() -> None:
    terminal, written = a_terminal(no_color=True)

    run(terminal)

    text = written.getvalue()
    assert "talks              forty [rows]\n" in text
    assert "fails              failed: the file is not there: look for it\n" in text
    assert "2/2" in text


def test_warnings_and_failures_have_colours() -> None:
    terminal, written = a_terminal()

    run(terminal)

    lines = written.getvalue().splitlines()
    (warning,) = [line for line in lines if "one was odd" in line]
    (failure,) = [line for line in lines if "failed: the file" in line]
    assert "\x1b[33m" in warning
    assert "\x1b[31m" in failure


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal, written = a_terminal()

    run(terminal)

    assert "\x1b[33m" not in written.getvalue()
    assert "\x1b[31m" not in written.getvalue()


def test_in_a_pipe_there_are_lines_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()

    run(None)

    lines = capfd.readouterr().err.splitlines()
    assert [line.split(maxsplit=1)[1].split(maxsplit=1)[1] for line in lines[:3]] == [
        "forty [rows]",
        "one was odd",
        "failed: the file is not there: look for it",
    ]
    assert "\x1b" not in "".join(lines)


def test_after_the_run_lines_go_where_they_went(capfd: pytest.CaptureFixture[str]) -> None:
    terminal, written = a_terminal()
    run(terminal)
    before = written.getvalue()

    run(None)

    assert written.getvalue() == before
    assert "forty [rows]" in capfd.readouterr().err
