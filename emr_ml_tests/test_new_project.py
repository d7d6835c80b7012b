"""The project that `emr-ml new` writes."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml.new_project import NewProjectError, new_project, requirement
from emr_ml.project import ROOT, dg_project, find_project

BIN = Path(sys.executable).parent


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment in the project, which is not installed."""
    return subprocess.run(
        command,
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(project), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")

    with pytest.raises(NewProjectError, match=r"is not empty: name a new folder"):
        new_project(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_name_that_no_package_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NewProjectError, match="'1shop' can't be the name of a Python package"):
        new_project(tmp_path / "1shop")


@pytest.mark.parametrize("name", ["json", "click"])
def test_the_name_of_a_package_that_exists_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NewProjectError, match=f"a Python package {name} exists already"):
        new_project(tmp_path / name)

    assert not (tmp_path / name).exists()


def test_it_is_a_project_of_dg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_project(tmp_path / "my-shop")
    monkeypatch.chdir(tmp_path / "my-shop" / "my_shop" / "defs")

    assert find_project() == tmp_path / "my-shop"
    assert (dg_project(find_project()) or {})["root_module"] == "my_shop"


@pytest.mark.process
def test_a_pipeline_can_be_scaffolded_into_it(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    new_project(project)

    scaffolded = run(
        project, str(BIN / "dg"), "scaffold", "defs", "emr_ml.TrainingPipeline", "churn"
    )

    assert scaffolded.returncode == 0, scaffolded.stdout + scaffolded.stderr
    assert "type: emr_ml.TrainingPipeline" in (project / "shop/defs/churn/defs.yaml").read_text()
    listed = run(project, str(BIN / "dg"), "list", "defs", "--json")
    assert "diagnosis/lr_model" in listed.stdout, listed.stderr
    assert "churn/lr_model" in listed.stdout


@pytest.mark.parametrize(
    ("mistake", "where"),
    [
        pytest.param("  colour: red\n", "defs.yaml:8", id="attribute"),
        pytest.param("  - : [\n", "defs.yaml:8:3: is not YAML", id="YAML"),
        pytest.param("---\ntype: emr_ml.Training\n", "defs.yaml:9: type: Module", id="type"),
    ],
)
def test_a_mistake_in_a_component_ends_a_run_with_file_and_line(
    tmp_path: Path, mistake: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a module that was imported before would not be read again
    project = tmp_path / f"shop_{uuid.uuid4().hex}"
    new_project(project)
    path = project / project.name / "defs" / "diagnosis" / "defs.yaml"
    path.write_text(path.read_text() + mistake)
    monkeypatch.syspath_prepend(project)
    monkeypatch.chdir(project)

    ran = CliRunner().invoke(main, ["run"])

    assert ran.exit_code == 1
    assert isinstance(ran.exception, SystemExit), "a message, not a trace"
    assert where in ran.stderr.splitlines()[0]


@pytest.mark.process
def test_dg_tells_a_mistake_before_any_stack_trace(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    new_project(project)
    path = project / "shop/defs/diagnosis/defs.yaml"
    path.write_text(path.read_text().replace("contract.yaml", "contrct.yaml"))

    checked = run(project, str(BIN / "dg"), "check", "defs")

    assert checked.returncode == 1
    said = checked.stdout + checked.stderr
    told = f"emr_ml.mistakes.ProjectError: {path}:5: attributes.contract: {path.parent}/contrct"
    assert told in said
    assert "Stack Trace" not in said[: said.index(told)]
    assert "The above exception" not in said


@pytest.mark.parametrize(
    ("origin", "required"),
    [
        ('{"url": "file:///src/emr_ml", "dir_info": {"editable": true}}', "@ file:///src/emr_ml"),
        ('{"url": "https://index.example/emr_ml.whl", "archive_info": {}}', ""),
        (None, ""),
    ],
)
def test_it_requires_emr_ml_from_where_it_is_installed_from(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, required: str
) -> None:
    class Installed:
        def read_text(self, _: str) -> str | None:
            return origin

    def found(_: str) -> Installed:
        return Installed()

    monkeypatch.setattr("emr_ml.new_project.distribution", found)

    assert requirement() == f"emr-ml {required}".strip()
