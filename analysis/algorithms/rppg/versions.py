"""What becomes of a stretch of faces: the autoencoder as the method runs it, and the paper's two controls."""

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from deid.algorithms.methods.learned.making import Windows
from deid.algorithms.methods.learned.running import Runner
from deid.algorithms.methods.rppg import WINDOW

Pictures = NDArray[np.uint8]
CELLS, SIGMA, SIGMA_SIDE = 10, 12.0, 128


def pixelated(pictures: Pictures) -> Pictures:
    """(n, side, side, 3) as 10 x 10 squares, to the nearest pixel and back."""
    side = pictures.shape[1]
    small = (cv2.resize(each, (CELLS, CELLS), interpolation=cv2.INTER_NEAREST) for each in pictures)
    return np.stack([cv2.resize(each, (side, side), interpolation=cv2.INTER_NEAREST) for each in small])


def blurred(pictures: Pictures) -> Pictures:
    """(n, side, side, 3) under a Gaussian of sigma 12 at 128 pixels, as much of the face at other sides."""
    sigma = SIGMA * pictures.shape[1] / SIGMA_SIDE
    return np.stack([cv2.GaussianBlur(each, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) for each in pictures])


def converted(pictures: Pictures, network: nn.Module, device: str) -> Pictures:
    """(n, side, side, 3) through an autoencoder: overlapping windows, levels rounded to 8 bits as in a video."""
    maker = Windows(Runner(network, device, batch=1), WINDOW, WINDOW // 2)
    made = []
    for index, picture in enumerate(pictures):
        maker.coming(index, picture)
        if index >= maker.reach:
            made.append(maker.made(index - maker.reach))
    made += [maker.made(index) for index in range(len(made), len(pictures))]
    return np.stack(made)
