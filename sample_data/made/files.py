"""Writing the same bytes for the same content: Parquet, skops and joblib."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import joblib
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from sklearn.pipeline import Pipeline

EPOCH = (1980, 1, 1, 0, 0, 0)
ADDRESS = re.compile(r"\b\d{12,}\b")


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Plain columns without pandas' own metadata; row ids are stored as their differences."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in table.column_names if name != "id"],
        column_encoding={"id": "DELTA_BINARY_PACKED"},
    )


def write_model(model: Pipeline, path: Path) -> None:
    """A ``.skops`` file, or a pickle for any other name."""
    if path.suffix == ".skops":
        path.write_bytes(_settled(skops.io.dumps(model)))
    else:
        joblib.dump(model, path, compress=("zlib", 9))


def _settled(archive: bytes) -> bytes:
    """The same archive with objects numbered in order instead of by their place in memory."""
    source = zipfile.ZipFile(io.BytesIO(archive))
    schema = source.read("schema.json").decode()
    numbers: dict[str, str] = {}
    schema = ADDRESS.sub(lambda m: numbers.setdefault(m[0], str(len(numbers) + 1)), schema)
    content = {ADDRESS.sub(lambda m: numbers[m[0]], n): source.read(n) for n in source.namelist()}
    content["schema.json"] = schema.encode()
    settled = io.BytesIO()
    with zipfile.ZipFile(settled, "w") as target:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content[name])
    return settled.getvalue()
