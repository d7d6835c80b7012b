"""Checks of the contract, the lake and its bucket."""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emr_ml.aws.client import AWS_ERRORS, Api, error_code
from emr_ml.aws.problems import diagnose, is_denied, is_unknown_operation
from emr_ml.aws.region import region_name
from emr_ml.contract import ContractError, load_contract
from emr_ml.doctor.aws import api
from emr_ml.doctor.finding import Finding, bad, good
from spark_jobs.runtime.lake import FolderLake, Lake, open_lake

PROBES = "doctor"
ANOTHER_STORE = "take a store with conditional writes, such as S3 or a current MinIO"


def contract(address: str) -> Finding:
    """The contract can be read, and has no mistakes."""
    try:
        found = load_contract(address)
    except ContractError as error:
        return bad("contract", str(error), "correct it; docs/contract.md has every key")
    except (BotoCoreError, ClientError) as error:
        return _unreachable("contract", address, error)
    return good("contract", f"{address}: {len(found.columns)} columns")


def lake(address: str) -> Iterator[Finding]:
    """The lake can be read and written, and decides who is first; what is written is removed."""
    found: Lake | None = None
    key = f"{PROBES}/{uuid.uuid4().hex}/probe.json"
    made = not Path(address).exists()
    try:
        found = open_lake(address)
        yield from _probed(found, key)
    except OSError as error:
        fix = "set EMR_ML_LAKE to a folder that you may write to"
        yield bad("lake", f"{address} can't be used: {error.strerror or error}", fix)
    except (BotoCoreError, ClientError) as error:
        yield _unreachable("lake", address, error)
    finally:
        if isinstance(found, FolderLake):
            _tidy(found, key, whole=made)


def _probed(lake: Lake, key: str) -> Iterator[Finding]:
    try:
        first = lake.create(key, b"1")
        stored = lake.read(key)
        listed = [entry.key for entry in lake.list(f"{PROBES}/")]
        if first is None or stored is None or stored.body != b"1" or key not in listed:
            text = f"{lake.root} does not give back what was written to it"
            yield bad("lake", text, ANOTHER_STORE)
            return
        yield good("lake", f"{lake.root} is readable and writable")
        yield _conditions(lake, key, first)
    finally:
        lake.remove(key)


def _conditions(lake: Lake, key: str, first: str) -> Finding:
    name = "conditional writes"
    if lake.create(key, b"2") is not None:
        text = "the lake lets two writers create one object: it ignores `If-None-Match`"
        return bad(name, text, ANOTHER_STORE)
    if lake.swap(key, b"3", first) is None:
        text = "the lake refuses to replace an object that has not changed (`If-Match`)"
        return bad(name, text, ANOTHER_STORE)
    if lake.swap(key, b"4", first) is not None:
        text = "the lake lets a writer replace what another has changed: it ignores `If-Match`"
        return bad(name, text, ANOTHER_STORE)
    return good(name, "are honoured: of two writers, one is first")


def _tidy(lake: FolderLake, key: str, *, whole: bool) -> None:
    """Remove the folders of the probe, and the lock that a swap leaves in a folder."""
    folder = (lake.folder / key).parent
    shutil.rmtree(folder, ignore_errors=True)
    # a folder that is not empty stays: somebody else began to use it
    with suppress(OSError):
        folder.parent.rmdir()
        if whole:
            lake.folder.rmdir()


def _unreachable(name: str, address: str, error: Exception) -> Finding:
    bucket = address.removeprefix("s3://").partition("/")[0]
    if error_code(error) == "NoSuchBucket":
        fix = f"create it, as with `aws s3 mb s3://{bucket}`, or name another"
        return bad(name, f"there is no bucket {bucket}", fix)
    trouble = diagnose(error)
    return bad(name, f"{address} can't be used: {trouble.what}", trouble.fix)


PARTS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
NOT_SET = ("NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError")


def settings_of_bucket(lake: str, stack: str | None) -> Finding:
    """Nobody else can be let in, objects are encrypted, and what is removed can be had back.

    Args:
        stack: the stack that made the bucket, if one did; then versions must still be kept.
    """
    name = "bucket"
    bucket = lake.removeprefix("s3://").partition("/")[0]
    s3 = api("s3", region_name())
    try:
        public = _asked(s3, "get_public_access_block", bucket)
        encryption = _asked(s3, "get_bucket_encryption", bucket)
        versioning = _asked(s3, "get_bucket_versioning", bucket)
    except AWS_ERRORS as error:
        return good(name, f"{bucket}; its settings could not be asked ({error_code(error)})")
    if open_to := _open(public):
        fix = f"block it, as with `aws s3api put-public-access-block --bucket {bucket} …`"
        return bad(name, f"{bucket} may be made public: {open_to} is off", fix)
    if encryption == {}:
        fix = f"encrypt it, as with `aws s3api put-bucket-encryption --bucket {bucket} …`"
        return bad(name, f"{bucket} does not encrypt what is written to it", fix)
    kept = (versioning or {}).get("Status") == "Enabled"
    if stack and versioning is not None and not kept:
        fix = (
            f"`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
            "Status=Enabled`"
        )
        return bad(name, f"{bucket} keeps no versions, though stack {stack} keeps them", fix)
    text = "keeps versions" if kept else "keeps no versions: what is removed is gone"
    return good(name, f"{bucket} is private, encrypted and {text}")


def _asked(s3: Api, operation: str, bucket: str) -> Mapping[str, Any] | None:
    """The answer, empty if it is not set; None if it may not be asked, or not in this store."""
    try:
        return s3.ask(operation, Bucket=bucket)
    except ClientError as error:
        if error_code(error) in NOT_SET:
            return {}
        if is_denied(error) or is_unknown_operation(error):
            return None
        raise


def _open(public: Mapping[str, Any] | None) -> str:
    if public is None:
        return ""
    blocked = public.get("PublicAccessBlockConfiguration", {})
    return ", ".join(part for part in PARTS if not blocked.get(part))
