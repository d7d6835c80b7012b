"""Regular expressions of Java as Python reads them, for patterns that both accept.

The result is to be compiled with `re.ASCII`, because the classes of Java are ASCII.
"""

import re
import sys
import unicodedata
from functools import cache

LINE_ENDS = "\\n\\r\\x85\\u2028\\u2029"
NOT_LINE_END = f"[^{LINE_ENDS}]"
AT_END = f"(?=(?:\\r\\n|[{LINE_ENDS}])?\\Z)"
FLAGS = re.compile(r"\(\?([a-zA-Z]+)(?:-[a-zA-Z]+)?([:)])")
CATEGORY = re.compile(r"\\p\{(L|N)\}")


def python_pattern(java: str) -> str:
    r"""Return the pattern in Python's dialect: `\p{L}`, `.`, `$`, `\z`, `\Z` and `\b` differ."""
    pieces: list[str] = []
    dot_is_any = [False]  # by open parenthesis
    position, in_class = 0, False
    while position < len(java):
        length, piece = _next_piece(java, position, in_class=in_class, dot_is_any=dot_is_any[-1])
        pieces.append(piece)
        text = java[position : position + length]
        if in_class:
            in_class = text != "]" or java[position - 1] == "["
        elif text == "[":
            in_class = True
        elif text == "(":
            flags = FLAGS.match(java, position)
            is_any = dot_is_any[-1] or bool(flags and "s" in flags[1])
            if flags and flags[2] == ")":
                dot_is_any[-1] = is_any
            dot_is_any.append(is_any)
        elif text == ")" and len(dot_is_any) > 1:
            dot_is_any.pop()
        position += length
    return "".join(pieces)


def _next_piece(java: str, position: int, *, in_class: bool, dot_is_any: bool) -> tuple[int, str]:
    """Return how long the next text is, and what it is in Python."""
    if category := CATEGORY.match(java, position):
        ranges = ranges_of(category[1])
        return len(category[0]), ranges if in_class else f"[{ranges}]"
    if java[position] == "\\":
        text = java[position : position + 2]
        if in_class:
            return 2, text
        return 2, {"\\z": r"\Z", "\\Z": AT_END, "\\b": r"(?u:\b)"}.get(text, text)
    if in_class:
        return 1, java[position]
    if java[position] == "." and not dot_is_any:
        return 1, NOT_LINE_END
    return 1, AT_END if java[position] == "$" else java[position]


@cache
def ranges_of(category: str) -> str:
    """Return the characters of a general category, such as `L`, as ranges within brackets."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == category:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(
        _escaped(first) if first == last else f"{_escaped(first)}-{_escaped(last)}"
        for first, last in ranges
    )


def _escaped(code: int) -> str:
    return chr(code) if code < 128 else f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
