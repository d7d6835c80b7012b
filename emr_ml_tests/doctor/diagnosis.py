"""`emr-ml doctor`, and what it says."""

import sys
from typing import NamedTuple

from click.testing import CliRunner

from emr_ml.commands.doctor import doctor


class Diagnosis(NamedTuple):
    names: list[str]
    bad: list[str]
    skipped: list[str]
    exit_code: int


def diagnosis() -> Diagnosis:
    # as in a new process: the definitions read the settings when they are imported
    sys.modules.pop("emr_ml.definitions", None)
    result = CliRunner().invoke(doctor)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    lines = [
        line for line in result.output.splitlines() if line.startswith(("good ", "bad ", "skip "))
    ]
    return Diagnosis(
        [line[6:26].strip() for line in lines],
        [line[6:] for line in lines if line.startswith("bad")],
        [" ".join(line[6:].split()) for line in lines if line.startswith("skip")],
        result.exit_code,
    )


def all_well(*checks: str) -> None:
    """Assert that nothing is bad, and that these checks were made and passed."""
    found = diagnosis()
    assert (found.bad, found.exit_code) == ([], 0)
    assert set(checks) <= set(found.names), found
    assert not any(line.startswith(checks) for line in found.skipped), found


def the_bad_one() -> str:
    """The only bad line: it must have a fix, and make the command fail."""
    found = diagnosis()
    assert len(found.bad) == 1, found
    assert ". Fix: " in found.bad[0]
    assert found.exit_code == 1
    return " ".join(found.bad[0].split())
