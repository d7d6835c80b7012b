"""`emr-ml up`, step by step: what would change, the change, and what a template can't do."""

import uuid
from collections.abc import Generator, Iterator, Mapping

from emr_ml.launchers.emr.shipping.wheels import (
    RELEASE_PYTHON,
    Platform,
    build_wheelhouse,
    has_wheels,
    read_requirements,
)
from emr_ml.stack.bucket import bucket_name, is_there, remove_if_empty
from emr_ml.stack.certificate import put_certificate
from emr_ml.stack.changes import NEVER_UP, ChangeSet, prepare
from emr_ml.stack.errors import StackError
from emr_ml.stack.linked_roles import make_linked_roles
from emr_ml.stack.outputs import describe, parameters_of, usable_outputs
from emr_ml.stack.place import Place
from emr_ml.stack.progress import Event, Progress
from spark_jobs.runtime.lake import open_lake

# the processor of the default instance types; for others there is `emr-ml wheelhouse`
NODES = Platform(RELEASE_PYTHON, "x86_64")


def work_out(place: Place, given: Mapping[str, str]) -> ChangeSet | None:
    """What a deployment would change; None if nothing. A bucket that is there is taken over.

    Args:
        given: parameters of the template that the user gave.

    Raises:
        StackError: it can't be deployed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    parameters = dict(given)
    described = describe(place.cfn, place.stack)
    is_up = described and described["StackStatus"] not in NEVER_UP
    before = parameters_of(described) if described and is_up else {}
    _check_way_out({**before, **given})
    bucket = given.get("Bucket") or before.get("Bucket")
    if bucket is None:
        bucket = bucket_name(place.stack, place.account(), place.region)
    if bucket != before.get("Bucket"):
        parameters["Bucket"] = bucket
        parameters["MakeBucket"] = "no" if is_there(place.s3, bucket) else "yes"
    return prepare(place.cfn, place.stack, parameters, place.poll_seconds)


def carry_out(place: Place, changes: ChangeSet) -> Generator[Event]:
    """Each event of the deployment, as it comes.

    Raises:
        StackError: it failed, and what was there before is there again.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    progress = Progress(place.cfn, changes.stack_id, place.poll_seconds)
    place.cfn.ask(
        "execute_change_set", ChangeSetName=changes.id, ClientRequestToken=uuid.uuid4().hex
    )
    try:
        yield from progress.follow()
    except StackError as error:
        if changes.is_new:
            _remove_new_bucket(place, changes)
        raise StackError(f"{error}\nwhat was made has been removed again") from error


def complete(place: Place) -> Iterator[str]:
    """Make what nodes need of the account and the bucket; a line for each thing that was done.

    Raises:
        StackError: the stack lacks something.
        WheelhouseError: Python packages can't be downloaded.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    outputs = usable_outputs(place.cfn, place.stack)
    for service in make_linked_roles(place.iam):
        yield f"role         for {service} was made, once for the account"
    if address := outputs.get("Certificate"):
        made = put_certificate(place.s3, address, place.region)
        yield f"certificate  {address} {'was made' if made else 'is there'}"
    if outputs["Packages"] == "wheelhouse":
        lake, wanted = open_lake(outputs["Lake"]), read_requirements()
        if has_wheels(lake, wanted, NODES):
            yield f"packages     for {NODES.folder} are in the lake"
        else:
            yield f"packages     downloading those for {NODES.folder}"
            wheels = build_wheelhouse(lake, wanted, NODES)
            size = sum(wheels.values()) / 1e6
            yield f"packages     {len(wheels)} wheels, {size:.0f} MB, uploaded"
    yield f"lake         {outputs['Lake']}"
    policies = outputs["LauncherPolicies"].replace(",", " and ")
    yield f"rights       attach to whoever runs Dagster: {policies}"


def _check_way_out(parameters: Mapping[str, str]) -> None:
    """As the template's rule, but told before a stack is begun."""
    needed = [
        f"{name} {value}"
        for name, without in (("KmsKey", "none"), ("RuntimeRole", "no"))
        if (value := parameters.get(name, without)) != without
    ]
    has_way = "yes" in (parameters.get("Nat"), parameters.get("ApiEndpoints"))
    if needed and not has_way and not parameters.get("Vpc"):
        raise StackError(
            f"with {' and '.join(needed)} nodes call KMS or STS, and have no way there: "
            "add --nat yes or --api-endpoints yes"
        )


def _remove_new_bucket(place: Place, changes: ChangeSet) -> None:
    """A bucket outlives its stack, but one that was made for nothing would be in the way."""
    made = any(
        change.verb == "make" and change.kind == "AWS::S3::Bucket" for change in changes.changes
    )
    described = describe(place.cfn, changes.stack_id)
    if made and described:
        remove_if_empty(place.s3, parameters_of(described)["Bucket"])
