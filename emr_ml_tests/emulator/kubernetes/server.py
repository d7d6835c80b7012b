"""An emulated Kubernetes cluster on loopback: the API server, and nodes that run pods."""

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from emr_ml_tests.emulator.faults import OF_CALLS, Fault, Faults
from emr_ml_tests.emulator.kubernetes.access import ADMIN, Access, Call
from emr_ml_tests.emulator.kubernetes.answers import ApiError
from emr_ml_tests.emulator.kubernetes.api import Api, Text
from emr_ml_tests.emulator.kubernetes.containers import Image
from emr_ml_tests.emulator.kubernetes.kubelet import Delays, Nodes
from emr_ml_tests.emulator.kubernetes.network import Network
from emr_ml_tests.emulator.kubernetes.routes import Route, route
from emr_ml_tests.emulator.kubernetes.store import Store

LAUNCHER = "launcher"
WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455
RETRY_AFTER_SECONDS = "1"


@dataclass(frozen=True)
class Answered:
    """A call with its answer's code, 0 if the connection was cut, and the planned fault."""

    call: Call
    code: int
    fault: str = ""
    media_type: str = ""
    body: bytes = b""


@dataclass
class Kubernetes:
    """A running cluster, and queries for tests."""

    url: str
    store: Store
    access: Access
    faults: Faults
    nodes: Nodes
    api: Api
    calls: list[Answered] = field(default_factory=list[Answered])

    def token(self, user: str = LAUNCHER) -> str:
        return self.access.token(user)

    def kubeconfig(self, path: Path, user: str = LAUNCHER, namespace: str = "default") -> Path:
        """Write the configuration with which clients of this user reach the cluster."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "emulated", "cluster": {"server": self.url}}],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [
                {
                    "name": "emulated",
                    "context": {"cluster": "emulated", "user": user, "namespace": namespace},
                }
            ],
            "current-context": "emulated",
        }
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        return path

    def add(self, resource: str, namespace: str, one: Mapping[str, Any]) -> None:
        """Create what a test needs, such as a namespace, an account or a Secret."""
        self.store.create(resource, namespace, dict(one))

    def add_namespace(self, name: str, *accounts: str) -> None:
        """Create a namespace with service accounts, besides `default`."""
        self.add("namespaces", "", {"metadata": {"name": name}})
        for account in ("default", *accounts):
            self.add("serviceaccounts", name, {"metadata": {"name": account}})

    def delete(self, resource: str, namespace: str, name: str) -> None:
        """Delete an object, as somebody with all rights may."""
        path = f"/api/v1/namespaces/{namespace}/{resource}/{name}"
        self.api.answer(route("DELETE", path), ADMIN, "", b"")

    def pods(self, namespace: str = "") -> list[dict[str, Any]]:
        return self.store.all("pods", namespace)

    def needed(self, user: str) -> set[tuple[str, str]]:
        """Return the verbs and resources of all that this user's calls asked for."""
        return {(one.call.verb, one.call.what) for one in self.calls if one.call.user == user}


@contextmanager
def serve(
    folder: Path, images: Mapping[str, Image], *, delays: Delays | None = None
) -> Generator[Kubernetes]:
    """The cluster, on a free port, until the block ends and all its processes are ended too.

    Args:
        folder: for the files of pods.
        images: that can be pulled, by name.
        delays: how long things take.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store, access = Store(), Access()
    faults = Faults(lambda: 0.0)
    network = Network(folder, store)
    nodes = Nodes(folder, store, access, network, faults, dict(images), delays or Delays())

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}"
    nodes.api = url
    cluster = Kubernetes(url, store, access, faults, nodes, Api(store, access, nodes))
    Handler.cluster = cluster
    cluster.add_namespace("default")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="k8s", daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        nodes.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    cluster: Kubernetes

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
        """Be silent: calls are recorded."""

    def handle(self) -> None:
        with suppress(ConnectionError):  # clients may go at any time
            super().handle()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        media_type = self.headers.get("Content-Type", "").partition(";")[0].strip()
        try:
            asked = route(self.command, self.path)
            user = self.cluster.access.user(self.headers.get("Authorization", ""))
        except ApiError as refusal:
            self._send(refusal.code, refusal.status())
            return
        fault = self._fault(asked, user)
        call = asked.call(user)

        def record(code: int) -> None:
            kind = fault.kind if fault else ""
            self.cluster.calls.append(Answered(call, code, kind, media_type, body))

        if fault and fault.kind == "cut":
            record(0)
            self._cut()
            return
        try:
            if fault and fault.kind != "lost answer":
                raise _planned(fault)
            if asked.verb == "watch":
                self.cluster.access.check(call)
                record(200)
                self._watch(asked)
                return
            code, answer = self.cluster.api.answer(asked, user, media_type, body)
        except ApiError as refusal:
            code, answer = refusal.code, refusal.status()
        if fault and fault.kind == "lost answer":
            record(0)
            self._cut()
            return
        record(code)
        self._send(code, answer)

    do_GET = do_POST = answer  # noqa: N815 - http.server finds methods by these names
    do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - as above

    def _fault(self, asked: Route, user: str) -> Fault | None:
        """The planned fault of this call; only a pattern that names a user affects others."""
        what = asked.call(user).what
        names = [f"{asked.verb} {what}", f"{asked.verb} {what} {asked.name}", asked.path]
        if user == ADMIN:
            return None
        if user != LAUNCHER:
            names = [f"{user} {name}" for name in names]
        if event := self.cluster.faults.take(["before call"], *names):
            event.detail["callback"]()
        return self.cluster.faults.take(OF_CALLS, *names)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, code: int, answer: dict[str, Any] | Text) -> None:
        if isinstance(answer, Text):
            self._stream("text/plain", answer.content)
            return
        content = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if code == 429:
            self.send_header("Retry-After", RETRY_AFTER_SECONDS)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, kind: str, chunks: Iterator[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            if chunk:
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _watch(self, asked: Route) -> None:
        events = (
            json.dumps(one).encode() + b"\n"
            for one in self.cluster.api.watch(asked, self.cluster.nodes.closing)
        )
        if self.headers.get("Upgrade", "").lower() != "websocket":
            self._stream("application/json", events)
            return
        key = self.headers["Sec-WebSocket-Key"] + WEBSOCKET_KEY
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324 - RFC 6455
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.close_connection = True
        for event in events:
            self.wfile.write(_frame(event))
            self.wfile.flush()
        self.wfile.write(_frame(b"", opcode=8))


def _frame(content: bytes, opcode: int = 1) -> bytes:
    """Return an unmasked frame of a server, as RFC 6455 defines it; 1 is text, 8 closes."""
    head = bytes([0x80 | opcode])
    if len(content) < 126:
        return head + bytes([len(content)]) + content
    if len(content) < 1 << 16:
        return head + b"\x7e" + struct.pack(">H", len(content)) + content
    return head + b"\x7f" + struct.pack(">Q", len(content)) + content


def _planned(fault: Fault) -> ApiError:
    match fault.kind:
        case "refuse":
            return ApiError(fault.detail["status"], fault.detail["code"], fault.detail["message"])
        case "throttle":
            message = "Too many requests, please try again later."
            return ApiError(429, "TooManyRequests", message)
        case "expired token":
            return ApiError(401, "Unauthorized", "Unauthorized")
        case _:
            message = "etcdserver: request timed out"
            return ApiError(500, "InternalError", message)
