"""A real Postgres on loopback, in a folder of its own, that can be killed and started again."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2
import pytest

from emr_ml_tests.waiting import wait_until

# read now: the fixtures take every variable of ours away from the tests
REQUIRE_POSTGRES = os.environ.get("EMR_ML_REQUIRE_POSTGRES") == "1"
MISSING = "POSTGRES IS NOT TESTED: no initdb here; install Debian's package postgresql"
PASSWORD = "not a secret: loopback"  # noqa: S105 - of a server that a test makes and removes


def programs() -> Path | None:
    """The folder of initdb and postgres. Debian keeps them off PATH, one folder a release."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def needs_postgres() -> Path:
    """The programs; skips, loudly, where there are none, unless the environment insists."""
    folder = programs()
    if folder is None and not REQUIRE_POSTGRES:
        pytest.skip(MISSING)
    assert folder, MISSING
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    programs: Path
    folder: Path
    port: int = field(default_factory=free_port)
    # it refuses to be run by root
    user: str | None = field(default_factory=lambda: "postgres" if os.geteuid() == 0 else None)

    def make(self) -> None:
        """A new cluster with a superuser `dagster`."""
        (self.folder / "password").write_text(PASSWORD)
        if self.user:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self.user)
        command = [self.programs / "initdb", "--pgdata", self.folder / "data", "--no-sync"]
        account = ["--username=dagster", "--auth=scram-sha-256", "--pwfile", "password"]
        subprocess.run(
            [*command, *account], cwd=self.folder, user=self.user, check=True, capture_output=True
        )

    def start(self) -> psutil.Process:
        """The server, once it answers."""
        with (self.folder / "log").open("ab") as log:
            server = psutil.Popen(
                [
                    *(self.programs / "postgres", "-D", self.folder / "data", "-F"),
                    *("-p", str(self.port), "-h", "127.0.0.1", "-k", self.folder),
                ],
                cwd=self.folder,
                user=self.user,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, evidence=(self.folder / "log").read_text, pause=0.1)
        return server

    def _answers(self) -> bool:
        try:
            psycopg2.connect(
                host="127.0.0.1",
                port=self.port,
                user="dagster",
                password=PASSWORD,
                dbname="postgres",
            ).close()
        except psycopg2.OperationalError:
            return False
        return True

    def environment(self) -> dict[str, str]:
        """What deploy/dagster.yaml reads."""
        return {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_DB": "postgres",
            "DAGSTER_PG_USER": "dagster",
            "DAGSTER_PG_PASSWORD": PASSWORD,
        }


@contextmanager
def a_postgres() -> Generator[Postgres]:
    """A cluster that is not started yet; its folder goes with the block."""
    # another user has no way into pytest's own folders
    with tempfile.TemporaryDirectory(prefix="emr_ml_postgres_") as folder:
        postgres = Postgres(needs_postgres(), Path(folder))
        postgres.make()
        yield postgres
