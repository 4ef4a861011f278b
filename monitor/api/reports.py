"""``/report/SHA256``: a page that another library made, in a box of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.errors import NotFound
from monitor.store.engine import Store
from monitor.store.reports import SUFFIX

# The page runs its own scripts and draws, and may neither read ours, nor our cookies, nor call
# anywhere: it holds names and values that came out of somebody's file.
BOX = "; ".join(
    (
        "sandbox allow-scripts allow-downloads",
        "default-src 'none'",
        "script-src 'unsafe-inline' 'unsafe-eval'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": BOX,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=31536000, immutable",
}
SHA256 = re.compile(r"[0-9a-f]{64}")


def report_route(open_store: Callable[[], Store]) -> Route:
    """Serves kept pages by their hash, for looking at or, with ``?download``, for keeping."""

    def report(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        if not SHA256.fullmatch(sha256):
            return PlainTextResponse("There is no such report.", status_code=404)
        try:
            path = open_store().files.path(sha256, suffix=SUFFIX)
        except NotFound:
            return PlainTextResponse("There is no such report.", status_code=404)
        name = f"evidently-{sha256[:8]}.html" if "download" in request.query_params else None
        return FileResponse(path, media_type="text/html", headers=HEADERS, filename=name)

    return Route("/report/{sha256}", report)
