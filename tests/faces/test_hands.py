"""What counts as a hand before a face."""

import numpy as np
import pytest

from faces.hands import covers
from tests.deid.motionmesh.making import mesh


@pytest.mark.parametrize(("inside", "is_before"), [(0, False), (4, False), (5, True), (18, True), (21, False)])
def test_some_of_a_hands_points_lie_in_the_outline_but_not_all(inside, is_before):
    hand = np.full((21, 2), 500.0)
    hand[:inside] = mesh()[1, :2]
    assert covers(hand, mesh()) is is_before
