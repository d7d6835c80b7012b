"""The part of the AWS command line that bootstrap scripts use: `aws s3 cp` and `aws s3 sync`."""

import argparse
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def main() -> int:
    """The exit code of `aws s3 cp|sync SOURCE TARGET [--recursive]`."""
    parser = argparse.ArgumentParser(prog="aws")
    parser.add_argument("service", choices=["s3"])
    parser.add_argument("command", choices=["cp", "sync"])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--recursive", action="store_true")
    parser.add_argument("--region", default=None)
    for flag in ("--quiet", "--only-show-errors", "--no-progress"):
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args()
    s3 = boto3.client("s3", region_name=given.region)
    try:
        copy(s3, given.source, given.target, every=given.recursive or given.command == "sync")
    except (ClientError, BotoCoreError, OSError) as error:
        sys.stderr.write(f"fatal error: {error}\n")
        return 1
    return 0


def copy(s3: Any, source: str, target: str, *, every: bool) -> None:
    """Copy one object or file, or every one below the source."""
    if not source.startswith("s3://"):
        bucket, key = split(target)
        files = [f for f in Path(source).rglob("*") if f.is_file()] if every else [Path(source)]
        for file in files:
            name = str(file.relative_to(source)) if every else file.name
            full = f"{key.rstrip('/')}/{name}" if every else key + name * key.endswith("/")
            s3.upload_file(str(file), bucket, full or name)
        return
    bucket, key = split(source)
    if not every:
        if target == "-":
            sys.stdout.buffer.write(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            return
        path = Path(target)
        folder = target.endswith("/") or path.is_dir()
        save(s3, bucket, key, path / key.rpartition("/")[2] if folder else path)
        return
    below = key.rstrip("/") + "/" if key else ""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below):
        for entry in page.get("Contents", []):
            save(s3, bucket, entry["Key"], Path(target) / entry["Key"].removeprefix(below))


def save(s3: Any, bucket: str, key: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    s3.download_file(bucket, key, str(path))


def split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


if __name__ == "__main__":
    sys.exit(main())
