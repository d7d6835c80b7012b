"""scripts/audit.py with a vulnerability database on loopback."""

import json
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from emr_ml.project import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KNOWN = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "summary": "it does what it should not",
    "affected": [
        {
            "package": {"name": "click", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "8.0.1"}]}],
        }
    ],
}


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Do not log requests."""


@pytest.fixture(scope="module", name="database")
def fixture_database() -> Generator[str]:
    """Yield its address: it knows one vulnerable package; below /down it fails."""

    def answer(request: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        length = int(request["CONTENT_LENGTH"])
        asked: dict[str, Any] = json.loads(request["wsgi.input"].read(length))
        down = request["PATH_INFO"] == "/down"
        start("503 Service Unavailable" if down else "200 OK", [])
        return [json.dumps({"vulns": [KNOWN]} if asked["version"] == "8.0.0" else {}).encode()]

    server = make_server("127.0.0.1", 0, answer, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def audit(folder: Path, version: str, database: str) -> subprocess.CompletedProcess[str]:
    lock = folder / "some.lock"
    lock.write_text(f"click=={version} --hash=sha256:{'0' * 64}\n")
    command = [sys.executable, ROOT / "scripts" / "audit.py", lock, "--osv-url", database]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_vulnerable_version_fails_and_is_named(tmp_path: Path, database: str) -> None:
    done = audit(tmp_path, "8.0.0", database)

    assert done.returncode == 1
    assert "click 8.0.0: GHSA-aaaa-bbbb-cccc, fixed in 8.0.1" in done.stderr


def test_a_version_without_known_vulnerabilities_passes(tmp_path: Path, database: str) -> None:
    done = audit(tmp_path, "8.3.0", database)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "audit: 1 packages of some.lock, none known to be vulnerable\n"


def test_an_unreachable_database_passes_with_a_loud_warning(tmp_path: Path) -> None:
    done = audit(tmp_path, "8.0.0", "http://127.0.0.1:1")

    assert (done.returncode, done.stdout) == (0, "")
    assert "THE LOCKED PACKAGES WERE NOT AUDITED" in done.stderr


def test_a_failing_database_counts_as_unreachable(tmp_path: Path, database: str) -> None:
    done = audit(tmp_path, "8.0.0", f"{database}/down")

    assert (done.returncode, done.stdout) == (0, "")
    assert "THE LOCKED PACKAGES WERE NOT AUDITED" in done.stderr


def test_an_unreadable_lock_fails(tmp_path: Path, database: str) -> None:
    done = audit(tmp_path, "no version", database)

    assert done.returncode == 1
    assert "pip-audit failed on some.lock" in done.stderr
