"""Categories as small numbers, the same for batch and reference."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from monitor.measures.edges import CategoricalEdges
from monitor.measures.rows import Ints

MISSING = -1


def category_codes(values: pa.Array, edges: CategoricalEdges, *, most: int) -> Ints:
    """The place of each value among the reference's commonest, ``most`` − 1 for all others, −1
    where it is missing.

    >>> category_codes(pa.array(["a", None, "z"]), CategoricalEdges(("b", "a")), most=3).tolist()
    [1, -1, 2]
    """
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    place = {name: i for i, name in enumerate(edges.categories[: most - 1])}
    names = coded.dictionary.cast(pa.string()).to_pylist()
    codes = np.array([*(place.get(name, most - 1) for name in names), MISSING], dtype=np.int64)
    found: Ints = codes[coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    return found
