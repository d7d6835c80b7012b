"""A request stays in the lake that it lies in, whoever wrote it there."""

from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Stored
from spark_jobs.runtime.lake.base import checked
from spark_jobs.runtime.report import attempt_key, job_key


def asked(stored: Stored) -> Request:
    """The request in a `request.json`.

    Raises:
        JobError: it is damaged, is another attempt's, or names a place out of its lake.
    """

    def made(value: dict[str, object]) -> Request:
        request = Request.of(value)
        own = job_key(request.asset, request.version, request.attempt, "request.json")
        # with slashes in its names, another lake could be meant at the same address
        named = f"{request.asset}{request.version}{request.attempt}"
        if f"{request.lake}/{own}" != stored.uri or "/" in named:
            raise ValueError("it is another attempt's")
        check_bounds(request)
        return request

    return stored.parsed(made)


def check_bounds(request: Request) -> None:
    """Raises JobError if the request names a place out of its lake to read or to write.

    Files of a source may lie anywhere, but then they are compared with the snapshot.
    """
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
    places += [f"{request.lake}/{key}" for key in keys]
    outside = [place for place in places if not _is_below(request.lake, place)]
    own = attempt_key(request.asset, request.version, request.attempt)
    if request.output != f"{request.lake}/{own}":
        outside.append(request.output)
    if outside:
        raise JobError(
            f"attempt {request.attempt} of {request.asset} is asked for {outside[0]!r}, which is "
            f"not of the lake {request.lake}: somebody else wrote that. Find out who, remove it "
            "and materialize the asset again"
        )


def _is_below(lake: str, place: str) -> bool:
    key = place.removeprefix(f"{lake}/")
    try:
        return key != place and bool(checked(key))
    except ValueError:
        return False
