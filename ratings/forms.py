"""Forms; their rules are the services' own validators."""

import csv
import io
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from cohorts.access import cohorts_for
from cohorts.forms import UserChoice
from cohorts.models import Cohort, Recording
from deid.algorithms.registry import deidentification_methods
from frontend.told import told
from ratings import queries
from ratings.items import ITEMS
from ratings.models import Study
from ratings.protocol import MULTIPLICITY, VIEWING_TOOLS, Protocol
from ratings.protocol_validators import LIMITS
from ratings.validators import validate_study_name

ANCHORS_BYTES = 100_000


class UserChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return obj.display_name


class StudyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[validate_study_name],
        help_text=_("Raters see it: it must not tell what was done to the videos."),
    )
    cohort = forms.ModelChoiceField(label=_("Cohort"), queryset=Cohort.objects.none())
    method = forms.ChoiceField(
        label=_("Method"), help_text=_("Its released renditions are compared with the originals: this arm decides.")
    )
    more_methods = forms.MultipleChoiceField(
        label=_("Further methods"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is one more arm, and one more showing of every recording to every rater."),
    )  # fmt: skip
    raters = UserChoices(
        label=_("Raters"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("Each sees every version of every recording, in an order of their own."),
    )  # fmt: skip

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        fields: dict[str, Any] = self.fields
        fields["cohort"].queryset = cohorts_for(user)
        methods = [(m.name, told(m.label)) for m in deidentification_methods() if m.releasable]
        fields["method"].choices = fields["more_methods"].choices = methods
        fields["raters"].queryset = active_raters()


def active_raters() -> Any:
    return User.objects.filter(role=Role.RATER, is_active=True).order_by("username")


class MemberForm(forms.Form):
    user = UserChoice(
        label=_("Investigator"),
        queryset=User.objects.none(),
        help_text=_("Reads the results once the study is closed."),
    )

    def __init__(self, *args: object, study: Study, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        readers = User.objects.filter(role=Role.INVESTIGATOR, is_active=True).exclude(study_memberships__study=study)
        self.fields["user"].queryset = readers.order_by("username")  # type: ignore[attr-defined]


def _number(name: str, label: Any, help_text: Any = "", whole: bool = True) -> forms.Field:
    least, most = LIMITS[name]
    if whole:
        return forms.IntegerField(label=label, min_value=int(least), max_value=int(most), help_text=help_text)
    return forms.FloatField(
        label=label, min_value=least, max_value=most, help_text=help_text,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip


def _text(label: Any, help_text: Any = "", required: bool = True, rows: int = 3) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=4000, widget=area)


class ProtocolForm(forms.Form):
    """The drafted protocol; `groups` is how the page shows it."""

    items = forms.MultipleChoiceField(label=_("Items of the scale"), widget=forms.CheckboxSelectMultiple,
                                      required=False)  # fmt: skip
    custom_items = _text(
        _("Items of this study"),
        _("One a line: code | name | words of its levels, from 0 | tasks. Such as: "
          "parted_lips | Parted lips | closed, parted, open | facial_expression, rest"),
        required=False,
    )  # fmt: skip
    with_sound = forms.MultipleChoiceField(
        label=_("Heard"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Videos of other items are muted. Speech is always heard."),
    )  # fmt: skip
    anchors_file = forms.FileField(
        label=_("Anchor texts"), required=False,
        help_text=_("Only with a licence: a CSV file with the columns item, score, text. It replaces the one before."),
    )  # fmt: skip
    anchors_licence = forms.CharField(label=_("Licence of the anchor texts"), required=False, max_length=200)
    sessions = _number("sessions", _("Sessions in a block"), _("In each block a recording is shown once at most."))
    gap_days = _number("gap_days", _("Days between versions"), _("At least; always another session too."))
    repeats_percent = _number(
        "repeats_percent", _("Hidden repeats (% of the recordings)"),
        _("As many of each version, one block later: the raters' own retest level."),
    )  # fmt: skip
    participant_distance = _number(
        "participant_distance", _("Others between one participant's videos"), _("Within a session, at least.")
    )
    donor_distance = _number("donor_distance", _("Others between one donor's faces"), _("Within a session, at least."))
    donor_cap = _number("donor_cap", _("Faces of one donor in a session"), _("At most; 0 for any number."))
    break_after = _number("break_after", _("Break after so many videos"), _("0 for none."))
    break_minutes = _number("break_minutes", _("Break after so many minutes"), _("Without a pause; 0 for none."))
    equipment_check = forms.ChoiceField(
        label=_("Check screen and sound"), required=False, widget=forms.RadioSelect,
        choices=[("yes", _("at the beginning of each session")), ("", _("never"))],
    )  # fmt: skip
    viewing_tools = forms.MultipleChoiceField(
        label=_("What raters may do with a video"), widget=forms.CheckboxSelectMultiple, required=False,
        choices=[(name, _(label)) for name, label in VIEWING_TOOLS.items()],
        help_text=_("Besides playing it again."),
    )  # fmt: skip
    scale_percent = _number(
        "scale_percent", _("Scale (% of the video's pixels)"),
        _("The same for all videos and raters, with a scale bar: 100 shows a pixel of the video as one of the screen. "
          "0 for as large as it goes."),
    )  # fmt: skip
    estimand = _text(_("Estimand"), rows=4)
    primary_item = forms.ChoiceField(label=_("Primary item"))
    margin = _number("margin", _("Equivalence margin (points)"), whole=False)
    margin_reason = _text(_("Justification of the margin"), _("Why a smaller difference would not matter to a doctor."))
    alpha = _number("alpha", _("Alpha"), _("Of each of the two one-sided tests."), whole=False)
    multiplicity = forms.ChoiceField(
        label=_("Several items"), choices=[(name, _(label)) for name, label in MULTIPLICITY.items()]
    )
    calibration_days = _number(
        "calibration_days", _("Days a calibration holds"),
        _("Raters have answered reference cases, the practice of another study, not longer ago; 0 to require none."),
    )  # fmt: skip
    debrief_videos = _number(
        "debrief_videos", _("Videos asked about afterwards"),
        _("After all ratings: original or de-identified? By lot; at most so many for each rater, 0 for none."),
    )  # fmt: skip
    n_planned = _number(
        "n_planned", _("Participants planned"), _("From the simulation below; 0 for as many as there are.")
    )

    GROUPS = (
        (_("What is asked"), ("items", "custom_items", "with_sound", "anchors_file", "anchors_licence")),
        (_("How it is shown"), ("sessions", "gap_days", "repeats_percent", "participant_distance", "donor_distance",
                                "donor_cap", "break_after", "break_minutes", "equipment_check", "viewing_tools",
                                "scale_percent", "calibration_days", "debrief_videos")),
        (_("How it is judged"), ("estimand", "primary_item", "margin", "margin_reason", "alpha", "multiplicity",
                                 "n_planned")),
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, study: Study) -> None:
        self.design = study.design
        super().__init__(data, files, initial=_initial(self.design))
        fields: dict[str, Any] = self.fields
        fields["items"].choices = [(code, str(item)) for code, item in ITEMS.items()]
        fields["with_sound"].choices = [(code, str(item)) for code, item in self.design.asked().items()]
        known = {**ITEMS, **self.design.asked()}
        fields["primary_item"].choices = [("", "—"), *((code, str(item)) for code, item in known.items())]

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(title), [self[name] for name in names]) for title, names in self.GROUPS]

    def clean_equipment_check(self) -> bool:
        return bool(self.cleaned_data["equipment_check"])

    def clean_custom_items(self) -> list[dict[str, Any]]:
        return [_custom(line) for line in self.cleaned_data["custom_items"].splitlines() if line.strip()]

    def clean_anchors_file(self) -> dict[str, list[str]]:
        file = self.cleaned_data["anchors_file"]
        return read_anchors(file.read(ANCHORS_BYTES + 1)) if file else self.design.anchors

    def changes(self) -> dict[str, Any]:
        """The fields of the protocol that the form sets."""
        told = dict(self.cleaned_data)
        told["anchors"] = told.pop("anchors_file")
        return told


def _initial(design: Protocol) -> dict[str, Any]:
    lines = [
        " | ".join([one["code"], one["name"], ", ".join(one["levels"]), ", ".join(one["tasks"])])
        for one in design.custom_items
    ]
    checked = "yes" if design.equipment_check else ""
    return {**design.to_json(), "custom_items": "\n".join(lines), "equipment_check": checked}


def _custom(line: str) -> dict[str, Any]:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 4:
        raise ValidationError(
            _t("A line needs four parts with | between them, this has %(n)d: %(line)s")
            % {"n": len(cells), "line": line}
        )
    code, name, levels, tasks = cells
    return {"code": code, "name": name, "levels": _words(levels), "tasks": _words(tasks)}


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def read_anchors(content: bytes) -> dict[str, list[str]]:
    """Anchor texts by item, in the order of their scores."""
    if len(content) > ANCHORS_BYTES:
        raise ValidationError(_t("The file is larger than %(n)d bytes: anchor texts are short.") % {"n": ANCHORS_BYTES})
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        texts = sorted((row["item"].strip(), int(row["score"]), row["text"].strip()) for row in rows)
    except (UnicodeDecodeError, KeyError, ValueError, TypeError, AttributeError):
        raise ValidationError(
            _t("The file must be CSV in UTF-8 with the columns item, score (a whole number) and text.")
        ) from None
    found: dict[str, list[str]] = {}
    for item, score, text in texts:
        if score != len(found.setdefault(item, [])):
            raise ValidationError(_t("“%(item)s” needs one text for each score from 0 on.") % {"item": item[:40]})
        found[item].append(text)
    return found


class SimulationForm(forms.Form):
    """What is planted in simulated studies of the drafted design."""

    agreement = forms.FloatField(
        label=_("Agreement of a rater with themselves"), min_value=0.05, max_value=0.99, initial=0.8,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("Correlation of two scores of the same video, such as the reliability of the item."),
    )  # fmt: skip
    bias = forms.FloatField(
        label=_("True bias (points)"), min_value=-2, max_value=2, initial=0.0,
        widget=forms.NumberInput(attrs={"step": "any"}), help_text=_("Original minus de-identified."),
    )  # fmt: skip
    not_sure = forms.IntegerField(label=_("“Not sure” (% of the videos)"), min_value=0, max_value=90, initial=5)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31, initial=1)


class ExclusionForm(forms.Form):
    recording = forms.ModelChoiceField(label=_("Recording"), queryset=Recording.objects.none())
    item = forms.ChoiceField(label=_("Item"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Such as: noisy."))

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["recording"].queryset = queries.possible_recordings(study)
        items = [(code, str(item)) for code, item in study.design.asked().items()]
        fields["item"].choices = [("", _("all items: it is not shown")), *items]


class CalibrationForm(forms.Form):
    calibration = forms.CharField(max_length=200, required=False)


class CopyForm(forms.Form):
    name = forms.CharField(label=_("Name of the copy"), max_length=80, validators=[validate_study_name])


class LateRaterForm(forms.Form):
    rater = UserChoice(label=_("Rater"), queryset=User.objects.none())
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rater"].queryset = active_raters().exclude(  # type: ignore[attr-defined]
            pk__in=study.places.values("rater")
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CodeBreakForm(forms.Form):
    participant = forms.CharField(label=_("Participant"), max_length=40)
    reason = _text(_("Why it must be known now"), rows=2)
    emergency = forms.ChoiceField(
        label=_("Who breaks it"), required=False, initial="", widget=forms.RadioSelect,
        choices=[("", _("I ask, a second person confirms")), ("yes", _("Emergency: at once, by me alone"))],
    )  # fmt: skip

    def clean_emergency(self) -> bool:
        return bool(self.cleaned_data["emergency"])
