"""Labels, row ids and groups as text, so that 1, 1.0 and "1" are one and the same, and true too
where the column is known to be written so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from monitor.measures.groupings import Coded
from monitor.models.chunk import Values, as_series
from monitor.models.column import numbers, truths
from monitor.terms import UNKNOWN_GROUP

Texts = NDArray[np.object_]
EARLY_ROWS = 4096
FEW = 128  # whole numbers in a row
PLAIN = ({"true": "true", "false": "false"}, {"true": "1", "false": "0"})


def label(value: Any) -> str | None:
    """The text of one label; None where it is missing or blank.

    >>> label(1.0), label(True), label(" good "), label(float("nan"))
    ('1', 'true', 'good', None)
    """
    if isinstance(value, str):
        return value.replace("\0", "").strip() or None  # PostgreSQL keeps no NUL
    if not np.isscalar(value) and not isinstance(value, pd.Timestamp) and np.ndim(value) > 0:
        return str(value)
    if pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return _number_text(value)


def _number_text(value: Any) -> str:
    try:
        whole = int(value) if value == int(value) else None
    except (TypeError, ValueError, OverflowError):
        whole = None
    return str(value).strip() if whole is None else str(whole)


def labels(values: Values, known: Sequence[str] = ()) -> Texts:
    """``label`` of every value, spelled as those ``known``: an object array of text, None where
    missing."""
    return coded_labels(values, known).texts()


def coded_labels(values: Values, known: Sequence[str] = ()) -> Coded:
    """The same without a text for every row."""
    codes, names = encoded(values, known)
    return Coded(tuple(names), codes)


def encoded(values: Values, known: Sequence[str] = ()) -> tuple[NDArray[np.int64], list[str]]:
    """A code for every row and the label behind each code, spelled as those ``known``; -1 where
    missing."""
    try:
        codes, present = factorized(values)
    except (TypeError, NotImplementedError):  # lists and the like cannot be told apart by hash
        codes, present = pd.factorize(_objects([label(value) for value in as_series(values)]))
    plain, written = _plain(tuple(known)), spellings(tuple(known))
    found = [value if value in plain else label(value) for value in present]
    if written:
        found = [text and written.get(text.casefold(), text) for text in found]
    return joined(codes, found)


@lru_cache(maxsize=1024)  # as ``spellings``
def _plain(known: tuple[str, ...]) -> frozenset[str]:
    """Those that are their own labels, as whatever was a label once is."""
    return frozenset(text for text in known if label(text) == text)


def factorized(values: Values) -> tuple[NDArray[np.int64], Iterable[Any]]:
    """As ``pd.factorize``; of texts that are coded already, and of whole numbers close together, no
    row is hashed."""
    if isinstance(values, pa.DictionaryArray) and len(values.dictionary) <= len(values):
        held = values.indices
        codes = (held.fill_null(-1) if held.null_count else held).to_numpy(zero_copy_only=False)
        return _by_appearance(codes, values.dictionary.to_numpy(zero_copy_only=False))
    if isinstance(values, pa.Array) and pa.types.is_integer(values.type) and not values.null_count:
        return _whole(values.to_numpy())
    values = as_series(values)
    held = values.array
    if isinstance(held, pd.Categorical) and len(held.categories) <= len(held):
        return _by_appearance(held.codes, held.categories.to_numpy(dtype=object))
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
        return _whole(values.to_numpy())
    return pd.factorize(values)


def _whole(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Of whole numbers, none of them missing."""
    if values.size:
        low, high = int(values.min()), int(values.max())
        if high - low < FEW:
            return _by_appearance(values - low, np.arange(low, high + 1, dtype=values.dtype))
    return pd.factorize(values)


