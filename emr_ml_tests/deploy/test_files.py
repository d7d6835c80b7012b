"""What can be known of the image and of the compose file without Docker."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from emr_ml.project import ROOT
from emr_ml.settings import Settings

DEPLOY = ROOT / "deploy"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
OURS = ("migrate", "code", "webserver", "daemon")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", "")
# what Dagster reads in common of both, and what a deployment has of its own
SHARED = (
    "scheduler",
    "run_monitoring",
    "run_retries",
    "python_logs",
    "retention",
    "telemetry",
    "nux",
)
VARIABLE = re.compile(r"DAGSTER_[A-Z_]+")
SHA = re.compile(r"@[0-9a-f]{40}$")


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def compose() -> dict[str, Any]:
    return load(DEPLOY / "compose.yaml")


def instructions(name: str) -> list[list[str]]:
    """The arguments of each instruction of that name in the Dockerfile."""
    lines = [line for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize(
    ("schema", "path"),
    [("compose-spec", DEPLOY / "compose.yaml"), ("github-workflows", WORKFLOW)],
    ids=["compose", "workflow"],
)
def test_a_file_is_what_its_schema_asks_for(schema: str, path: Path) -> None:
    command = [Path(sys.executable).parent / "check-jsonschema", path]
    done = subprocess.run(
        [*command, "--builtin-schema", f"vendor.{schema}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_that_the_image_copies_is_there_and_is_let_through_to_its_build() -> None:
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    for *sources, _ in (each for each in instructions("COPY") if "--from" not in each[0]):
        for source in sources:
            assert (ROOT / source).exists()
            assert f"!{source}" in let_through


def pins(path: Path) -> dict[str, str]:
    """The version, the marker and the hashes of each package of a lock."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    parts = [" ".join(line.split()).partition("==") for line in lines]
    return {name: rest for name, _, rest in parts}


def without_marker(pin: str) -> list[str]:
    """The version and the hashes: tools of the tests want some packages on more platforms."""
    version, *rest = pin.split()
    return [version, *(part for part in rest if part.startswith("--hash="))]


def test_the_image_gets_the_very_packages_that_are_tested_and_each_is_hashed() -> None:
    image, tested = pins(DEPLOY / "requirements.txt"), pins(ROOT / "requirements.lock")
    # Dagster's chart wants it in the image; no test runs Dagster on Kubernetes
    assert "dagster-k8s" in image.keys() - tested.keys()
    assert {"dagster-postgres", "kubernetes", "pyspark"} <= image.keys() & tested.keys()
    for name in image.keys() & tested.keys():
        assert without_marker(image[name]) == without_marker(tested[name]), name
    assert all("--hash=sha256:" in pin for pin in image.values())
    assert image["dagster-k8s"].split()[0] == image["dagster-postgres"].split()[0]


def test_the_image_is_built_on_a_release_and_not_on_the_latest_one() -> None:
    (python,) = instructions("ARG")
    assert re.fullmatch(r"PYTHON=python:3\.1[123]-slim-\w+", python[0])
    stages = {each[2] for each in instructions("FROM")}
    for base, *_ in instructions("FROM"):
        assert base == "${PYTHON}" or base in stages


def test_what_is_built_by_name_or_without_one_is_run_by_nobody_special() -> None:
    stages = DOCKERFILE.split("\nFROM ")[1:]
    built = [stage for stage in stages if re.match(r"base AS (local|emr)\n", stage)]
    assert len(built) == 2
    assert built[-1] == stages[-1]
    for stage in built:
        assert re.findall(r"^USER (.*)$", stage, re.MULTILINE) == ["10001:10001"]


@pytest.mark.parametrize("service", OURS)
def test_a_process_can_not_change_its_image_nor_gain_rights(service: str) -> None:
    settings = compose()["services"][service]
    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in settings, "the image's own is no root"


@pytest.mark.parametrize("variable", ["SPARK_LOCAL_DIRS", "LOCAL_DIRS"])
def test_what_spark_does_not_hold_in_memory_goes_to_a_disk(variable: str) -> None:
    settings = compose()["services"]["code"]
    mounts = dict(volume.split(":")[::-1] for volume in settings["volumes"])
    folder = settings["environment"][variable]

    assert mounts[folder] in compose()["volumes"]
    assert not any(folder == each or folder.startswith(f"{each}/") for each in settings["tmpfs"])
    # or it would belong to root
    assert f"install --directory --owner emr_ml --group emr_ml {folder}" in DOCKERFILE


def test_only_the_webserver_is_reached_from_outside_and_on_loopback_unless_told() -> None:
    ports = {name: each["ports"] for name, each in compose()["services"].items() if "ports" in each}

    assert ports == {"webserver": ["${BIND:-127.0.0.1}:${PORT:-3000}:3000"]}


