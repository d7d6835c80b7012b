"""Dagster's webserver and daemon on loopback, with a home, a lake and a project of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import psutil

from emr_ml.history.instance import open_instance
from emr_ml.project import ROOT
from emr_ml_tests.deploy.postgres import free_port
from emr_ml_tests.graph import SMALL_SPARK_CONF
from emr_ml_tests.processes import go_down
from emr_ml_tests.waiting import wait_until

BIN = Path(sys.executable).parent
START_SECONDS = 300.0
WORKSPACE = """\
load_from:
  - python_module:
      module_name: {module}
      location_name: {name}
      working_directory: {folder}
"""


class Site:
    """A running Dagster. All that it writes is below `folder`."""

    def __init__(self, folder: Path, name: str, module: str, settings: Mapping[str, str]) -> None:
        self.folder, self.name = folder, name
        self.port = free_port()
        home = folder / "home"
        home.mkdir()
        shutil.copy(ROOT / "dagster.yaml", home / "dagster.yaml")
        self._workspace = folder / "workspace.yaml"
        self._workspace.write_text(WORKSPACE.format(module=module, name=name, folder=folder))
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("EMR_ML_", "AWS_", "MLFLOW_", "DAGSTER_"))
        }
        self._environment = {
            **inherited,
            "DAGSTER_HOME": str(home),
            "EMR_ML_LAKE": str(folder / "lake"),
            "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
            "EMR_ML_SPARK_CONF": json.dumps(
                {**SMALL_SPARK_CONF, "spark.driver.memory": "1g", "spark.master": "local[2]"}
            ),
            "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
            **settings,
        }
        self._running: list[psutil.Process] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with chdir(self.folder / "home"):
            # several processes at once would each make the tables
            open_instance().dispose()
        here = ("--host", "127.0.0.1", "--port", str(self.port))
        self._start("dagster-webserver", *here, "-w", str(self._workspace))
        self._start("dagster-daemon", "run", "-w", str(self._workspace))
        wait_until(self._is_up, START_SECONDS, self.logs, pause=0.5)

    def stop(self) -> None:
        for process in self._running:
            go_down(process)

    def logs(self) -> str:
        """The ends of what the processes wrote, for the case that something did not happen."""
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in paths)

    def _start(self, program: str, *arguments: str) -> None:
        with (self.folder / f"{program}.log").open("ab") as log:
            process = psutil.Popen(
                [str(BIN / program), *arguments],
                cwd=self.folder / "home",
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)

    def _is_up(self) -> bool:
        """Whether the webserver answers and has loaded the code location."""
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        request = urllib.request.Request(  # noqa: S310 - on loopback
            f"{self.address}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - on loopback
                found: Any = json.load(answer)["data"]["repositoriesOrError"]
                return bool(found["nodes"])
        except (OSError, KeyError):
            return False


@contextmanager
def a_site(name: str, module: str, **settings: str) -> Generator[Site]:
    """A site with the files that the caller puts into its folder before it starts it."""
    with tempfile.TemporaryDirectory(prefix="emr_ml_") as folder:
        site = Site(Path(folder), name, module, settings)
        try:
            yield site
        finally:
            site.stop()
