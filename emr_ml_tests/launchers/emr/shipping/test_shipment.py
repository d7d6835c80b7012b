"""The packages for nodes: packed and uploaded."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from botocore.model import OperationModel

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.shipping import shipment
from emr_ml.launchers.emr.shipping.shipment import (
    PackagesError,
    Shipment,
    planned_shipment,
    upload_shipment,
)
from emr_ml.launchers.emr.shipping.wheelhouse import wheelhouse_key
from emr_ml.launchers.remote import shipping, wheels
from emr_ml.launchers.remote.shipping import pack_code
from emr_ml.launchers.remote.wheels import Platform, read_requirements
from emr_ml.project import ROOT
from emr_ml_tests.s3_server import S3
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.lake.s3 import S3Lake

JOBS = [
    *("champion_metrics", "champion_model", "lr_model", "metrics", "predictions"),
    *("processed_dataset", "sales_by_seller"),
]
DIGEST = "print(__import__('hashlib').sha256(pack_code()).hexdigest())"


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset what a new process does not have."""
    monkeypatch.setattr(shipping, "_uploaded", set[str]())


def configured(**fields: Any) -> ClusterConfig:
    return ClusterConfig.model_validate(fields)


def user_action(path: Path | str, *args: str) -> dict[str, Any]:
    return {"name": "mine", "path": str(path), "args": args}


def body(lake: Lake, address: str) -> bytes:
    stored = lake.read(address.removeprefix(f"{lake.root}/"))
    assert stored, f"nothing is at {address}"
    return stored.body


def python(code: str, *path: Path) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(str(folder) for folder in path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def members() -> list[zipfile.ZipInfo]:
    return zipfile.ZipFile(io.BytesIO(pack_code())).infolist()


def test_packing_depends_on_neither_time_nor_location(tmp_path: Path) -> None:
    for package in ("emr_ml", "spark_jobs"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    for number, path in enumerate(sorted(tmp_path.rglob("*.py"))):
        path.chmod(0o600)
        os.utime(path, (number, number))
    code = f"import spark_jobs; from emr_ml.launchers.remote.shipping import pack_code; {DIGEST}"
    elsewhere = python(f"{code}; print(spark_jobs.__file__)", tmp_path).splitlines()
    assert elsewhere[1] == str(tmp_path / "spark_jobs" / "__init__.py")
    assert elsewhere[0] == python(code)


def test_the_archive_holds_the_modules_of_the_jobs_and_of_pipes_and_nothing_else() -> None:
    names = [entry.filename for entry in members()]
    assert names == sorted(names)
    assert {name.partition("/")[0] for name in names} == {"spark_jobs", "dagster_pipes"}
    assert {Path(name).suffix for name in names} == {".py"}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "spark_jobs").rglob("*.py")
        if "tests" not in path.parts
    }
    assert wanted == {name for name in names if name.startswith("spark_jobs/")}


def test_every_member_can_be_read_by_everybody_and_is_of_the_same_moment() -> None:
    assert {entry.external_attr >> 16 for entry in members()} == {0o100644}
    assert {entry.date_time for entry in members()} == {(1980, 1, 1, 0, 0, 0)}


def test_jobs_and_pipes_can_be_imported_from_the_archive(tmp_path: Path) -> None:
    archive = tmp_path / "spark_jobs.zip"
    archive.write_bytes(pack_code())
    jobs = ", ".join(f"spark_jobs.{job}" for job in JOBS)
    code = (
        f"import {jobs}, spark_jobs.runtime.submit, dagster_pipes, sys;"
        "found = [m.__file__ for n, m in sys.modules.items() if n.startswith('spark_jobs')];"
        "print(*found, dagster_pipes.__file__, sep='\\n')"
    )
    files = python(code, archive).splitlines()
    assert len(files) > len(JOBS)
    assert [file for file in files if not file.startswith(f"{archive}/")] == []


def test_what_is_planned_is_what_is_uploaded(lake: Lake) -> None:
    config = configured()
    planned = planned_shipment(lake.root, config)
    assert list(lake.list("")) == []
    assert upload_shipment(lake, config) == planned


def test_every_named_object_exists(lake: Lake, tmp_path: Path) -> None:
    script = tmp_path / "proxy.sh"
    script.write_text("#!/bin/sh\n")
    there = upload_shipment(lake, configured(bootstrap_actions=[user_action(script)]))
    assert body(lake, there.code.archive) == pack_code()
    for job in JOBS:
        source = ROOT / "spark_jobs" / f"{job}.py"
        assert body(lake, f"{there.code.scripts}/{job}.py") == source.read_bytes()
    users, ours = there.bootstrap
    assert body(lake, users.path) == b"#!/bin/sh\n"
    assert body(lake, ours.path) == (ROOT / "bootstrap/install_python_packages.sh").read_bytes()
    assert body(lake, ours.args[0]) == read_requirements()


def test_a_slash_at_the_end_of_the_lake_does_not_count(s3: S3) -> None:
    with_slash = upload_shipment(open_lake(s3.uri("lake/")), configured())
    assert with_slash == planned_shipment(s3.uri("lake/"), configured())
    assert with_slash == planned_shipment(s3.uri("lake"), configured())


@pytest.fixture
def calls(s3: S3) -> Generator[tuple[S3Lake, list[str]]]:
    """A lake in S3, and the calls that it makes from now on."""
    lake, made = S3Lake(s3.uri("lake")), list[str]()

    def note(model: OperationModel, **_: object) -> None:
        made.append(model.name)

    lake.client.meta.events.register("before-call.s3", note)
    yield lake, made
    lake.client.close()


