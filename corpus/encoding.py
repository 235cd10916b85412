"""From bytes to text: only what can be read with confidence, and stored."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from corpus.errors import ReadError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes([*range(1, 9), *range(14, 27), *range(28, 32), 127])
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,200}\bcharset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
# What browsers read under these names, because pages use the larger set.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_LARGER |= {"euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs"}
_BEYOND_ASCII = bytes(range(128, 256))
_TELLING = 20  # bytes beyond ASCII from which an encoding can be told
_UNLIKELY = re.compile(r"[^\0-\x7fÀ-ÖØ-öø-þŒœŠšŽžŸ‘’‚“”„–—…€£¥§°«»•·©®™´\xa0½¼¾¡¿]|[a-z][À-ÖØ-ÞŒŠŽ][a-z]")
_NEWLINE = re.compile(r"\r\n?")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def decode(data: bytes) -> str:
    """The text of a file; line ends become ``\\n``, as text editors read them.

    A byte order mark decides, then UTF-8, then charset-normalizer's best guess. Raises ReadError where the
    bytes are no text or where no encoding fits.
    """
    marked = _mark(data)
    if not marked:
        _refuse_binary(data)
    text = _strictly(data, marked) if marked else _utf8(data) or _guessed(data)
    if "\0" in text:
        raise ReadError("holds NUL characters, so it is not a text; give its text as UTF-8")
    return _NEWLINE.sub("\n", text)


def decode_page(data: bytes, charset: str = "") -> str:
    """The text of an HTML page whose server named the encoding ``charset``.

    A byte order mark decides, then UTF-8, then what the server and the page say, then a guess. As in
    browsers, a few bytes that do not fit, and NUL, become U+FFFD. Raises ReadError as ``decode`` does.
    """
    marked = _mark(data)
    if marked:
        return _strictly(data, marked).replace("\0", "\ufffd")
    if data.count(b"\0") > len(data) / 1000:
        _refuse_binary(data)
    declared = _META_CHARSET.search(data, 0, 4096)
    names = (charset, declared[1].decode() if declared else "", "utf-8")
    said = (text for name in names if (text := _leniently(data, name)) is not None)
    text = _utf8(data) or next(said, None) or _guessed(data)
    return text.replace("\0", "\ufffd")


def storable(text: str) -> str:
    """``text`` with lone surrogates and NUL, which no UTF-8 database holds, as U+FFFD.

    They come from emoji that a program cut in half: losing the article for that would be worse.
    """
    return text if "\0" not in text and _is_utf8(text) else _UNSTORABLE.sub("\ufffd", text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()  # ten times as fast as a regular expression
    except UnicodeEncodeError:
        return False
    return True


def _mark(data: bytes) -> str:
    """The encoding that a byte order mark names, empty without one."""
    return next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "")


def _refuse_binary(data: bytes) -> None:
    if b"\0" in data:
        raise ReadError("holds NUL bytes, so it is no text (or UTF-16 without its mark); save it as UTF-8")
    if len(data) - len(data.translate(None, _CONTROL)) > len(data) / 1000:
        raise ReadError("is full of control characters, so it is no text; give its text as UTF-8")


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise ReadError(
            "is not valid {encoding} at byte {place:,}; save it as UTF-8",
            encoding=name.upper(),
            place=error.start,
        ) from None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _leniently(data: bytes, label: str) -> str | None:
    """The text, if all but a few bytes fit the encoding of that name."""
    try:
        name = codecs.lookup(label).name
        text = data.decode(_LARGER.get(name, name), errors="replace")
    except (LookupError, UnicodeError):
        return None
    return text if text.count("\ufffd") <= len(text) / 1000 else None


def _guessed(data: bytes) -> str:
    """The text in the legacy encoding that fits best."""
    foreign = len(data) - len(data.translate(None, _BEYOND_ASCII))
    lossy = data.decode(errors="replace")
    damaged = lossy.count("\ufffd")
    if len(lossy.encode("ascii", errors="ignore")) + 5 * damaged < len(lossy):
        at = len(lossy.partition("\ufffd")[0].encode())
        raise ReadError("is UTF-8, but damaged at byte {place:,}; mend it there", place=at)
    if foreign < _TELLING:
        return _western(data, foreign)
    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        raise ReadError("is not UTF-8, and no other encoding fits; save it as UTF-8")
    name = best.encoding
    if name == "cp1250" and foreign < 0.08 * len(data):
        # Much English, French and German fits it as well; only the western letters are then right.
        western = next((match for match in matches if match.encoding == "cp1252"), None)
        alike = "cp1252" in best.could_be_from_charset or (western and western.chaos <= best.chaos)
        name = "cp1252" if alike else name
    return _strictly(data, name)


def _western(data: bytes, foreign: int) -> str:
    """The text with a few western letters and marks; anything else needs more of it to be told."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text or foreign > len(data) / 4 or _UNLIKELY.search(text):
        raise ReadError("is not UTF-8, and what it is cannot be told from so little; save it as UTF-8")
    return text
