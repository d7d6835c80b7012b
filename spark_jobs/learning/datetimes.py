"""Numbers to learn from in dates and times: how long ago, and where in the day, week and year."""

from collections.abc import Sequence

from spark_jobs.contract import DatetimePart

DAYS = "unix_micros({0}) / 86400e6"  # since 1970
# a cycle is two numbers, so that its end is as near to its beginning as to what comes before
CYCLES = {
    "hour": "pmod(unix_micros({0}) / 3600e6, 24) / 24",
    "weekday": "weekday({0}) / 7",
    "month": "(dayofyear({0}) - 1) / 366",
}


def part_names(parts: Sequence[DatetimePart]) -> list[str]:
    """Return the names of the numbers, in their order in the vector."""
    return [
        name
        for part in parts
        for name in ([part] if part == "elapsed" else [f"{part} (sine)", f"{part} (cosine)"])
    ]


def part_expressions(column: str, parts: Sequence[DatetimePart]) -> list[str]:
    """Return the numbers as expressions of SQL, in the order of `part_names`.

    Args:
        column: the quoted name of the column, a timestamp.
        parts: to learn from.
    """
    expressions: list[str] = []
    for part in parts:
        if part == "elapsed":
            expressions.append(DAYS.format(column))
        else:
            angle = f"2 * pi() * {CYCLES[part].format(column)}"
            expressions += [f"sin({angle})", f"cos({angle})"]
    return expressions
