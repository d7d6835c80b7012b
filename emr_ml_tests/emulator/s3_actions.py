"""Which IAM actions a request to S3 needs, and on what."""

import re
from urllib.parse import unquote

Query = dict[str, list[str]]
Actions = tuple[tuple[str, str], ...]
BUCKET_PARTS = {
    "location": "GetBucketLocation",
    "versioning": "GetBucketVersioning",
    "versions": "ListBucketVersions",
    "uploads": "ListBucketMultipartUploads",
    "policy": "GetBucketPolicy",
    "encryption": "GetEncryptionConfiguration",
    "lifecycle": "GetLifecycleConfiguration",
    "object-lock": "GetBucketObjectLockConfiguration",
    "tagging": "GetBucketTagging",
    "publicAccessBlock": "GetBucketPublicAccessBlock",
}


def arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def s3_operation(actions: Actions) -> str:
    """The first action, without the service."""
    return actions[0][0].removeprefix("s3:")


def s3_actions(method: str, path: str, query: Query, source: str, listed: bytes) -> Actions:
    """The actions of a path-style request.

    A listing below a prefix is on `arn:…?prefix=…`; policies have the prefix as a condition.

    Args:
        source: what a copy is made of, `bucket/key`.
        listed: the body of a request that deletes many objects.
    """
    bucket, _, key = path.lstrip("/").partition("/")
    if not bucket:
        return (("s3:ListAllMyBuckets", "*"),)
    if not key:
        return _on_bucket(method, bucket, query, listed)
    action = _on_object(method, query)
    actions = [(f"s3:{action}", arn(bucket, key))]
    if source:
        origin, _, copied = unquote(source).lstrip("/").partition("/")
        actions.append(("s3:GetObject", arn(origin, copied.partition("?")[0])))
    return tuple(actions)


def _on_bucket(method: str, bucket: str, query: Query, listed: bytes) -> Actions:
    if method == "POST" and "delete" in query:
        keys = re.findall(r"<Key>(.*?)</Key>", listed.decode("utf-8", "replace"))
        return tuple(("s3:DeleteObject", arn(bucket, key)) for key in keys or ["*"])
    part = next((name for name in BUCKET_PARTS if name in query), None)
    if method == "GET" and not part and (prefix := query.get("prefix", [""])[0]):
        return (("s3:ListBucket", f"{arn(bucket)}?prefix={prefix}"),)
    if method in ("GET", "HEAD"):
        return ((f"s3:{BUCKET_PARTS[part] if part else 'ListBucket'}", arn(bucket)),)
    if part:
        return ((f"s3:{BUCKET_PARTS[part].replace('Get', 'Put')}", arn(bucket)),)
    return (("s3:CreateBucket" if method == "PUT" else "s3:DeleteBucket", arn(bucket)),)


def _on_object(method: str, query: Query) -> str:
    if "tagging" in query:
        verb = {"GET": "Get", "PUT": "Put"}.get(method, "Delete")
        return f"{verb}ObjectTagging"
    match method:
        case "DELETE":
            return "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
        case "GET" | "HEAD":
            if "uploadId" in query:
                return "ListMultipartUploadParts"
            return "GetObjectVersion" if "versionId" in query else "GetObject"
        case _:
            return "PutObject"
