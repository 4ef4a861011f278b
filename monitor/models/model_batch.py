"""The frame a model is given as Arrow columns, on their way to its own process."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa

from monitor.measures.groupings import Coded
from monitor.models.contract import build_contract
from monitor.models.features import cast, coded_texts, is_text
from monitor.models.promises import Column, Contract
from monitor.models.spec import Spec


def model_batch(
    frame: pd.DataFrame, spec: Spec, contract: Contract | None = None
) -> pa.RecordBatch:
    """What ``model_frame`` gives, numbers uncopied and texts as dictionaries.

    ``objects`` in the schema's metadata names the columns that are Python objects to the model.
    """
    promised = (contract or build_contract(spec, frame)).columns
    sent = {name: _sent(promised[name], frame[name]) for name in spec.columns.features}
    objects = [name for name, (_, is_object) in sent.items() if is_object]
    metadata = {"objects": json.dumps(objects)}
    schema = pa.schema([(name, array.type) for name, (array, _) in sent.items()], metadata)
    return pa.RecordBatch.from_arrays([array for array, _ in sent.values()], schema=schema)


def _sent(column: Column, values: pd.Series) -> tuple[pa.Array, bool]:
    """The column, and whether it holds Python objects."""
    if is_text(column):
        codes, texts = coded_texts(values)
        # In as few bytes as the codes need, for they go through a pipe.
        small = codes.astype(np.min_scalar_type(-max(len(texts), 1)))
        return Coded(tuple(texts), small).array(), True
    given = cast(column, values)
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iuf":
        return pa.array(given.to_numpy()), False  # NaN stays a number: nothing is looked through
    array = pa.array(given, from_pandas=True)
    one = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return one, given.dtype == object
