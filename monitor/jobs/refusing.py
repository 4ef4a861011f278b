"""Saying in one sentence why a file cannot become a batch: what was found and what to do."""

from __future__ import annotations

import gzip
import os
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError as XmlError

import pyarrow as pa

from monitor.errors import BatchError

LONGEST_NAME = 120
LONGEST_QUOTE = 80


def safe_name(name: str) -> str:
    """The last part of a file name, fit for showing; never to be used as a path.

    >>> safe_name("../../etc/pass\\nwd.csv")
    'passwd.csv'
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _printable(last).strip(". ")[-LONGEST_NAME:] or "file"


def quote(value: object) -> str:
    """A value from a file as part of a sentence: printable, quoted, not too long."""
    text = _printable(str(value))
    return f"'{text[:LONGEST_QUOTE]}…'" if len(text) > LONGEST_QUOTE else f"'{text}'"


def refuse(name: str, found: str, todo: str) -> BatchError:
    """The error to raise; its sentence is the file's name, what was found and what to do."""
    return BatchError(f"{safe_name(name)} {found}: {todo}.")


@contextmanager
def in_a_sentence(name: str, what: str) -> Iterator[None]:
    """Turns whatever a reading library raises into one sentence; ``what`` is the format's name."""
    try:
        yield
    except BatchError:
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        found = "is a gzip file that is cut short or damaged"
        raise refuse(name, found, "compress it again and send it anew") from error
    except UnicodeError as error:
        found = "holds characters that cannot be decoded"
        raise refuse(name, found, "save it again as UTF-8") from error
    except (
        pa.ArrowException,
        zipfile.BadZipFile,
        XmlError,
        OSError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        if isinstance(error, OSError) and error.errno:
            raise unopened(name, error) from error
        found = f"is a damaged {what} file ({_first_line(error)})"
        raise refuse(name, found, "write it again and send it anew") from error


def unopened(name: str, error: OSError) -> BatchError:
    """The error for a file that the system does not hand over; its path is not told."""
    reason = os.strerror(error.errno).lower() if error.errno else "unreadable"
    return refuse(name, f"cannot be opened ({reason})", "check its path and rights")


def _printable(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] != "C" or c == "\u200d")


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return _printable(line)[:LONGEST_QUOTE].rstrip(". ")
