"""Parse YAML, keeping the position of each value and the text of each number."""

from typing import Any

import yaml
from yaml.reader import ReaderError

Path = tuple[str, ...]
Positions = dict[Path, tuple[int, int]]

# far more than anyone writes by hand; anchors can expand a short text to billions of values
MAX_CHARACTERS = 2_000_000
MAX_VALUES = 200_000
MAX_DEPTH = 50


class YamlError(Exception):
    """The text is not valid YAML: the message starts with line and column."""


class VerbatimInteger(int):
    """An integer with its text in the YAML."""

    text: str


class VerbatimFloat(float):
    """A float with its text in the YAML."""

    text: str


class _Loader(yaml.SafeLoader):
    """Keeps the text of numbers: as texts, `01` and `1.50` differ from `1` and `1.5`."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            # PyYAML does not catch what Python raises for a 13th month, or for an empty `!!int`
            tag = node.tag.rpartition(":")[2]
            problem = f"is not a valid {tag}; if it is text, put it in quotes"
            raise _error_at(node, problem) from error


def _integer(loader: _Loader, node: yaml.ScalarNode) -> VerbatimInteger:
    number = VerbatimInteger(loader.construct_yaml_int(node))
    number.text = node.value
    return number


def _float(loader: _Loader, node: yaml.ScalarNode) -> VerbatimFloat:
    number = VerbatimFloat(loader.construct_yaml_float(node))
    number.text = node.value
    return number


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def parse(text: str) -> tuple[Any, Positions]:
    """Return the value of a YAML text, and the line and column of each part of it, by path.

    Raises:
        YamlError: the text is not YAML, is too large, or repeats a key.
    """
    if len(text) > MAX_CHARACTERS:
        raise YamlError(f"1:1: has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    try:
        positions: Positions = {}
        if (root := yaml.compose(text, Loader=yaml.SafeLoader)) is not None:
            _locate(root, (), positions)
        return yaml.load(text, Loader=_Loader), positions  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(f"{line}:{column}: {error.problem or 'is not YAML'}") from error
    except RecursionError as error:
        raise YamlError(f"1:1: is nested more than {MAX_DEPTH} deep") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        raise YamlError(f"{line}:{column}: is not text: {error.reason}") from error


def _locate(node: yaml.Node, path: Path, positions: Positions) -> None:
    """Add line and column, from 1, of every key and element, following each alias.

    Raises:
        MarkedYAMLError: a key is repeated, or there are too many values.
    """
    positions[path] = _position(node)
    if len(path) > MAX_DEPTH:
        raise _error_at(node, f"is nested more than {MAX_DEPTH} deep, or an anchor contains itself")
    if len(positions) > MAX_VALUES:
        raise _error_at(node, f"there are more than {MAX_VALUES:,} values, counting anchors")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in positions:
                raise _error_at(key, f"the key '{key.value}' is repeated")
            _locate(value, inner, positions)
            positions[inner] = _position(key)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _locate(value, (*path, str(index)), positions)


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _error_at(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
