"""A request stays in its lake, whoever wrote it there."""

from pathlib import Path

from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import checked
from spark_jobs.runtime.report import attempt_key, job_key


def check_bounds(lake: Lake, request: Request) -> None:
    """Raises JobError if the request names a place out of the lake to read or to write.

    Files of a source may lie anywhere, but then they are compared with the snapshot.
    """
    output = lake.uri(attempt_key(request.asset, request.version, request.attempt))
    places = [given.path for given in request.inputs.values() if given.path]
    # such a copy is named by its content, so nobody reads it to compare it
    places += [
        file.uri
        for given in request.inputs.values()
        for file in given.files
        if file.uri.startswith("s3://") and file.content.startswith("sha256:")
    ]
    taken = [part.key for given in request.inputs.values() for part in given.parts]
    keys = [*taken, *(part.key for part in request.parts), request.new_part or "none"]
    places += [f"{lake.root}/{key}" for key in keys]
    outside = [place for place in places if not _is_below(lake, place)]
    if (request.lake, request.output) != (lake.root, output):
        outside.append(request.output)
    if outside:
        raise JobError(
            f"the request of attempt {request.attempt} of {request.asset} names {outside[0]!r}, "
            f"which is not of the lake {lake.root}: somebody else wrote it. Remove it and "
            "materialize the asset again"
        )


def check_address(lake: Lake, request: Request, address: str) -> None:
    """Raises JobError if the request lies elsewhere than the one of its attempt does."""
    found = address if address.startswith("s3://") else str(Path(address).absolute())
    own = lake.uri(job_key(request.asset, request.version, request.attempt, "request.json"))
    if found != own:
        raise JobError(f"the request at {found} is another attempt's: its own is {own}")


def _is_below(lake: Lake, place: str) -> bool:
    key = place.removeprefix(f"{lake.root}/")
    try:
        return key != place and bool(checked(key))
    except ValueError:
        return False
