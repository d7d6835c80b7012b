"""Errors of the Kubernetes API, as its `Status` objects."""

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """A refusal, with Kubernetes' reason and HTTP code."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details = details or {}

    def status(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, name: str, message: str) -> ApiError:
    subject = f'{resource} "{name}"' if name else resource
    details = {"name": name, "kind": resource} if name else {"kind": resource}
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {message}", details)


def not_found(resource: str, name: str) -> ApiError:
    details = {"name": name, "kind": resource}
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', details)


def no_such_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def not_allowed() -> ApiError:
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message)


def already_exists(resource: str, name: str) -> ApiError:
    details = {"name": name, "kind": resource}
    return ApiError(409, "AlreadyExists", f'{resource} "{name}" already exists', details)


def conflict(resource: str, name: str, message: str) -> ApiError:
    details = {"name": name, "kind": resource}
    text = f'Operation cannot be fulfilled on {resource} "{name}": {message}'
    return ApiError(409, "Conflict", text, details)


def unsupported_media_type(kind: str) -> ApiError:
    return ApiError(415, "UnsupportedMediaType", f"the body of the request was in {kind}")


def invalid(kind: str, name: str, causes: Sequence[str]) -> ApiError:
    """Return the refusal of an object; each cause names a field and its mistake."""
    shown = causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]"
    details = {
        "name": name,
        "kind": kind,
        "causes": [
            {"reason": "FieldValueInvalid", "message": cause, "field": cause.partition(":")[0]}
            for cause in causes
        ],
    }
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {shown}', details)
