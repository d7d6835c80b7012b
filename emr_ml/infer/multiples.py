"""What stands behind numbers of different magnitudes in one column: `1.2k` and `3M`, `5 h`."""

from collections.abc import Collection, Mapping

from spark_jobs.spelling import lower_case

_DAY = 86_400.0
# amounts: English, German, Romance, Slavic, East Asian and Indian words
MAGNITUDES = {
    **dict.fromkeys(("k", "tsd", "tsd.", "thousand", "tys", "tys.", "тыс", "тыс."), 1e3),
    **dict.fromkeys(("m", "mm", "mio", "mio.", "mn", "mln", "mi", "million", "millions"), 1e6),
    **dict.fromkeys(("млн", "млн.", "mln."), 1e6),
    **dict.fromkeys(("b", "bn", "g", "mrd", "mrd.", "md", "mld", "mld.", "bi"), 1e9),
    **dict.fromkeys(("billion", "billions", "млрд", "млрд."), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "трлн"), 1e12),
    **dict.fromkeys(("万", "萬", "만"), 1e4),
    **dict.fromkeys(("亿", "億", "억"), 1e8),
    **dict.fromkeys(("lakh", "lakhs", "lac", "l"), 1e5),
    **dict.fromkeys(("cr", "cr.", "crore", "crores"), 1e7),
}
AMBIGUOUS = {"mil"}  # a thousand in Spanish and Portuguese, a million in English
BYTES = {
    **dict.fromkeys(("b", "byte", "bytes"), 1.0),
    **{f"{prefix}b": 1000.0**power for power, prefix in enumerate("kmgtp", 1)},
    **{f"{prefix}ib": 1024.0**power for power, prefix in enumerate("kmgtp", 1)},
}
SECONDS = {
    **dict.fromkeys(("ns", "nsec"), 1e-9),
    **dict.fromkeys(("us", "µs", "μs"), 1e-6),
    **dict.fromkeys(("ms", "msec"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "min.", "minute", "minutes", "minuten"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "std.", "stunden"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "jour", "jours", "día", "días"), _DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "woche", "wochen"), 7 * _DAY),
    **dict.fromkeys(("mo", "mos", "month", "months", "monat", "monate"), 365.25 / 12 * _DAY),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "jahr", "jahre"), 365.25 * _DAY),
}
GRAMS = {"mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6}
METRES = {"mm": 1e-3, "cm": 1e-2, "dm": 1e-1, "m": 1.0, "km": 1e3}
LITRES = {"ml": 1e-3, "cl": 1e-2, "dl": 1e-1, "l": 1.0, "hl": 1e2}
HERTZ = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}
WATTS = {"w": 1.0, "kw": 1e3, "gw": 1e9}
FAMILIES = (MAGNITUDES, BYTES, SECONDS, GRAMS, METRES, LITRES, HERTZ, WATTS)
# these may be metres, grams, tonnes or bytes if they are the only ones in a column
UNCERTAIN_ALONE = {"m", "mm", "g", "t", "b", "md", "mi", "bi", "mn", "l", "cr"}


def find_multiples(
    spellings: Collection[str], *, has_plain: bool, has_currency: bool
) -> Mapping[str, float] | None:
    """Return the factor of each spelling, or None if they are of no single family.

    Args:
        spellings: what stands behind numbers, without a currency.
        has_plain: some numbers have nothing behind them.
        has_currency: the numbers have a currency.
    """
    known = {each: each.casefold() for each in spellings}
    for family in FAMILIES:
        if not known or not set(known.values()) <= family.keys():
            continue
        if has_plain and family is not MAGNITUDES:
            return None  # the unit of the others is not told
        # the contract knows each once, in any case
        spelling = {lower_case(each): each for each in sorted(known, reverse=True)}
        factors = {each: family[known[each]] for each in sorted(spelling.values())}
        is_certain = has_currency or not set(known.values()) <= UNCERTAIN_ALONE
        if family is MAGNITUDES and not is_certain and not _are_capitals(known):
            continue
        has_several = len({*factors.values(), *((1.0,) if has_plain else ())}) > 1
        return factors if has_several or family is MAGNITUDES else _several_words(factors)
    return None


def _are_capitals(spellings: Collection[str]) -> bool:
    """Return whether they are as in `3M` and `2B`; as `b` and `m`, one alone is a unit."""
    return all(each in ("M", "B") for each in spellings)


def _several_words(factors: Mapping[str, float]) -> Mapping[str, float] | None:
    """Return words for one unit, as in `1 day` and `2 days`; one alone is a unit."""
    return factors if len(factors) > 1 else None
