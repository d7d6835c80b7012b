"""bootstrap/install_python_packages.sh with a node's Python."""

import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from emr_ml.launchers.remote.releases import LEAST_PYTHON
from emr_ml_tests.bootstrap.conftest import Node
from emr_ml_tests.bootstrap.wheels import HERE, make_index, make_wheel, pin
from emr_ml_tests.s3_server import S3


class Lake:
    """A bucket with the requirements of one tiny package, and a wheelhouse that has it."""

    def __init__(self, s3: S3, folder: Path) -> None:
        self.s3 = s3
        self.wheel = make_wheel(folder / "wheels")
        self.requirements = s3.uri("requirements.txt")
        self.wheelhouse = s3.uri("wheelhouse/0123")
        s3.put("requirements.txt", f"# pinned\n\n{pin(self.wheel)}\n".encode())

    def fill(self, wheel: Path | None = None) -> None:
        wheel = wheel or self.wheel
        self.s3.put(f"wheelhouse/0123/{HERE}/{self.wheel.name}", wheel.read_bytes())
        self.s3.put(f"wheelhouse/0123/{HERE}/wheels.json", b"{}")


@pytest.fixture
def lake(s3: S3, tmp_path: Path) -> Lake:
    return Lake(s3, tmp_path)


def green(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def red(done: subprocess.CompletedProcess[str]) -> str:
    """Return stderr of a failure, whose last line must be the script's own."""
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("install_python_packages: ")
    return done.stderr.replace("\ninstall_python_packages: ", " ")


def test_packages_are_installed_from_a_wheelhouse_without_any_index(node: Node, lake: Lake) -> None:
    lake.fill()
    with socket.create_server(("127.0.0.1", 0)) as index:
        url = f"http://127.0.0.1:{index.getsockname()[1]}/simple"
        said = green(node.run(lake.requirements, lake.wheelhouse, PIP_INDEX_URL=url))
        index.setblocking(False)
        with pytest.raises(BlockingIOError):
            index.accept()
    assert "installing greeting==1.0" in said
    assert node.says("import greeting; print(greeting.VERSION)") == "1.0"


def test_packages_are_installed_from_an_index(node: Node, lake: Lake, tmp_path: Path) -> None:
    index = make_index(tmp_path / "index", lake.wheel)
    green(node.run(lake.requirements, "index", PIP_INDEX_URL=index))
    assert node.says("import greeting; print(greeting.VERSION)") == "1.0"


def test_a_second_run_requests_no_packages_and_changes_nothing(node: Node, lake: Lake) -> None:
    lake.fill()
    green(node.run(lake.requirements, lake.wheelhouse))
    before = {path: path.lstat().st_mtime_ns for path in node.home.rglob("*")}
    # there is nothing at this address, so that a look at it would fail
    said = green(node.run(lake.requirements, lake.s3.uri("gone")))
    assert "all packages are installed" in said
    assert "installing" not in said
    assert {path: path.lstat().st_mtime_ns for path in node.home.rglob("*")} == before


def test_another_version_is_replaced(node: Node, lake: Lake, tmp_path: Path) -> None:
    old = make_wheel(tmp_path / "old", version="0.9")
    pip = [str(node.python), "-m", "pip", "install", "--quiet", "--no-index", str(old)]
    subprocess.run(pip, check=True)
    lake.fill()
    green(node.run(lake.requirements, lake.wheelhouse))
    assert node.says("import greeting; print(greeting.VERSION)") == "1.0"


def test_other_users_can_read_what_is_installed(node: Node, lake: Lake) -> None:
    lake.fill()
    before = os.umask(0o077)
    try:
        green(node.run(lake.requirements, lake.wheelhouse))
    finally:
        os.umask(before)
    assert (node.packages / "greeting.py").stat().st_mode & stat.S_IROTH


def test_a_package_of_this_user_only_does_not_count(node: Node, lake: Lake) -> None:
    lake.fill()
    mine = node.folder / "mine"
    zipfile.ZipFile(lake.wheel).extractall(mine)
    green(node.run(lake.requirements, lake.wheelhouse, PYTHONPATH=str(mine)))
    assert node.has("greeting")


def test_a_python_whose_isolated_mode_ignores_installed_packages_works(
    node: Node, lake: Lake
) -> None:
    # the Pythons of Amazon Linux leave out /usr/local with -s and -I
    (node.packages / "a_local.pth").write_text(
        f"import sys; sys.flags.no_user_site and sys.path.remove({str(node.packages)!r})\n"
    )
    lake.fill()
    green(node.run(lake.requirements, lake.wheelhouse))
    assert node.has("greeting")


def test_a_wheel_with_another_hash_is_rejected(node: Node, lake: Lake, tmp_path: Path) -> None:
    changed = make_wheel(tmp_path / "changed")
    changed.write_bytes(changed.read_bytes() + b"\0")
    lake.fill(changed)
    said = red(node.run(lake.requirements, lake.wheelhouse))
    assert "greeting" in said
    assert "does not match its pinned hash" in said
    assert not node.has("greeting")
    assert node.called() == []


def test_a_requirement_without_a_hash_is_rejected(node: Node, lake: Lake) -> None:
    lake.fill()
    lake.s3.put("requirements.txt", b"greeting==1.0\n")
    said = red(node.run(lake.requirements, lake.wheelhouse))
    assert "Hashes are required" in said
    assert not node.has("greeting")


def test_for_an_unreachable_index_the_error_names_the_wheelhouse(node: Node, lake: Lake) -> None:
    said = red(node.run(lake.requirements, "index", PIP_INDEX_URL="http://127.0.0.1:9/simple"))
    assert "`packages: wheelhouse`" in said
    assert "`emr-ml wheelhouse`" in said
    assert len(node.called()) == 3


def test_an_index_without_a_wheel_for_this_python_fails_without_retries(
    node: Node, lake: Lake, tmp_path: Path
) -> None:
    other = make_wheel(tmp_path / "other", tag="cp27-cp27m-win32")
    lake.s3.put("requirements.txt", pin(other).encode())
    index = make_index(tmp_path / "index", other)
    said = red(node.run(lake.requirements, "index", PIP_INDEX_URL=index))
    assert "no wheel of a package for Python 3." in said
    assert node.called() == []


def test_a_wheelhouse_without_this_platform_names_the_command_that_adds_it(
    node: Node, lake: Lake
) -> None:
    said = red(node.run(lake.requirements, lake.wheelhouse))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"`emr-ml wheelhouse --arch {platform.machine()} --python {python}`" in said


def test_an_incomplete_wheelhouse_is_not_used(node: Node, lake: Lake) -> None:
    lake.s3.put(f"wheelhouse/0123/{HERE}/{lake.wheel.name}", lake.wheel.read_bytes())
    assert "emr-ml wheelhouse" in red(node.run(lake.requirements, lake.wheelhouse))


def test_missing_requirements_fail_without_retries(node: Node, lake: Lake) -> None:
    said = red(node.run(lake.s3.uri("gone.txt"), "index"))
    assert f"can't read {lake.s3.uri('gone.txt')}" in said
    assert "404" in said
    assert node.called() == []


def test_a_failing_store_is_tried_four_times(node: Node, lake: Lake) -> None:
    node.add("aws", f'echo aws >> "{node.calls}"', "echo 'AccessDenied: not yours' >&2", "exit 1")
    said = red(node.run(lake.requirements, "index"))
    assert "AccessDenied: not yours" in said
    assert "s3:GetObject" in said
    assert [call.split()[0] for call in node.called()] == ["aws", *["sleep", "aws"] * 3]


def test_a_store_that_recovers_causes_no_failure(node: Node, lake: Lake) -> None:
    lake.fill()
    real = shutil.copy(node.path / "aws", node.folder / "aws")
    node.add("aws", "echo 'Could not connect to the endpoint' >&2", "exit 1")
    node.add("sleep", f'cp "{real}" "{node.path}/aws"')
    done = node.run(lake.requirements, lake.wheelhouse)
    assert done.returncode == 0
    assert "Could not connect" in done.stderr
    assert node.has("greeting")


def test_an_argument_can_set_the_store(
    node: Node, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.fill()
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    green(node.run(lake.requirements, lake.wheelhouse, f"AWS_ENDPOINT_URL={endpoint}"))
    assert node.has("greeting")


def test_without_a_supported_python_the_error_names_the_candidates(node: Node, lake: Lake) -> None:
    (node.path / "python3.11").unlink()
    node.add("python3", "exit 0")  # an old one: it does not know what it is asked
    said = red(node.run(lake.requirements, "index"))
    assert (
        f"no Python 3.{LEAST_PYTHON} or newer, tried python3.11 python3.13 python3.12 python3"
        in said
    )


def test_the_python_of_spark_is_preferred(node: Node, lake: Lake) -> None:
    node.add("python3.11", "exit 1")
    lake.fill()
    said = green(node.run(lake.requirements, lake.wheelhouse, f"PYSPARK_PYTHON={node.python}"))
    assert f"packages for {node.python}, which is Python 3." in said
    assert node.has("greeting")


def test_only_the_python_of_spark_is_used(node: Node, lake: Lake) -> None:
    said = red(node.run(lake.requirements, "index", PYSPARK_PYTHON="/usr/bin/python9"))
    assert "tried /usr/bin/python9." in said


def test_pip_is_installed_if_it_is_missing(node: Node, lake: Lake) -> None:
    (node.packages / "pip.pth").unlink()
    lake.fill()
    assert "installing pip, which is missing" in green(node.run(lake.requirements, lake.wheelhouse))
    assert node.has("greeting")


def test_pip_is_installed_from_the_distribution_without_ensurepip(
    node: Node, lake: Lake, pip: Path
) -> None:
    (node.packages / "pip.pth").unlink()
    (node.packages / "no_ensurepip.pth").write_text("import sys; sys.modules['ensurepip'] = None\n")
    install = f'cp -r "{pip}"/* "{node.packages}"'
    node.add("dnf", f'echo "dnf $*" >> "{node.calls}"', install)
    lake.fill()
    assert node.run(lake.requirements, lake.wheelhouse).returncode == 0
    assert node.called() == [f"dnf install -y -q python3.{sys.version_info.minor}-pip"]
    assert node.has("greeting")


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_without_write_permission_sudo_is_used(node: Node, lake: Lake) -> None:
    lake.fill()
    node.packages.chmod(0o555)
    allow = f'/bin/chmod u+w "{node.packages}"'
    node.add("sudo", '[ "$1" = -n ] || exit 1', "shift", allow, 'exec "$@"')
    green(node.run(lake.requirements, lake.wheelhouse))
    assert node.has("greeting")


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_without_write_permission_and_sudo_the_error_says_so(node: Node, lake: Lake) -> None:
    lake.fill()
    node.packages.chmod(0o555)
    node.add("sudo", "echo 'a password is required' >&2", "exit 1")
    said = red(node.run(lake.requirements, lake.wheelhouse))
    assert "nor use sudo without a password" in said
    node.packages.chmod(0o755)


@pytest.mark.parametrize("arguments", [[], ["s3://bucket/requirements.txt"]])
def test_missing_arguments_print_the_usage(node: Node, arguments: list[str]) -> None:
    assert "usage: install_python_packages.sh" in red(node.run(*arguments))


@pytest.mark.parametrize("argument", ["LD_PRELOAD=/tmp/mine.so", "--python=python3"])
def test_an_argument_can_set_no_other_variable(node: Node, argument: str) -> None:
    assert f"{argument} can't be set" in red(node.run("s3://bucket/r.txt", "index", argument))
