"""Calls to AWS: retried while that is safe, and never sent twice when it is not."""

import logging
import random
import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidEndpointConfigurationError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from spark_jobs.runtime.s3 import EXPIRED_CODES

THROTTLING_CODES = (
    *("ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled"),
    *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"),
)
# the names that services give to the token of the next page
PAGE_MARKERS = ("Marker", "NextToken", "nextToken")
NOT_SENT_ERRORS = (EndpointConnectionError, ConnectTimeoutError)
MESSAGE_CHARACTERS = 300
PAGE = re.compile(rb"\s*<(!doctype\s+)?html", re.IGNORECASE)


class UnansweredError(Exception):
    """AWS or another service gave no answer in time; what was started there may go on."""


class UncertainError(Exception):
    """A call that changes something was sent, and it is unknown whether AWS accepted it."""


# every way in which boto3 fails to call AWS; these classes have no base class in common
CALL_ERRORS = (ClientError, BotoCoreError, Boto3Error, ResponseParserError)
# every way in which a call of `Api` can fail
AWS_ERRORS = (*CALL_ERRORS, UnansweredError)


class Api:
    """The operations of one AWS service, by their names in boto3.

    boto3's own retries are off, because they repeat calls that may have been accepted. The delay
    between two attempts is jittered and doubles from `first_pause` up to `longest_pause`.

    Args:
        service: name of the service in boto3.
        patience: seconds without an answer after which to raise `UnansweredError`.
        log: gets one line when calls start to fail, and one when AWS answers again.
        region: region of the service; boto3's own choice by default.
        first_pause: seconds of the first delay.
        longest_pause: seconds of the longest delay.
        read_timeout: seconds to wait for one response.
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
        self._last_error: str | None = None

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that may safely be repeated, until AWS answers.

        Raises:
            ClientError, BotoCoreError: the call fails, and waiting will not change that.
            UnansweredError: no answer within the patience.
        """
        return self._call(operation, parameters, repeatable=True)

    def tell(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that must not run twice, retrying only if AWS can't have accepted it.

        Raises:
            ClientError, BotoCoreError: the call fails, and waiting will not change that.
            UncertainError: AWS may have accepted the call: check before sending it again.
            UnansweredError: AWS did not accept the call within the patience.
        """
        return self._call(operation, parameters, repeatable=False)

    def pages(self, operation: str, key: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the entries under `key` page by page, requesting each page only when needed."""
        while True:
            answer = self.ask(operation, **parameters)
            yield answer.get(key, [])
            name = next((name for name in PAGE_MARKERS if answer.get(name)), None)
            if name is None:
                return
            parameters[name] = answer[name]

    def _call(
        self, operation: str, parameters: dict[str, Any], *, repeatable: bool
    ) -> dict[str, Any]:
        started, retries = time.monotonic(), 0
        while True:
            try:
                answer: dict[str, Any] = getattr(self._connect(), operation)(**parameters)
            except CALL_ERRORS as error:
                if not is_transient(error):
                    raise
                if not repeatable and may_be_accepted(error):
                    raise UncertainError(f"{operation}: {message_of(error)}") from error
                if time.monotonic() - started > self._patience:
                    raise UnansweredError(
                        f"{self._service} gave no answer to {operation} for "
                        f"{self._patience:g} seconds: {message_of(error)}"
                    ) from error
                self._note_failure(error)
                time.sleep(self._backoff(retries))
                retries += 1
            else:
                self._note_success()
                return answer

    def _connect(self) -> Any:
        if self._client is None:
            try:
                self._client = self._make_client()
            except ValueError as error:
                # botocore's only error for an endpoint that is not a URL
                raise InvalidEndpointConfigurationError(msg=str(error)) from error
        return self._client

    def _make_client(self) -> Any:
        # a new session reads the credentials again
        client: Any = boto3.Session().client(  # pyright: ignore[reportCallIssue] - any service
            self._service,  # pyright: ignore[reportArgumentType] - any service
            region_name=self._region,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=5,
                read_timeout=self._read_timeout,
            ),
        )
        client.meta.events.register("before-parse", _refuse_page)
        return client

    def _note_failure(self, error: Exception) -> None:
        if is_expired(error):
            self._client = None
        name = error_code(error) or type(error).__name__
        if name != self._last_error:
            self._log.warning("%s failed with %s: retrying", self._service, name)
        self._last_error = name

    def _note_success(self) -> None:
        if self._last_error:
            self._log.info("%s answers again", self._service)
        self._last_error = None

    def _backoff(self, retries: int) -> float:
        longest = min(self._first_pause * 2.0 ** min(retries, 10), self._longest_pause)
        return random.uniform(longest / 2, longest)


def error_code(error: BaseException | None) -> str:
    """Return AWS's code for a refusal, or an empty text for any other error."""
    if not isinstance(error, ClientError):
        return ""
    return error.response.get("Error", {}).get("Code", "")


def http_status(error: BaseException) -> int:
    """Return the HTTP status of AWS's answer, or 0 if there is none."""
    if not isinstance(error, ClientError):
        return 0
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_expired(error: Exception) -> bool:
    """Return True if the credentials have expired, so that reading them again may help."""
    return error_code(error) in EXPIRED_CODES or isinstance(
        error, (CredentialRetrievalError, TokenRetrievalError)
    )


def is_transient(error: Exception) -> bool:
    """Return True if the same call may succeed later."""
    if isinstance(error, ClientError):
        return _is_rejected_unread(error) or http_status(error) >= 500
    is_passing = isinstance(error, (HTTPClientError, BotoConnectionError, ResponseParserError))
    return is_passing or is_expired(error)


def may_be_accepted(error: Exception) -> bool:
    """Return True if AWS may have done what the failed call asked for."""
    if isinstance(error, ClientError):
        return not _is_rejected_unread(error)
    return not isinstance(error, NOT_SENT_ERRORS) and not is_expired(error)


def _refuse_page(response_dict: dict[str, Any], **_: Any) -> None:
    """Raise ResponseParserError for a web page, which botocore takes for JSON without any field."""
    body = response_dict.get("body")
    # an object of S3, which may be a page, is a stream; botocore knows pages of failed servers
    if response_dict["status_code"] < 500 and isinstance(body, bytes) and PAGE.match(body):
        raise ResponseParserError(f"the answer is a web page: {body[:MESSAGE_CHARACTERS]!r}")


def message_of(error: Exception) -> str:
    """Return the error's message, without most of a whole page that a proxy may have sent.

    botocore's own retries are off, so its count of them says nothing.
    """
    return str(error).replace(" (reached max retries: 0)", "")[:MESSAGE_CHARACTERS]


def _is_rejected_unread(error: ClientError) -> bool:
    """Return True for throttling and expired credentials: AWS then does nothing."""
    return error_code(error) in (*THROTTLING_CODES, *EXPIRED_CODES) or http_status(error) == 429
