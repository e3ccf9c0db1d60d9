"""Figures as the plain data that Plotly draws, for pages of hundreds of marks.

Plotly's own figures check and copy each property of each mark, which takes longer than all else that such a page does.
These have the methods that the dashboards use, by the same names; tests check that Plotly takes what comes out.
"""

from typing import Any

Data = dict[str, Any]


class PlainFigure:
    """Traces in `data`, all else in `layout`: one plot with one pair of axes."""

    def __init__(self) -> None:
        self.data: list[Data] = []
        self.layout: Data = {"xaxis": {}, "yaxis": {}}

    def add_scatter(self, **trace: Any) -> None:
        self.data.append({"type": "scatter", **trace})

    def add_shape(self, **shape: Any) -> None:
        self.layout.setdefault("shapes", []).append(shape)

    def add_vline(self, x: float, *, annotation_text: str = "", **shape: Any) -> None:
        """A line over the whole height, its name to the right of its upper end."""
        self.add_shape(type="line", x0=x, x1=x, xref="x", y0=0, y1=1, yref="y domain", **shape)
        if annotation_text:
            note = {"text": annotation_text, "x": x, "xref": "x", "xanchor": "left"}
            note |= {"y": 1, "yref": "y domain", "yanchor": "top", "showarrow": False}
            self.layout.setdefault("annotations", []).append(note)

    def add_vrect(self, x0: float, x1: float, **shape: Any) -> None:
        """A band over the whole height."""
        self.add_shape(type="rect", x0=x0, x1=x1, xref="x", y0=0, y1=1, yref="y domain", **shape)

    def update_xaxes(self, **more: Any) -> None:
        self.layout["xaxis"] |= _axis(more)

    def update_yaxes(self, **more: Any) -> None:
        self.layout["yaxis"] |= _axis(more)

    def update_layout(self, **more: Any) -> None:
        """As Plotly's, what is a dictionary is added to and not replaced."""
        for name, value in more.items():
            here = self.layout.get(name)
            self.layout[name] = {**here, **value} if isinstance(here, dict) and isinstance(value, dict) else value


def _axis(more: Data) -> Data:
    return more | ({"title": {"text": more["title"]}} if "title" in more else {})
