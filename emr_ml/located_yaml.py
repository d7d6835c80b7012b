"""YAML with the place of each value, and numbers that know how they were written."""

from typing import Any

import yaml
from yaml.reader import ReaderError

Places = dict[tuple[str, ...], tuple[int, int]]


class YamlError(Exception):
    """The text is not YAML: the message starts with line and column."""


class WrittenInteger(int):
    """An integer that knows how it was written."""

    text: str


class WrittenFloat(float):
    """A float that knows how it was written."""

    text: str


class _Loader(yaml.SafeLoader):
    """Numbers remember how they are written: `01` and `1.50` are other texts than `1` and `1.5`."""


def _integer(loader: _Loader, node: yaml.ScalarNode) -> WrittenInteger:
    number = WrittenInteger(loader.construct_yaml_int(node))
    number.text = node.value
    return number


def _float(loader: _Loader, node: yaml.ScalarNode) -> WrittenFloat:
    number = WrittenFloat(loader.construct_yaml_float(node))
    number.text = node.value
    return number


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def parse(text: str) -> tuple[Any, Places]:
    """The value of a YAML text, and line and column of all its parts, by their paths.

    Raises:
        YamlError: the text is not YAML, or a key stands twice.
    """
    try:
        places = _places(yaml.compose(text, Loader=yaml.SafeLoader), ())
        return yaml.load(text, Loader=_Loader), places  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(f"{line}:{column}: {error.problem or 'is not YAML'}") from error
    except RecursionError as error:
        raise YamlError("1:1: an anchor holds itself") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        raise YamlError(f"{line}:{column}: is not text: {error.reason}") from error


def _places(node: yaml.Node | None, path: tuple[str, ...]) -> Places:
    """Line and column, from 1, of every key and element; a key that stands twice is an error."""
    if node is None:
        return {}
    found: Places = {path: (node.start_mark.line + 1, node.start_mark.column + 1)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in found:
                raise yaml.MarkedYAMLError(
                    problem=f"'{key.value}' stands here a second time", problem_mark=key.start_mark
                )
            found |= _places(value, inner)
            found[inner] = (key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _places(value, (*path, str(index)))
    return found
