"""The template with its names filled in, and each policy in it.

`python -m emr_ml_tests.stack.policies FOLDER` writes each policy to a file, for policy linters,
but for those that say who may take a role: linters hold these for policies without a resource.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from emr_ml.stack.template import render_template

# what names stand for; the rest are names themselves
NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "emr-ml",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/emr-ml/1",
    "Bucket": "emr-ml-123456789012-eu-west-1",
    "LakePrefix": "lake",
    "SourcePrefix": "source",
    "AlertTopic": "arn:aws:sns:eu-west-1:123456789012:alerts",
    "KmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1",
}
ARNS = {
    "Key": NAMES["KmsKey"],
    "ExecutionRole": "arn:aws:iam::123456789012:role/ExecutionRole",
    "InstanceRole": "arn:aws:iam::123456789012:role/InstanceRole",
    "StepRole": "arn:aws:iam::123456789012:role/StepRole",
}
POLICIES = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy")


class _Loader(yaml.SafeLoader):
    """Reads `!Sub x` as `{"Fn::Sub": x}`."""


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # pyright: ignore[reportArgumentType] - nothing else is left
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


def template() -> dict[str, Any]:
    """The rendered template, functions in their long form."""
    return yaml.load(render_template(), _Loader)  # noqa: S506 - a SafeLoader


def filled_in(value: Any) -> Any:  # noqa: PLR0911 - one for each function of templates
    """A part of the template with plain values; of two that depend on a condition, the first."""
    match value:
        case {"Ref": str(name)}:
            return NAMES.get(name, name)
        case {"Fn::GetAtt": str(name)}:
            return ARNS.get(name.partition(".")[0], name)
        case {"Fn::If": [_, first, _]}:
            return filled_in(first)
        case {"Fn::Sub": [str(text), dict(given)]}:
            return _substituted(text, {key: filled_in(part) for key, part in given.items()})
        case {"Fn::Sub": str(text)}:
            return _substituted(text, {})
        case dict():
            return {key: filled_in(part) for key, part in value.items()}
        case list():
            return [filled_in(part) for part in value]
        case _:
            return value


def _substituted(text: str, given: Mapping[str, str]) -> str:
    known = {**NAMES, **given}
    return re.sub(r"\$\{([\w:]+)\}", lambda match: known.get(match[1], match[1]), text)


def policies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each policy with the resource that it belongs to."""
    for name, resource in template()["Resources"].items():
        for key in POLICIES:
            if policy := resource.get("Properties", {}).get(key):
                yield f"{name}.{key}", filled_in(policy)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, policy in policies():
        if name.endswith(".AssumeRolePolicyDocument"):
            continue
        (folder / f"{name}.json").write_text(json.dumps(policy, indent=2))
