"""What raters answer: rows that are only ever added, and the signatures that lock a session's."""

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.chain import GENESIS
from ratings.items import CODE, MOST_LEVELS

COMMENT_LENGTH = 500
# Of a browser's clock, however wrong it is; what lies outside is no time at all.
OUR_TIME = (datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))
HASH = "^[0-9a-f]{64}$"


class Reason(models.TextChoices):
    """Why a rater is not sure."""

    NOT_VISIBLE = "not_visible", _("Not visible")
    NO_AUDIO = "no_audio", _("No sound")
    ARTEFACT = "artefact", _("The picture is disturbed")
    WOULD_NOT_PLAY = "would_not_play", _("Would not play")
    OTHER = "other", _("Another reason")


class ChangeReason(models.TextChoices):
    """Why an answer is changed."""

    SLIP = "slip", _("A slip of the hand")
    SECOND_LOOK = "second_look", _("A second look")
    OTHER = "other", _("Another reason")


class Answer(models.Model):
    """One answer to one item. A change is a new row that replaces the one before; the last one is the current answer.

    `reason` and `change_reason` are NULL where nobody asked for them: in rows of before they were, and in those that
    the version before writes during an update.
    """

    item = models.CharField(max_length=30)
    score = models.SmallIntegerField(null=True, blank=True)
    not_sure = models.BooleanField(default=False)
    reason = models.CharField(max_length=20, choices=Reason, null=True, blank=True)  # noqa: DJ001 - see above
    comment = models.CharField(max_length=COMMENT_LENGTH, blank=True, db_default="")
    client_id = models.UUIDField(unique=True, help_text="given by the rater's browser: a repeat is the same answer")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    change_reason = models.CharField(max_length=20, choices=ChangeReason, null=True, blank=True)  # noqa: DJ001
    answered_at = models.DateTimeField(null=True, blank=True, help_text="by the browser's clock; nothing relies on it")
    saved_at = models.DateTimeField(auto_now_add=True)

    SEALED: ClassVar[tuple[str, ...]] = ()  # what the database fills in

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="%(class)s_item_form", condition=Q(item__regex=CODE)),
            models.CheckConstraint(
                name="%(class)s_score_or_not_sure",
                condition=Q(not_sure=True, score__isnull=True)
                # Without the null check a missing score makes the condition unknown, and unknown passes.
                | Q(not_sure=False, score__isnull=False, score__in=list(range(MOST_LEVELS))),
            ),
            models.CheckConstraint(
                name="%(class)s_reason_when_not_sure",
                condition=Q(reason__isnull=True)
                | Q(not_sure=False, reason="")
                | Q(not_sure=True, reason__in=Reason.values),
            ),
            models.CheckConstraint(
                name="%(class)s_change_has_a_reason",
                condition=Q(change_reason__isnull=True)
                | Q(replaces__isnull=True, change_reason="")
                | Q(replaces__isnull=False, change_reason__in=ChangeReason.values),
            ),
            models.CheckConstraint(
                name="%(class)s_answered_in_our_time",
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=OUR_TIME[0], answered_at__lt=OUR_TIME[1]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {'not sure' if self.not_sure else self.score}"


class Rating(Answer):
    """An answer that counts.

    Each rater's answers to a study are one hash chain (`ratings.chain`), so that raters who save at the same moment do
    not wait for each other. The database itself fills in `place`, `position` and the hashes.
    """

    presentation = models.ForeignKey("ratings.Presentation", on_delete=models.PROTECT, related_name="ratings")
    place = models.ForeignKey(
        "ratings.StudyRater", on_delete=models.PROTECT, related_name="ratings", db_index=False, editable=False
    )
    position = models.BigIntegerField(db_default=1, editable=False)
    previous_hash = models.CharField(max_length=64, db_default=GENESIS, editable=False)
    hash = models.CharField(max_length=64, db_default=GENESIS, editable=False)

    SEALED = ("place", "position", "previous_hash", "hash")

    class Meta(Answer.Meta):
        abstract = False
        indexes = [models.Index(fields=["presentation", "item", "-id"], name="rating_newest")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Answer.Meta.constraints,
            models.UniqueConstraint(
                fields=["presentation", "item"], condition=Q(replaces__isnull=True), name="rating_first_once"
            ),
            models.UniqueConstraint(fields=["place", "position"], name="rating_position_once"),
            models.CheckConstraint(
                name="rating_sealed",
                condition=Q(position__gte=1, previous_hash__regex=HASH, hash__regex=HASH),
            ),
        ]


class Acquaintance(models.Model):
    """Whether a rater has seen this person before; the last one of a presentation holds."""

    presentation = models.ForeignKey("ratings.Presentation", on_delete=models.PROTECT, related_name="acquaintances")
    seen_before = models.BooleanField()
    client_id = models.UUIDField(unique=True)
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return "seen before" if self.seen_before else "not seen before"


class SessionSignature(models.Model):
    """A rater's signature under the answers of one session, which it locks until it is made void."""

    place = models.ForeignKey("ratings.StudyRater", on_delete=models.PROTECT, related_name="signatures")
    session = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=150, help_text="of the rater, at that time")
    meaning = models.CharField(max_length=200, help_text="what was signed, in the words that were read")
    second_factor = models.BooleanField(help_text="a code was asked for besides the password")
    n_answers = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "session"], condition=Q(voided_at__isnull=True), name="signature_of_a_session_once"
            ),
            models.CheckConstraint(
                name="signature_says_who_and_what",
                condition=~Q(name="") & ~Q(meaning="") & Q(sha256__regex=HASH, n_answers__gte=1),
            ),
            models.CheckConstraint(
                name="signature_void_whole_or_not_at_all",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")
                | Q(voided_at__gte=F("signed_at"), voided_by__isnull=False) & ~Q(void_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"signature of {self.place}, session {self.session + 1}"
