"""Values from data inside markdown: shown as they are, never as formatting."""

from __future__ import annotations

import re

JOINER = "\u2060"
_LINKED = re.compile(r"(@|www|https?:)(?=[./\w])", re.IGNORECASE)
_ENDLESS = re.compile(r"(\w{80})\w{120,}")  # no word of any language, and pages of one are no help
_MEANT = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def escape(text: object) -> str:
    """Every character that markdown, a directive or LaTeX would read is taken literally.

    Addresses would become links even when escaped, so an invisible joiner breaks them up. A word of
    200 letters or more ends after 80.

    >>> print(escape("a_b*"))
    a\\_b\\*
    """
    plain = _ENDLESS.sub(r"\1…", " ".join(str(text).split()))
    return _MEANT.sub(r"\\\1", _LINKED.sub(rf"\1{JOINER}", plain))
