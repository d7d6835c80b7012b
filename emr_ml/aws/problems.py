"""Why a call to AWS failed, and how the user can fix that."""

from dataclasses import dataclass

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    InvalidEndpointConfigurationError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from emr_ml.aws.client import (
    CALL_ERRORS,
    UnansweredError,
    UncertainError,
    error_code,
    http_status,
    is_expired,
)
from emr_ml.aws.quotas import exceeded_quota

INVALID_CREDENTIALS_CODES = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "IncompleteSignature"),
)
DENIED_CODES = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"),
    *("NotAuthorized", "403", "Forbidden"),
)
CLOCK_SKEW_TEXTS = ("RequestTimeTooSkewed", "Signature expired", "Signature not yet current")
UNKNOWN_OPERATION_CODES = (
    *("UnknownOperationException", "InvalidAction", "NotImplemented", "501"),
    *("UnknownOperation", "UnsupportedOperation"),
)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and how to fix it."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}"


NO_REGION = Problem("no region is set", "set AWS_REGION, for example AWS_REGION=eu-west-1")
NO_CREDENTIALS = Problem(
    "no credentials were found", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
EXPIRED_CREDENTIALS = Problem(
    "the credentials have expired", "get new ones, for example with `aws sso login` or `aws login`"
)
NOT_AWS = Problem(
    "the endpoint does not answer like AWS, but for example with a web page",
    "check AWS_ENDPOINT_URL, and proxies such as HTTPS_PROXY",
)
# of what no other problem describes, in any service
UNKNOWN_FIX = "correct what it names; docs/settings.md lists what can be set"
# a login that somebody must renew, so waiting does not help
SESSION_ERRORS = (SSOError, LoginError)
# these errors only report another one, which is their cause
WRAPPERS = (UnansweredError, UncertainError, Boto3Error)
# problems that follow from the error's type alone
PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    *((kind, EXPIRED_CREDENTIALS) for kind in SESSION_ERRORS),
    (NoRegionError, NO_REGION),
    (NoCredentialsError, NO_CREDENTIALS),
    (PartialCredentialsError, NO_CREDENTIALS),
    (ResponseParserError, NOT_AWS),
)


def diagnose(error: Exception) -> Problem:
    """Return why a call failed; an error that is unexpected, or not AWS's, keeps its message."""
    error = _last_error(error)
    if is_expired(error):
        return EXPIRED_CREDENTIALS
    if isinstance(error, ClientError):
        return _diagnose_refusal(error)
    known = next((problem for kind, problem in PROBLEMS if isinstance(error, kind)), None)
    return known or _diagnose_failure(error)


def concerns_caller(error: Exception) -> bool:
    """Return True if AWS does not accept who is calling, so that every other call will fail too."""
    error = _last_error(error)
    if isinstance(error, ClientError):
        text = f"{error_code(error)} {error}"
        is_skewed = any(skew in text for skew in CLOCK_SKEW_TEXTS)
        return is_expired(error) or is_skewed or error_code(error) in INVALID_CREDENTIALS_CODES
    return is_expired(error) or isinstance(
        error, (*SESSION_ERRORS, NoCredentialsError, PartialCredentialsError, ProfileNotFound)
    )


def is_denied(error: Exception) -> bool:
    """Return True if the caller lacks the permission for the call."""
    return error_code(error) in DENIED_CODES


def is_unknown_operation(error: Exception) -> bool:
    """Return True if the endpoint lacks the operation, as endpoints other than AWS's own may."""
    error = _last_error(error)
    if not isinstance(error, ClientError):
        return False
    return error_code(error) in UNKNOWN_OPERATION_CODES or http_status(error) in (404, 501)


def _last_error(error: Exception) -> Exception:
    """Return AWS's error of the last retry if the patience ran out, or else the error itself."""
    # boto3 does not name a cause, but raises its own errors while it handles another
    cause = (error.__cause__ or error.__context__) if isinstance(error, WRAPPERS) else None
    if isinstance(error, UnansweredError) and not isinstance(cause, CALL_ERRORS):
        return error  # of a service other than AWS, whose name the cause lacks
    return cause if isinstance(cause, CALL_ERRORS) else error


def _diagnose_failure(error: Exception) -> Problem:
    message = str(error) or repr(error)
    match error:
        case UnansweredError():
            # of a service that is not AWS's, which the message names
            return Problem(message, "check that it runs, and that this machine can reach it")
        case ProfileNotFound():
            return Problem(message, "correct AWS_PROFILE: `aws configure list-profiles`")
        case InvalidEndpointConfigurationError():
            return Problem(message, "set AWS_ENDPOINT_URL to a URL, or unset it")
        case HTTPClientError() | BotoConnectionError():
            return Problem(f"AWS can't be reached: {message}", "check network and AWS_ENDPOINT_URL")
        case _:
            return Problem(message, UNKNOWN_FIX)


def _diagnose_refusal(error: ClientError) -> Problem:
    code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
    if any(text in f"{code} {message}" for text in CLOCK_SKEW_TEXTS):
        return Problem(
            f"AWS refuses the time in the request ({code})",
            "set the clock, for example with `timedatectl set-ntp true`",
        )
    if code in INVALID_CREDENTIALS_CODES:
        return Problem(
            f"AWS does not accept the credentials ({code})",
            "check AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
        )
    if code in DENIED_CODES:
        return Problem(
            f"not allowed to call {error.operation_name} ({code})",
            "give the caller the permissions in infra/launcher_policy.json, or in the file beside "
            "it that is named after the service",
        )
    if code == "NoSuchBucket":
        return Problem(
            f"{error.operation_name} failed: {code} {message}",
            "check the bucket's name in EMR_ML_LAKE, AWS_REGION and AWS_ENDPOINT_URL",
        )
    return _diagnose_other_refusal(error.operation_name, code, message)


def _diagnose_other_refusal(operation: str, code: str, message: str) -> Problem:
    if message.lstrip().startswith("<"):
        return NOT_AWS
    what = f"{operation} failed: {code} {message}".strip()
    if quota := exceeded_quota(what):
        return Problem(what, quota.advice)
    # botocore takes the HTTP status for the code if the answer has none
    return Problem(what, NOT_AWS.fix if code.isdigit() else UNKNOWN_FIX)
