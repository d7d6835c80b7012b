"""The encoding of a file's bytes."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from emr_ml.sources.header import BYTE_ORDER_MARKS
from emr_ml.sources.listing import SourceError

TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x01\x1a\x1c\x1d\x1e\x1f"
BINARY_CONTROLS = bytes(byte for byte in range(32) if byte not in TEXT_CONTROLS)
MAX_CONTROL_SHARE = 0.05

MAX_NON_UTF8_CHUNKS = 8  # that the encoding is guessed from
MIN_PLAUSIBLE_SHARE = 0.9  # of the characters beyond ASCII, for a guess to be trusted
MIN_KANA_SHARE = 0.1  # of a Japanese text; Chinese may decode as kanji alone
JAPANESE = ("shift_jis", "cp932", "euc-jp")


@dataclass(frozen=True)
class Encoding:
    """An encoding's name in a contract, and why it was chosen."""

    name: str
    reason: str


def detect_marked(start: bytes) -> Encoding | None:
    """Return the encoding that a byte-order mark or the zeros of UTF-16 show, or None."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return Encoding(name, "from the byte-order mark")
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
            "characters. Use Parquet, or CSV that is plain or compressed by gzip or bzip2"
        )


def detect_unmarked(chunks: Iterable[bytes], windows: Iterable[bytes] = ()) -> Encoding:
    """Return the likeliest encoding of bytes without a mark.

    Args:
        chunks: consecutive bytes from the start of the file; a chunk may end inside a character.
        windows: whole lines from further on.
    """
    non_utf8: list[bytes] = []
    is_ascii = True
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        non_utf8 += _non_utf8(chunk, decoder)
        is_ascii = is_ascii and chunk.isascii()
    for window in windows:
        non_utf8 += _non_utf8(window, codecs.getincrementaldecoder("utf-8")())
        is_ascii = is_ascii and window.isascii()
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
    shares = {name: _plausible_share(data, name) for name in plausible_characters()}
    best = max(shares, key=lambda name: shares[name])
    beyond_ascii = re.search(rb"[\x80-\xff]", data)
    evidence = (
        f"bytes such as {data[beyond_ascii.start()]:#04x} are not UTF-8"
        if beyond_ascii
        else "not UTF-8"
    )
    if shares[best] >= MIN_PLAUSIBLE_SHARE:
        is_western = best == "windows-1252"
        basis = "usual for Western languages" if is_western else "guessed from the letters"
        return Encoding(best, f"{evidence}; {basis}: check names and values with accents")
    name = "windows-1252" if shares["windows-1252"] >= 0 else "iso-8859-1"
    return Encoding(
        name,
        f"{evidence}; UNCERTAIN: no encoding gives plausible letters, so set the right one "
        "(East Asian: gb18030, big5, shift_jis, euc-jp, euc-kr; Central European: windows-1250)",
    )


def _plausible_share(data: bytes, encoding: str) -> float:
    """Return the share of plausible characters beyond ASCII, or -1 if a byte can't be decoded."""
    try:
        # not final: the last character may be cut off
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return -1.0
    beyond_ascii = len(re.sub(r"[\x00-\x7f]+", "", text))
    if encoding in JAPANESE and len(KANA.findall(text)) < MIN_KANA_SHARE * beyond_ascii:
        return 0.0
    plausible = len(plausible_characters()[encoding].findall(text))
    return plausible / beyond_ascii if beyond_ascii else 0.0


TYPOGRAPHIC = "°€£§«»’‘“”–—…ºª¿¡·½\u00a0™®©×"  # noqa: RUF001 - typographic marks
WESTERN = f"éèêëàâäáãåçñíîïìóôöõòúûüùßæøœýÿðþÉÈÊÀÂÄÁÃÅÇÑÍÎÓÔÖÕÚÛÜØÆŒ{TYPOGRAPHIC}"
CENTRAL_EUROPEAN = f"ąćęłńóśźżáčďéěíňřšťúůýžőűäöüßľĺôĄĆĘŁŃÓŚŹŻÁČĎÉÍŘŠŤÚŽ{TYPOGRAPHIC}"
CYRILLIC = "[а-яё]|(?<![А-Яа-яё])[А-ЯЁ]|(?<=[А-ЯЁ])[А-ЯЁ]"  # noqa: RUF001 - Cyrillic is meant
HANGUL = "[\uac00-\ud7a3]"
KANA = re.compile("[\u3041-\u30fc]")
KANJI = "[\u3041-\u30fc\u4e00-\u9faf\u3001\u3002\u3005]"


@cache
def plausible_characters() -> dict[str, re.Pattern[str]]:
    """Return what most characters beyond ASCII match, by encoding; the likelier encodings first."""
    simplified_chinese = _common_characters(0xB0, 0xD7, "gb2312")
    traditional_chinese = _common_characters(0xA4, 0xC6, "big5")
    patterns = {
        "windows-1252": _surrounded_by_ascii(WESTERN),
        "windows-1250": _surrounded_by_ascii(CENTRAL_EUROPEAN),
        "iso-8859-2": _surrounded_by_ascii(CENTRAL_EUROPEAN),
        "ibm850": _surrounded_by_ascii(WESTERN),
        "mac-roman": _surrounded_by_ascii(WESTERN),
        "windows-1251": CYRILLIC,
        "koi8-r": CYRILLIC,
        "euc-kr": HANGUL,
        "shift_jis": KANJI,
        "cp932": KANJI,
        "euc-jp": KANJI,
        "big5": f"[{traditional_chinese}\uff0c\u3002\u3001]",
        "gb18030": f"[{simplified_chinese}\uff0c\u3002\u3001]",
    }
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def _surrounded_by_ascii(letters: str) -> str:
    """Return a pattern for accented letters, alone or in pairs; longer runs are another script."""
    return rf"(?<![^\x00-\x7f]{{2}})[{letters}](?![^\x00-\x7f]{{2}})"


def _common_characters(first_row: int, last_row: int, encoding: str) -> str:
    """Return the characters of these rows of a two-byte table, the common ones of a language."""
    pairs = (
        bytes((row, cell)) for row in range(first_row, last_row + 1) for cell in range(0x40, 0xFF)
    )
    decoded = (pair.decode(encoding, "ignore") for pair in pairs)
    # an invalid pair may decode to its second byte as a letter
    return "".join(char for char in decoded if len(char) == 1 and not char.isascii())
