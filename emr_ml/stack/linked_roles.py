"""The roles that AWS's services have for themselves, one of a kind in an account."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from emr_ml.launchers.emr.api import Api, error_code

# EMR's ends what a cluster left when its own role is gone; without EC2's there is no spot instance
SERVICES = ("elasticmapreduce.amazonaws.com", "spot.amazonaws.com")


def make_linked_roles(iam: Api) -> Iterator[str]:
    """Make those that the account lacks; the service of each that was made.

    No template can: another stack or a console may have made them, and would lose them with it.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    for service in SERVICES:
        try:
            iam.ask("create_service_linked_role", AWSServiceName=service)
        except ClientError as error:
            taken = error_code(error) == "InvalidInput" and "has been taken" in str(error)
            if not taken and error_code(error) != "EntityAlreadyExists":
                raise
        else:
            yield service
