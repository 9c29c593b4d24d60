"""Text of any usual encoding, packed or not: UTF-8, UTF-16, else Windows-1252."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
from typing import IO, Any

from twinseed.errors import needs
from twinseed.readers.source import Source

__all__ = ["opened_text", "text_encoding"]

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))
REMEDY = "save the table as text in UTF-8, or name its encoding with the option encoding"


def text_encoding(source: Source) -> str:
    """Return the encoding of a text file, after its unpacked size has been checked.

    Raises:
        InputError: more bytes than the limit, bytes that are no text.
    """
    start = next(_chunks(source), b"")
    named = source.reading.encoding
    if named is not None:
        guesses = ["utf-8-sig" if codecs.lookup(named).name == "utf-8" else named]
    else:
        guesses = [next((name for mark, name in _MARKS if start.startswith(mark)), _bare(start))]
    problem: Exception = ValueError("no text")
    if guesses == ["utf-8"]:
        guesses += ["cp1252", "latin-1"]
    for guess in guesses:
        try:
            _require_text(source, guess, controls=guess in ("cp1252", "latin-1") and named is None)
        except (UnicodeError, ValueError) as error:
            problem = problem if isinstance(problem, UnicodeError) else error
            continue
        if named is None and guess in ("cp1252", "latin-1"):
            source.notes.append(
                "the text is not UTF-8, and is read as Windows-1252 (Latin-1); "
                "the option encoding names another"
            )
        return guess
    raise source.bad(f"must hold lines of text in UTF-8 ({problem})", REMEDY) from problem


def opened_text(source: Source, encoding: str) -> IO[str]:
    """Return the text of a file, unpacked while the text is read."""
    return io.TextIOWrapper(_opened(source), encoding=encoding, newline="")


def _bare(start: bytes) -> str:
    """Return the encoding of text without a mark: UTF-16 has a zero in every other byte."""
    some = start[:2000]
    if len(some) >= 4 and some[1::2].count(0) > 0.4 * len(some) and some[::2].count(0) == 0:
        return "utf-16-le"
    if len(some) >= 4 and some[::2].count(0) > 0.4 * len(some) and some[1::2].count(0) == 0:
        return "utf-16-be"
    return "utf-8"


def _require_text(source: Source, encoding: str, *, controls: bool) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    size = 0
    for chunk in _chunks(source):
        size += len(chunk)
        if size > source.limit:
            raise source.bad(
                f"unpacks to more than {source.limit:,} bytes", "convert it to .npy or .parquet"
            )
        if controls and len(chunk.translate(None, _CONTROLS)) < len(chunk):
            raise ValueError("it has bytes that no text has")
        decoder.decode(chunk)
    decoder.decode(b"", final=True)


def _chunks(source: Source) -> Iterator[bytes]:
    with _opened(source) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _opened(source: Source) -> Any:
    """Return the bytes of a file, unpacked while the bytes are read."""
    ending = source.path.suffix.lower()
    if ending == ".gz":
        return gzip.open(source.path, "rb")
    if ending == ".zst":
        with needs("pyarrow", "formats", "Reading .zst"):
            import pyarrow
        return pyarrow.input_stream(str(source.path), compression="zstd")
    return source.path.open("rb")
