"""What the curves and numbers of trainings are called on pages; files, the API and tables of runs keep their names."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS = {
    # losses
    "identity": gettext_lazy("Identity"),
    "landmarks": gettext_lazy("Landmarks"),
    "adversarial": gettext_lazy("Adversarial"),
    "picture": gettext_lazy("Picture"),
    "features": gettext_lazy("Features of the discriminator"),
    "generator": gettext_lazy("Generator, all together"),
    "discriminator": gettext_lazy("Discriminator"),
    "penalty": gettext_lazy("Gradient penalty"),
    "patient": gettext_lazy("Faces of the patient given back"),
    "donor": gettext_lazy("Faces of the donor given back"),
    "arcface": gettext_lazy("ArcFace loss"),
    "points": gettext_lazy("Points"),
    "reconstruction": gettext_lazy("Reconstruction"),
    "pulse": gettext_lazy("Pulse"),
    "cross_entropy": gettext_lazy("Cross-entropy"),
    # held-out data
    "kept": gettext_lazy("Identity of originals given back"),
    "moved": gettext_lazy("Landmarks by dlib (pixels of 224)"),
    "seen": gettext_lazy("Share of faces that dlib sees"),
    "to_original": gettext_lazy("Distance to the original (dlib)"),
    "to_source": gettext_lazy("Distance to the source (dlib)"),
    "nearer_to_source": gettext_lazy("Share nearer to the source"),
    "eer": gettext_lazy("Equal error rate"),
    "accuracy": gettext_lazy("Accuracy"),
    "threshold": gettext_lazy("Threshold (cosine)"),
    "pairs": gettext_lazy("Pairs compared"),
    "altered_eer": gettext_lazy("Equal error rate, moved and in another light"),
    "altered_accuracy": gettext_lazy("Accuracy, moved and in another light"),
    "altered_threshold": gettext_lazy("Threshold (cosine), moved and in another light"),
    "altered_pairs": gettext_lazy("Pairs compared, moved and in another light"),
    "px": gettext_lazy("Distance to the mesh's points (pixels of 224)"),
    "percent": gettext_lazy("Distance to the mesh's points (percent of the eye distance)"),
    "used_px": gettext_lazy("Distance of the 30 points of the landmark loss (pixels of 224)"),
    "used_percent": gettext_lazy("Distance of the 30 points of the landmark loss (percent of the eye distance)"),
    "to_dlib_px": gettext_lazy("Distance to dlib's points (pixels of 224)"),
    "mesh_to_dlib_px": gettext_lazy("Distance of the mesh's to dlib's points (pixels of 224)"),
    "r": gettext_lazy("r of the pulse"),
    "lowest r": gettext_lazy("Lowest r of the pulse"),
    "pulse r": gettext_lazy("r of the pulse"),
    "chance": gettext_lazy("Recognised by chance"),
    "psnr": gettext_lazy("PSNR (dB)"),
    "ssim": gettext_lazy("SSIM"),
}


def measure_words(name: str) -> str:
    """The words for a curve or number; one that is not known keeps its name."""
    if name.endswith(" knows"):
        return _("Recognised by %(name)s") % {"name": name.removesuffix(" knows")}
    if name.endswith(" knew"):
        return _("Recognised by %(name)s before") % {"name": name.removesuffix(" knew")}
    return str(WORDS.get(name, name))
