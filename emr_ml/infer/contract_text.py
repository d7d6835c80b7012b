"""The contract as YAML, each guess with its reason."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

import yaml

from emr_ml.infer.csv_sample import Csv
from emr_ml.infer.dialect import NAMES
from emr_ml.infer.findings import Findings
from emr_ml.infer.label import LISTED, Target
from emr_ml.infer.sample import MEGABYTE

LONGEST_KEY = 1000  # YAML finds no longer key on one line
UNWIELDY = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def scalar(value: str) -> str:
    """A text in one line, quoted where YAML would take it for something else."""
    return _dumped(value, value).removesuffix("\n...")


def sequence(values: Iterable[str]) -> str:
    """Texts as a list in one line."""
    return f"[{', '.join(_dumped([value], value)[1:-1] for value in values)}]"


def entry(name: str, value: str, said: str = "", indent: str = "  ") -> list[str]:
    """`name: value  # said`, as lines."""
    key = scalar(name)
    lines = [f"{key}: {value}"] if len(key) < LONGEST_KEY else [f"? {key}", f": {value}"]
    lines[-1] += comment(said)
    return [indent + line for line in lines]


def left_out(name: str, value: str, said: str, indent: str = "  ") -> list[str]:
    """An entry that stands there as a comment: without the sign in front it would be one."""
    return [f"{indent}# {line}" for line in entry(name, value, said, "")]


def comment(said: str) -> str:
    """What follows a value in its line."""
    return f"  # {printable(said)}" if said else ""


def printable(text: str) -> str:
    """The text without signs that YAML has no place for."""
    return "".join(char if char.isprintable() else " " for char in text)


def aligned(pairs: Sequence[tuple[str, str, str]], indent: str = "  ") -> list[str]:
    """Plain keys with values, and what is said of each in one column."""
    width = max(len(f"{key}: {value}") for key, value, _ in pairs)
    return [
        f"{indent}{f'{key}: {value}':<{width}}{comment(said)}".rstrip()
        for key, value, said in pairs
    ]


def _dumped(value: str | list[str], text: str) -> str:
    """One line of YAML; a text with line breaks or the like is escaped within quotes."""
    style = '"' if UNWIELDY.search(text) else None
    return yaml.safe_dump(
        value, default_style=style, default_flow_style=True, allow_unicode=True, width=float("inf")
    ).removesuffix("\n")


ONE_TASK = 128 * MEGABYTE  # one task reads that much in seconds
MAX_REJECTED = 0.05  # the contract's default
NEAR = 0.8  # of what may be rejected is so near that other rows may exceed it


def as_text(found: Findings) -> str:
    """A contract that says what was found; its last line ends."""
    parts = [_title(found), _format(found), _missing(found), _columns(found)]
    parts += [_label(found), _id(found), _checks(found)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _title(found: Findings) -> Iterator[str]:
    where, beside = printable(found.file.where), found.file.others
    yield f"# A first contract for {where}."
    if beside:
        yield f"# It is the first of {beside + 1:,} files in its folder; the others were not seen."
    yield f"# Seen: {found.sample.looked_at}. Correct what is wrong, then try it:"
    yield f"#   emr-ml validate {shlex.quote(where)} --contract THIS_FILE"


def _format(found: Findings) -> Iterator[str]:
    if found.csv is None:
        yield "format: parquet"
        return
    csv = found.csv
    yield "format: csv"
    yield ""
    yield "dialect:"
    writing = csv.writing
    pairs = [("delimiter", scalar(writing.delimiter), NAMES.get(writing.delimiter, ""))]
    if writing.quote != '"':
        said = "quotes are part of the values" if not writing.quote else ""
        pairs.append(("quote", scalar(writing.quote), said))
    if writing.quote and writing.escape != '"':
        said = "a backslash stands before quotes" if writing.escape == "\\" else "doubled"
        pairs.append(("escape", scalar(writing.escape), said))
    pairs.append(("encoding", csv.encoding.name, csv.encoding.reason))
    if csv.header.found:
        pairs.append(("header", "true", csv.header.reason))
    if found.decimal == ",":
        pairs.append(("decimal", scalar(","), "fractions are written with a comma"))
    pairs.append(("multiline", *_multiline(found, csv)))
    if not writing.trim:
        pairs.append(("trim", "false", "blanks part the fields"))
    elif csv.blanks:
        pairs.append(("trim", "true", "there are blanks around values: they are dropped"))
    yield from aligned(pairs)
    if not csv.header.found:
        yield f"  header:  # {csv.header.reason}: these names are made up, so give them better ones"
        yield from (f"    - {scalar(name)}" for name in found.sample.names)
    if csv.ragged:
        records = "1 record has" if csv.ragged == 1 else f"{csv.ragged:,} records have"
        yield f"  # {records} too few or too many fields, and will be rejected"


def _multiline(found: Findings, csv: Csv) -> tuple[str, str]:
    if csv.breaks:
        return "true", "fields hold line breaks, so a file is read by one task"
    if found.file.packed:
        return "true", "a packed file is read by one task anyway"
    if found.file.size < ONE_TASK:
        return "true", "always right, and one task reads a small file soon enough"
    if csv.encoding.name.startswith("utf-16"):
        return "true", f"{csv.encoding.name} can't be split into lines, so one task reads a file"
    return "false", "no line break within a field was seen; with true, one task reads the file"


def _missing(found: Findings) -> Iterator[str]:
    seen = ", ".join(
        f"'{token}' {count:,} times" for token, count in found.missing.items() if token and count
    )
    said = f"stands for no value; seen: {seen}" if seen else "stands for no value"
    yield f"missing: {sequence(found.missing)}{comment(said)}"


def _columns(found: Findings) -> Iterator[str]:
    yield "columns:"
    for number, name in enumerate(found.sample.names, 1):
        if not name:
            yield f"  # column {number} has no name, so it is left out"
            continue
        guess = found.columns.get(name)
        if guess is None:
            continue  # the label
        if guess.left_out:
            yield from left_out(name, guess.kind, f"left out: {guess.left_out}")
        else:
            yield from entry(name, guess.kind, guess.said)


def _label(found: Findings) -> Iterator[str]:
    target = found.target
    if target is None:
        yield "# No column was found that is surely to be predicted. Name it with --label COLUMN."
        yield "# Without a label nothing is trained."
        return
    yield "label:"
    yield from entry("column", scalar(target.column), target.reason)
    if target.problem == "regression":
        yield f"  kind: numeric{comment(target.said)}"
    elif target.problem == "binary":
        assert target.positive is not None, "a binary label has a positive value"
        yield f"  positive: {scalar(target.positive)}{comment(target.said)}"
        yield from _listed("negative", target, found)
    else:
        yield from _listed("classes", target, found)
        if len(target.others) > LISTED:
            yield f"  # {len(target.others):,} classes, each of them a value: {target.said}"


def _listed(key: str, target: Target, found: Findings) -> Iterator[str]:
    """The other values, where all of them are known."""
    said = target.said if key == "classes" else ""
    if len(target.others) > LISTED:
        return
    if found.sample.whole and (key == "negative" or len(target.others) > 1):
        said = said or "a row with any other value is rejected"
        yield f"  {key}: {sequence(target.others)}{comment(said)}"
        return
    yield f"  # {key}: {sequence(target.others)}{comment(said)}"
    if not found.sample.whole:
        yield "  # not set, for not all rows were seen, and any other value would be rejected"


def _id(found: Findings) -> Iterator[str]:
    if found.id is not None:
        said = "tells rows apart, and draws their side of the split; rows without it are rejected"
        yield f"id: {sequence([found.id])}{comment(said)}"


def _checks(found: Findings) -> Iterator[str]:
    if not found.rejected:
        return
    share = f"{100 * found.rejected:.2g} % of the rows that were seen break this contract"
    yield "checks:"
    if found.rejected < NEAR * MAX_REJECTED:
        yield f"  max_rejected_share: {MAX_REJECTED}  # {share}"
        return
    most = min(ceil(100 * found.rejected * 1.2 + 1) / 100, 1.0)
    yield f"  max_rejected_share: {most}  # {share}: see to these rows, then lower it to 0.05"
