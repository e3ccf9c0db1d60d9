"""Users: one person, one role. A rater who also coordinated would see the arms."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    COORDINATOR = "coordinator", _("Coordinator")
    RATER = "rater", _("Rater")
    JUDGE = "judge", _("Judge")
    INVESTIGATOR = "investigator", _("Investigator")


class User(AbstractUser):
    """A person who signs in."""

    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    class Meta(AbstractUser.Meta):
        constraints = [models.CheckConstraint(name="user_role_known", condition=models.Q(role__in=Role.values))]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