def _by_appearance(
    codes: NDArray[Any], present: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The codes of those that occur, numbered as they are met; -1 stays what it is."""
    first = _first_rows(codes, len(present))
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(codes))]
    place = np.full(first.size + 1, -1)
    place[order] = np.arange(order.size)
    return place.take(codes), present[order]


def _first_rows(codes: NDArray[Any], size: int) -> NDArray[np.int64]:
    """The first row of each code below ``size``, the number of rows where there is none.

    Most are met early, so the rest is looked through only where some were not.
    """
    first = np.full(size + 1, codes.size)  # the last is that of code -1
    for rows in (min(EARLY_ROWS, codes.size), codes.size):
        first[codes[:rows][::-1]] = np.arange(rows)[::-1]
        if (first[:-1] < codes.size).all():
            break
    return first[:-1]


def joined(
    codes: NDArray[np.int64], found: Sequence[str | None]
) -> tuple[NDArray[np.int64], list[str]]:
    """Codes whose texts are all different and none missing, of codes of the texts ``found``; -1
    where missing."""
    names = list(dict.fromkeys(text for text in found if text is not None))
    if names == found:
        return codes, names
    place = {text: code for code, text in enumerate(names)}
    return np.array([*(-1 if text is None else place[text] for text in found), -1])[codes], names


def spelled(text: str, known: Sequence[str]) -> str:
    """True and false as a column writes them whose values are ``known``; all else as it is.

    >>> spelled("true", ["no", "yes"]), spelled("0", ["no", "yes"]), spelled("0", ["f", "m"])
    ('yes', 'no', '0')
    """
    return spellings(tuple(known)).get(text.casefold(), text)


@lru_cache(maxsize=1024)  # of columns, which are asked about with every piece of a batch
def spellings(known: tuple[str, ...]) -> Mapping[str, str]:
    """How a column whose values are ``known`` writes true, false, 1 and 0; empty where it is no
    column of truths."""
    words = next((words for words in PLAIN if known and {*known} <= {*words.values()}), None)
    if words is None and len(known) == 2 and {*truths(known)} == {"true", "false"}:
        words = {str(truth): name for truth, name in zip(truths(known), known, strict=True)}
    if words is None:
        return {name.casefold(): name for name in known if name.casefold() in ("true", "false")}
    yes, no = words["true"], words["false"]
    return {"1": yes, "true": yes, "0": no, "false": no}


def groups(values: Values, known: Sequence[str] = ()) -> Texts:
    """The group of every row, missing as the visible group ``(unknown)``."""
    return cut(values, (), known)


def cut(values: Values, bins: Sequence[float], known: Sequence[str] = ()) -> Texts:
    """The group of every row of a numeric column, cut at ``bins``; without bins its text, spelled
    as those ``known``.

    >>> cut(pd.Series([39, 40, None]), [40]).tolist()
    ['<40', '40+', '(unknown)']
    """
    return coded_groups(values, bins, known).texts()


def coded_groups(values: Values, bins: Sequence[float], known: Sequence[str] = ()) -> Coded:
    """The same without a text for every row."""
    if not len(bins):
        return with_unknown(coded_labels(values, known))
    found = numbers(values)
    places = np.searchsorted(np.asarray(bins, dtype=np.float64), found, side="right")
    places[np.isnan(found)] = len(bins) + 1
    return _met(Coded((*bin_names(bins), UNKNOWN_GROUP), places))


def with_unknown(one: Coded) -> Coded:
    """Where there is no code the unknown group, which may have been written out too."""
    if one.codes.min(initial=0) >= 0:
        return one
    every = tuple(dict.fromkeys((*one.names, UNKNOWN_GROUP)))
    return _met(Coded(every, np.where(one.codes < 0, every.index(UNKNOWN_GROUP), one.codes)))


def _met(one: Coded) -> Coded:
    """Only the names that occur, by first appearance."""
    places, present = pd.factorize(one.codes)
    return Coded(tuple(one.names[code] for code in present.tolist()), places)


def bin_names(bins: Sequence[float]) -> list[str]:
    """What the groups are called, lowest first.

    >>> bin_names([25, 45])
    ['<25', '25 to <45', '45+']
    """
    texts = [f"{edge:.15g}" for edge in bins]
    between = [f"{low} to <{high}" for low, high in pairwise(texts)]
    return [f"<{texts[0]}", *between, f"{texts[-1]}+"]


def _objects(values: Sequence[str | None]) -> Texts:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
