"""What a user of the donors must know: where they come from, how they were made, what was measured, what is weak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from deid.algorithms.facemodel import ageing, choose, sample
from deid.algorithms.facemodel.model import FaceModel
from faces.mesh import FaceMesh

if TYPE_CHECKING:
    from deid.algorithms.facemodel.folder import Provenance

ATTRIBUTION = """# Attribution

The pictures in this folder are derived from:

DeBruine, Lisa; Jones, Benedict (2017): Face Research Lab London Set. figshare. Dataset.
https://doi.org/10.6084/m9.figshare.5047666

licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), which also disclaims all warranties. The people
of the set consented in writing to the use of their pictures in altered forms.

Changes: the neutral, frontal portraits were aligned and made into a statistical model of shape and texture; every
picture here is a random sample of that model, with ageing, hair and backdrop composed from it. None shows a person who
exists.
The pictures are licensed under CC BY 4.0 as well. The authors of the set endorse neither them nor their use.
"""
LIBRARIES = ("mediapipe", "dlib-bin", "face_recognition_models", "numpy", "opencv-contrib-python", "scipy")


def facts(identities: Sequence[choose.Identity], model: FaceModel, made: Provenance) -> dict[str, Any]:
    """The datasheet as it stands in the index."""
    return {
        "source": "Face Research Lab London Set, neutral frontal portraits (DeBruine & Jones 2017)",
        "licence": "CC BY 4.0",
        "contributors": made.contributors,
        "contributors_aged_40_or_more": int((model.ages >= 40).sum()),
        "oldest_contributor": float(model.ages.max()),
        "groups": {group.name: len(group.members) for group in model.groups},
        "unusable": made.refused,
        "seed": made.seed,
        "identity": "mean + sum over all n contributors of the sex of a_i (person_i - mean of their group), "
        "a_i ~ N(0, s^2 / n)",
        "spread": made.spread,
        "found_natural": made.looked_at,
        "bound": {
            "apart": choose.APART,
            "nearest_contributor": round(made.bound, 4),
            "meaning": f"percentile {choose.STRANGERS:g} of the distances of contributors to their nearest other",
        },
        "avoided": made.avoided,
        "measured": choose.summary(identities),
        "libraries": {name: version(name) for name in LIBRARIES},
        "face_mesh": FaceMesh().version,
    }


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def page(sheet: dict[str, Any], entries: Sequence[dict[str, Any]]) -> str:
    """The datasheet as a page."""
    measured, bound = sheet["measured"], sheet["bound"]
    sexes = Counter(entry["sex"] for entry in entries)
    rows = [
        f"| {e['name']} | {e['sex']} | {e['age']:.0f} | {e['group']} | {e['skin'][0]:.0f} | "
        f"{_distance(e['nearest_other'])} | {e['nearest_contributor']:.3f} |"
        for e in entries
    ]
    return "\n".join([
        "# Datasheet", "",
        f"{len(entries)} synthetic faces of nobody ({sexes['f']} female, {sexes['m']} male), 512 x 512.", "",
        "## Origin", "",
        f"{sheet['contributors']} portraits of the {sheet['source']}, {sheet['licence']}; see ATTRIBUTION.md. Groups: "
        + ", ".join(f"{name} {count}" for name, count in sheet["groups"].items()) + ".", "",
        "## Making", "",
        f"Identity = {sheet['identity']}, s = {sheet['spread']:g},",
        f"in shape and in texture, from seed {sheet['seed']}. The mean is the group's; in groups of fewer than "
        f"{sample.MANY} it is mixed with that",
        "of the other groups of the sex (by the share `others`), since a mean of few is like each of them, and s is",
        "a quarter larger. The weights of every identity are in",
        "donors.json. Texture is mixed with everyone's skin in the identity's tone. Hair, ears, neck, clothes and",
        "backdrop come from one contributor's portrait each (`head_from`), with the skin in the face's tone.", "",
        f"They were chosen from {sheet['found_natural']} draws that were looked at one by one and taken for ordinary "
        "people; stained, blurred or",
        "distorted draws were left out."
        if sheet["found_natural"]
        else "Nobody has looked at the draws: some may be stained or distorted.", "",
        "## Measured with dlib's descriptor (Euclidean distance)", "",
        f"- Between two faces of the set: least {measured['pairwise_min']}, median {measured['pairwise_median']};",
        f"  at least {bound['apart']} was asked for, also towards {sheet['avoided']} faces of another set.",
        f"- To the nearest contributor: least {measured['nearest_contributor_min']}, median",
        f"  {measured['nearest_contributor_median']}; at least {bound['nearest_contributor']:.4f} was asked for, the",
        f"  {bound['meaning']}.", "",
        "## Weak points", "",
        f"- Only {sheet['contributors_aged_40_or_more']} of {sheet['contributors']} contributors are 40 or older, the "
        f"oldest is {sheet['oldest_contributor']:.0f}. Ages beyond come from a",
        "  regression on age that is carried on, from wrinkles of the contributors from "
        f"{ageing.OLD:.0f} on made deeper, and from drawn",
        "  folds, spots, sagging and greying. The ages are what was aimed at; nobody has rated them, and the oldest",
        "  faces may look younger by about ten years.",
        "- Hair is aged in colour only, and two identities may wear the same hair; an ear-ring may show.",
        "- One recogniser chose these faces; another may find two of them nearer than this one does.",
        "- The groups that the set lists as not white are small: their faces vary by what varies in all of the sex.",
        "- No glasses, no make-up to speak of, hair short or tied back, white clothes, one even light.", "",
        "## Versions", "",
        ", ".join(f"{name} {number}" for name, number in sheet["libraries"].items()) + ",",
        f"face mesh {sheet['face_mesh']}.",
        "", "## Faces", "",
        "| name | sex | age | group | L* of the cheeks | nearest other | nearest contributor |",
        "|---|---|--:|---|--:|--:|--:|", *rows, "",
    ])  # fmt: skip
