"""Pages of what an agreement run found, its report, and what lies behind a participant's point."""

from functools import lru_cache
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import roles_required, signed_in
from analysis import agreement_participant, run_services
from analysis.access import READERS, get_run_to_read
from analysis.agreement_groups import GROUPS, SEVERITIES, known_sites
from analysis.agreement_sections import limits_of_the_claim, sections
from analysis.drawn_plotly import plotted
from analysis.run_kinds import AGREEMENT
from analysis.run_models import Run, RunReport
from analysis.run_queries import report_of, runs_of
from cohorts.vocabulary import Sex

readers = roles_required(*READERS)
KEPT_PAGES = 8  # runs whose figures are kept: what a run found never changes
REPORTS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


def _computed(request: HttpRequest, pk: int) -> Run:
    """A run of this kind that the user may read."""
    run = get_run_to_read(signed_in(request), pk)
    if run.kind != AGREEMENT:
        raise Http404
    return run


@require_GET
@readers
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type] # Plotly sets styles; scripts stay strict
def agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that the run found, each figure with its numbers."""
    run = _computed(request, pk)
    if run.state != Run.State.DONE:
        return redirect("analysis:run", pk=run.pk)
    run_services.take_run(run=run, reader=signed_in(request), form="page")
    assert run.study is not None  # noqa: S101 - the kind is of studies
    context = {
        "run": run,
        "report": report_of(run),
        "sections": _shown(run.pk, run.sha256, get_language() or ""),
        "n": run.summary["n"],
        "claims": list(limits_of_the_claim(run.summary)),
        "groups": {name: run.parameters[name] for name in GROUPS if run.parameters.get(name)},
        "sexes": Sex.choices,
        "sites": known_sites(run.study),
        "severities": SEVERITIES,
        "runs": runs_of(run.study, AGREEMENT)[:10],
    }
    return render(request, "analysis/agreement.html", context)


@lru_cache(maxsize=KEPT_PAGES)
def _shown(pk: int, _sha256: str, _language: str) -> list[dict[str, Any]]:
    """The sections with their figures, as Plotly draws them; in the language that is set."""
    run = Run.objects.get(pk=pk)
    found = sections(run.summary, lambda name: reverse("analysis:agreement_participant", args=[pk, name]))
    return [
        {"section": one, "figures": [(figure, plotted(figure.drawing)) for figure in one.figures]} for one in found
    ]  # fmt: skip


@require_GET
@readers
def participant(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """What raters scored of one participant, and the way to the videos; the look is in the log."""
    run = _computed(request, pk)
    if run.state != Run.State.DONE:
        raise PermissionDenied
    found = agreement_participant.read_participant(run=run, name=name, reader=signed_in(request))
    if found is None:
        raise Http404(_("Nobody of this name is in this run."))
    return render(request, "analysis/agreement_participant.html", {"run": run, "name": name, "recordings": found})


@require_GET
@readers
def report(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The report as one file, to take home; the run's page tells of one that is not made yet, or could not be."""
    run = _computed(request, pk)
    if run.state != Run.State.DONE:
        raise PermissionDenied
    made = report_of(run)
    if made is None or made.state != RunReport.State.DONE:
        return redirect("analysis:run", pk=run.pk)
    run_services.take_run(run=run, reader=signed_in(request), form=form)
    response = HttpResponse(bytes(getattr(made, form)), content_type=REPORTS[form])
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-report.{form}"'
    return response
