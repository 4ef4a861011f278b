"""What browsers get in place of three large files of Streamlit's: what of them our pages use.

Each is known by the digest in their names, which changes with their content: of a Streamlit that
nobody has looked at, everything is sent as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

CUT: Final = Path(__file__).parent.parent / "ui" / "static"  # by `make letters`
TRACES: Final = (
    "bar",
    "heatmap",
)  # of Plotly's kinds of marks, beside scatter, which it always has

# Plotly's modules are functions in one long declaration: name=_({"path"(e,t){…}}),name=…
MODULE: Final = re.compile(r'([\w$]+)=[\w$]+\(\{"([^"]+)"\(')
SEAM: Final = re.compile(r'(?<=\}\}\)),(?=[\w$]+=[\w$]+\(\{"[^"]+"\()|(?<=\}\}\));(?=return )')
REGISTERED: Final = re.compile(r"(?<=\.register\(\[)(?:[\w$]+\(\),?)+(?=\]\))")
# Where the theme turns, Streamlit gives the figure as drawn its colours, in which no placeholder is
# left: marks would stay dark blue on black. It is given the figure as sent.
TURNED: Final = ("F(t=>Le(t,e.theme,c))", "F(()=>Le(O,e.theme,c))")
CALL: Final = re.compile(r"(?<![\w$.])([\w$]+)\(\)")


def icons(_whole: bytes) -> bytes:
    """The icons that Streamlit and our pages name."""
    return (CUT / "icons.woff2").read_bytes()


def letters(_whole: bytes) -> bytes:
    """Latin, Greek, Cyrillic and signs; the browser takes all others from the machine's fonts."""
    return (CUT / "letters.woff2").read_bytes()


def charts(whole: bytes) -> bytes:
    """The script of charts without the modules that no chart of ours can come to.

    Its marks take the colours of the theme when that turns, too.
    """
    *parts, last = SEAM.split(whole.decode())
    where: dict[str, int] = {}
    unused = set()
    for place, part in enumerate(parts):
        for name, path in MODULE.findall(part):
            where[name] = place
            if path.startswith("lib/") and Path(path).stem not in TRACES:
                unused.add(f"{name}()")
    last = REGISTERED.sub(lambda calls: _without(unused, calls[0]), last)
    used = _reached([parts[0], last], parts, where)
    kept = (part for place, part in enumerate(parts) if place == 0 or place in used)
    return f"{','.join(kept)};{last.replace(*TURNED)}".encode()


def _without(unused: set[str], calls: str) -> str:
    return ",".join(call for call in calls.split(",") if call not in unused)


def _reached(roots: list[str], parts: list[str], where: dict[str, int]) -> set[int]:
    """Places of the parts that these call, and those call in turn; too many rather than too few."""
    seen: set[int] = set()
    waiting = [place for text in roots for place in _called(text, where)]
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += _called(parts[place], where)
    return seen


def _called(text: str, where: dict[str, int]) -> Iterator[int]:
    return (where[name] for name in CALL.findall(text) if name in where)


LIGHTER: Final[dict[str, Callable[[bytes], bytes]]] = {
    "/static/media/MaterialSymbols-Rounded.nEdyypZU.woff2": icons,
    "/static/media/SourceSansVF-Upright.ttf.BsWL4Kly.woff2": letters,
    "/static/js/PlotlyChart.D9Z0_fxz.js": charts,
}
