"""What is kept of the theme is what Streamlit says of it each time."""

from __future__ import annotations

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from monitor.api import themes

SECTIONS = ("theme", *(f"theme.{one.value}" for one in config.CustomThemeCategories))


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_of_the_theme_is_told_as_streamlit_tells_it(section: str) -> None:
    asked: list[str] = []

    def populate(message: CustomThemeConfig, section: str) -> None:
        asked.append(section)
        app_session._populate_theme_msg(message, section)

    kept = themes.kept(populate)
    told = [CustomThemeConfig() for _ in range(3)]
    app_session._populate_theme_msg(told[0].light, section)
    for message in told[1:]:
        kept(message.light, section)
    assert told[0] == told[1] == told[2]
    assert asked == [section]
