"""The command line: `--help` is there at once and fits a screen; colours are for terminals."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from emr_ml.cli import COMMANDS, main
from emr_ml.project import ROOT

SCREEN_COLUMNS, SCREEN_LINES = 80, 24


def help_of(*names: str) -> list[str]:
    """The lines of `--help` on a terminal of 80 columns."""
    said = CliRunner().invoke(main, [*names, "--help"], terminal_width=SCREEN_COLUMNS)
    assert said.exit_code == 0, said.output
    return said.output.splitlines()


@pytest.mark.parametrize("name", ["", *sorted(COMMANDS)])
def test_help_fits_a_screen(name: str) -> None:
    lines = help_of(*filter(None, [name]))

    assert max(map(len, lines)) <= SCREEN_COLUMNS
    assert len(lines) < SCREEN_LINES  # the last line is for the prompt


def test_the_options_that_up_does_not_show_are_shown_on_demand() -> None:
    shown, whole = (
        CliRunner().invoke(main, ["up", option]).output for option in ("--help", "--all-options")
    )

    assert "--kms-key" not in shown
    assert "--kms-key TEXT" in whole and "[default: none]" in whole


def test_help_lists_each_command_once() -> None:
    listed = [line.split()[0] for line in help_of() if line.startswith("  ")]

    assert listed == list(COMMANDS)


def test_the_former_name_of_compute_still_works() -> None:
    assert help_of("clusters")[1:] == help_of("compute")[1:]


def test_an_unknown_command_is_told() -> None:
    said = CliRunner().invoke(main, ["shwo"])

    assert said.exit_code == 2
    assert "No such command 'shwo'" in said.stderr


@pytest.fixture(name="styled")
def fixture_styled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that prints a word in green."""

    @click.command()
    def green() -> None:
        click.echo(click.style("good", fg="green"))

    monkeypatch.setitem(main.commands, "green", green)


@pytest.mark.usefixtures("styled")
@pytest.mark.parametrize(
    ("terminal", "no_color", "expected"),
    [
        (True, "", "\x1b[32mgood\x1b[0m\n"),
        (True, "1", "good\n"),
        (False, "", "good\n"),
        (False, "1", "good\n"),
    ],
)
def test_colours_are_for_terminals_whose_user_wants_them(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, no_color: str, expected: str
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)

    # `color` is what click's runner takes for a terminal
    assert CliRunner().invoke(main, ["green"], color=terminal).output == expected


def test_the_command_line_loads_without_what_takes_seconds() -> None:
    code = "import sys, emr_ml.cli; print({'boto3', 'pyspark', 'dagster'} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.stdout.strip() == "set()", said.stderr