def test_a_process_uploads_once_and_then_makes_no_call(calls: tuple[S3Lake, list[str]]) -> None:
    lake, made = calls
    upload_shipment(lake, configured())
    assert made.count("ListObjectsV2") == 2
    assert made.count("PutObject") == 1 + len(JOBS) + 1 + 2  # one runs jobs of users
    made.clear()
    upload_shipment(lake, configured())
    assert made == []


def test_another_process_makes_two_calls_and_uploads_nothing(
    calls: tuple[S3Lake, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, made = calls
    upload_shipment(lake, configured())
    monkeypatch.setattr(shipping, "_uploaded", set[str]())
    made.clear()
    upload_shipment(lake, configured())
    assert made == ["ListObjectsV2", "ListObjectsV2"]


def test_an_upload_that_was_cut_off_is_completed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = upload_shipment(lake, configured())
    lake.remove(there.code.archive.removeprefix(f"{lake.root}/"))
    monkeypatch.setattr(shipping, "_uploaded", set[str]())
    upload_shipment(lake, configured())
    assert body(lake, there.code.archive) == pack_code()


def changed_bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bootstrap"
    shutil.copytree(ROOT / "bootstrap", folder)
    (folder / "install_python_packages.sh").write_text("#!/bin/sh\n")
    for module in (shipment, wheels):
        monkeypatch.setattr(module, "BOOTSTRAP", folder)


def test_a_changed_bootstrap_script_gets_a_new_address_and_the_code_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = planned_shipment("s3://b/lake", configured())
    changed_bootstrap(tmp_path, monkeypatch)
    after = planned_shipment("s3://b/lake", configured())
    assert after.bootstrap[0].path != before.bootstrap[0].path
    assert (after.code.archive, after.code.scripts) == (before.code.archive, before.code.scripts)


def test_a_changed_job_gets_a_new_address_and_the_bootstrap_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = planned_shipment("s3://b/lake", configured())
    jobs = tmp_path / "spark_jobs"
    shutil.copytree(ROOT / "spark_jobs", jobs)
    (jobs / "metrics.py").write_text((jobs / "metrics.py").read_text() + "# changed\n")
    monkeypatch.setattr(shipping, "JOBS", jobs)
    after = planned_shipment("s3://b/lake", configured())
    assert after.code.scripts != before.code.scripts
    assert after.bootstrap == before.bootstrap


def ours(there: Shipment) -> tuple[str, ...]:
    """The arguments of our own action, but for the address of the requirements."""
    return there.bootstrap[-1].args[1:]


def test_packages_come_from_the_index_unless_a_wheelhouse_is_wanted() -> None:
    assert ours(planned_shipment("s3://b/lake", configured())) == ("index",)
    wanted = configured(packages="wheelhouse")
    key = wheelhouse_key(read_requirements())
    assert ours(planned_shipment("s3://b/lake", wanted)) == (f"s3://b/lake/{key}",)


def test_nodes_get_the_python_and_the_store_to_use() -> None:
    config = configured(python="/usr/bin/python3.13")
    assert ours(planned_shipment("s3://b/lake", config, "http://127.0.0.1:5000")) == (
        "index",
        "PYSPARK_PYTHON=/usr/bin/python3.13",
        "AWS_ENDPOINT_URL=http://127.0.0.1:5000",
    )


def test_the_users_own_actions_come_first_in_their_order(tmp_path: Path) -> None:
    script = tmp_path / "a script.sh"
    script.write_text("#!/bin/sh\n")
    given = [user_action("s3://mine/proxy.sh", "--verbose"), user_action(script)]
    first, second, last = planned_shipment(
        "s3://b/lake", configured(bootstrap_actions=given)
    ).bootstrap
    assert (first.name, first.path, first.args) == ("mine", "s3://mine/proxy.sh", ("--verbose",))
    assert second.path.startswith("s3://b/lake/bootstrap/")
    assert second.path.endswith("/a script.sh")
    assert last.name == "Python packages"


def test_a_missing_script_of_the_user_is_named_before_any_call(tmp_path: Path) -> None:
    config = configured(bootstrap_actions=[user_action(tmp_path / "gone.sh")])
    with pytest.raises(PackagesError, match=r"bootstrap action 'mine': .*gone\.sh can't be read"):
        planned_shipment("s3://b/lake", config)


def complete(lake: Lake, *platforms: Platform) -> None:
    for platform in platforms:
        lake.write(f"{wheelhouse_key(read_requirements())}/{platform.folder}/wheels.json", b"{}")


def test_a_missing_wheelhouse_names_the_command_that_builds_it(lake: Lake) -> None:
    with pytest.raises(
        PackagesError, match=r"run `emr-ml wheelhouse --arch x86_64 --python 3\.11`"
    ):
        upload_shipment(lake, configured(packages="wheelhouse"))
    assert list(lake.list("")) == []


def test_a_wheelhouse_that_covers_every_kind_of_node_is_accepted(lake: Lake) -> None:
    config = configured(
        packages="wheelhouse",
        python="/usr/bin/python3.13",
        task={"instance_types": ["m5.xlarge", "m7g.xlarge"]},
    )
    complete(lake, Platform("3.13", "x86_64"))
    with pytest.raises(PackagesError, match=r"--arch aarch64 --python 3\.13`, then"):
        upload_shipment(lake, config)
    complete(lake, Platform("3.13", "aarch64"))
    assert upload_shipment(lake, config) == planned_shipment(lake.root, config)
