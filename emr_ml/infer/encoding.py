"""The encoding of a file's bytes."""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from emr_ml.contract.dialect import ENCODINGS
from emr_ml.sources.header import BYTE_ORDER_MARKS, utf8_lines
from emr_ml.sources.listing import SourceError

TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x01\x1a\x1c\x1d\x1e\x1f"
BINARY_CONTROLS = bytes(byte for byte in range(32) if byte not in TEXT_CONTROLS)
MAX_CONTROL_SHARE = 0.05

MAX_NON_UTF8_CHUNKS = 8  # that the encoding is guessed from
MAX_DETECTED_BYTES = 256 * 1024  # of lines that are not ASCII
WESTERN = "windows-1252"
# the letters beyond ASCII of each language that is usually written in it
WESTERN_LANGUAGES = tuple(
    map(
        frozenset,
        (
            "àâæçéèêëîïôœùûüÿ",  # French
            "äöüß",  # German
            "áéíóúüñ",  # Spanish
            "áàâãéêíóôõúüç",  # Portuguese
            "àèéìíîòóùú",  # Italian
            "æøåéèêóòô",  # Danish, Norwegian
            "åäöé",  # Swedish, Finnish
            "éèëïöüáí",  # Dutch
            "àçèéíïòóúü",  # Catalan
        ),
    )
)
CENTRAL_EUROPEAN = ("windows-1250", "iso-8859-2")
CENTRAL_LANGUAGES = tuple(
    map(
        frozenset,
        (
            "ąćęłńóśźż",  # Polish
            "áčďéěíňóřšťúůýž",  # Czech
            "áäčďéíĺľňóôŕšťúýž",  # Slovak
            "áéíóöőúüű",  # Hungarian
            "čćđšž",  # Slovenian, Croatian
            "ăâîşţ",  # Romanian
        ),
    )
)
MIN_CENTRAL_LETTERS = 3  # different ones
# those of a contract that chardet knows
LEGACY_ENCODINGS = (
    *(f"cp{page}" for page in (437, 850, 932, *range(1250, 1259))),
    *(f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)),
    *("koi8-r", "mac-roman", "gb18030", "big5", "shift_jis_2004", "euc-jp", "euc-kr", "cp949"),
)
MIN_RUN = 2  # mean number of letters beyond ASCII in a row, of scripts other than Latin
# signs of windows-1252 in words, where other encodings have letters; some are at an end of words
SIGN_IN_WORD = re.compile(
    "[^\\W\\d_][\u00a1-\u00bf\u00d7\u00f7\u2020-\u2122]+[^\\W\\d_]"
    "|[^\\W\\d_][¢¤¥¦¬¯±¶¹¼½¾]|[¢£¤¥¦¬®¯±¶¹¼½¾][^\\W\\d_]"
)
C1_CONTROLS = re.compile("[\x80-\x9f]")
UNDECODABLE = "\ufffd"
CHECK_NAMES = "check names and values with accents"


@dataclass(frozen=True)
class Encoding:
    """An encoding's name in a contract, and why it was chosen.

    `is_mixed` is true if some lines are not of it; a job rejects them.
    """

    name: str
    reason: str
    is_mixed: bool = False


