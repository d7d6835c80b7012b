"""What a stack needs and no template can make: linked roles, a certificate, a grant."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from emr_ml.aws.client import Api, error_code
from emr_ml.aws.problems import is_denied

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


VALID = timedelta(days=730)
RENEWED = timedelta(days=365)
VIRGINIA = "us-east-1"  # where private names have no region in them


def put_certificate(s3: Any, address: str, region: str) -> bool:
    """See to it that there is a certificate which is not old; whether it was made now.

    Args:
        s3: a client of S3.
        address: `s3://…` of the archive.

    Raises:
        ClientError, BotoCoreError: S3 refuses, or does not answer.
    """
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        made = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey"):
            raise
    else:
        if datetime.now(UTC) - made < RENEWED:
            return False
    s3.put_object(Bucket=bucket, Key=key, Body=certificate(region, datetime.now(UTC)))
    return True


def certificate(region: str, now: datetime) -> bytes:
    """An archive as EMR takes it: a new key, and a certificate of that key for all nodes."""
    domain = "ec2.internal" if region == VIRGINIA else f"{region}.compute.internal"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"*.{domain}")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"*.{domain}")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # a certificate that signs itself is its own chain, and what is trusted
    parts = {
        "privateKey.pem": private,
        "certificateChain.pem": made,
        "trustedCertificates.pem": made,
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for part, content in parts.items():
            opened.writestr(part, content)
    return archive.getvalue()


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
