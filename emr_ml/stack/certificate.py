"""The certificate that the nodes of a cluster show each other."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from emr_ml.launchers.emr.api import error_code

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