def detect_marked(start: bytes) -> Encoding | None:
    """Return the encoding that a byte-order mark or the zeros of UTF-16 show, or None."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            is_mixed = name == "utf-8" and bool(utf8_lines(start)[False])
            return Encoding(name, "from the byte-order mark", is_mixed)
    zeros = start.count(0)
    if zeros > len(start) / 50:
        in_odd_bytes = start[1::2].count(0) / zeros
        for order, share in (("le", in_odd_bytes), ("be", 1 - in_odd_bytes)):
            if share > 0.95:
                return Encoding(
                    f"utf-16{order}", "no byte-order mark, but every other byte is zero"
                )
    return None


def check_text(start: bytes, address: str) -> None:
    """Raise SourceError if the first bytes are not text in any encoding."""
    controls = len(start) - len(start.translate(None, BINARY_CONTROLS))
    if controls > MAX_CONTROL_SHARE * len(start):
        raise SourceError(
            f"{address} is not text: {controls} of its first {len(start)} bytes are control "
            "characters. Use CSV, JSON lines or Parquet, compressed only as the name says"
        )


def detect_unmarked(chunks: Iterable[bytes], windows: Iterable[bytes] = ()) -> Encoding:
    """Return the likeliest encoding of bytes without a mark.

    Args:
        chunks: consecutive bytes from the start of the file; a chunk may end inside a character.
        windows: whole lines from further on.
    """
    non_utf8: list[bytes] = []
    is_ascii = True
    lines = Counter[bool]()
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        non_utf8 += _non_utf8(chunk, decoder)
        lines += utf8_lines(chunk)
        is_ascii = is_ascii and chunk.isascii()
    for window in windows:
        non_utf8 += _non_utf8(window, codecs.getincrementaldecoder("utf-8")())
        lines += utf8_lines(window)
        is_ascii = is_ascii and window.isascii()
    if non_utf8 and lines[True] > lines[False]:
        reason = f"of {lines.total():,} lines with accents, {lines[False]:,} are not"
        return Encoding("utf-8", reason, is_mixed=True)
    if non_utf8:
        return _guess_legacy_encoding(b"".join(non_utf8[:MAX_NON_UTF8_CHUNKS]))
    return Encoding("utf-8", f"the sample is {'ASCII' if is_ascii else 'valid UTF-8'}")


def _non_utf8(data: bytes, decoder: codecs.IncrementalDecoder) -> list[bytes]:
    """Return the bytes in a list, with those left from before, unless they are UTF-8."""
    try:
        decoder.decode(data)
    except UnicodeDecodeError as error:
        decoder.reset()
        return [error.object]
    return []


def _guess_legacy_encoding(data: bytes) -> Encoding:
    beyond_ascii = re.findall(rb"[\x80-\xff]", data)
    evidence = (
        f"bytes such as {beyond_ascii[0][0]:#04x} are not UTF-8" if beyond_ascii else "not UTF-8"
    )
    if _is_one_of(WESTERN_LANGUAGES, _decoded(data, WESTERN)):
        return Encoding(WESTERN, f"{evidence}; usual for Western languages: {CHECK_NAMES}")
    for name in CENTRAL_EUROPEAN:
        text = _decoded(data, name)
        if _is_one_of(CENTRAL_LANGUAGES, text) and len(_letters(text)) >= MIN_CENTRAL_LETTERS:
            return Encoding(name, f"{evidence}; letters of Central Europe: {CHECK_NAMES}")
    name = _detect(data)
    if name is None:
        name = WESTERN if UNDECODABLE not in _decoded(data, WESTERN) else "iso-8859-1"
        return Encoding(
            name,
            f"{evidence}; UNCERTAIN: no encoding gives plausible letters, so set the right one, "
            "such as windows-1250 for Central European or gb18030 for Chinese",
        )
    western, found = _decoded(data, WESTERN), _decoded(data, name)
    # letters of another script do not stand alone between Latin ones
    if found == western or (_are_alone(western) and not _is_latin(found)):
        name = WESTERN
    return Encoding(name, f"{evidence}; guessed from the letters: {CHECK_NAMES}")


def _is_one_of(languages: Iterable[frozenset[str]], text: str) -> bool:
    """Return whether the letters beyond ASCII are of one of the languages, and stand alone."""
    if UNDECODABLE in text or C1_CONTROLS.search(text) or SIGN_IN_WORD.search(text):
        return False
    letters = _letters(text)
    return _are_alone(text) and any(letters <= language for language in languages)


def _letters(text: str) -> set[str]:
    """Return the letters beyond ASCII, in lower case."""
    letters = {char for char in text.casefold() if not char.isascii() and char.isalpha()}
    # `casefold` writes a sharp s as two
    return letters | ({"ß"} & set(text))


def _are_alone(text: str) -> bool:
    """Return whether characters beyond ASCII seldom follow each other."""
    runs = re.findall(r"[^\x00-\x7f]+", text)
    return sum(map(len, runs)) < MIN_RUN * len(runs)


def _is_latin(text: str) -> bool:
    letters = [char for char in text if not char.isascii() and char.isalpha()]
    latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return latin >= len(letters) / 2


def _detect(data: bytes) -> str | None:
    """Return the likeliest encoding as a contract names it, or None if there is none."""
    import chardet  # takes a tenth of a second, which UTF-8 does not need

    lines = (line for line in data.split(b"\n") if not line.isascii())
    found = chardet.detect(
        b"\n".join(lines)[:MAX_DETECTED_BYTES],
        include_encodings=LEGACY_ENCODINGS,
    )["encoding"]
    try:
        codec = codecs.lookup(found or "").name
    except LookupError:
        return None
    # a superset of what contracts know
    codec = {"cp949": "euc_kr", "gb2312": "gb18030"}.get(codec, codec)
    name = ENCODINGS.get(codec)
    return None if name is None or UNDECODABLE in _decoded(data, name) else name


def _decoded(data: bytes, encoding: str) -> str:
    # not final: the last character may be cut off
    return codecs.getincrementaldecoder(encoding)("replace").decode(data)
