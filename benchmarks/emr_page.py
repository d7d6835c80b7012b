"""The figures of the EMR benchmark as a section of docs/benchmarks.md."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from benchmarks.emr_words import BREAK_EVEN, FAULTS, HEAD, LAGS, SETTING, SLOWER_SAYS
from benchmarks.machine import machine, today, versions
from benchmarks.measured import PARTS, Measured

DEFAULT_IDLE = 300
SHARE = 0.4  # of the billed instance-seconds of the others: the target
# bootstrap and ending of a cluster, in seconds, for which the ratio is computed
SLOWER = (300, 600)


def section(
    ours: Measured,
    theirs: Measured,
    *,
    speed: float,
    idle: int,
    same_figures: bool,
    minutes: float,
    load: float,
) -> str:
    """The whole section."""
    asked = "" if speed == 1 else f" --speed {speed:g}"
    parts = (
        HEAD.format(
            command=f".venv/bin/python -m benchmarks.emr{asked}",
            date=today(),
            machine=machine(),
            versions=versions(),
            minutes=minutes,
            load=load,
        ),
        SETTING.format(speed=speed, idle=idle),
        "### Figures\n",
        "The metrics of both are the same.\n"
        if same_figures
        else "THE METRICS OF BOTH DIFFER: so the figures compare nothing.\n",
        figures(ours, theirs, idle),
        "### Targets\n",
        targets(ours, theirs),
        "### Where the instance-seconds go\n",
        spent(ours, theirs),
        slower(ours, theirs),
        "### Calls\n",
        calls(ours, theirs),
        FAULTS,
    )
    return "\n".join(parts).rstrip()


def figures(ours: Measured, theirs: Measured, idle: int) -> str:
    """What both cost, and how soon they saw that a step had ended."""
    longer, even = with_idle(ours, idle), with_steps_of(ours, theirs)
    rows = [
        ("clusters started", f"{ours.clusters}", f"{theirs.clusters}"),
        ("billed instance-seconds", f"{ours.billed:.0f}", f"{theirs.billed:.0f}"),
        ("ratio", percent(ours.billed, theirs.billed), "100 %"),
        ("the same with steps as long as ours in both (computed)",
         f"{percent(ours.billed, even)}", f"{even:.0f}, 100 %"),
        (f"the same with the default idle timeout of {DEFAULT_IDLE} s (computed)",
         f"{longer:.0f}, {percent(longer, theirs.billed)}", ""),
        ("wall time of the run", f"{ours.wall:.0f} s", f"{theirs.wall:.0f} s"),
        ("seconds that the steps ran", in_turn(ours.steps), in_turn(theirs.steps)),
        ("from a step's end in EMR to its materialization, median",
         f"{middle(ours.lags.values()):.1f} s", f"{middle(theirs.lags.values()):.1f} s"),
        ("the same, maximum", f"{max(ours.lags.values()):.1f} s",
         f"{max(theirs.lags.values()):.1f} s"),
    ]  # fmt: skip
    each = ", ".join(f"{asset} {lag:+.1f} s" for asset, lag in ours.lags.items())
    return table(("", "our launcher", "PipesEMRClient"), rows) + LAGS.format(each=each)


def targets(ours: Measured, theirs: Measured) -> str:
    """What was to be reached, and whether it was."""
    share, lag = ours.billed / theirs.billed, max(ours.lags.values())
    rows = [
        ("1 cluster against 3", f"{ours.clusters} against {theirs.clusters}",
         met(ours.clusters == 1 and theirs.clusters == 3)),
        ("at most 40 % of the billed instance-seconds", percent(ours.billed, theirs.billed),
         met(share <= SHARE)),
        ("a step's end is seen within 5 s", f"{lag:.1f} s at most", met(lag <= 5)),
    ]  # fmt: skip
    return table(("target", "measured", ""), rows)


def spent(ours: Measured, theirs: Measured) -> str:
    """The billed instance-seconds by what they were spent on."""
    rows = [(part, f"{ours.parts[part]:.0f}", f"{theirs.parts[part]:.0f}") for part in PARTS]
    return table(("instance-seconds", "our launcher", "PipesEMRClient"), rows)


def slower(ours: Measured, theirs: Measured) -> str:
    """The ratio, were bootstrap and ending of a cluster as slow as they may be on EMR."""

    def billed(one: Measured, seconds: float) -> float:
        return one.billed - one.around + seconds * one.instances

    here = ours.around / ours.instances
    measured = (f"{here:.0f} s, as measured", percent(ours.billed, theirs.billed))
    computed = [
        (f"{seconds} s", percent(billed(ours, seconds), billed(theirs, seconds)))
        for seconds in SLOWER
    ]
    head = ("bootstrap and ending of a cluster", "ratio")
    return SLOWER_SAYS + table(head, [measured, *computed]) + break_even(ours, theirs)


def break_even(ours: Measured, theirs: Measured) -> str:
    """How slow clusters would have to be for the target; nothing if they are."""
    if ours.billed <= SHARE * theirs.billed:
        return ""
    too_much = (ours.billed - ours.around) - SHARE * (theirs.billed - theirs.around)
    saved = SHARE * theirs.instances - ours.instances
    return BREAK_EVEN.format(least=too_much / saved) if saved > 0 else ""


def calls(ours: Measured, theirs: Measured) -> str:
    """The calls of the orchestrator, by operation."""
    operations = sorted({*ours.emr_calls, *theirs.emr_calls})
    rows = [
        (name, str(ours.emr_calls.get(name, 0)), str(theirs.emr_calls.get(name, 0)))
        for name in operations
    ]
    rows.append(("S3, all together", str(ours.s3_calls), str(theirs.s3_calls)))
    return table(("operation", "our launcher", "PipesEMRClient"), rows)


def with_idle(ours: Measured, idle: int) -> float:
    """What ours would bill with the default idle timeout: each instance so much longer."""
    return ours.billed + (DEFAULT_IDLE - idle) * ours.instances


def with_steps_of(ours: Measured, theirs: Measured) -> float:
    """What the others would have been billed for steps as long as ours.

    Equal steps differ by what else the machine does.
    """
    more = sum(seconds - ours.steps[asset] for asset, seconds in theirs.steps.items())
    return theirs.billed - more * theirs.instances / theirs.clusters


def in_turn(seconds: Mapping[str, float]) -> str:
    """All of them, in the order of the steps."""
    return ", ".join(f"{one:.0f}" for one in seconds.values())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(part: float, whole: float) -> str:
    """A share in whole percent."""
    return f"{100 * part / whole:.0f} %"


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(list(values))


def met(it_is: bool) -> str:
    """One word for it."""
    return "met" if it_is else "missed"
