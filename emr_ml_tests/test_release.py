"""`make release`: what is built, and that it is the same each time."""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from emr_ml.project import ROOT

pytestmark = pytest.mark.process


def released(folder: Path) -> dict[str, bytes]:
    script = ROOT / "scripts" / "release.py"
    command = [sys.executable, str(script), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.soak
def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    first = released(tmp_path / "first")

    assert released(tmp_path / "second") == first
    (wheel,) = (tmp_path / "first").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"emr_ml/cli.py", "spark_jobs/lr_model.py"} <= {*names}
    assert not [name for name in names if name.startswith("emr_ml_tests")]
    (sdist,) = (tmp_path / "first").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert {(each.uid, each.uname) for each in archive.getmembers()} == {(0, "")}
    (sbom,) = (tmp_path / "first").glob("*.cdx.json")
    components = json.loads(sbom.read_text())["components"]
    assert {"dagster", "pyspark"} <= {each["name"] for each in components}
    sums = (tmp_path / "first" / "SHA256SUMS").read_text()
    assert [line.split("  ")[1] for line in sums.splitlines()] == sorted(
        each.name for each in (wheel, sdist, sbom)
    )


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old.whl").touch()
    script = ROOT / "scripts" / "release.py"

    done = subprocess.run(
        [sys.executable, str(script), "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"{tmp_path} is not empty: remove it" in done.stderr
