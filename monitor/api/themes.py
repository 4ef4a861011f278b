"""The theme that every rerun tells its browser, put together once for each section of it."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

Populate = Callable[..., None]


def keep() -> None:
    """Streamlit looks through all of its options six times a rerun, which takes a millisecond.

    A Streamlit that has no such function of its own is left as it is.
    """
    if populate := getattr(app_session, "_populate_theme_msg", None):
        app_session._populate_theme_msg = kept(populate)


def kept(populate: Populate) -> Populate:
    """The same, for settings that stay as they are while the server runs."""
    known: dict[str, CustomThemeConfig] = {}

    def again(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in known:
            known[section] = CustomThemeConfig()
            populate(known[section], section)
        if known[section].ByteSize():
            message.MergeFrom(known[section])

    return again
