"""Why AWS can't be asked, in words for whoever set it up."""

from dataclasses import dataclass

from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import ConnectionError as NotConnectedError

from emr_ml.aws.client import UnansweredError, error_code, is_expired

UNKNOWN = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "IncompleteSignature"),
)
DENIED = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"),
    *("NotAuthorized", "403", "Forbidden"),
)
SKEWED = ("RequestTimeTooSkewed", "Signature expired", "Signature not yet current")
NO_OPERATION = (
    *("UnknownOperationException", "InvalidAction", "NotImplemented", "501"),
    *("UnknownOperation", "UnsupportedOperation"),
)


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and what to do about it."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}"


NO_CREDENTIALS = Trouble(
    "no credentials were found", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
EXPIRED = Trouble("the credentials have expired", "get new ones, as with `aws sso login`")
PLAIN: dict[type[Exception], Trouble] = {
    NoRegionError: Trouble("no region is set", "set AWS_REGION, as in AWS_REGION=eu-west-1"),
    NoCredentialsError: NO_CREDENTIALS,
    PartialCredentialsError: NO_CREDENTIALS,
}


def trouble_of(error: Exception) -> Trouble:
    """What keeps AWS from answering; errors that nobody foresaw are told in their own words."""
    error = _cause(error)
    if is_expired(error) or isinstance(error, SSOError):
        return EXPIRED
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, ProfileNotFound):
        return Trouble(str(error), "correct AWS_PROFILE: `aws configure list-profiles`")
    if isinstance(error, (HTTPClientError, NotConnectedError)):
        return Trouble(f"AWS can't be reached: {error}", "check network and AWS_ENDPOINT_URL")
    return PLAIN.get(type(error), Trouble(str(error) or repr(error), "see docs/emr.md"))


def is_denied(error: Exception) -> bool:
    """Whether the caller may not ask this; others may."""
    return error_code(error) in DENIED


def is_unknown_operation(error: Exception) -> bool:
    """Whether that endpoint has no such operation, as some that speak AWS's protocols don't."""
    error = _cause(error)
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error_code(error) in NO_OPERATION or status in (404, 501)


def _cause(error: Exception) -> Exception:
    """What was answered last, where nothing better was answered for long."""
    cause = error.__cause__ if isinstance(error, UnansweredError) else None
    return cause if isinstance(cause, Exception) else error


def _refusal(error: ClientError) -> Trouble:
    code, said = error_code(error), error.response.get("Error", {}).get("Message", "")
    if any(words in f"{code} {said}" for words in SKEWED):
        return Trouble(
            f"AWS refuses the time in the request ({code})",
            "set the clock, as with `timedatectl set-ntp true`",
        )
    if code in UNKNOWN:
        return Trouble(
            f"AWS does not accept the credentials ({code})",
            "check AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
        )
    if code in DENIED:
        return Trouble(
            f"not allowed to call {error.operation_name} ({code})",
            "give the caller the rights in infra/launcher_policy.json",
        )
    if code == "NoSuchBucket":
        return Trouble(
            f"{error.operation_name} failed: {code} {said}",
            "check the bucket's name in EMR_ML_LAKE, AWS_REGION and AWS_ENDPOINT_URL",
        )
    return Trouble(f"{error.operation_name} failed: {code} {said}".strip(), "see docs/emr.md")
