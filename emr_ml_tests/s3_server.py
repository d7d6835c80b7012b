"""An S3 server on loopback that can be told to fail, and its client's environment."""

import socket
import threading
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import boto3
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from mypy_boto3_s3 import S3Client

Fault = Literal["conflict", "lost answer"]
CONFLICT = b"<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>"


class Moto(DomainDispatcherApplication):
    """moto's server, which by itself lists its own folder of services twice for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._services: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._services:
            self._services[host] = super().get_backend_for_host(host)
        return self._services[host]


class Application:
    """moto, with writes decided one after another, as S3 decides them."""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self._moto = Moto()
        self._one_at_a_time = threading.Lock()

    def __call__(self, request: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if request["REQUEST_METHOD"] != "PUT":
            return self._moto(request, start)
        with self._one_at_a_time:
            match self.faults.popleft() if self.faults else None:
                case "conflict":
                    start("409 Conflict", [("Content-Type", "application/xml")])
                    return [CONFLICT]
                case "lost answer":
                    self._moto(request, start)
                    connection: socket.socket = request["werkzeug.socket"]
                    connection.shutdown(socket.SHUT_RDWR)
                    raise ConnectionError("cut by the test")
                case None:
                    return self._moto(request, start)


@dataclass(frozen=True)
class S3:
    """A bucket of one test. Each of `faults` befalls one of the next writes."""

    bucket: str
    client: "S3Client"
    faults: deque[Fault] = field(default_factory=deque[Fault])

    def uri(self, key: str = "") -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, body: bytes = b"a,b\n1,2\n") -> str:
        """Write an object; its ETag."""
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"]


@dataclass(frozen=True)
class Server:
    url: str
    faults: deque[Fault]
    session: boto3.Session

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # nothing of whoever runs the tests
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self, name: str) -> S3:
        client = self.session.client("s3")
        where = {"LocationConstraint": "eu-west-1"}
        client.create_bucket(Bucket=name, CreateBucketConfiguration=where)  # pyright: ignore[reportArgumentType] - a TypedDict
        return S3(name, client, self.faults)


@contextmanager
def serve() -> Generator[Server]:
    """The server, on a free port, until the block ends."""
    application = Application()
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="s3", daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", application.faults, boto3.Session())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
