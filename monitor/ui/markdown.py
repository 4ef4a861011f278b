"""Values from data inside markdown: shown as they are, never as formatting."""

from __future__ import annotations

import re

JOINER = "\u2060"
_LINKED = re.compile(r"(@|www|https?:)(?=[./\w])", re.IGNORECASE)
_MEANT = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def escape(text: object) -> str:
    """Every character that markdown, a directive or LaTeX would read is taken literally.

    Addresses would become links even when escaped, so an invisible joiner breaks them up.

    >>> print(escape("a_b*"))
    a\\_b\\*
    """
    plain = " ".join(str(text).split())
    return _MEANT.sub(r"\\\1", _LINKED.sub(rf"\1{JOINER}", plain))
