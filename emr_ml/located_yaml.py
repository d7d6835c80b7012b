"""YAML with the place of each value, and numbers that know how they were written."""

from typing import Any

import yaml
from yaml.reader import ReaderError

Path = tuple[str, ...]
Places = dict[Path, tuple[int, int]]

# far beyond what anybody writes by hand; a text of anchors could hold billions of values
MOST_CHARACTERS = 2_000_000
MOST_VALUES = 200_000
DEEPEST = 50


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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            # PyYAML lets through what Python says of a date without a month, or of an empty `!!int`
            problem = f"is no {node.tag.rpartition(':')[2]}; if it is text, put it in quotes"
            raise _refused(node, problem) from error


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
        YamlError: the text is not YAML, is too large, or a key stands twice.
    """
    if len(text) > MOST_CHARACTERS:
        raise YamlError(
            f"1:1: has {len(text):,} characters, and up to {MOST_CHARACTERS:,} are read"
        )
    try:
        places: Places = {}
        if (root := yaml.compose(text, Loader=yaml.SafeLoader)) is not None:
            _place(root, (), places)
        return yaml.load(text, Loader=_Loader), places  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(f"{line}:{column}: {error.problem or 'is not YAML'}") from error
    except RecursionError as error:
        raise YamlError(f"1:1: is nested more than {DEEPEST} deep") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        raise YamlError(f"{line}:{column}: is not text: {error.reason}") from error


def _place(node: yaml.Node, path: Path, places: Places) -> None:
    """Add line and column, from 1, of every key and element; each alias is walked anew.

    Raises:
        MarkedYAMLError: a key stands twice, or there is more than anybody writes.
    """
    places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(path) > DEEPEST:
        raise _refused(node, f"is nested more than {DEEPEST} deep, or an anchor holds itself")
    if len(places) > MOST_VALUES:
        raise _refused(
            node, f"there are more than {MOST_VALUES:,} values, those of anchors included"
        )
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in places:
                raise _refused(key, f"'{key.value}' stands here a second time")
            _place(value, inner, places)
            places[inner] = (key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _place(value, (*path, str(index)), places)


def _refused(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
