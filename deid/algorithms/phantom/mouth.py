"""What shows between parted lips: a dark cavity, the edge of the upper teeth, lower teeth and tongue."""

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.fields import Anatomy, ramp

Array = NDArray[np.float64]

# Colours under the light of a mean face, RGB 0-255; scaled with the light of the picture.
CAVITY, TEETH, TONGUE = (np.array(c, float) for c in ((48, 22, 22), (176, 160, 146), (120, 58, 56)))
UPPER_TEETH, LOWER_TEETH, TOOTH = 0.020, 0.010, 0.044  # height that shows, height, width of an incisor; face heights
SOFT = 0.006  # face heights over which one thing shades into the next


def interior(anatomy: Anatomy, upper: Array, lower: Array, light: float) -> Array:
    """Colours of the mouth's inside.

    Parameters
    ----------
    upper, lower : (n, 2) where the points would lie, in face coordinates, if they were fixed to the skull or to the
        jaw: the upper teeth go with one, tongue and lower teeth with the other
    light : brightness of the picture's skin over that of a mean face

    Returns
    -------
    (n, 3) RGB 0-255
    """
    across = anatomy.across(upper)
    to_corner = 1 - ramp(np.abs(across), 0.15, 0.8)  # the corners lie in shadow
    under, over = anatomy.below(upper), -anatomy.below(lower)
    teeth = (1 - ramp(under, UPPER_TEETH - SOFT, UPPER_TEETH + SOFT)) * to_corner
    gaps = 1 - 0.12 * np.exp(-(((np.mod(upper[:, 0] - anatomy.middle + TOOTH / 2, TOOTH) - TOOTH / 2) / 0.004) ** 2))
    shade = 0.5 + 0.5 * ramp(under, -0.005, 0.02)  # the lip throws a shadow on them
    tongue = (1 - ramp(over, 0.012, 0.045)) * (1 - ramp(np.abs(across), 0.2, 0.8))
    below = (1 - ramp(over, LOWER_TEETH - SOFT, LOWER_TEETH + SOFT)) * to_corner * 0.6
    colour = np.broadcast_to(CAVITY, (len(upper), 3))
    for share, paint in ((0.8 * tongue, TONGUE), (below, 0.6 * TEETH), (0.85 * teeth, TEETH)):
        lit = paint * (gaps * shade)[:, None] if paint is TEETH else paint
        colour = colour + share[:, None] * (lit - colour)
    lit_colour: Array = colour * light
    return lit_colour
