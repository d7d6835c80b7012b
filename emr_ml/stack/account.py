"""What a stack needs that no template can create: linked roles, a certificate, a key grant."""

import io
import itertools
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from emr_ml.aws.client import Api, error_code
from emr_ml.aws.problems import is_denied

# by the output of a stack that needs them. EMR's role cleans up clusters whose service role was
# deleted; spot instances do not start without EC2's, and applications are not created without the
# last one
LINKED_SERVICES = {
    "ServiceRole": ("elasticmapreduce.amazonaws.com", "spot.amazonaws.com"),
    "ExecutionRole": ("ops.emr-serverless.amazonaws.com",),
}


def create_linked_roles(iam: Api, outputs: Mapping[str, str]) -> Iterator[str]:
    """Create the service-linked roles that the account lacks, and yield the service of each.

    They are not in the template, because an account has each of them once: another stack or the
    console may have created them, and would lose them when this stack is deleted.

    Args:
        outputs: of the deployed stack.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    needed = [services for output, services in LINKED_SERVICES.items() if output in outputs]
    for service in itertools.chain(*needed):
        try:
            iam.ask("create_service_linked_role", AWSServiceName=service)
        except ClientError as error:
            is_taken = error_code(error) == "InvalidInput" and "has been taken" in str(error)
            if not is_taken and error_code(error) != "EntityAlreadyExists":
                raise
        else:
            yield service


CERTIFICATE_VALIDITY = timedelta(days=730)
RENEWAL_AGE = timedelta(days=365)
VIRGINIA = "us-east-1"  # the only region whose private host names have no region in them


def renew_certificate(s3: Any, bucket: str, key: str, region: str) -> bool:
    """Create the certificate of the nodes if there is none, or if it is older than a year.

    Args:
        s3: a client of S3.
        key: of the archive.

    Returns:
        True if a certificate was created.

    Raises:
        ClientError, BotoCoreError: S3 refuses, or does not answer.
    """
    try:
        created = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey"):
            raise
    else:
        if datetime.now(UTC) - created < RENEWAL_AGE:
            return False
    archive = create_certificate_archive(region, datetime.now(UTC))
    s3.put_object(Bucket=bucket, Key=key, Body=archive)
    return True


def create_certificate_archive(region: str, now: datetime) -> bytes:
    """Return a zip in EMR's format with a new key and a certificate for all nodes of a region."""
    domain = "ec2.internal" if region == VIRGINIA else f"{region}.compute.internal"
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"*.{domain}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + CERTIFICATE_VALIDITY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"*.{domain}")]), critical=False)
        .sign(private_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private_key_bytes = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # a self-signed certificate is its own chain and its own root
    files = {
        "privateKey.pem": private_key_bytes,
        "certificateChain.pem": certificate,
        "trustedCertificates.pem": certificate,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return buffer.getvalue()


SPOT_ROLE = "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
# KMS returns the existing grant if the same one is requested again under its name
GRANT_NAME = "emr-ml-spot"
GRANTED_OPERATIONS = [
    *("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
    *("GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
]


def grant_key_to_spot(kms: Api, key: str, stack_id: str) -> Iterator[str]:
    """Let EC2's spot role use the key, and yield a line with the result, or with what to do.

    No policy can be attached to that role, and without the key it starts no spot instance.

    Args:
        stack_id: the ARN of the stack, which has the partition and the account.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    _, partition, _, _, account, _ = stack_id.split(":", 5)
    role = f"arn:{partition}:iam::{account}:role/{SPOT_ROLE}"
    try:
        kms.ask(
            "create_grant",
            KeyId=key,
            GranteePrincipal=role,
            Operations=GRANTED_OPERATIONS,
            Name=GRANT_NAME,
        )
    except ClientError as error:
        if error_code(error) == "InvalidArnException":
            yield (
                f"key          KMS does not know {SPOT_ROLE} yet: run `emr-ml up` again in a minute"
            )
        elif is_denied(error):
            yield (
                "key          you may not grant it to spot instances, so ask its owner to run: aws "
                f"kms create-grant --key-id {key} --grantee-principal {role} --operations "
                f"{' '.join(GRANTED_OPERATIONS)}"
            )
        else:
            raise
    else:
        yield f"key          {key} can be used by spot instances"
