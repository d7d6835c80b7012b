"""Which encoding a file's bytes are of."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from emr_ml.sources.header import MARKS
from emr_ml.sources.listing import SourceError

TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x01\x1a\x1c\x1d\x1e\x1f"
NOT_TEXT = bytes(byte for byte in range(1, 32) if byte not in TEXT_CONTROLS)

MARKS_OF_TEXT = "°€£§«»’‘“”–—…ºª¿¡·½\u00a0™®©×"  # noqa: RUF001 - typographic marks
WESTERN = f"éèêëàâäáãåçñíîïìóôöõòúûüùßæøœýÿðþÉÈÊÀÂÄÁÃÅÇÑÍÎÓÔÖÕÚÛÜØÆŒ{MARKS_OF_TEXT}"
CENTRAL = f"ąćęłńóśźżáčďéěíňřšťúůýžőűäöüßľĺôĄĆĘŁŃÓŚŹŻÁČĎÉÍŘŠŤÚŽ{MARKS_OF_TEXT}"
CYRILLIC = "[а-яё]|(?<![А-Яа-яё])[А-ЯЁ]|(?<=[А-ЯЁ])[А-ЯЁ]"  # noqa: RUF001 - is what is looked for
HANGUL = "[\uac00-\ud7a3]"
KANA = re.compile("[\u3041-\u30fc]")
KANA_SHARE = 0.1  # at least, in a Japanese text; a Chinese one may be read as kanji alone
JAPANESE = ("shift_jis", "cp932", "euc-jp")
KANJI = "[\u3041-\u30fc\u4e00-\u9faf\u3001\u3002\u3005]"
MOST_LOOKED_AT = 8  # chunks that are not UTF-8
LIKELY = 0.9  # of the characters beyond ASCII must be of the kind that the language uses


@dataclass(frozen=True)
class Encoding:
    """The encoding's name in a contract, and why it is that one."""

    name: str
    reason: str


def marked_encoding(head: bytes) -> Encoding | None:
    """The encoding of a file that says itself what it is: by a mark, or by its zeros."""
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return Encoding(name, "by the byte-order mark")
    zeros = head.count(0)
    if zeros > len(head) / 50:
        odd = head[1::2].count(0)
        for order, share in (("le", odd / zeros), ("be", 1 - odd / zeros)):
            if share > 0.95:
                return Encoding(f"utf-16{order}", "no byte-order mark, but zeros in between")
    return None


def check_text(head: bytes, where: str) -> None:
    """Raises SourceError where the first bytes are no text of any encoding."""
    strange = len(head) - len(head.translate(None, NOT_TEXT + b"\0"))
    if strange > len(head) / 20:
        raise SourceError(
            f"{where} is no text: {strange} of its first {len(head)} bytes are control "
            "characters. Only CSV, plain or packed by gzip or bzip2, and Parquet can be read"
        )


def unmarked_encoding(start: Iterable[bytes], places: Iterable[bytes] = ()) -> Encoding:
    """The encoding of bytes that do not say it.

    Args:
        start: the first bytes of the file, in chunks that may cut a character in two.
        places: whole lines from further on.
    """
    others: list[bytes] = []
    ascii_only = True
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in start:
        others += _not_utf8(chunk, decoder)
        ascii_only = ascii_only and chunk.isascii()
    for place in places:
        others += _not_utf8(place, codecs.getincrementaldecoder("utf-8")())
        ascii_only = ascii_only and place.isascii()
    if others:
        return _eight_bits(b"".join(others[:MOST_LOOKED_AT]))
    return Encoding(
        "utf-8", f"all that was looked at is {'ASCII' if ascii_only else 'valid UTF-8'}"
    )


def _not_utf8(data: bytes, decoder: codecs.IncrementalDecoder) -> list[bytes]:
    """The bytes, if they are no UTF-8."""
    try:
        decoder.decode(data)
    except UnicodeDecodeError as error:
        decoder.reset()
        return [error.object]
    return []


def guessed_names() -> tuple[str, ...]:
    """The encodings that bytes which say nothing may be guessed to be of."""
    return ("utf-8", "utf-16le", "utf-16be", "iso-8859-1", *_plausible())


def _eight_bits(data: bytes) -> Encoding:
    """The likeliest encoding of bytes that are no UTF-8."""
    scores = {name: _share(data, name) for name in _plausible()}
    best = max(scores, key=lambda name: scores[name])
    beyond = re.search(rb"[\x80-\xff]", data)
    seen = f"bytes such as {data[beyond.start()]:#04x} are no UTF-8" if beyond else "no UTF-8"
    if scores[best] >= LIKELY:
        western = best == "windows-1252"
        sure = "usual for Western languages" if western else "guessed by the letters it gives"
        return Encoding(best, f"{seen}; {sure}: check names and values with accents")
    name = "windows-1252" if scores["windows-1252"] >= 0 else "iso-8859-1"
    return Encoding(
        name,
        f"{seen}; NOT SAFE: no encoding gives likely letters, so set the true one "
        "(East Asian: gb18030, big5, shift_jis, euc-jp, euc-kr; Central European: windows-1250)",
    )


def _share(data: bytes, encoding: str) -> float:
    """Of the characters beyond ASCII, the share that is plausible; -1 if a byte has no meaning."""
    try:
        # not final: the last character may be cut in two
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return -1.0
    beyond = len(re.sub(r"[\x00-\x7f]+", "", text))
    if encoding in JAPANESE and len(KANA.findall(text)) < KANA_SHARE * beyond:
        return 0.0
    return len(_plausible()[encoding].findall(text)) / beyond if beyond else 0.0


@cache
def _plausible() -> dict[str, re.Pattern[str]]:
    """The characters that texts in an encoding are mostly made of.

    Of encodings that give equally likely letters the first one is taken.
    """
    chinese = _rows(0xB0, 0xD7, "gb2312")
    traditional = _rows(0xA4, 0xC6, "big5")
    kinds = {
        "windows-1252": _amid_ascii(WESTERN),
        "windows-1250": _amid_ascii(CENTRAL),
        "iso-8859-2": _amid_ascii(CENTRAL),
        "ibm850": _amid_ascii(WESTERN),
        "mac-roman": _amid_ascii(WESTERN),
        "windows-1251": CYRILLIC,
        "koi8-r": CYRILLIC,
        "euc-kr": HANGUL,
        "shift_jis": KANJI,
        "cp932": KANJI,
        "euc-jp": KANJI,
        "big5": f"[{traditional}\uff0c\u3002\u3001]",
        "gb18030": f"[{chinese}\uff0c\u3002\u3001]",
    }
    return {name: re.compile(kind) for name, kind in kinds.items()}


def _amid_ascii(letters: str) -> str:
    """Letters with accents stand alone or in pairs; longer runs are another script's."""
    return rf"(?<![^\x00-\x7f]{{2}})[{letters}](?![^\x00-\x7f]{{2}})"


def _rows(first: int, last: int, encoding: str) -> str:
    """The characters in those rows of a table of two bytes, the common ones of a language."""
    pairs = (bytes((row, cell)) for row in range(first, last + 1) for cell in range(0x40, 0xFF))
    decoded = (pair.decode(encoding, "ignore") for pair in pairs)
    # of what is no pair, the second byte may be read as a letter by itself
    return "".join(sign for sign in decoded if len(sign) == 1 and not sign.isascii())