def test_the_database_is_in_a_network_without_a_way_out() -> None:
    file = compose()
    assert file["services"]["postgres"]["networks"] == ["inside"]
    assert file["networks"]["inside"] == {"internal": True}


def test_each_process_that_stays_has_a_health_check_and_is_started_again() -> None:
    for name, settings in compose()["services"].items():
        # the image has the code server's
        assert name in ("migrate", "code") or "test" in settings["healthcheck"], name
        assert settings["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_no_password_stands_in_the_files_or_in_a_container_s_variables() -> None:
    file = compose()
    assert all(set(secret) == {"file"} for secret in file["secrets"].values())
    for settings in file["services"].values():
        for name in settings["environment"]:
            assert not re.search(r"(PASSWORD|SECRET|WEBHOOK|KEY)$", name), name
    example = (DEPLOY / "settings.example.env").read_text()
    assert not re.search(r"PASSWORD|SECRET|WEBHOOK", example)


def test_every_variable_that_the_instance_reads_is_given() -> None:
    read = set(VARIABLE.findall((DEPLOY / "dagster.yaml").read_text()))
    read |= set(VARIABLE.findall((DEPLOY / "workspace.yaml").read_text()))
    given = {name.removesuffix("_FILE") for name in compose()["services"]["code"]["environment"]}
    given |= set(VARIABLE.findall((DEPLOY / "settings.example.env").read_text()))

    assert read <= given


def test_what_both_instances_have_in_common_is_the_same() -> None:
    here, there = load(DEPLOY / "dagster.yaml"), load(ROOT / "dagster.yaml")
    for key in SHARED:
        assert here[key] == there[key], key
    assert set(here) - set(there) == set()


def entrypoint(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / "entrypoint.sh", *(command or ("printenv", "DAGSTER_PG_PASSWORD"))],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_in_a_file_reaches_the_process(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p$ss 'word\"\n")

    done = entrypoint(DAGSTER_PG_PASSWORD_FILE=str(tmp_path / "password"))

    assert done.stdout == "p$ss 'word\"\n"


def test_a_secret_in_the_environment_stays() -> None:
    assert entrypoint(DAGSTER_PG_PASSWORD="given").stdout == "given\n"  # noqa: S106 - of this test


def test_a_secret_that_is_not_there_ends_the_container_with_what_to_do(tmp_path: Path) -> None:
    done = entrypoint(DAGSTER_PG_PASSWORD_FILE=str(tmp_path / "none"))

    assert done.returncode == 1
    assert "can't read it. Make it readable, or unset the variable" in done.stderr


def test_what_killed_runs_left_is_gone_before_the_code_server_starts(tmp_path: Path) -> None:
    (tmp_path / "dagster").write_text("#!/bin/sh\n")
    (tmp_path / "dagster").chmod(0o755)
    left = ("blockmgr-1", "spark-2", "s3a", "mine")
    for name in left:
        (tmp_path / "spills" / name).mkdir(parents=True)
    given = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SPARK_LOCAL_DIRS": str(tmp_path / "spills")}

    def spills_after(*command: str) -> set[str]:
        assert entrypoint(*command, **given).returncode == 0
        return {path.name for path in (tmp_path / "spills").iterdir()}

    assert spills_after("dagster", "asset", "list") == {*left}  # it may be run beside the server
    assert spills_after("dagster", "api", "grpc", "--port", "4000") == {"mine"}


def test_what_the_workflow_uses_is_pinned_by_commit_and_its_token_reads_only() -> None:
    file = load(WORKFLOW)
    used = [step["uses"] for step in file["jobs"]["ci"]["steps"] if "uses" in step]
    assert used
    assert all(SHA.search(name) for name in used)
    assert file["permissions"] == {"contents": "read"}


def test_every_setting_that_is_given_exists() -> None:
    (location,) = load(DEPLOY / "helm_values.yaml")["dagster-user-deployments"]["deployments"]
    example = (DEPLOY / "settings.example.env").read_text()
    given = {name for name in [*location["env"], *example.split()] if name.startswith("EMR_ML_")}

    assert given
    assert {name.partition("=")[0] for name in given} <= {
        f"EMR_ML_{field.upper()}" for field in Settings.model_fields
    }


def test_all_pods_of_the_chart_have_one_image() -> None:
    values = load(DEPLOY / "helm_values.yaml")
    (location,) = values["dagster-user-deployments"]["deployments"]

    assert location["dagsterApiGrpcArgs"] == ["--module-name", "emr_ml.definitions"]
    for pod in ("dagsterDaemon", "dagsterWebserver"):
        assert values[pod]["image"] == location["image"]
