"""Tables of sections: which of their columns hold figures."""

from analysis.drawn import Section


def test_columns_of_numbers_are_known_by_their_cells():
    """Numbers, shares and intervals stand right; words with a number in them, and words alone, do not."""
    rows = (
        ("3.1", "12", "−0.25 (−0.40 to 0.10)", "0.5 – 0.7", "R1", "equivalent"),
        ("3.2", "9", "undefined", "12.5%", "R2", "not shown"),
    )
    section = Section("one", "One", heads=tuple("abcdef"), rows=rows)
    assert section.of_figures == (False, True, True, True, False, False)
    assert section.head[1] == ("b", True)
    assert section.lines[1][3] == ("12.5%", True)
