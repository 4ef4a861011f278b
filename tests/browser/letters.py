"""Cuts letters and icons out of Streamlit's own fonts: `make letters`, with fontTools.

A browser's first visit fetches both fonts, half a megabyte; of 4,000 icons the pages show 150.
Source Sans is Adobe's under the SIL Open Font License, which asks that a changed one has another
name; copyright and licence stay within the file. Material Symbols are Google's under Apache 2.0.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamlit

import monitor

STREAMLIT = Path(streamlit.__file__).parent
OURS = Path(monitor.__file__).parent
STATIC = OURS / "ui" / "static"
ICON = re.compile(r":material/([a-z0-9_]+):")
NOT_ICONS = {"icon_name", "star_filled"}  # in Streamlit's words about icons
SPELT = "abcdefghijklmnopqrstuvwxyz0123456789_"
# Latin, Greek, Cyrillic, punctuation, currencies, arrows and mathematics.
RANGES = (
    (0x20, 0x17F), (0x18F, 0x18F), (0x192, 0x192), (0x1A0, 0x1B0), (0x218, 0x21B),
    (0x1E00, 0x1EF9), (0x2BB, 0x2DD), (0x300, 0x336), (0x370, 0x45F), (0x490, 0x491),
    (0x2010, 0x2044), (0x2070, 0x20BF), (0x2100, 0x22FF), (0x2300, 0x27BF),
)  # fmt: skip
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga"]
NAMES = {1: "Fairwatch Sans", 4: "Fairwatch Sans", 6: "FairwatchSans"}


def named_icons() -> set[str]:
    """Those that our pages, Streamlit, or its script in the browser name."""
    texts = (*OURS.rglob("*.py"), *OURS.parent.glob("pages/*.py"), *STREAMLIT.rglob("*.py"))
    scripts = STREAMLIT.glob("static/static/js/*.js")
    found = (ICON.findall(file.read_text("utf-8")) for file in (*texts, *scripts))
    return {name for names in found for name in names} - NOT_ICONS


def cut(folder: Path) -> None:
    """Writes icons.woff2, icons.txt (which they are) and letters.woff2."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    def write(font: Any, name: str, *, features: list[str], **kept: Any) -> None:
        options = subset.Options(
            layout_features=features, layout_closure=False, name_IDs=["*"], notdef_outline=True
        )
        subsetter = subset.Subsetter(options)
        subsetter.populate(**kept)
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(folder / name)

    icons, names = TTFont(_original("MaterialSymbols-Rounded")), sorted(named_icons())
    of = dict(_ligatures(icons))
    glyphs = [of[name] for name in names]
    write(icons, "icons.woff2", features=["*"], glyphs=glyphs, unicodes=map(ord, SPELT))
    (folder / "icons.txt").write_text("\n".join(names) + "\n")
    letters = TTFont(_original("SourceSansVF-Upright"))
    for number, name in NAMES.items():
        for record in [one for one in letters["name"].names if one.nameID == number]:
            letters["name"].setName(name, number, record.platformID, record.platEncID, 0x409)
    kept = [code for first, last in RANGES for code in range(first, last + 1)]
    write(letters, "letters.woff2", features=FEATURES, unicodes=kept)


def _original(name: str) -> Path:
    return next(STREAMLIT.glob(f"static/static/media/{name}.*"))


def _ligatures(font: Any) -> Iterator[tuple[str, str]]:
    """An icon's name, which is spelt, and the glyph that stands for it."""
    letter = {glyph: chr(code) for code, glyph in font.getBestCmap().items() if chr(code) in SPELT}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for first, ends in getattr(table, "ExtSubTable", table).ligatures.items():
                for end in ends:
                    yield "".join(letter[one] for one in (first, *end.Component)), end.LigGlyph


if __name__ == "__main__":
    cut(Path(sys.argv[1]))
