"""The tutorial, followed from its first command to its last, prints what it says.

Versions depend on the code, so only their places are compared.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emr_ml.project import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.process]

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VERSION = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{8})\b")
MINUTES = 15
# they serve until they are stopped, or set up what the tests already have
NOT_FOLLOWED = ("make setup", "make ui", "rm -r")


@pytest.mark.timeout(MINUTES * 60)
def test_every_command_prints_what_the_tutorial_says(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    for name in ("pyproject.toml", "dagster.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "emr_ml").symlink_to(ROOT / "emr_ml")
    others = {name: value for name, value in os.environ.items() if not name.startswith("EMR_ML_")}
    env = {**others, "EMR_ML_LAKE": str(tmp_path / "lake"), "DAGSTER_HOME": str(tmp_path)}
    exports, printed, models = "", "", list[str]()
    for kind, block in BLOCK.findall(TUTORIAL):
        if kind:
            shown = (
                printed if kind == "text" else (tmp_path / "hotel" / "bookings.yaml").read_text()
            )
            for line in block.strip().splitlines():
                assert _masked(line) in _masked(shown), line
            continue
        if block.startswith(NOT_FOLLOWED):
            continue
        # the set-up replaces an environment that is a link
        script = block.replace("make run", ".venv/bin/emr-ml run")
        if models:
            script = re.sub(r"(?<=promote )[0-9a-f]{8}", models[-1][:8], script)
        exports += "".join(re.findall(r"^export .*\n", block, re.MULTILINE))
        done = subprocess.run(
            ["/bin/bash", "-euc", f"{exports}\n{script}"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed = done.stdout
        models += re.findall(r"^lr_model +committed +(\w+)", printed, re.MULTILINE)


def _masked(text: str) -> str:
    return VERSION.sub("VERSION", text)
