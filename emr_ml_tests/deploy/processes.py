"""The processes of deploy/compose.yaml, run by hand on loopback against a real Postgres."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from emr_ml.project import ROOT
from emr_ml_tests.deploy.postgres import Postgres, free_port
from emr_ml_tests.graph import SMALL_SPARK_CONF, TOY_CONTRACT, toy_rows
from emr_ml_tests.processes import go_down
from emr_ml_tests.s3_server import S3
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import Lake, open_lake

RUN_SECONDS = 600.0  # more than any run takes
BIN = Path(sys.executable).parent
WORKSPACE = ("-w", "workspace.yaml")
LAUNCH = """
mutation {
  launchRun(executionParams: {runConfigData: "{}", selector: {
    repositoryLocationName: "emr_ml", repositoryName: "__repository__", jobName: "training_job"
  }}) { __typename }
}
"""


class Deployment:
    """Dagster's home as the image has it, a source and a lake; Spark runs in the code server."""

    def __init__(self, folder: Path, postgres: Postgres, logs: S3) -> None:
        self.folder, self.postgres = folder, postgres
        for name in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(ROOT / "deploy" / name, folder / name)
        (folder / "toy.csv").write_text("\n".join(["height,colour,kind", *toy_rows(600)]) + "\n")
        (folder / "toy.yaml").write_text(TOY_CONTRACT)
        self.port = free_port()
        self.environment = {
            **os.environ,
            **postgres.environment(),
            "DAGSTER_HOME": str(folder),
            "DAGSTER_LOGS_BUCKET": logs.bucket,
            "DAGSTER_LOGS_PREFIX": "dagster",
            "DAGSTER_CODE_HOST": "127.0.0.1",
            "DAGSTER_CODE_PORT": str(free_port()),
            "EMR_ML_SOURCE": str(folder / "toy.csv"),
            "EMR_ML_DATASET": str(folder / "toy.yaml"),
            "EMR_ML_LAKE": str(folder / "lake"),
            "EMR_ML_SENSOR_INTERVAL_SECONDS": "3",
            "EMR_ML_SPARK_CONF": json.dumps(SMALL_SPARK_CONF),
        }
        self.running: dict[str, psutil.Process] = {}

    @property
    def lake(self) -> Lake:
        return open_lake(str(self.folder / "lake"))

    def migrate(self) -> None:
        """Make Dagster's tables."""
        with (self.folder / "migrate.log").open("wb") as log:
            done = subprocess.run(
                [BIN / "dagster", "instance", "migrate"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                check=False,
            )
        assert done.returncode == 0, self.logs()

    def start(self, *names: str) -> None:
        for name in names:
            self.running[name] = self._start(name)

    def _start(self, name: str) -> psutil.Process:
        if name == "postgres":
            return self.postgres.start()
        with (self.folder / f"{name}.log").open("ab") as log:
            return psutil.Popen(
                self._command(name),
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def _command(self, name: str) -> list[str | Path]:
        here = ["--host", "127.0.0.1", "--port"]
        match name:
            case "code":
                port = self.environment["DAGSTER_CODE_PORT"]
                return [BIN / "dagster", "api", "grpc", *here, port, "-m", "emr_ml.definitions"]
            case "webserver":
                return [BIN / "dagster-webserver", *here, str(self.port), *WORKSPACE]
            case _:
                return [BIN / "dagster-daemon", "run", *WORKSPACE]

    def kill(self, name: str) -> None:
        go_down(self.running.pop(name))

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def logs(self) -> str:
        """The ends of what all processes wrote, for the case that something did not happen."""
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{path.name}:\n{path.read_text()[-2000:]}" for path in paths)

    def until(self, done: Callable[[], object]) -> None:
        wait_until(done, RUN_SECONDS, self.logs, pause=0.5)

    def is_up(self) -> bool:
        """Whether the webserver answers and has loaded the code location."""
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        try:
            return bool(self.ask(query)["repositoriesOrError"]["nodes"])
        except (OSError, KeyError):
            return False

    def launch(self) -> None:
        """Ask for a run of training_job, as the UI's button does."""
        answer = self.ask(LAUNCH)["launchRun"]
        assert answer == {"__typename": "LaunchRunSuccess"}, answer

    def ask(self, query: str) -> dict[str, Any]:
        """What the webserver answers, as it would to the UI."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - on loopback
            return json.load(answer)["data"]

    def runs(self) -> list[str]:
        """The states of all runs, the newest first, as the webserver shows them."""
        query = "{ runsOrError { ... on Runs { results { status } } } }"
        return [run["status"] for run in self.ask(query)["runsOrError"]["results"]]
