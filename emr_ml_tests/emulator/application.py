"""Who answers a request: our EMR and price list, or moto; planned faults come first."""

import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from emr_ml_tests.emulator.emr import Emr
from emr_ml_tests.emulator.faults import OF_CALLS, Fault
from emr_ml_tests.emulator.quotas import Quotas
from emr_ml_tests.emulator.record import Call, Record
from emr_ml_tests.emulator.surroundings import role_in
from emr_ml_tests.emulator.wire import AwsError, Request, read, refuse, reply
from emr_ml_tests.emulator.world import LAUNCHER, OBSERVER, SERVICE, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# faults and quotas affect the product, not those who watch it
EXEMPT = (OBSERVER, SERVICE)


class Application:
    """Decides who answers a request, unless a planned fault does."""

    def __init__(self, world: World, record: Record, *, quotas: bool) -> None:
        self.emr = Emr(world)
        self._world, self._record = world, record
        self._quotas = Quotas(world.clock.now) if quotas else None
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        for header in self._world.ignored_headers:
            environ.pop(f"HTTP_{header.upper().replace('-', '_')}", None)
        request = read(environ)
        fault = self._fault(request)
        if fault and fault.kind == "cut":
            self._record_call(request, 0, "", fault)
            return _cut(environ)
        statuses: list[int] = []

        def recording_start(status: str, *more: Any) -> Any:
            statuses.append(int(status[:3]))
            return start(status, *more)

        error = ""
        try:
            if fault and fault.kind != "lost answer":
                raise _planned(fault, request)
            answer = self._answer(request, environ, recording_start)
        except AwsError as refusal:
            error = refusal.code
            answer = refuse(request.protocol, refusal, recording_start)
            if environ["REQUEST_METHOD"] == "HEAD":
                answer = []
        self._record_call(request, statuses[0] if statuses else 200, error, fault)
        return _cut(environ) if fault and fault.kind == "lost answer" else answer

    def _fault(self, request: Request) -> Fault | None:
        # a node's own calls are not the launcher's; only a pattern that names it matches them
        names = request.names()
        if request.caller in EXEMPT:
            return None
        if request.caller != LAUNCHER:
            names = tuple(f"{request.caller} {name}" for name in names)
        if event := self._world.faults.take(["before call"], *names):
            event.detail["callback"]()
        return self._world.faults.take(OF_CALLS, *names)

    def _answer(
        self, request: Request, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        if prepared := self._world.answers.get(request.operation):
            return reply(prepared(request.parameters), start)
        prices = self._world.prices
        match request.service:
            case "elasticmapreduce":
                quotas = None if request.caller in EXEMPT else self._quotas
                if quotas and not quotas.allow(request.operation):
                    raise AwsError("ThrottlingException", "Rate exceeded")
                return reply(self.emr.answer(request.operation, request.parameters), start)
            case "pricing":
                if not prices:
                    raise AwsError("AccessDeniedException", "not authorized: pricing:GetProducts")
                return reply(prices.answer(request.operation, request.parameters), start)
            case "ec2" if request.operation == "DescribeSpotPriceHistory":
                if not prices:
                    raise AwsError("UnauthorizedOperation", "You are not authorized", 403)
                return reply(prices.spot_history(request.parameters), start)
            case _ if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
                return self._moto(environ, start)
            case _:
                # conditional writes are decided one after another, as S3 decides them
                with self._one_at_a_time:
                    return self._moto(environ, start)

    def _record_call(self, request: Request, status: int, error: str, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        now = self._world.clock.now()
        cut = 0 if kind == "lost answer" else status
        actions = tuple(
            (action, role_in(self._world, arn) if action == "iam:PassRole" else arn)
            for action, arn in request.actions
        )
        call = Call(
            now, request.service, request.operation, request.caller, actions, cut, error, kind,
            request.parameters,
        )  # fmt: skip
        self._record.add(call)


def _planned(fault: Fault, request: Request) -> AwsError:
    s3 = request.protocol == "s3"
    match fault.kind:
        case "refuse":
            return AwsError(**fault.detail)
        case "throttle":
            if s3:
                return AwsError("SlowDown", "Please reduce your request rate.", 503)
            return AwsError("ThrottlingException", "Rate exceeded")
        case "expired token":
            code = "ExpiredTokenException" if request.protocol == "json" else "ExpiredToken"
            return AwsError(code, "The security token included in the request is expired")
        case _:
            code = "InternalError" if s3 else "InternalServerException"
            return AwsError(code, "We encountered an internal error. Please try again.", 500)


def _cut(environ: "WSGIEnvironment") -> Iterable[bytes]:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionError("cut as planned")
