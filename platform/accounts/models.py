"""Users, the links that invite them, and the tokens their programs use. One person, one role: a rater who also
coordinated would see the arms."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    COORDINATOR = "coordinator", _("Coordinator")
    RATER = "rater", _("Rater")
    JUDGE = "judge", _("Judge")
    INVESTIGATOR = "investigator", _("Investigator")


class Language(models.TextChoices):
    """Each in its own words, for those who do not read the present one."""

    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class User(AbstractUser):
    """A person who signs in."""

    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    # Empty: the browser's. The database knows the default too, for a former version that runs while this one starts.
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, blank=True, db_default="")

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(name="user_role_known", condition=models.Q(role__in=Role.values)),
            models.CheckConstraint(name="user_language_known", condition=models.Q(language__in=["", *Language.values])),
        ]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class Invitation(models.Model):
    """A link, good once and for a time, that makes an account; or, with `for_user`, sets that account's password.

    The link's secret is kept as its SHA-256 only: it is 32 random bytes, so there is nothing to guess or to salt.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    label = models.CharField(_("for"), max_length=80, blank=True)
    for_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="invitation_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="invitation_expires_later", condition=Q(expires_at__gt=F("made_at"))),
            models.CheckConstraint(
                name="invitation_used_by_somebody",
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False, revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} ({self.role})"

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class Scope(models.TextChoices):
    """What a token may do. It never opens what its user may not open."""

    READ_COHORTS = "read:cohorts", _("Read cohorts and participants")
    WRITE_PARTICIPANTS = "write:participants", _("Add and change participants")
    READ_RECORDINGS = "read:recordings", _("Read recordings' facts")
    WRITE_UPLOADS = "write:uploads", _("Upload recordings")
    READ_JOBS = "read:jobs", _("Read jobs")
    WRITE_JOBS = "write:jobs", _("Start and cancel jobs")
    READ_RENDITIONS = "read:renditions", _("Read renditions and certificates")
    READ_TRAINING = "read:training", _("Read trainings of networks")
    WRITE_TRAINING = "write:training", _("Start, stop and resume trainings of networks")
    READ_EXPERIMENTS = "read:experiments", _("Read six-face experiments' plans and progress")
    WRITE_EXPERIMENTS = "write:experiments", _("Plan, build, open and close six-face experiments")
    READ_RESULTS = "read:results", _("Read results of closed studies")


class ServiceToken(models.Model):
    """A secret by which a program acts for a user, within scopes and for a time. Kept as its SHA-256."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="service_tokens")
    name = models.CharField(_("name"), max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices), size=len(Scope))
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="servicetoken_scopes_known",
                condition=Q(scopes__contained_by=Scope.values) & Q(scopes__len__gte=1),
            ),
            models.CheckConstraint(name="servicetoken_expires_later", condition=Q(expires_at__gt=F("made_at"))),
        ]

    def __str__(self) -> str:
        return f"token {self.pk} of user {self.user_id}"

    @property
    def is_good(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
