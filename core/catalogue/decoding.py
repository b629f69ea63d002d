"""File bytes to text: UTF-8, or UTF-16 and UTF-32 where a byte order mark says so; nothing is guessed."""

import codecs
import re

from core.catalogue.table_model import empty_file, unreadable
from core.errors import InvalidInput

_SAVE_AS_UTF8 = (
    "Save the file as UTF-8: in Excel 'Save as' > 'CSV UTF-8', in LibreOffice 'Save as' > 'Edit filter settings' > "
    "'Unicode (UTF-8)', in a text editor 'Save with encoding' > 'UTF-8'."
)
_MARKS = (  # the mark of UTF-32 starts with that of UTF-16, so it is looked for first
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_WORD_END = re.compile(r"[\s,;|\"]")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_WEB_PAGE = ("<!doctype", "<html", "<?xml", "<table")


def decode(data: bytes) -> str:
    """The file's text without its byte order mark; InvalidInput names the row and byte where it is not text."""
    if not data:
        raise empty_file()
    _refuse_binary(data)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and _looks_like_utf16(data):
        raise unreadable("The text looks like UTF-16 without a byte order mark, which is ambiguous.", _SAVE_AS_UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error, encoding) from error
    if not text.strip():
        raise empty_file()
    if text.lstrip()[:20].lower().startswith(_WEB_PAGE):
        raise unreadable("The file is a web page or XML, not a table.", "Export the table as CSV.")
    return text


def _refuse_binary(data: bytes) -> None:
    if data.startswith(_OLE) and _ENCRYPTED_PART in data:
        raise unreadable(
            "The workbook is protected by a password, so its cells cannot be read.",
            "Remove the password in Excel (File > Info > Protect workbook), or save the sheet as CSV UTF-8.",
        )
    if data.startswith(_OLE):
        raise unreadable("The file is an old Office document (.xls, .doc).", "Save it as .xlsx or as CSV UTF-8.")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise unreadable(f"The file is {kind}, not a text table.", "Choose a CSV file saved as UTF-8.")


def _looks_like_utf16(data: bytes) -> bool:
    """Every second byte of mostly Latin UTF-16 is zero; UTF-8 text holds no zero byte."""
    head = data[:4000]
    return len(head) >= 4 and max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 5


def _undecodable(data: bytes, error: UnicodeDecodeError, encoding: str) -> InvalidInput:
    # The byte order mark is no part of what the codec counts for "utf-8-sig".
    offset = error.start + (len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0)
    row = _row_at(data[:offset].decode(encoding, "replace"))
    name = encoding.removesuffix("-sig").upper()
    found = f"Byte {offset + 1:,} of the file (0x{data[offset]:02X}) is not {name}"
    if name != "UTF-8":
        return unreadable(f"{found}: the file is damaged or cut off.", _SAVE_AS_UTF8, row)
    before, after = (data[max(offset - 40, 0) : offset], data[offset : offset + 40])
    word = (
        _WORD_END.split(before.decode("cp1252", "replace"))[-1] + _WORD_END.split(after.decode("cp1252", "replace"))[0]
    )
    return unreadable(f"{found}; read as Windows-1252 the word there would be {word!r}.", _SAVE_AS_UTF8, row)


def _row_at(text: str) -> int:
    """Row at which the text ends: a line break inside an open quoted cell starts no new row."""
    row, n_quotes = 1, 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        n_quotes += line.count('"')
        row += n_quotes % 2 == 0
    return row
