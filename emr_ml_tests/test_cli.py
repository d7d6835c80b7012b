"""The command line: `--help` is there at once."""

import subprocess
import sys

from emr_ml.project import ROOT


def test_the_command_line_loads_without_what_takes_seconds() -> None:
    code = "import sys, emr_ml.cli; print({'boto3', 'pyspark', 'dagster'} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.stdout.strip() == "set()", said.stderr
