"""AWS's errors, by the codes that clients see."""


class AwsError(Exception):
    """An error response, with AWS's code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> AwsError:
    """Return the error for invalid parameters and states."""
    return AwsError("ValidationException", message)


def unknown(message: str) -> AwsError:
    """Return EMR's error for unknown ids."""
    return AwsError("InvalidRequestException", message)
