"""OpenCV without its stubs, which refuse numpy points, colours and results that it takes and gives."""

from typing import Any

import cv2 as _cv2

cv2: Any = _cv2
