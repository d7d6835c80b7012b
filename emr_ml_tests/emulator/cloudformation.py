"""CloudFormation, where moto falls short: outputs of change sets, and what a stack leaves."""

import json
from collections.abc import Callable
from typing import Any

from moto.cloudformation import models, parsing, responses, utils
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms import models as kms_models
from moto.sns.models import sns_backends

from emr_ml_tests.emulator.world import ACCOUNT, REGION

# how the warning begins that a stack has a resource of which moto has no notion
NO_NOTION = "Tried to parse AWS::"
_delete_as_moto = parsing.ResourceMap._delete_resource  # pyright: ignore[reportPrivateUsage] - no public way
_read_tag_as_moto = utils.yaml_tag_constructor
_end_key_as_moto = kms_models.KmsBackend.schedule_key_deletion
_clean_as_moto = parsing.clean_json
_make_key_as_moto = kms_models.Key.create_from_cloudformation_json


def complete_moto() -> None:
    """Let moto read our template, do what a change set says, and let stacks go whole."""
    # to moto, `!GetAZs ""` means the zones of its own default region
    parsing.DEFAULT_REGION = REGION
    parsing.clean_json = _clean
    setattr(models, "yaml_tag_constructor", _read_tag)  # noqa: B010 - to pyright it is not theirs
    vars(models)["ChangeSet"].apply = _apply
    for operation in ("create_change_set", "execute_change_set", "delete_stack"):
        _mark_events(responses.CloudFormationResponse, operation)
    vars(parsing)["ResourceMap"]._delete_resource = _delete
    vars(kms_models)["Key"].create_from_cloudformation_json = _make_key
    vars(kms_models)["KmsBackend"].schedule_key_deletion = _end_key


def _read_tag(loader: Any, tag: str, node: Any) -> Any:
    # moto takes it for a function, and the condition for one that is not met
    if tag == "!Condition":
        return {"Condition": node.value}
    return _read_tag_as_moto(loader, tag, node)


def _clean(value: Any, resources: parsing.ResourceMap) -> Any:
    # in a list, moto leaves None for AWS::NoValue
    cleaned = _clean_as_moto(value, resources)
    if isinstance(value, list):
        return [part for part in cleaned if part is not None]
    return cleaned


def _mark_events(answers: Any, operation: str) -> None:
    """Let the events of an operation have the token of its request."""
    as_moto = getattr(answers, operation)

    def marked(self: Any) -> Any:
        done = as_moto(self)
        backend = self.cloudformation_backend
        for stack in (*backend.stacks.values(), *backend.deleted_stacks.values()):
            for event in stack.events:
                if event.client_request_token is None:
                    event.client_request_token = self._get_param("ClientRequestToken") or ""
        return done

    setattr(answers, operation, marked)


def _apply(change_set: models.ChangeSet) -> None:
    stack = change_set.stack
    is_new = not stack.template
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack.tags = change_set.tags or {}
    stack.template_dict = change_set.template_dict
    if is_new:
        stack.resource_map = stack._create_resource_map()  # pyright: ignore[reportPrivateUsage] - no public way
        stack.create_resources()
    else:
        stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.output_map = stack._create_output_map()  # pyright: ignore[reportPrivateUsage] - no public way


def _make_key(name: str, described: dict[str, Any], *where: str, **more: Any) -> kms_models.Key:
    """Make a key of a template, which writes policy and tags in another way than KMS does."""
    properties = described["Properties"]
    properties["KeyPolicy"] = json.dumps(properties["KeyPolicy"])
    properties["Tags"] = [
        {"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties["Tags"]
    ]
    return _make_key_as_moto(name, described, *where, **more)


def _end_key(backend: kms_models.KmsBackend, key: str, days: int) -> Any:
    # KMS takes an ARN, too
    return _end_key_as_moto(backend, key.rpartition("/")[2], days)


def _delete(resources: parsing.ResourceMap, resource: Any, template: dict[str, Any]) -> None:
    if template.get("DeletionPolicy") == "RetainExceptOnCreate":
        return
    if delete := DELETED.get(template["Type"]):
        delete(resource)
    else:
        _delete_as_moto(resources, resource, template)


def _delete_route_table(table: Any) -> None:
    ec2 = ec2_backends[ACCOUNT][REGION]
    for association in list(table._associations):
        ec2.disassociate_route_table(association)
    ec2.delete_route_table(table.id)


def _delete_endpoint(endpoint: Any) -> None:
    ec2 = ec2_backends[ACCOUNT][REGION]
    # moto goes by no order, and a table that is gone took its routes along
    there = [table for table in endpoint.route_table_ids or () if table in ec2.route_tables]
    endpoint.route_table_ids = there
    ec2.delete_vpc_endpoints([endpoint.id])


def _delete_internet_gateway(gateway: Any) -> None:
    ec2 = ec2_backends[ACCOUNT][REGION]
    if gateway.vpc:
        ec2.detach_internet_gateway(gateway.id, gateway.vpc.id)
    ec2.delete_internet_gateway(gateway.id)


# what moto makes for a stack, and leaves when it goes
DELETED: dict[str, Callable[[Any], object]] = {
    "AWS::EC2::EIP": lambda address: ec2_backends[ACCOUNT][REGION].release_address(
        allocation_id=address.allocation_id
    ),
    "AWS::EC2::InternetGateway": _delete_internet_gateway,
    "AWS::EC2::NatGateway": lambda gateway: ec2_backends[ACCOUNT][REGION].delete_nat_gateway(
        gateway.id
    ),
    "AWS::EC2::RouteTable": _delete_route_table,
    "AWS::EC2::VPCEndpoint": _delete_endpoint,
    "AWS::IAM::ManagedPolicy": lambda policy: iam_backends[ACCOUNT]["aws"].delete_policy(
        policy.arn
    ),
    "AWS::SNS::Topic": lambda topic: sns_backends[ACCOUNT][REGION].delete_topic(topic.arn),
}
