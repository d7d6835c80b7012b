"""Checks of the lake and its bucket."""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import AWS_ERRORS, Api, error_code
from emr_ml.aws.problems import is_denied, is_unknown_operation
from emr_ml.aws.region import region_name
from emr_ml.doctor.aws import api, unanswered, unreachable
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from spark_jobs.runtime.lake import FolderLake, Lake, open_lake
from spark_jobs.runtime.s3 import split_uri

PROBE_FOLDER = "doctor"
USE_ANOTHER_STORE = "use a store with conditional writes, such as S3 or a current MinIO"
BLOCK_SETTINGS = (
    *("BlockPublicAcls", "BlockPublicPolicy"),
    *("IgnorePublicAcls", "RestrictPublicBuckets"),
)
NOT_SET = ("NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError")


def check_lake(address: str) -> Iterator[Finding]:
    """Check reads, writes and conditional writes with a probe object, which is removed again."""
    lake: Lake | None = None
    key = f"{PROBE_FOLDER}/{uuid.uuid4().hex}/probe.json"
    is_new_folder = not Path(address).exists()
    try:
        if address.startswith("s3://"):
            _list_probes(address)
        lake = open_lake(address)
        yield from _probe(lake, key)
    except OSError as error:
        fix = "set EMR_ML_LAKE to a folder that you may write to"
        yield bad("lake", f"{address} can't be used: {error.strerror or error}", fix)
    except AWS_ERRORS as error:
        yield unreachable("lake", address, error)
    finally:
        if isinstance(lake, FolderLake):
            _remove_probe_folders(lake, key, remove_lake=is_new_folder)


def check_bucket(lake: str, stack: str | None) -> Finding:
    """Check that the lake's bucket is private and encrypted, and whether it keeps old versions.

    Args:
        lake: its `s3://` address.
        stack: the stack that has the bucket, if any. Its template turns versioning on, so
            versioning must still be on.
    """
    name = "bucket"
    bucket, _ = split_uri(lake)
    s3 = api("s3", region_name())
    try:
        public_access = _read_configuration(s3, "get_public_access_block", bucket)
        encryption = _read_configuration(s3, "get_bucket_encryption", bucket)
        versioning = _read_configuration(s3, "get_bucket_versioning", bucket)
    except AWS_ERRORS as error:
        return unanswered(name, error, bucket)
    if disabled := _disabled_block_settings(public_access):
        fix = f"block it, for example with `aws s3api put-public-access-block --bucket {bucket} …`"
        return bad(name, f"{bucket} may be made public: {disabled} is off", fix)
    if encryption == {}:
        fix = f"encrypt it, for example with `aws s3api put-bucket-encryption --bucket {bucket} …`"
        return bad(name, f"{bucket} does not encrypt new objects", fix)
    keeps_versions = (versioning or {}).get("Status") == "Enabled"
    if stack and versioning is not None and not keeps_versions:
        fix = (
            f"`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
            "Status=Enabled`"
        )
        return bad(name, f"{bucket} keeps no versions, but stack {stack} turned them on", fix)
    if public_access is None or encryption is None:
        return unchecked(name, "its settings can't be read", bucket)
    text = "keeps versions" if keeps_versions else "keeps no versions: deleted objects are lost"
    return good(name, f"{bucket} is private, encrypted and {text}")


def _list_probes(address: str) -> None:
    """Make one call that needs no retries: the lake's own calls are repeated for a minute.

    Raises:
        ClientError, BotoCoreError, UnansweredError: S3 refuses, or does not answer.
    """
    bucket, prefix = split_uri(address.rstrip("/"))
    folder = f"{prefix}/{PROBE_FOLDER}/".lstrip("/")
    api("s3", region_name()).ask("list_objects_v2", Bucket=bucket, Prefix=folder, MaxKeys=1)


def _probe(lake: Lake, key: str) -> Iterator[Finding]:
    try:
        etag = lake.create(key, b"1")
        stored = lake.read(key)
        keys = [entry.key for entry in lake.list(f"{PROBE_FOLDER}/")]
        if etag is None or stored is None or stored.body != b"1" or key not in keys:
            text = f"{lake.root} does not return what was written to it"
            yield bad("lake", text, USE_ANOTHER_STORE)
            return
        yield good("lake", f"{lake.root} is readable and writable")
        yield _check_conditional_writes(lake, key, etag)
    finally:
        lake.remove(key)


def _check_conditional_writes(lake: Lake, key: str, etag: str) -> Finding:
    """Check the conditions with an object that exists under the key with this etag."""
    name = "conditional writes"
    if lake.create(key, b"2") is not None:
        text = "the lake lets two writers create one object: it ignores `If-None-Match`"
        return bad(name, text, USE_ANOTHER_STORE)
    if lake.swap(key, b"3", etag) is None:
        text = "the lake rejects the replacement of an unchanged object (`If-Match`)"
        return bad(name, text, USE_ANOTHER_STORE)
    if lake.swap(key, b"4", etag) is not None:
        text = (
            "the lake lets a writer replace an object that another changed: it ignores `If-Match`"
        )
        return bad(name, text, USE_ANOTHER_STORE)
    return good(name, "work: of two writers, only one succeeds")


def _remove_probe_folders(lake: FolderLake, key: str, *, remove_lake: bool) -> None:
    """Remove the folders of the probe, including the lock file that a swap leaves there."""
    probe_folder = (lake.folder / key).parent
    shutil.rmtree(probe_folder, ignore_errors=True)
    # a folder that is not empty stays: another process has started to use it
    with suppress(OSError):
        probe_folder.parent.rmdir()
        if remove_lake:
            lake.folder.rmdir()


def _read_configuration(s3: Api, operation: str, bucket: str) -> Mapping[str, Any] | None:
    """Return the answer, {} if nothing is configured, or None if it can't be read.

    None is for callers without the permission, and for stores that lack the operation.
    """
    try:
        return s3.ask(operation, Bucket=bucket)
    except ClientError as error:
        if error_code(error) in NOT_SET:
            return {}
        if is_denied(error) or is_unknown_operation(error):
            return None
        raise


def _disabled_block_settings(public_access: Mapping[str, Any] | None) -> str:
    """Return the names of the settings that do not block public access; empty if not known."""
    if public_access is None:
        return ""
    settings = public_access.get("PublicAccessBlockConfiguration", {})
    return ", ".join(name for name in BLOCK_SETTINGS if not settings.get(name))
