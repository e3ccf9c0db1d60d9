"""Pages of results."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import roles_required, signed_in
from analysis import exports, figures, queries, services
from analysis.access import READERS, get_study_to_read
from analysis.algorithms.deviation import DEVIATIONS
from deid.algorithms.registry import get_method
from ratings.models import Study
from ratings.queries import rater_progress

readers = roles_required(*READERS)


@require_GET
@readers
def studies(request: HttpRequest) -> HttpResponse:
    return render(request, "analysis/studies.html", {"studies": queries.result_list(signed_in(request))})


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
    results = queries.item_results(frame)
    context = {
        "study": study,
        "method": get_method(study.method),
        "results": results,
        "figure": figures.deviation_figure(results),
        "deviations": DEVIATIONS,
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
