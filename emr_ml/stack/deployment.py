"""`emr-ml up`, step by step: what would change, the change, and what a template can't do."""

from collections.abc import Generator, Iterator, Mapping

from emr_ml.launchers.emr.shipping.wheels import (
    RELEASE_PYTHON,
    Platform,
    build_wheelhouse,
    has_wheels,
    read_requirements,
)
from emr_ml.stack import StackError
from emr_ml.stack.account import grant_to_spot, make_linked_roles, put_certificate
from emr_ml.stack.bucket import check_key, find_bucket, ignored_parameters, remove_if_empty
from emr_ml.stack.change_set import NEVER_UP, ChangeSet, prepare
from emr_ml.stack.context import StackContext
from emr_ml.stack.outputs import describe_stack, key_of, parameters_of, usable_outputs
from emr_ml.stack.progress import Event, Progress
from spark_jobs.runtime.lake import open_lake

# the processor of the default instance types; for others there is `emr-ml wheelhouse`
NODES = Platform(RELEASE_PYTHON, "x86_64")
# what CloudFormation makes of a deployment that failed, by the state it leaves the stack in
GONE_AGAIN = "what was made has been removed again"
LEFT = {
    "DELETE_COMPLETE": GONE_AGAIN,
    "ROLLBACK_COMPLETE": GONE_AGAIN,
    "UPDATE_ROLLBACK_COMPLETE": "all is as it was before",
    "UPDATE_ROLLBACK_FAILED": (
        "some of it is not as it was before: mend that, then let "
        "`aws cloudformation continue-update-rollback` bring it back"
    ),
}
NOT_ALL_GONE = "some of what was made is still there: `emr-ml down` removes it"


def work_out(place: StackContext, given: Mapping[str, str]) -> ChangeSet | None:
    """What a deployment would change; None if nothing. A bucket that is there is taken over.

    Args:
        given: parameters of the template that the user gave.

    Raises:
        StackError: it can't be deployed.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    before = _before(place)
    _check_way_out({**before, **given})
    bucket = find_bucket(place, given, before)
    check_key(place, bucket, given, before)
    parameters = dict(given)
    if not bucket.known:
        parameters["Bucket"] = bucket.name
        parameters["MakeBucket"] = "no" if bucket.taken_over else "yes"
    return prepare(place.cfn, place.stack, parameters, place.poll_seconds)


def comes_to_nothing(place: StackContext, given: Mapping[str, str]) -> list[str]:
    """A line for what of the given parameters changes nothing, and why.

    Raises:
        StackError, ClientError, BotoCoreError, UnansweredError: as `work_out`.
    """
    return list(ignored_parameters(place, find_bucket(place, given, _before(place)), given))


def carry_out(place: StackContext, changes: ChangeSet) -> Generator[Event]:
    """Each event of the deployment, as it comes.

    Raises:
        StackError: it failed; says why, and what became of the stack.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    progress = Progress(place.cfn, changes.stack_id, place.poll_seconds)
    place.cfn.ask("execute_change_set", ChangeSetName=changes.id, ClientRequestToken=progress.token)
    try:
        yield from progress.follow("CREATE_COMPLETE" if changes.is_new else "UPDATE_COMPLETE")
    except StackError as error:
        if changes.is_new:
            _remove_new_bucket(place, changes)
        raise StackError(f"{error}\n{LEFT.get(progress.state, NOT_ALL_GONE)}") from error


def complete(place: StackContext) -> Iterator[str]:
    """Make what nodes need of the account and the bucket; a line for each thing that was done.

    Raises:
        StackError: the stack lacks something.
        WheelhouseError: Python packages can't be downloaded.
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    outputs = usable_outputs(place.cfn, place.stack)
    for service in make_linked_roles(place.iam):
        yield f"role         for {service} was made, once for the account"
    described = describe_stack(place.cfn, place.stack) or {}
    if key := key_of(parameters_of(described), outputs):
        yield from grant_to_spot(place.kms, key, described["StackId"])
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


def _before(place: StackContext) -> dict[str, str]:
    """The parameters that the stack has, if it is up."""
    described = describe_stack(place.cfn, place.stack)
    is_up = described and described["StackStatus"] not in NEVER_UP
    return parameters_of(described) if described and is_up else {}


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


def _remove_new_bucket(place: StackContext, changes: ChangeSet) -> None:
    """A bucket outlives its stack, but one that was made for nothing would be in the way."""
    made = any(
        change.verb == "make" and change.kind == "AWS::S3::Bucket" for change in changes.changes
    )
    described = describe_stack(place.cfn, changes.stack_id)
    if made and described:
        remove_if_empty(place.s3, parameters_of(described)["Bucket"])
