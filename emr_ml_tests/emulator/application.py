"""Who answers a request: our EMR and price list, or moto; planned faults speak first."""

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
from emr_ml_tests.emulator.wire import Asked, AwsError, read, refuse, reply
from emr_ml_tests.emulator.world import LAUNCHER, OBSERVER, SERVICE, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# faults and quotas are for the product, not for who watches it
UNTROUBLED = (OBSERVER, SERVICE)


class Application:
    """Decides who answers a request, after what was planned to go wrong has its say."""

    def __init__(self, world: World, record: Record, *, quotas: bool) -> None:
        self.emr = Emr(world)
        self._world, self._record = world, record
        self._quotas = Quotas(world.clock.now) if quotas else None
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        for header in self._world.ignored_headers:
            environ.pop(f"HTTP_{header.upper().replace('-', '_')}", None)
        asked = read(environ)
        fault = self._fault(asked)
        if fault and fault.kind == "cut":
            self._note(asked, 0, "", fault)
            return _cut(environ)
        statuses: list[int] = []

        def noting_start(status: str, *more: Any) -> Any:
            statuses.append(int(status[:3]))
            return start(status, *more)

        error = ""
        try:
            if fault and fault.kind != "lost answer":
                raise _planned(fault, asked)
            answer = self._answer(asked, environ, noting_start)
        except AwsError as refusal:
            error = refusal.code
            answer = refuse(asked.protocol, refusal, noting_start)
            if environ["REQUEST_METHOD"] == "HEAD":
                answer = []
        self._note(asked, statuses[0] if statuses else 200, error, fault)
        return _cut(environ) if fault and fault.kind == "lost answer" else answer

    def _fault(self, asked: Asked) -> Fault | None:
        # a node's own calls are not the launcher's; only a pattern that says so befalls them
        names = asked.names()
        if asked.caller in UNTROUBLED:
            return None
        if asked.caller != LAUNCHER:
            names = tuple(f"{asked.caller} {name}" for name in names)
        if event := self._world.faults.take(["before call"], *names):
            event.detail["happens"]()
        return self._world.faults.take(OF_CALLS, *names)

    def _answer(
        self, asked: Asked, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        if made_up := self._world.answers.get(asked.operation):
            return reply(made_up(asked.parameters), start)
        prices = self._world.prices
        match asked.service:
            case "elasticmapreduce":
                quotas = None if asked.caller in UNTROUBLED else self._quotas
                if quotas and not quotas.allow(asked.operation):
                    raise AwsError("ThrottlingException", "Rate exceeded")
                return reply(self.emr.answer(asked.operation, asked.parameters), start)
            case "pricing":
                if not prices:
                    raise AwsError("AccessDeniedException", "not authorized: pricing:GetProducts")
                return reply(prices.answer(asked.operation, asked.parameters), start)
            case "ec2" if asked.operation == "DescribeSpotPriceHistory":
                if not prices:
                    raise AwsError("UnauthorizedOperation", "You are not authorized", 403)
                return reply(prices.spot_history(asked.parameters), start)
            case _ if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
                return self._moto(environ, start)
            case _:
                # conditional writes are decided one after another, as S3 decides them
                with self._one_at_a_time:
                    return self._moto(environ, start)

    def _note(self, asked: Asked, status: int, error: str, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        now = self._world.clock.now()
        cut = 0 if kind == "lost answer" else status
        actions = tuple(
            (action, role_in(self._world, arn) if action == "iam:PassRole" else arn)
            for action, arn in asked.actions
        )
        call = Call(
            now, asked.service, asked.operation, asked.caller, actions, cut, error, kind,
            asked.parameters,
        )  # fmt: skip
        self._record.add(call)


def _planned(fault: Fault, asked: Asked) -> AwsError:
    s3 = asked.protocol == "s3"
    match fault.kind:
        case "refuse":
            return AwsError(**fault.detail)
        case "throttle":
            if s3:
                return AwsError("SlowDown", "Please reduce your request rate.", 503)
            return AwsError("ThrottlingException", "Rate exceeded")
        case "expired token":
            code = "ExpiredTokenException" if asked.protocol == "json" else "ExpiredToken"
            return AwsError(code, "The security token included in the request is expired")
        case _:
            code = "InternalError" if s3 else "InternalServerException"
            return AwsError(code, "We encountered an internal error. Please try again.", 500)


def _cut(environ: "WSGIEnvironment") -> Iterable[bytes]:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionError("cut as planned")
