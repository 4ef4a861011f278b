"""Values from data inside markdown: shown as they are, never as formatting."""

from __future__ import annotations

import re

_MEANT = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def escape(text: object) -> str:
    """Every character that markdown, a directive or LaTeX would read is taken literally.

    >>> print(escape("a_b*"))
    a\\_b\\*
    """
    return _MEANT.sub(r"\\\1", " ".join(str(text).split()))
