"""What the upload page's script says; here, so that it is translated like everything else."""

from django.utils.translation import gettext_lazy as _

TEXTS = {
    # states of a file
    "reading": _("Reading the file"),
    "ready": "",
    "waiting": _("Waits for its turn"),
    "sending": _("Being sent"),
    "hashing": _("Computing the check sum of the whole file"),
    "retrying": _("Interrupted. Trying again"),
    "paused": _("Paused"),
    "cancelled": _("Being cancelled"),
    "failed": _("Not uploaded"),
    "done": _("Sent"),
    # what went wrong
    "too_large": _("The file is larger than can be taken. Cut it or lower its bit rate."),
    "empty": _("The file is empty (0 bytes): copy it again from the camera."),
    "twice": _("This file is in the list already."),
    "unreadable": _("The file cannot be read: it was moved or changed meanwhile. Choose it again."),
    "signed_out": _("You were signed out. Sign in again in another tab, then press Resume; nothing is lost."),
    "incomplete": _("Give the participant's code, such as PD-014, and the task."),
    # beside the figures
    "left": _("%s left"),
    "start_one": _("Upload 1 file"),
    "start_many": _("Upload %d files"),
}
