"""The pages of a standalone master, without Spark."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class FakeMaster:
    """What the master says.

    Args:
        url: of its pages.
        status: `ALIVE`, or `STANDBY` of one that waits for the other's end.
        is_silent: whether it refuses to answer.
        applications: name and cores of each application that has not ended.
        workers: how many are alive, each with a core.
        ended: the ids of applications that somebody has ended.
    """

    url: str
    status: str = "ALIVE"
    is_silent: bool = False
    applications: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    workers: int = 1
    ended: list[str] = field(default_factory=list[str])

    def state(self) -> dict[str, Any]:
        """Return the answer to `/json/`, as Spark's JsonProtocol writes it."""
        return {
            "status": self.status,
            "workers": [{"state": "ALIVE", "coresfree": 1} for _ in range(self.workers)],
            "activeapps": [
                {"id": f"app-{number}", "name": name, "cores": cores, "state": "RUNNING"}
                for number, (name, cores) in enumerate(self.applications)
            ],
        }


@contextmanager
def serve_master() -> Generator[FakeMaster]:
    """Serve the pages of a master on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(json.dumps(master.state()).encode())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            master.ended += form["id"]
            self._answer(b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

        def _answer(self, body: bytes) -> None:
            self.send_response(503 if master.is_silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        master = FakeMaster(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield master
        finally:
            server.shutdown()
            thread.join()
