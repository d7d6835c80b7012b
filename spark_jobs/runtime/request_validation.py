"""Validate requests: a job must not read or write outside its lake, whoever wrote the request."""

from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Stored
from spark_jobs.runtime.lake.base import checked
from spark_jobs.runtime.report import attempt_key, job_key


def parse_request(stored: Stored) -> Request:
    """Return the request in a `request.json`.

    Raises:
        JobError: it is damaged, belongs to another attempt, or names a path outside its lake.
    """

    def parse(value: dict[str, object]) -> Request:
        request = Request.of(value)
        own_key = job_key(request.asset, request.version, request.attempt, "request.json")
        # with slashes in these, the same address could belong to another lake
        names = f"{request.asset}{request.version}{request.attempt}"
        if f"{request.lake}/{own_key}" != stored.uri or "/" in names:
            raise ValueError("it belongs to another attempt")
        check_paths(request)
        return request

    return stored.parsed(parse)


def check_paths(request: Request) -> None:
    """Raise JobError if the request names a path outside its lake to read or to write.

    Source files may be anywhere, because their content is compared with the snapshot.
    """
    paths = [given.path for given in request.inputs.values() if given.path]
    # the lake's copy of a file is named by its content, so its content is not compared
    paths += [
        file.uri
        for given in request.inputs.values()
        for file in given.files
        if file.uri.startswith("s3://") and file.content.startswith("sha256:")
    ]
    entries = [entry.key for given in request.inputs.values() for entry in given.parts]
    keys = [*entries, *(part.key for part in request.parts), request.new_part or "none"]
    paths += [f"{request.lake}/{key}" for key in keys]
    outside = [path for path in paths if not _is_below(request.lake, path)]
    own_key = attempt_key(request.asset, request.version, request.attempt)
    if request.output != f"{request.lake}/{own_key}":
        outside.append(request.output)
    if outside:
        raise JobError(
            f"the request of attempt {request.attempt} of {request.asset} names {outside[0]!r}, "
            f"which is outside the lake {request.lake}: this project did not write it. Find out "
            "who did, remove it and materialize the asset again"
        )


def _is_below(lake: str, path: str) -> bool:
    key = path.removeprefix(f"{lake}/")
    try:
        return key != path and bool(checked(key))
    except ValueError:
        return False
