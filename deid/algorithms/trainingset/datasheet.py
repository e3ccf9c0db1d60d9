"""What a user of a training set must know."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from deid.algorithms.trainingset.faces import CLOSED, MAX_ENLARGED, MAX_PITCH, MAX_YAW, MIN_SHARPNESS
from deid.algorithms.trainingset.identities import ONE_PERSON
from faces import dlib_backend
from faces.mesh import FaceMesh


def libraries() -> dict[str, str]:
    """Versions of what measured and made the faces."""
    found = {name: version(name) for name in ("mediapipe", "opencv-contrib-python", "numpy", "av")}
    return {**found, "face mesh": FaceMesh().version, "dlib": dlib_backend.version()}


def page(told: Mapping[str, Any]) -> str:
    """The datasheet as a page."""
    people, wish = told["identities"], told["wish"]
    real = told["n"] - told["made"]
    rows = [f"| {name} | {one['faces']} | {one['blinks']} | {one['made']} |" for name, one in people.items()]
    joined = [f"- {each['name']} counts as {each['into']} (distance {each['distance']:.2f})" for each in told["joined"]]
    left_out = [f"- {number} x {reason}" for reason, number in told["left_out"].items()]
    return "\n".join([
        "# Datasheet", "",
        f"{told['n']} aligned faces of {len(people)} identities, {told['side']} x {told['side']} pixels, on ArcFace's",
        f"template. {real} are as they were taken, {told['made']} are **synthesised**.", "",
        "## Origin", "",
        f"Licences as given by whoever built the set: {'; '.join(told['licences'])}.", "",
        f"{len(told['sources'])} files; their SHA-256 stand in set.json, and so do those of the arrays.", "",
        "## Making", "",
        f"- Taken: faces enlarged at most {MAX_ENLARGED:g} times, turned at most {MAX_YAW:.0f} degrees and nodded",
        f"  {MAX_PITCH:.0f}, with a variance of the Laplacian of at least {MIN_SHARPNESS:.0f} at 112 pixels.",
        f"- Of videos every {wish['every']}. frame, and all frames with closed eyes.",
        f"- Blink frames: an eye aspect ratio under {CLOSED:g} of that of the open eyes. {told['blinks']} are in the",
        f"  set ({told['blinks'] / told['n']:.0%}); FaceMotionPreserve draws {told['blink_share']:.0%} of them.",
        f"- Of every portrait {wish['made']} faces were made: the motion of the mesh that the phantoms have moves",
        f"  lids, jaw, lips, brows and head of the one picture (seed {wish['seed']}). They show no expression's own",
        "  light, wrinkles or teeth, and no other pose or light: what is learned from them knows little of these.",
        "- The 68 points are MediaPipe's mesh at the places of iBUG's, moved with it in made faces: nobody marked",
        "  them.", "",
        "## Identities", "",
        "By names of files and folders. dlib's descriptors are a check: a file that is another person to it than the",
        f"others of its name is left out, and names within {ONE_PERSON:g} of each other count as one.", "",
        *(joined or ["- No two names are one person to it."]), "",
        "## Left out", "", *(left_out or ["- Nothing."]), "",
        "| identity | faces | blink frames | made |", "|---|--:|--:|--:|", *rows, "",
        "## Versions", "", ", ".join(f"{name} {number}" for name, number in told["libraries"].items()) + ".", "",
    ])  # fmt: skip
