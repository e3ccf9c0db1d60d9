"""Pages of results."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import roles_required, signed_in
from analysis import adjudication_queries, blinding_queries, exports, figures, queries, services
from analysis.access import READERS, experiments_to_read, get_study_to_read
from analysis.algorithms.deviation import DEVIATIONS
from analysis.run_kinds import AGREEMENT
from analysis.run_queries import newest_run, runs_of
from deid.algorithms.registry import get_method
from frontend.told import told
from ratings.models import Study
from ratings.queries import rater_progress
from ratings.sixface_queries import with_trials

readers = roles_required(*READERS)


@require_GET
@readers
def studies(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    found = {"studies": queries.result_list(user), "experiments": with_trials(experiments_to_read(user))}
    return render(request, "analysis/studies.html", found)


@require_GET
@readers
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type] # Plotly sets styles; scripts stay strict
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """The result of a closed study; before that how far rating is, and no number by arm."""
    user = signed_in(request)
    study = get_study_to_read(user, pk)
    if study.state != Study.State.CLOSED:
        return render(request, "analysis/sealed.html", {"study": study, "progress": rater_progress(study)})
    frame = services.read_results(study=study, reader=user, note="page")
    results = queries.item_results(frame, study)
    adjudicated = adjudication_queries.adjudicated(study, frame)
    context = {
        "study": study,
        "guesses": blinding_queries.guesses_by_arm(study),
        "adjudicated": adjudication_queries.by_item(study, adjudicated),
        "method": ", ".join(told(get_method(name).label) for name in study.methods),
        "results": results,
        "figure": figures.deviation_figure(results),
        "deviations": DEVIATIONS,
        "runs": runs_of(study, AGREEMENT)[:10],
        "computed": newest_run(study, AGREEMENT),
        "n_raters": frame["rater"].nunique(),
        "n_participants": frame["participant"].nunique(),
        "n_recordings": frame["recording"].nunique(),
    }
    return render(request, "analysis/study.html", context)


@require_GET
@readers
def ratings_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every current answer, one line each; refused while the study is not closed."""
    user = signed_in(request)
    study = get_study_to_read(user, pk)
    try:
        frame = services.read_results(study=study, reader=user, note="csv")
    except queries.Sealed:
        raise PermissionDenied from None
    response = StreamingHttpResponse(exports.ratings_csv(study, frame), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}-ratings.csv"'
    return response


@require_GET
@readers
def study_zip(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Everything of a closed study, to take home; refused while the study is not closed."""
    user = signed_in(request)
    try:
        locked = services.take_home(study=get_study_to_read(user, pk), reader=user)
    except queries.Sealed:
        raise PermissionDenied from None
    return exports.zip_response(locked)
