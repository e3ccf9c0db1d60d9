"""Filters of the log."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, validators=_DAYS, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class EventFilter(forms.Form):
    """What the log can be filtered by."""

    actor = forms.CharField(label=_("User name"), required=False, max_length=150)
    verb = forms.CharField(
        label=_("Act"), required=False, max_length=60, help_text=_("user.signed_in; or user. for all of them")
    )
    target_type = forms.CharField(
        label=_("Object"), required=False, max_length=60, help_text=_("Such as cohorts.Recording")
    )
    target_id = forms.CharField(label=_("Number"), required=False, max_length=40)
    since = _day(_("From"))
    until = _day(_("To"))

    def clean_actor(self) -> Any:
        """The account of that name; nothing asked, nothing filtered."""
        name = self.cleaned_data["actor"]
        if not name:
            return None
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise forms.ValidationError(_("There is no account “%(name)s”.") % {"name": name})
        return user


class Place(forms.Form):
    """Where a page of the log begins."""

    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
