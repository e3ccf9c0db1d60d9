"""Rules shared by services, forms and the API."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deid.algorithms.registry import METHODS, deidentification_methods, get_method
from deid.donor_queries import donor_choices
from deid.models import Decision, OwnDonor, Rendition
from deid.queries import frames_waiting, withheld_runs
from deid.weights import unavailable
from frontend.told import told


def validate_method(name: str) -> None:
    known = [method.name for method in deidentification_methods()]
    if name not in known:
        raise ValidationError(
            _("There is no method “%(name)s”; choose one of %(known)s.")
            % {"name": name[:40], "known": ", ".join(known)},
            code="method",
        )


def validate_available(name: str) -> None:
    """Whether a method can run here: its weights are in the model store, and their licence allows it."""
    why = unavailable(METHODS[name]) if name in METHODS else []
    if why:
        raise ValidationError(
            _("The method “%(name)s” is not available here: %(why)s")
            % {"name": name, "why": " ".join(told(each) for each in why)},
            code="unavailable",
        )


def validate_donor(name: str, own_donors: QuerySet[OwnDonor] | None = None) -> None:
    """A shipped donor or an accepted own one; of `own_donors`, where these are what the asking user may see."""
    if name and name not in dict(donor_choices(own_donors)):
        raise ValidationError(
            _("No donor “%(name)s” may be worn: choose one of the list, or leave the choice to the engine.")
            % {"name": name[:60]},
            code="donor",
        )


def validate_hides_from_people(name: str) -> None:
    """What people still know is never given out as de-identified, nor shown as that in a study."""
    if not get_method(name).releasable:
        raise ValidationError(
            _("“%(method)s” hides a face from machines only: people still know it, so its videos are never released.")
            % {"method": told(get_method(name).label)},
            code="not_releasable",
        )


def validate_in_review(rendition: Rendition) -> None:
    if rendition.state != Rendition.State.IN_REVIEW:
        raise ValidationError(
            _("This rendition is not in review: it is “%(state)s”.") % {"state": rendition.get_state_display()},
            code="not_in_review",
        )


def validate_releasable(rendition: Rendition) -> None:
    validate_in_review(rendition)
    validate_hides_from_people(rendition.method)
    waiting = frames_waiting(rendition)
    if waiting:
        raise ValidationError(
            ngettext(
                "%(n)d frame still waits for a decision: keep it masked or mark it as no face, then release.",
                "%(n)d frames still wait for a decision: keep them masked or mark them as no face, then release.",
                waiting,
            )
            % {"n": waiting},
            code="frames_waiting",
        )
    if rendition.decisions.filter(verdict=Decision.Verdict.NO_FACE).exists():
        raise ValidationError(
            _("Frames marked as no face are not in this video yet: render it again, then release the new one."),
            code="render_again",
        )


def validate_run(rendition: Rendition, first: int) -> tuple[int, int]:
    """The run of withheld frames that starts at `first`, as (first, last)."""
    for run in withheld_runs(rendition):
        if run.first == first:
            return run.first, run.last
    raise ValidationError(_("No run of withheld frames starts at frame %(n)d.") % {"n": first}, code="no_run")
