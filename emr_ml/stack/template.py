"""The CloudFormation template and its parameters."""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from emr_ml.project import shipped

INFRA = shipped("infra")
TEMPLATE = INFRA / "emr_ml.yaml"
INCLUDE = re.compile(
    r'\{"Fn::Transform": \{Name: "AWS::Include", Parameters: \{Location: ([\w.]+)\}\}\}'
)
# parameters that `emr-ml up` sets itself
AUTOMATIC = ("MakeBucket",)


@dataclass(frozen=True)
class Parameter:
    """A parameter of the template; `allowed` is empty if any value is allowed."""

    name: str
    description: str
    default: str | None
    allowed: tuple[str, ...]

    @property
    def option(self) -> str:
        """The name of its command line option: `KmsKey` becomes `--kms-key`."""
        return "--" + re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower()


class _Loader(yaml.SafeLoader):
    """Reads the template, and replaces `!Ref` and other functions by None."""


_Loader.add_multi_constructor("!", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType] - as yaml calls it


def user_parameters() -> list[Parameter]:
    """Return the parameters that a user may set, in the template's order."""
    # the rest takes a tenth of a second to parse, and has no parameters
    text = TEMPLATE.read_text().partition("\nResources:")[0]
    parameters: dict[str, Any] = yaml.load(text, _Loader)["Parameters"]  # noqa: S506 - a SafeLoader
    return [
        Parameter(
            name,
            fields["Description"],
            None if fields.get("Default") is None else str(fields["Default"]),
            tuple(fields.get("AllowedValues", ())),
        )
        for name, fields in parameters.items()
        if name not in AUTOMATIC
    ]


def render_template() -> str:
    """Return the template with the files that it includes inserted, as CloudFormation needs it."""
    return INCLUDE.sub(lambda match: _included(match[1]), TEMPLATE.read_text())


def _included(name: str) -> str:
    """Return a JSON file, which is also YAML, with `Fn::Sub` around texts that have variables."""
    return json.dumps(_with_substitutions(json.loads((INFRA / name).read_text())))


def _with_substitutions(value: Any) -> Any:
    match value:
        case dict():
            return {key: _with_substitutions(part) for key, part in value.items()}
        case list():
            return [_with_substitutions(part) for part in value]
        case str() if "${" in value:
            return {"Fn::Sub": value}
        case _:
            return value
