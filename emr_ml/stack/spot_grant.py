"""The right of EC2's spot instances to disks that are encrypted with a key of yours."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from emr_ml.launchers.emr.access import is_denied
from emr_ml.launchers.emr.api import Api, error_code

ROLE = "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
# KMS makes no second grant of one name
NAME = "emr-ml-spot"
OPERATIONS = [
    *("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
    *("GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
]


def grant_to_spot(kms: Api, key: str, stack_id: str) -> Iterator[str]:
    """Let EC2's own role use the key, or say who must; a line for what was done.

    Nobody can give that role a policy, and without the key it starts no spot instance.

    Args:
        stack_id: the ARN of the stack, which tells the account.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    _, partition, _, _, account, _ = stack_id.split(":", 5)
    role = f"arn:{partition}:iam::{account}:role/{ROLE}"
    try:
        kms.ask("create_grant", KeyId=key, GranteePrincipal=role, Operations=OPERATIONS, Name=NAME)
    except ClientError as error:
        if error_code(error) == "InvalidArnException":
            yield f"key          {ROLE} is too new for KMS: run `emr-ml up` again in a minute"
        elif is_denied(error):
            yield (
                "key          you may not grant it to spot instances; let its owner do so: aws kms "
                f"create-grant --key-id {key} --grantee-principal {role} --operations "
                f"{' '.join(OPERATIONS)}"
            )
        else:
            raise
    else:
        yield f"key          {key} can be used by spot instances"
