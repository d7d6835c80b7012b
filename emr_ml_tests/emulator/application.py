"""Who answers a request: our EMR services and price list, or moto; planned faults come first."""

import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from emr_ml_tests.emulator.eks import Eks
from emr_ml_tests.emulator.emr import Emr
from emr_ml_tests.emulator.faults import OF_CALLS, Fault
from emr_ml_tests.emulator.quotas import Quotas
from emr_ml_tests.emulator.record import Call, Record
from emr_ml_tests.emulator.serverless import Serverless
from emr_ml_tests.emulator.surroundings import role_in
from emr_ml_tests.emulator.wire import Request, read, refuse, reply
from emr_ml_tests.emulator.world import LAUNCHER, OBSERVER, SERVICE, AwsError, World
from emr_ml_tests.s3_server import Moto

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# faults and quotas affect the product, not those who watch it
EXEMPT = (OBSERVER, SERVICE)


class Application:
    """Decides who answers a request, unless a planned fault does."""

    def __init__(self, world: World, record: Record, *, quotas: bool) -> None:
        self.emr, self.serverless, self.eks = Emr(world), Serverless(world), Eks(world)
        self._rest = {"emr-serverless": self.serverless, "emr-containers": self.eks}
        self._world, self._record = world, record
        self._quotas = Quotas(world.clock.now) if quotas else None
        self._moto = Moto()
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
        if (own := self._own_answer(request)) is not None:
            return reply(own, start)
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self._moto(environ, start)
        # conditional writes are decided one after another, as S3 decides them
        with self._one_at_a_time:
            return self._moto(environ, start)

    def _own_answer(self, request: Request) -> dict[str, Any] | str | None:
        """The answer of a service that is emulated here; None if it is moto's."""
        operation, parameters, prices = request.operation, request.parameters, self._world.prices
        if prepared := self._world.answers.get(operation):
            return prepared(parameters)
        match request.service:
            case "elasticmapreduce":
                quotas = None if request.caller in EXEMPT else self._quotas
                if quotas and not quotas.allow(operation):
                    raise AwsError("ThrottlingException", "Rate exceeded")
                return self.emr.answer(operation, parameters)
            case "emr-serverless" | "emr-containers":
                # how many calls these allow is not known
                return self._rest[request.service].answer(operation, parameters, request.caller)
            case "pricing":
                if not prices:
                    raise AwsError("AccessDeniedException", "not authorized: pricing:GetProducts")
                return prices.answer(operation, parameters)
            case "ec2" if operation == "DescribeSpotPriceHistory":
                if not prices:
                    raise AwsError("UnauthorizedOperation", "You are not authorized", 403)
                return prices.spot_history(parameters)
            case _:
                return None

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
    s3, rest = request.protocol == "s3", request.protocol == "rest"
    match fault.kind:
        case "refuse":
            return AwsError(**fault.detail)
        case "throttle":
            if s3:
                return AwsError("SlowDown", "Please reduce your request rate.", 503)
            return AwsError("ThrottlingException", "Rate exceeded", 429 if rest else 400)
        case "expired token":
            code = "ExpiredTokenException" if rest or request.protocol == "json" else "ExpiredToken"
            message = "The security token included in the request is expired"
            return AwsError(code, message, 403 if rest else 400)
        case _:
            code = "InternalError" if s3 else "InternalServerException"
            return AwsError(code, "We encountered an internal error. Please try again.", 500)


def _cut(environ: "WSGIEnvironment") -> Iterable[bytes]:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionError("cut as planned")
