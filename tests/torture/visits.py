"""A visitor of the real server who reads pages and hands files in, without a browser."""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from monitor.jobs.demo import MODELS
from monitor.ui.view import SECTIONS

PATIENCE = 60.0  # seconds until a message must have come
LARGEST_BYTES = 200_000_000
XSRF = "_streamlit_xsrf"
PATHS = (
    "/", "/alerts", "/alerts?part=noise&model=credit", "/batches?model=tickets",
    "/settings?part=system", *(f"/model?model={m}&section={s}" for s in SECTIONS for m in MODELS),
)  # fmt: skip


class Visit:
    """One session; ``raw`` is all that came for the newest page, ``widgets`` what can be used."""

    def __init__(self, socket: ClientConnection, address: str) -> None:
        self._socket, self._address = socket, address
        self._session, self._place = "", urlsplit("/")
        self.raw, self.widgets = b"", dict[str, str]()
        self._states: dict[str, WidgetState] = {}

    def open(self, path: str) -> bytes:
        """The page, when its script has finished."""
        self._place, self.widgets, self._states = urlsplit(path), {}, {}
        return self._run()

    def hand_in(self, model: str, file: Path, *, kind: str = "Rows to score") -> str:
        """Chooses the file on the batches page and presses the button that takes it; what is then
        said where it was not taken."""
        self.open(f"/batches?model={model}")
        if kind != "Rows to score":
            self._set("upload_kind", string_array_value={"data": [kind]})
        self._choose(file)
        if "send" not in self.widgets:
            return self.said()
        self._set("send", trigger_value=True)
        return ""

    def said(self) -> str:
        """Whatever can be read among what came."""
        return self.raw.decode(errors="replace")

    def _choose(self, file: Path) -> None:
        request = BackMsg()
        request.file_urls_request.request_id = uuid.uuid4().hex
        request.file_urls_request.file_names.append(file.name)
        request.file_urls_request.session_id = self._session
        self._socket.send(request.SerializeToString())
        place = self._until(lambda it: it.HasField("file_urls_response"))
        urls = place.file_urls_response.file_urls[0]
        content = file.read_bytes()
        put(self._address, urls.upload_url, file.name, content)
        chosen = {
            "file_id": urls.file_id, "name": file.name, "size": len(content), "file_urls": urls,
        }  # fmt: skip
        self.widgets.pop("send", None)
        uploaded = {"uploaded_file_info": [chosen]}
        self._set("file_", file_uploader_state_value=uploaded)

    def _set(self, name: str, **value: Any) -> None:
        """Uses a widget; what the others were set to is sent along, as a browser does."""
        known = next(id for key, id in self.widgets.items() if key.startswith(name))
        self._states[known] = WidgetState(id=known, **value)
        self._run()
        if "trigger_value" in value:
            del self._states[known]

    def _run(self) -> bytes:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_name = self._place.query, self._place.path.strip("/")
        rerun.context_info.url = f"{self._address}{self._place.path}?{self._place.query}"
        rerun.widget_states.widgets.extend(self._states.values())
        self.raw = b""
        self._socket.send(message.SerializeToString())
        self._until(lambda it: it.WhichOneof("type") == "script_finished" and not early(it))
        return self.raw

    def _until(self, true: Callable[[ForwardMsg], bool]) -> ForwardMsg:
        while True:
            raw = self._socket.recv(PATIENCE, decode=False)
            self.raw += raw
            message = ForwardMsg.FromString(raw)
            self._note(message)
            if true(message):
                return message

    def _note(self, message: ForwardMsg) -> None:
        if message.HasField("new_session"):
            self._session = message.new_session.initialize.session_id
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        id = getattr(getattr(element, kind), "id", "") if kind else ""
        if id.startswith("$$ID-"):
            self.widgets[id.split("-", 2)[2]] = id


def early(message: ForwardMsg) -> bool:
    """Whether the script sent itself elsewhere, and runs again."""
    return bool(message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN)


def put(address: str, place: str, name: str, content: bytes) -> None:
    """Sends a file where the page's widget would, with the token that guards it."""
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE) as answer:
        token = str(answer.headers["set-cookie"]).split(f"{XSRF}=", 1)[1].split(";", 1)[0]
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    request = urllib.request.Request(
        address + place,
        data=head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
        method="PUT",
        headers={
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "Cookie": f"{XSRF}={token}",
            "X-Xsrftoken": token,
        },
    )
    urllib.request.urlopen(request, timeout=PATIENCE).close()


@contextmanager
def visiting(address: str) -> Iterator[Visit]:
    """A session at ``http://…`` of its own."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    protocols = [Subprotocol("streamlit")]
    with connect(stream, subprotocols=protocols, max_size=LARGEST_BYTES) as socket:
        yield Visit(socket, address)
