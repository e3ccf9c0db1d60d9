"""What a participant agreed to, what lies in the media storage of whom, and the receipt of a withdrawal."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import models
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.validators import FIRST_CONSENT, VERSION, validate_consent_date, validate_version
from cohorts.vocabulary import Scope

_user = partial(models.ForeignKey, settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class ConsentEvent(models.Model):
    """One thing a participant agreed to, or took back. Rows are only added: the newest of a scope holds."""

    participant = models.ForeignKey("cohorts.Participant", on_delete=models.PROTECT, related_name="consents")
    scope = models.CharField(_("scope"), max_length=12, choices=Scope.choices)
    given = models.BooleanField()
    on = models.DateField(_("date"), validators=[validate_consent_date])
    version = models.CharField(_("version of the form"), max_length=40, validators=[validate_version])
    recorded_by = _user(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["participant", "scope", "-id"], name="consent_newest")]
        constraints = [
            models.CheckConstraint(name="consent_scope_known", condition=models.Q(scope__in=Scope.values)),
            models.CheckConstraint(name="consent_version_form", condition=models.Q(version__regex=VERSION)),
            models.CheckConstraint(
                name="consent_date_possible",
                # A day of grace: "today" may have begun where the form was signed.
                condition=models.Q(on__gte=FIRST_CONSENT)
                & models.Q(on__lte=TruncDate(models.F("recorded_at") + timedelta(days=1))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.scope}: {'given' if self.given else 'withdrawn'} {self.on}"


class StoredFile(models.Model):
    """A file of the media storage: whose it is, and the key that opens it, wrapped by the master key.

    The row is there before the file is and goes after it. Without its row, or without its key, an encrypted file is
    noise: removing keys is how a withdrawn participant's faces are destroyed wherever copies of the files may lie.
    """

    name = models.CharField(max_length=100, primary_key=True)
    participant = models.ForeignKey(
        "cohorts.Participant", null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    encrypted = models.BooleanField()
    wrapped_key = models.BinaryField(default=b"", blank=True)
    master = models.CharField(max_length=16, blank=True, help_text="fingerprint of the master key that wraps this one")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storedfile_key_only_where_encrypted",
                condition=models.Q(encrypted=True) | models.Q(wrapped_key=b"", master=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Withdrawal(models.Model):
    """The receipt: who withdrew whom and when, what was destroyed, and what had left the platform before."""

    participant = models.OneToOneField("cohorts.Participant", on_delete=models.PROTECT, related_name="withdrawal")
    requested_by = _user()
    requested_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=list, blank=True, help_text="[what, how many]")
    destroyed = models.JSONField(default=list, blank=True, help_text="kind, id, sha256 and bytes of every file")
    exported = models.JSONField(default=list, blank=True, help_text="what, who and when of every export, for recall")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="when the last file was gone")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="withdrawal_finished_after_request",
                condition=models.Q(finished_at__isnull=True) | models.Q(finished_at__gte=models.F("requested_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"withdrawal of participant {self.participant_id}"
