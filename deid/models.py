"""Jobs, renditions, reviewers' decisions, donors; the training of networks stands in `training_models`."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.models import Participant, Recording
from deid.donor_names import validate_donor_name
from deid.leased import Leased
from deid.training_models import TrainingRun, TrainingSheet

__all__ = [
    "Decision", "DonorAssignment", "Job", "Leased", "OwnDonor", "Rendition", "TrainingRun", "TrainingSheet",
]  # fmt: skip


class Job(Leased):
    """One request to make a rendition."""

    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="jobs")
    method = models.CharField(_("method"), max_length=40)
    parameters = models.JSONField(default=dict, blank=True)
    # A reviewer's decisions on frames that an earlier rendition withheld: [first, last, decision].
    decisions = models.JSONField(default=list, blank=True)
    queue = models.CharField(max_length=10, default="cpu")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"])]
        constraints = [
            models.CheckConstraint(name="job_progress_share", condition=models.Q(progress__gte=0, progress__lte=1)),
            models.CheckConstraint(
                name="job_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_failure_says_why",
                condition=~models.Q(state__in=["failed", "withheld"]) | ~models.Q(error=""),
            ),
            models.CheckConstraint(name="job_queue_known", condition=models.Q(queue__in=["cpu", "gpu"])),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} ({self.method}, {self.state})"


class Rendition(models.Model):
    """A de-identified, or re-encoded original, output of a recording."""

    class State(models.TextChoices):
        IN_REVIEW = "in_review", _("Waits for review")
        RELEASED = "released", _("Released")
        REJECTED = "rejected", _("Rejected")
        SUPERSEDED = "superseded", _("Replaced by a newer one")
        # A re-encoded original: shown to a study's raters only, never released.
        STUDY_ONLY = "study_only", _("For blinded studies only")
        # The participant, or the donor whose face it wears, withdrew: the file is destroyed, the row stays for ratings.
        VOID = "void", _("Destroyed after a withdrawal")

    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="rendition")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="renditions")
    method = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices)
    storage_name = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    n_frames = models.IntegerField()
    encoding = models.CharField(max_length=120, help_text="fingerprint of the final encode's settings")
    certificate = models.JSONField()
    reason = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="rendition_rejection_says_why", condition=~models.Q(state="rejected") | ~models.Q(reason="")
            ),
            models.CheckConstraint(
                name="rendition_reviewed_by_someone",
                condition=~models.Q(state__in=["released", "rejected"])
                | models.Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rendition_original_never_released",
                condition=~models.Q(method="original") | models.Q(state__in=["study_only", "void"]),
            ),
        ]

    def __str__(self) -> str:
        return f"rendition {self.pk} ({self.method}, {self.state})"

    @property
    def runs(self) -> list[tuple[int, int, str]]:
        """Frame states as runs (first, last, state), last included."""
        return [(first, last, state) for first, last, state in self.certificate["runs"]]

    @property
    def worn_donor(self) -> str:
        """Whose face was put in place; empty for methods that put none."""
        return (self.certificate.get("method_report") or {}).get("donor") or ""

    @property
    def run_times(self) -> list[tuple[float, float]]:
        """Start and end of each run, seconds from the first frame."""
        return [(start, end) for start, end in self.certificate["run_times"]]


class Decision(models.Model):
    """What a reviewer decided about a run of withheld frames."""

    class Verdict(models.TextChoices):
        KEEP_MASKED = "keep_masked", _("Keep masked")
        NO_FACE = "no_face", _("No face: show")

    rendition = models.ForeignKey(Rendition, on_delete=models.PROTECT, related_name="decisions")
    first = models.IntegerField()
    last = models.IntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["first"]
        constraints = [
            models.UniqueConstraint(fields=["rendition", "first"], name="decision_once_per_run"),
            models.CheckConstraint(
                name="decision_range", condition=models.Q(first__gte=0, last__gte=models.F("first"))
            ),
            models.CheckConstraint(
                name="decision_verdict_known", condition=models.Q(verdict__in=["keep_masked", "no_face"])
            ),
        ]

    def __str__(self) -> str:
        return f"frames {self.first}-{self.last}: {self.verdict}"


class OwnDonor(models.Model):
    """A donor that a coordinator added: a photograph of somebody who consented to lend their face."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Sex(models.TextChoices):
        FEMALE = "f", _("Female")
        MALE = "m", _("Male")

    name = models.CharField(_("name"), max_length=40, unique=True, validators=[validate_donor_name])
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices)
    age = models.PositiveSmallIntegerField(_("age"))
    participant = models.ForeignKey(
        Participant, verbose_name=_("participant"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="own_donors", help_text="set where the donor is a participant of a cohort",
    )  # fmt: skip
    consent = models.CharField(_("consent record"), max_length=200)
    consented_on = models.DateField(_("consent signed on"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    message = models.TextField(blank=True)
    storage_name = models.CharField(max_length=100, blank=True)
    # The face's mesh, descriptor and skin tone, as the worker found them: what `Donor` holds beside the picture.
    arrays = models.JSONField(default=dict, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="owndonor_sex_known", condition=models.Q(sex__in=["f", "m"])),
            models.CheckConstraint(name="owndonor_adult", condition=models.Q(age__gte=18, age__lte=110)),
            models.CheckConstraint(name="owndonor_consent_recorded", condition=~models.Q(consent="")),
            models.CheckConstraint(
                name="owndonor_name_form", condition=models.Q(name__regex=r"^own-[a-z0-9]+(-[a-z0-9]+)*$")
            ),
            models.CheckConstraint(
                name="owndonor_refused_says_why", condition=~models.Q(state="refused") | ~models.Q(message="")
            ),
            models.CheckConstraint(
                name="owndonor_withdrawn_is_bare", condition=~models.Q(state="withdrawn") | models.Q(arrays={})
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DonorAssignment(models.Model):
    """The donor whose face a participant wears in every recording, so that sessions stay comparable."""

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="donor_assignment")
    donor = models.CharField(max_length=60)
    fixed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.participant.code}: {self.donor}"
