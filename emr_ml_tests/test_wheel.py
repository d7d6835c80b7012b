"""The built wheel, installed into an empty environment: what a user of the library gets."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from emr_ml.project import ROOT

pytestmark = pytest.mark.process
MAKE = shutil.which("make") or "make"
UV = str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module", name="wheel")
def fixture_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [UV, "build", "--wheel", "--no-build-isolation", "--quiet", "--out-dir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module", name="environment")
def fixture_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; its dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", str(folder), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # a line with a path; the files .pth there, such as that of the checkout, are not read
    (packages / "dependencies.pth").write_text(
        next(path for path in sys.path if path.endswith("site-packages")) + "\n"
    )
    return folder


def run(environment: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(environment / "bin" / command[0]), *command[1:]],
        cwd=folder,
        env={**clean, "PATH": f"{environment}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [MAKE, *arguments], cwd=project, env=clean, capture_output=True, text=True, check=False
    )


def test_it_has_what_nodes_and_cloudformation_need_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {
        "emr_ml/bootstrap/install_python_packages.sh",
        "emr_ml/bootstrap/requirements.txt",
        "emr_ml/infra/emr_ml.yaml",
        "emr_ml/infra/launcher_policy.json",
    } <= {*names}
    assert not [name for name in names if "tests" in name.split("/")[0]]


def test_a_new_project_runs_and_passes_its_test_outside_the_checkout(
    environment: Path, tmp_path: Path
) -> None:
    made = run(environment, tmp_path, "emr-ml", "new", "shop")
    assert made.returncode == 0, made.stderr

    project = tmp_path / "shop"
    # as `make setup` leaves it, which installs from an index
    (project / ".venv").symlink_to(environment)
    (project / ".venv" / "ready").touch()

    ran = make(project, "run")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "diagnosis/lr_model" in ran.stdout
    assert "averages" in ran.stdout
    assert (project / "lake" / "diagnosis" / "lr_model").is_dir()
    tested = make(project, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("command", [("up", "--template"), ("plan",)])
def test_its_data_files_are_found(
    environment: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    env = {"EMR_ML_LAKE": "s3://bucket/lake", "AWS_REGION": "eu-west-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        done = run(environment, tmp_path, "emr-ml", *command)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 1000
