"""The template, and what it can be told."""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from emr_ml.settings import ROOT

INFRA = ROOT / "infra"
TEMPLATE = INFRA / "emr_ml.yaml"
INCLUDE = re.compile(
    r'\{"Fn::Transform": \{Name: "AWS::Include", Parameters: \{Location: ([\w.]+)\}\}\}'
)
# `emr-ml up` finds these out
FOUND_OUT = ("MakeBucket",)


@dataclass(frozen=True)
class Parameter:
    """What the template can be told, with the values that are allowed if only some are."""

    name: str
    description: str
    default: str | None
    allowed: tuple[str, ...]

    @property
    def option(self) -> str:
        """Its name on the command line: `KmsKey` is `--kms-key`."""
        return "--" + re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower()


class _Loader(yaml.SafeLoader):
    """Reads the template; of `!Ref` and the like only that they are there."""


_Loader.add_multi_constructor("!", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType] - as yaml calls it


def parameters() -> list[Parameter]:
    """The template's parameters that a user may set, in its order."""
    # what follows takes a tenth of a second to read, and has no parameters
    text = TEMPLATE.read_text().partition("\nResources:")[0]
    found: dict[str, Any] = yaml.load(text, _Loader)["Parameters"]  # noqa: S506 - a SafeLoader
    return [
        Parameter(
            name,
            said["Description"],
            None if said.get("Default") is None else str(said["Default"]),
            tuple(said.get("AllowedValues", ())),
        )
        for name, said in found.items()
        if name not in FOUND_OUT
    ]


def rendered() -> str:
    """The template as CloudFormation takes it, with the files that it includes put in."""
    return INCLUDE.sub(lambda found: _included(found[1]), TEMPLATE.read_text())


def _included(name: str) -> str:
    """A file, with `Fn::Sub` around each text that has names in it; JSON is YAML, too."""
    return json.dumps(_substituted(json.loads((INFRA / name).read_text())))


def _substituted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _substituted(part) for key, part in value.items()}
        case list():
            return [_substituted(part) for part in value]
        case str() if "${" in value:
            return {"Fn::Sub": value}
        case _:
            return value
