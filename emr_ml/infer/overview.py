"""What was seen in the columns of a file, as a table for people: text or an HTML page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from emr_ml.infer.column_kinds import format_percent, quoted_list
from emr_ml.infer.profile import FileProfile
from emr_ml.wording import shorten

TITLES = ("column", "kind", "missing", "distinct", "values", "remark")
EXAMPLES = 3
REMARK_CHARACTERS = 100
PAGE = """\
<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2rem }}
table {{ border-collapse: collapse }}
th, td {{ text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #8884 }}
td:nth-child(3), td:nth-child(4) {{ text-align: right; font-variant-numeric: tabular-nums }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
<table>
<tr>{header}</tr>
{rows}
</table>
"""


@dataclass(frozen=True)
class ColumnOverview:
    """One line of the table, as texts."""

    column: str
    kind: str
    missing: str
    distinct: str
    values: str
    remark: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.column, self.kind, self.missing, self.distinct, self.values, self.remark)


def overview(profile: FileProfile) -> list[ColumnOverview]:
    """Return a line for each column of the file, in its order."""
    return [_line(profile, name) for name in profile.sample.names if name]


def as_text(profile: FileProfile) -> str:
    """Return the table as aligned text that ends in a line break."""
    rows = [TITLES, *(line.cells for line in overview(profile))]
    widths = [max(len(row[index]) for row in rows) for index in range(len(TITLES))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join((_summary(profile), "", *lines)) + "\n"


def as_html(profile: FileProfile) -> str:
    """Return the table as a page that needs no other file."""
    return PAGE.format(
        title=escape(profile.file.address),
        summary=escape(_summary(profile)),
        header="".join(f"<th>{title}</th>" for title in TITLES),
        rows="\n".join(_html_row(line.cells) for line in overview(profile)),
    )


def as_json_values(profile: FileProfile) -> dict[str, Any]:
    """Return what the table shows as JSON values, with counts in place of shares.

    `rows` counts the sampled rows, which are those that the other counts are of.
    """
    named = [name for name in profile.sample.names if name]
    return {
        "file": profile.file.address,
        "format": profile.format,
        "rows": max((len(profile.sample.column(name)) for name in named), default=0),
        "label": profile.label.column if profile.label else None,
        "problem": profile.label.problem if profile.label else None,
        "id": profile.id,
        "columns": [_column_json(profile, name) for name in named],
    }


def _column_json(profile: FileProfile, name: str) -> dict[str, Any]:
    counts = _counts(profile, name)
    kind, remark = _kind_and_remark(profile, name)
    return {
        "name": name,
        "kind": kind.removesuffix(", excluded"),
        "excluded": kind.endswith(", excluded"),
        "missing": len(profile.sample.column(name)) - counts.total(),
        "distinct": len(counts),
        "most_common": dict(counts.most_common(EXAMPLES)),
        "remark": remark,
    }


def _counts(profile: FileProfile, name: str) -> Counter[str]:
    """Count the values of a column that are not missing."""
    return Counter(value for value in profile.sample.column(name) if value not in profile.missing)


def _html_row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _summary(profile: FileProfile) -> str:
    columns = sum(map(bool, profile.sample.names))
    return f"{profile.sample.summary}, {columns:,} columns"


def _line(profile: FileProfile, name: str) -> ColumnOverview:
    values, counts = profile.sample.column(name), _counts(profile, name)
    missing = len(values) - counts.total()
    kind, remark = _kind_and_remark(profile, name)
    return ColumnOverview(
        column=shorten(name),
        kind=kind,
        missing=format_percent(missing / len(values)) if missing else "",
        distinct=f"{len(counts):,}",
        values=quoted_list([value for value, _ in counts.most_common(EXAMPLES + 1)], EXAMPLES),
        remark=shorten(remark, REMARK_CHARACTERS),
    )


def _kind_and_remark(profile: FileProfile, name: str) -> tuple[str, str]:
    label = profile.label
    if label and name == label.column:
        return f"label, {label.problem}", label.note
    column = profile.columns[name]
    if column.exclusion:
        return f"{column.kind}, excluded", column.exclusion
    return column.kind, column.note
