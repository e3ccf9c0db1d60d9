"""Pages of six-face results."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import signed_in
from analysis.access import get_experiment_to_read
from analysis.models import MachineJudging
from analysis.queries import Sealed
from analysis.sixface_export import experiment_zip
from analysis.sixface_figures import stacked_figure
from analysis.sixface_result import lines
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
    }
    return render(request, "analysis/experiment.html", context)


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
