"""bootstrap/requirements.txt: the nodes' packages have the versions of requirements.lock."""

import re
from pathlib import Path

import pytest

from emr_ml.launchers.emr.shipping.wheelhouse import build_wheelhouse, wheelhouse_key
from emr_ml.launchers.remote.wheels import Platform, WheelsError, pins_for, read_requirements
from emr_ml.project import ROOT
from emr_ml_tests.bootstrap.conftest import Node
from emr_ml_tests.bootstrap.wheels import HERE
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import open_lake

REQUIREMENTS = read_requirements().decode()


def pins(text: str) -> set[str]:
    """Each requirement with its marker and its hashes."""
    joined = text.replace("\\\n", " ").splitlines()
    told = {" ".join(line.split()) for line in joined if line and not line.startswith("#")}
    return {pin.replace(" and sys_platform == 'linux'", "") for pin in told}  # as all nodes are


def test_nodes_get_exactly_the_locked_files() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert pins(REQUIREMENTS) <= pins(lock)


def test_numpy_and_boto3_are_included_and_every_package_is_hashed() -> None:
    names = {pin.split("==")[0] for pin in pins(REQUIREMENTS)}
    assert {"numpy", "boto3"} <= names
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins(REQUIREMENTS))


def test_no_index_is_named() -> None:
    assert not re.search(r"://|index-url|--index|find-links|trusted-host", REQUIREMENTS)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_each_platform_gets_one_release_of_each_package(python: str, arch: str) -> None:
    names = [pin.split("==")[0] for pin in pins_for(REQUIREMENTS.encode(), Platform(python, arch))]
    assert len(names) == len(set(names))
    assert {"numpy", "boto3"} <= set(names)


def test_a_node_needs_only_a_wheelhouse_of_them(node: Node, s3: S3) -> None:
    lake = open_lake(s3.uri("lake"))
    tag, _, arch = HERE.partition("-")
    platform = Platform(f"3.{tag.removeprefix('cp3')}", arch)
    try:
        build_wheelhouse(lake, REQUIREMENTS.encode(), platform)
    except WheelsError as error:
        if "can't be reached" in str(error):
            pytest.skip(f"NOT TESTED: the package index can't be reached\n{error}")
        raise
    s3.put("requirements.txt", REQUIREMENTS.encode())
    address = lake.uri(wheelhouse_key(REQUIREMENTS.encode()))
    done = node.run(s3.uri("requirements.txt"), address)
    assert (done.returncode, done.stderr) == (0, "")
    imported = (
        "import boto3, numpy, pyarrow, scipy.optimize, xgboost\n"
        "for module in (boto3, numpy, pyarrow, scipy, xgboost): print(module.__file__)"
    )
    for file in node.says(imported).splitlines():
        assert Path(file).is_relative_to(node.packages)
