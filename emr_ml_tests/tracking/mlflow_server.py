"""A real MLflow server on loopback, and a proxy to it that loses requests."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from emr_ml_tests.waiting import wait_until

#: what becomes of a request
Fate = Literal["answered", "refused", "answer lost"]
Fates = Callable[[str, str], Fate]  # by method and path
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONWARNINGS": "ignore",
}


@contextmanager
def serve(folder: Path) -> Generator[str]:
    """The server's address, until the block ends; its database and artifacts are in the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log"
    store = f"sqlite:///{folder / 'mlflow.sqlite'}"
    options = ["--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), *options],
            env={**os.environ, **QUIET},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(address), evidence=log.read_text, pause=0.2)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # it starts a process of its own
        process.wait()


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310 - http
        return True
    return False


def answered(method: str, path: str) -> Fate:  # noqa: ARG001 - see `Fates`
    return "answered"


def refused(method: str, path: str) -> Fate:  # noqa: ARG001 - see `Fates`
    return "refused"


class Proxy:
    """A proxy to the server. `fate` decides what becomes of each request."""

    def __init__(self, server: str) -> None:
        self.fate: Fates = answered
        #: method and path of all requests
        self.requests: list[tuple[str, str]] = []
        #: what the requests had as their credentials
        self.logins: set[str] = set()
        self._server = server.removeprefix("http://")
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self) -> None:
                proxy._forward(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any  # noqa: N815 - http.server's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._listener.server_port}"

    def close(self) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()

    def _forward(self, asked: BaseHTTPRequestHandler) -> None:
        path = asked.path.partition("?")[0]
        self.requests.append((asked.command, path))
        if login := asked.headers.get("Authorization"):
            self.logins.add(login)
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        fate = self.fate(asked.command, path)
        if fate == "refused":
            asked.close_connection = True
            return
        server = http.client.HTTPConnection(self._server, timeout=60)
        server.request(asked.command, asked.path, body, dict(asked.headers))
        with server.getresponse() as answer:
            content = answer.read()
        server.close()
        if fate == "answer lost":
            asked.close_connection = True
            return
        asked.send_response(answer.status)
        asked.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)
