"""AWS's API: which calls may be sent again, and which may not."""

import logging
import random
import time
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NotConnectedError

THROTTLED = (
    *("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled"),
    *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"),
)
EXPIRED_CODES = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
NEVER_ARRIVED = (EndpointConnectionError, ConnectTimeoutError)


class UnansweredError(Exception):
    """AWS did not answer for longer than the patience; what was asked for may go on."""


class UncertainError(Exception):
    """A call that changes things was sent, and nobody knows whether it was accepted."""


# whatever keeps a call from being answered as it should
AWS_ERRORS = (ClientError, BotoCoreError, UnansweredError)


class Api:
    """The operations of one AWS service, by their names in boto3.

    Nothing is retried by boto3 itself, for it sends again what may have been accepted. The pause
    between two tries is jittered, and grows from the first to the longest.

    Args:
        patience: seconds for which AWS may give no answer before `UnansweredError`.
        log: told once when AWS stops answering, and once when it answers again.
    """

    def __init__(
        self,
        service: str,
        patience: float,
        log: logging.Logger,
        region: str | None = None,
        *,
        first_pause: float = 1.0,
        longest_pause: float = 30.0,
        read_timeout: float = 30.0,
    ) -> None:
        self._service, self._region, self._read_timeout = service, region, read_timeout
        self._patience = patience
        self._first_pause, self._longest_pause = first_pause, longest_pause
        self._log = log
        self._client: Any = None
        self._trouble: str | None = None

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes nothing, again and again until it is answered.

        Raises:
            ClientError: a refusal that waiting does not mend.
            UnansweredError: no answer for longer than the patience.
        """
        return self._until_answered(operation, parameters, careful=False)

    def tell(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that must not be done twice; only what was surely not accepted is
        sent again.

        Raises:
            ClientError: a refusal that waiting does not mend.
            UncertainError: it may have been accepted: look before it is sent again.
            UnansweredError: never accepted for longer than the patience.
        """
        return self._until_answered(operation, parameters, careful=True)

    def pages(self, operation: str, key: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        """The entries under `key`, page by page; each page is asked for only when it is needed."""
        while True:
            answer = self.ask(operation, **parameters)
            yield answer.get(key, [])
            marker = answer.get("Marker") or answer.get("NextToken")
            if not marker:
                return
            parameters["Marker" if "Marker" in answer else "NextToken"] = marker

    def _until_answered(
        self, operation: str, parameters: dict[str, Any], *, careful: bool
    ) -> dict[str, Any]:
        since, tries = time.monotonic(), 0
        while True:
            try:
                answer: dict[str, Any] = getattr(self._connected(), operation)(**parameters)
            except (ClientError, BotoCoreError) as error:
                if not is_transient(error):
                    raise
                if careful and may_have_arrived(error):
                    said = str(error)[:300]  # a proxy may answer with a whole page
                    raise UncertainError(f"{operation}: {said}") from error
                if time.monotonic() - since > self._patience:
                    raise UnansweredError(
                        f"{self._service} gave no answer to {operation} for "
                        f"{self._patience:.0f} seconds: {error}"
                    ) from error
                self._note(error)
                time.sleep(self._pause(tries))
                tries += 1
            else:
                self._note(None)
                return answer

    def _connected(self) -> Any:
        if self._client is None:
            # a session of its own reads credentials anew
            self._client = boto3.Session().client(  # pyright: ignore[reportCallIssue] - any service
                self._service,  # pyright: ignore[reportArgumentType]
                region_name=self._region,
                config=Config(
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    connect_timeout=5,
                    read_timeout=self._read_timeout,
                ),
            )
        return self._client

    def _note(self, error: Exception | None) -> None:
        trouble = error and (error_code(error) or type(error).__name__)
        if trouble and is_expired(error):
            self._client = None
        if trouble and trouble != self._trouble:
            self._log.warning("%s says %s: waiting, nothing is lost", self._service, trouble)
        elif self._trouble and not trouble:
            self._log.info("%s answers again", self._service)
        self._trouble = trouble

    def _pause(self, tries: int) -> float:
        longest = min(self._first_pause * 2.0 ** min(tries, 10), self._longest_pause)
        return random.uniform(longest / 2, longest)


def error_code(error: BaseException | None) -> str:
    """AWS's own word for a refusal; empty where the refusal is not AWS's."""
    if not isinstance(error, ClientError):
        return ""
    return error.response.get("Error", {}).get("Code", "")


def is_expired(error: Exception | None) -> bool:
    """Whether the credentials have run out, which newly read ones may mend."""
    return error_code(error) in EXPIRED_CODES or isinstance(
        error, (CredentialRetrievalError, TokenRetrievalError)
    )


def is_transient(error: Exception) -> bool:
    """Whether the same call may be answered later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in (*THROTTLED, *EXPIRED_CODES) or status >= 500 or status == 429
    return isinstance(error, (HTTPClientError, NotConnectedError)) or is_expired(error)


def may_have_arrived(error: Exception) -> bool:
    """Whether AWS may have done what the failed call asked for."""
    if isinstance(error, ClientError):
        return error_code(error) not in (*THROTTLED, *EXPIRED_CODES) and (
            error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) != 429
        )
    return not isinstance(error, NEVER_ARRIVED) and not is_expired(error)
