"""Errors of AWS, told apart without importing what raises them: that takes half a second."""

MODULES = ("botocore.", "boto3.")


def is_aws_error(error: Exception) -> bool:
    """Whether AWS's client raised it: its errors have no class of their own in common."""
    return f"{type(error).__module__}.".startswith(MODULES)
