"""Pages of six-face results."""

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import signed_in
from analysis.access import get_experiment_to_read
from analysis.models import MachineJudging
from analysis.queries import Sealed
from analysis.sixface_beside import read_beside
from analysis.sixface_export import experiment_zip
from analysis.sixface_figures import methods_figure, stacked_figure
from analysis.sixface_form import BesideForm
from analysis.sixface_result import Result, lines
from analysis.sixface_services import read_experiment
from analysis.sixface_texts import OUTCOMES, who
from analysis.views import readers
from deid.algorithms.registry import get_method
from frontend.told import told
from ratings.models import Experiment
from ratings.sixface_queries import judge_progress


@require_GET
@readers
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type] # Plotly sets styles; scripts stay strict
def experiment(request: HttpRequest, pk: int) -> HttpResponse:
    """The result of a closed experiment; before that how far judging is, and no answer."""
    user = signed_in(request)
    experiment = get_experiment_to_read(user, pk)
    if experiment.state != Experiment.State.CLOSED:
        context = {"experiment": experiment, "progress": judge_progress(experiment)}
        return render(request, "analysis/experiment_sealed.html", context)
    result = read_experiment(experiment=experiment, reader=user, note="page")
    method = told(get_method(experiment.method).label)
    context = {
        "experiment": experiment,
        "design": experiment.design,
        "method": method,
        "result": result,
        "columns": [who(name) for name in result.tables],
        "lines": [(OUTCOMES[line.outcome], line) for line in lines(result)],
        "figure": stacked_figure(result, method),
        "machines": MachineJudging.objects.filter(experiment=experiment).defer("answers").first(),
        "primary_shown": result.primary.shown(experiment.design.alpha),
        **_beside(request, experiment, result),
    }
    return render(request, "analysis/experiment.html", context)


def _beside(request: HttpRequest, experiment: Experiment, result: Result) -> dict[str, Any]:
    """Other methods beside this one, where there are some and the reader asks for them; what is another's is 404."""
    user = signed_in(request)
    form = BesideForm(request.GET or None, user=user, experiment=experiment)
    if form.is_bound and not form.is_valid():
        raise Http404
    chosen = form.cleaned_data["beside"] if form.is_bound else ()
    rows = read_beside(experiment=experiment, result=result, others=chosen, reader=user) if chosen else []
    return {
        "beside_form": form if form.choices.queryset else None,
        "beside": rows,
        "methods_figure": methods_figure(rows),
    }


@require_GET
@readers
def experiment_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Every trial and answer under pseudonyms, with codebook and hashes; refused while it is not closed."""
    user = signed_in(request)
    experiment = get_experiment_to_read(user, pk)
    try:
        result = read_experiment(experiment=experiment, reader=user, note="zip")
    except Sealed:
        raise PermissionDenied from None
    response = HttpResponse(experiment_zip(experiment, result), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="experiment-{experiment.pk}.zip"'
    return response
