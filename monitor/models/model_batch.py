"""The columns a model is given, in Arrow, on their way to its own process."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.measures.groupings import Coded
from monitor.models.chunk import Frame, Values, as_frame, as_series
from monitor.models.contract import build_contract
from monitor.models.features import cast, coded_texts, is_text, number_type
from monitor.models.promises import Column, Contract
from monitor.models.spec import Spec


def model_batch(frame: Frame, spec: Spec, contract: Contract | None = None) -> pa.RecordBatch:
    """What ``model_frame`` gives, numbers uncopied and texts as dictionaries.

    ``objects`` in the schema's metadata names the columns that are Python objects to the model.
    """
    promised = (contract or build_contract(spec, as_frame(frame))).columns
    sent = {name: _sent(promised[name], frame[name]) for name in spec.columns.features}
    objects = [name for name, (_, is_object) in sent.items() if is_object]
    metadata = {"objects": json.dumps(objects)}
    schema = pa.schema([(name, array.type) for name, (array, _) in sent.items()], metadata)
    return pa.RecordBatch.from_arrays([array for array, _ in sent.values()], schema=schema)


def _sent(column: Column, values: Values) -> tuple[pa.Array, bool]:
    """The column, and whether it holds Python objects."""
    if is_text(column):
        return _coded(values), True
    if isinstance(values, pa.Array) and _is_wanted(column, values):
        return values, False
    given = cast(column, as_series(values))
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iuf":
        return pa.array(given.to_numpy()), False  # NaN stays a number: nothing is looked through
    array = pa.array(given, from_pandas=True)
    one = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return one, given.dtype == object


def _coded(values: Values) -> pa.DictionaryArray:
    """Texts with indices of as few bytes as they need, for they go through a pipe."""
    if isinstance(values, pa.DictionaryArray) and len(values.dictionary) <= len(values):
        small = _smallest(len(values.dictionary))
        indices = values.indices.cast(pa.from_numpy_dtype(small), safe=False)
        return pa.DictionaryArray.from_arrays(indices, values.dictionary, safe=False)
    codes, texts = coded_texts(values)
    return Coded(tuple(texts), codes.astype(_smallest(len(texts)))).array()


def _smallest(texts: int) -> np.dtype[Any]:
    """The type that holds the codes of so many texts, and -1."""
    return np.min_scalar_type(-max(texts, 1))


def _is_wanted(column: Column, values: pa.Array) -> bool:
    """Whether these are the very numbers that the model is given, what is missing as NaN."""
    wanted = number_type(column)
    if wanted is None or values.type != pa.from_numpy_dtype(wanted):
        return False
    return wanted.kind == "f" or not values.null_count
