"""What can be run: one entry for each kind of analysis. A kind is a function of a run that gives a summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis import agreement_report, agreement_run
from analysis.run_models import Run

Tell = Callable[[float, str], None]  # progress 0-1 and what is done now; raises LeaseLost to stop the work


@dataclass(frozen=True, slots=True)
class RunKind:
    """One kind of analysis.

    `compute` gives what it was computed from, and the summary as plain JSON values: its `rows`, flat and alike, are
    what is exported as a table. The same run on the same inputs gives the same summary. `check` gives the whole
    parameters from those that were asked for, or raises ValidationError. `report`, where the kind has one, makes the
    files that are read without the platform from a computed run: the same run gives the same bytes.
    """

    name: str
    label: str
    of: Literal["study", "cohort"]
    algorithm: str  # name and version; it rises when the same inputs would give another summary
    route: str  # of the page that shows what was found; it takes the run's number
    compute: Callable[[Run, Tell], tuple[dict[str, Any], dict[str, Any]]]  # (inputs, summary)
    check: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    report: Callable[[Run, Tell], tuple[bytes, bytes]] | None = None  # (HTML, PDF)


AGREEMENT = "agreement"
KINDS: Mapping[str, RunKind] = MappingProxyType(
    {
        AGREEMENT: RunKind(
            name=AGREEMENT,
            label=gettext_noop("Agreement of ratings"),
            of="study",
            algorithm=agreement_run.ALGORITHM,
            route="analysis:agreement",
            compute=agreement_run.compute,
            check=agreement_run.check,
            report=agreement_report.files_of,
        ),
    }
)


def kind_of(name: str) -> RunKind:
    """The kind of that name.

    Raises
    ------
    ValidationError : there is none
    """
    if name not in KINDS:
        raise ValidationError(
            _("There is no analysis “%(name)s”: choose one of %(known)s.") % {"name": name, "known": ", ".join(KINDS)}
        )
    return KINDS[name]
