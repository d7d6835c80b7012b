"""The contract as YAML, with the reason for each guess."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from emr_ml.contract.json_schema import SCHEMA_FILE
from emr_ml.infer.column_kinds import ColumnProfile, format_percent
from emr_ml.infer.csv_sample import CsvSample
from emr_ml.infer.dialect import DELIMITER_NAMES
from emr_ml.infer.folder import FolderDifferences
from emr_ml.infer.label import LabelGuess
from emr_ml.infer.profile import FileProfile
from emr_ml.units import MEGABYTE
from emr_ml.wording import join_first
from spark_jobs.reading.csv_dialect import BACKSLASH

ONE_TASK_BYTES = 128 * MEGABYTE  # one task reads this much in seconds
MAX_LISTED_CLASSES = 50
DEFAULT_MAX_REJECTED_SHARE = 0.05  # of the contract
MAX_REASONS = 5
RARE_SHARE = 0.1  # of the rows, of two classes; fewer of more
MAX_INLINE_KEY = 1000  # YAML does not recognise a longer key on one line
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def write_contract(profile: FileProfile, folder: FolderDifferences) -> str:
    """Return a contract for the file as YAML text that ends in a line break.

    Args:
        profile: of the file.
        folder: how the other files of its folder differ, if there are any.
    """
    sections = (
        _title(profile, folder),
        _format(profile, folder),
        _missing(profile),
        _columns(profile),
        _label(profile),
        _id(profile),
        _checks(profile),
        _model(profile),
    )
    return "\n\n".join("\n".join(lines) for each in sections if (lines := list(each))) + "\n"


def _title(profile: FileProfile, folder: FolderDifferences) -> Iterator[str]:
    address, others = _on_one_line(profile.file.address), len(profile.file.others)
    yield f"# yaml-language-server: $schema={SCHEMA_FILE.as_uri()}"
    yield f"# Draft contract for {address}"
    if others:
        yield (
            f"# First of {others + 1:,} files in its folder; headers of others that were compared: "
            f"{folder.compared:,}."
        )
    yield from (f"# {_on_one_line(note)}." for note in folder.notes())
    if problem := misfit(profile):
        yield f"# {_on_one_line(problem[0].upper() + problem[1:])}."
    yield f"# Inferred from {profile.sample.summary}. Correct what is wrong, then try it:"
    yield f"#   emr-ml validate {shlex.quote(address)} --contract THIS_FILE"


def _format(profile: FileProfile, folder: FolderDifferences) -> Iterator[str]:
    csv = profile.csv
    if folder.has_other_case:
        yield "header_case: ignore  # in other files, names differ by case"
    if csv is None:
        yield f"format: {profile.format}"
        return
    yield "format: csv"
    yield ""
    yield "dialect:"
    yield from _aligned(list(_dialect(profile, csv)))
    if not csv.header.found:
        placeholders = "" if csv.header.names else ", so these names are placeholders: replace them"
        yield f"  header:{_comment(csv.header.reason + placeholders)}"
        yield from (f"    - {yaml_scalar(name)}" for name in profile.sample.names)
    for problem, count in csv.unusable_records.items():
        records = "1 record has" if count == 1 else f"{count:,} records have"
        yield f"  # {records} {problem} and will be rejected"


def _dialect(profile: FileProfile, csv: CsvSample) -> Iterator[tuple[str, str, str]]:
    """Yield key, value and comment; keys with default values only where they need a comment."""
    dialect = csv.dialect
    delimiter = dialect.delimiter
    yield "delimiter", yaml_scalar(delimiter), DELIMITER_NAMES.get(delimiter, "")
    if dialect.quote != '"':
        note = "quotes are part of the values" if not dialect.quote else ""
        yield "quote", yaml_scalar(dialect.quote), note
    if dialect.escape == BACKSLASH or (dialect.quote and dialect.escape != '"'):
        note = (
            "a backslash escapes the next character"
            if dialect.escape == BACKSLASH
            else "quotes are doubled"
        )
        yield "escape", yaml_scalar(dialect.escape), note
    yield "encoding", csv.encoding.name, csv.encoding.reason
    if csv.header.found:
        yield "header", "true", csv.header.reason
    if profile.decimal == ",":
        yield "decimal", yaml_scalar(","), "numbers have a decimal comma"
    for key, reason in csv.skip_reasons.items():
        yield key, _scalar(getattr(dialect, key)), reason
    yield "multiline", *_multiline(profile, csv)
    if not dialect.trim:
        yield "trim", "false", "spaces separate the fields"
    elif csv.has_blanks:
        yield "trim", "true", "spaces around values are dropped"


def _scalar(value: str | bool | int) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return yaml_scalar(value)


def _multiline(profile: FileProfile, csv: CsvSample) -> tuple[str, str]:
    if csv.has_line_breaks:
        return "true", "some fields hold line breaks, so one task reads each file"
    if profile.file.is_compressed:
        return "true", "one task reads a compressed file in any case"
    if profile.file.size < ONE_TASK_BYTES:
        return "true", "always safe, and one task reads a small file fast enough"
    if csv.encoding.name.startswith("utf-16"):
        return "true", f"{csv.encoding.name} can't be split into lines, so one task reads each file"
    return "false", "no field of the sample has a line break; with true, one task reads each file"


def _missing(profile: FileProfile) -> Iterator[str]:
    counts = ", ".join(
        f"'{token}' {count:,} times" for token, count in profile.missing.items() if token and count
    )
    note = f"treated as missing; found {counts}" if counts else "treated as missing"
    yield f"missing: {yaml_list(profile.missing)}{_comment(note)}"


def _columns(profile: FileProfile) -> Iterator[str]:
    yield "columns:"
    for number, name in enumerate(profile.sample.names, 1):
        column = profile.columns.get(name)
        if not name:
            yield f"  # column {number} has no name, so it is excluded"
        elif column and column.exclusion:
            yield from commented_entry(name, _rules(column), f"excluded: {column.exclusion}")
        elif column:  # None for the label
            yield from yaml_entry(name, _rules(column), column.note)


def _rules(column: ColumnProfile) -> str:
    """Return the kind, or the kind with further keys."""
    if not column.rules:
        return column.kind
    return _dump({"kind": column.kind, **column.rules}, str(column.rules))


def _label(profile: FileProfile) -> Iterator[str]:
    label = profile.label
    if label is None:
        yield "# No likely label was found. Choose the column to predict with --label COLUMN."
        yield "# Without a label no model is trained."
        return
    yield "label:"
    yield from yaml_entry("column", yaml_scalar(label.column), label.reason)
    for key, value in label.rules.items():
        dumped = _dump(value, str(value)) if isinstance(value, dict) else _scalar(value)
        yield f"  {key}: {dumped}"
    if label.problem == "regression":
        yield f"  kind: numeric{_comment(label.note)}"
    elif label.problem == "binary":
        assert label.positive is not None, "a binary label has a positive value"
        yield f"  positive: {yaml_scalar(label.positive)}{_comment(label.note)}"
        yield from _closed_list("negative", label, "", profile)
    elif len(label.other_values) > MAX_LISTED_CLASSES:
        yield f"  # {len(label.other_values):,} classes, one for each value: {label.note}"
    else:
        yield from _closed_list("classes", label, label.note, profile)


def _closed_list(key: str, label: LabelGuess, note: str, profile: FileProfile) -> Iterator[str]:
    """Yield the key whose list rejects other values: as a comment if there may be others."""
    values = yaml_list(label.other_values)
    is_complete = profile.sample.is_complete
    if is_complete and (key == "negative" or len(label.other_values) > 1):
        yield f"  {key}: {values}{_comment(note or 'rows with any other value are rejected')}"
        return
    yield f"  # {key}: {values}{_comment(note)}"
    if not is_complete:
        yield "  # not set: rows with any other value would be rejected, and not all rows were read"


def _id(profile: FileProfile) -> Iterator[str]:
    if profile.id is not None:
        note = "identifies a row and decides its side of the split; rows without it are rejected"
        yield f"id: {yaml_list([profile.id])}{_comment(note)}"


def _checks(profile: FileProfile) -> Iterator[str]:
    share = profile.rejected_share
    if not share:
        return
    yield "checks:"
    note = f"{format_percent(share)} of the sampled rows break this contract"
    yield f"  max_rejected_share: {DEFAULT_MAX_REJECTED_SHARE}{_comment(note)}"


def misfit(profile: FileProfile) -> str:
    """Return that more rows break the contract than it allows, and why; "" if not."""
    if profile.rejected_share <= DEFAULT_MAX_REJECTED_SHARE:
        return ""
    reasons = [f"{count:,} have {reason}" for reason, count in profile.rejections.items()]
    return (
        f"the file does not fit: {format_percent(profile.rejected_share)} of the sampled rows "
        f"would be rejected, so a run stops. Of these, {join_first(reasons, MAX_REASONS, '; ')}. "
        "Correct the file or the contract; raise `max_rejected_share` only if these rows may be "
        "lost"
    )


def _model(profile: FileProfile) -> Iterator[str]:
    """Yield an option for rare classes, as a comment: weights often change little or nothing."""
    label = profile.label
    if label is None or label.problem == "regression":
        return
    classes = 2 if label.problem == "binary" else len(label.other_values)
    if label.rarest_share < RARE_SHARE * 2 / classes:
        figures = "`auc_pr` is" if label.problem == "binary" else "`log_loss` and `f1` are"
        yield (
            f"# The rarest class has {format_percent(label.rarest_share)} of the rows. If "
            f"{figures} better with it, give all classes"
        )
        yield "# the same weight in the fit; probabilities stay calibrated:"
        yield "# model:"
        yield "#   class_weight: balanced"


def yaml_scalar(value: str) -> str:
    """Return a text as YAML on one line, quoted where YAML would parse it as something else."""
    return _dump(value, value).removesuffix("\n...")


def yaml_list(values: Iterable[str]) -> str:
    """Return texts as a YAML list on one line."""
    return f"[{', '.join(_dump([value], value)[1:-1] for value in values)}]"


def yaml_entry(name: str, value: str, note: str = "", indent: str = "  ") -> list[str]:
    """Return `name: value  # note` as lines."""
    key = yaml_scalar(name)
    lines = [f"{key}: {value}"] if len(key) < MAX_INLINE_KEY else [f"? {key}", f": {value}"]
    lines[-1] += _comment(note)
    return [indent + line for line in lines]


def commented_entry(name: str, value: str, note: str, indent: str = "  ") -> list[str]:
    """Return an entry behind `# `, for the user to uncomment."""
    return [f"{indent}# {line}" for line in yaml_entry(name, value, note, "")]


def _aligned(entries: Sequence[tuple[str, str, str]], indent: str = "  ") -> list[str]:
    """Return `key: value  # comment` lines with aligned comments."""
    width = max(len(f"{key}: {value}") for key, value, _ in entries)
    return [
        f"{indent}{f'{key}: {value}':<{width}}{_comment(note)}".rstrip()
        for key, value, note in entries
    ]


def _comment(note: str) -> str:
    return f"  # {_on_one_line(note)}" if note else ""


def _on_one_line(text: str) -> str:
    """Return the text with spaces for characters that a YAML comment can't hold."""
    return "".join(char if char.isprintable() else " " for char in text)


def _dump(value: str | Sequence[str] | Mapping[str, Any], text: str) -> str:
    """Return YAML on one line; line breaks and the like are escaped within quotes."""
    style = '"' if UNPRINTABLE.search(text) else None
    return yaml.safe_dump(
        value,
        default_style=style,
        default_flow_style=True,
        allow_unicode=True,
        width=float("inf"),
        sort_keys=False,
    ).removesuffix("\n")
