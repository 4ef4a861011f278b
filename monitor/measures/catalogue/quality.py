"""Counts and shares of what is wrong with a batch."""

from __future__ import annotations

from monitor.measures.catalogue.definition import (
    NEITHER,
    count,
    share,
)

QUALITY = (
    share(
        "missing_rate",
        "Missing values",
        "missing / rows",
        "The share of rows without a value in the column.",
    ),
    share(
        "unseen_rate",
        "Unseen categories",
        "values not in the reference / rows",
        "The share of rows with a category the reference never had.",
    ),
    share(
        "out_of_range_rate",
        "Out of range",
        "values under or over the reference's range / rows",
        "The share of rows with a number beyond any in the reference.",
    ),
    share(
        "infinite_rate",
        "Infinite values",
        "infinite / rows",
        "The share of rows whose value is infinite.",
    ),
    count("duplicate_ids", "Duplicate ids", "rows − distinct ids", "Rows whose id came before."),
    count("row_count", "Rows", "rows", "How many rows arrived.", better=NEITHER),
)
