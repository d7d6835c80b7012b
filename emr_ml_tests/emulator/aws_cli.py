"""The part of the AWS command line that bootstrap scripts use: `aws s3 cp` and `aws s3 sync`.

It calls the emulated S3 without boto3, whose import takes longer than all else that a script does.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

XML = "{http://s3.amazonaws.com/doc/2006-03-01/}"


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
    try:
        copy(given.source, given.target, every=given.recursive or given.command == "sync")
    except HTTPError as error:
        sys.stderr.write(f"fatal error: An error occurred ({error.code}): {error.reason}\n")
        return 1
    except OSError as error:  # as urllib's others are
        sys.stderr.write(f"fatal error: {error}\n")
        return 1
    return 0


def copy(source: str, target: str, *, every: bool) -> None:
    """Copy one object or file, or every one below the source."""
    if not source.startswith("s3://"):
        bucket, key = split(target)
        files = [f for f in Path(source).rglob("*") if f.is_file()] if every else [Path(source)]
        for file in files:
            name = str(file.relative_to(source)) if every else file.name
            full = f"{key.rstrip('/')}/{name}" if every else key + name * key.endswith("/")
            call("PUT", bucket, full or name, file.read_bytes())
        return
    bucket, key = split(source)
    if not every:
        body = call("GET", bucket, key)
        if target == "-":
            sys.stdout.buffer.write(body)
            return
        path = Path(target)
        folder = target.endswith("/") or path.is_dir()
        save(body, path / key.rpartition("/")[2] if folder else path)
        return
    below = key.rstrip("/") + "/" if key else ""
    for each in listed(bucket, below):
        save(call("GET", bucket, each), Path(target) / each.removeprefix(below))


def listed(bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys below a prefix."""
    query = {"list-type": "2", "prefix": prefix}
    while True:
        page = ET.fromstring(call("GET", bucket, "", query=urlencode(query)))  # noqa: S314 - of the emulator
        yield from (each.findtext(f"{XML}Key", "") for each in page.iter(f"{XML}Contents"))
        token = page.findtext(f"{XML}NextContinuationToken")
        if not token:
            return
        query["continuation-token"] = token


def call(method: str, bucket: str, key: str, body: bytes | None = None, query: str = "") -> bytes:
    """Return the answer of S3, which checks who calls, and no signature."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}/{quote(key)}?{query}".rstrip("?")
    caller = os.environ.get("AWS_ACCESS_KEY_ID", "")
    scope = f"{caller}/20260101/{os.environ.get('AWS_REGION', 'us-east-1')}/s3/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    request = Request(address, body, {"Authorization": signature}, method=method)  # noqa: S310 - of the emulator
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - of the emulator
        return answer.read()


def save(body: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


if __name__ == "__main__":
    sys.exit(main())
