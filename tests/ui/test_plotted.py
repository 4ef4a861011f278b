"""Figures reach the browser unchanged, with the template that Streamlit's own theme is put in."""

from __future__ import annotations

import json

import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest


def script() -> None:
    from monitor.charts import theme
    from monitor.ui import parts

    figure = theme.blank()
    figure.add_scatter(x=[1, 2], y=[0.5, None], error_y=None, name="a")
    figure.add_hline(y=0.4, line={"dash": "dash"}, words="limit", side="right")
    figure.update_yaxes({"nticks": 5}, zeroline=False)
    parts.chart(figure, "Two points.", key="two")


def test_a_figure_is_sent_as_plotly_would_have_sent_it() -> None:
    chart = go.Figure(layout={"height": 280, "margin": {"l": 8, "r": 8, "t": 24, "b": 8}})
    chart.update_layout(dragmode=False, hoverlabel_namelength=-1, barmode="overlay")
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": ""}
    chart.update_layout(legend=legend)
    chart.add_scatter(x=[1, 2], y=[0.5, None], error_y=None, name="a")
    words = {"text": "limit", "position": "top right", "font_size": 11}
    above = {f"annotation_{name}": said for name, said in words.items()}
    chart.add_hline(y=0.4, line={"dash": "dash"}, **above)
    chart.update_yaxes({"nticks": 5}, zeroline=False)
    (sent,) = AppTest.from_function(script).run().get("plotly_chart")
    assert json.loads(sent.proto.spec) == json.loads(chart.to_json())
