"""Pages of judges: their home, and the trial."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links, media
from ratings import sixface_queries, sixface_services
from ratings.algorithms.sixface.roles import N_FACES
from ratings.sixface_access import get_trial

judge = roles_required(Role.JUDGE)


@require_GET
@judge
def judging(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    waiting = sixface_queries.waiting_trials(user)
    following = waiting.first()
    practice = waiting.filter(experiment=following.experiment_id, practice=True).count() if following else 0
    experiments = sixface_queries.judges_experiments(user)
    return render(
        request, "ratings/judging.html", {"experiments": experiments, "next": following, "practice": practice}
    )


@require_GET
@judge
def next_trial(request: HttpRequest) -> HttpResponse:
    """To the first trial that is not answered; home when all are, and for a break."""
    user = signed_in(request)
    following = sixface_queries.next_trial(user)
    if following is not None and "rested" not in request.GET and sixface_queries.break_due(user):
        messages.info(request, _("Time for a break: go on when you are rested."))
        return redirect("ratings:judging")
    return redirect("ratings:trial", pk=following.pk) if following else redirect("ratings:judging")


@require_GET
@judge
def trial(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Six faces. Nothing in it may tell which is which; what is answered is not shown again."""
    user = signed_in(request)
    trial = get_trial(user, pk)
    if hasattr(trial, "answer") or (not trial.practice and sixface_queries.practice_waits(trial, user)):
        return redirect("ratings:next_trial")
    sixface_services.start_trial(trial=trial, judge=user)
    number, total = sixface_queries.place_of(trial)
    context = {
        "trial": trial,
        "number": number,
        "total": total,
        "faces": range(1, N_FACES + 1),
        "left": sixface_queries.minutes_left(trial, total - number + 1),
    }
    return render(request, "ratings/trial.html", context)


@require_safe
@judge
def picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """All six faces in one file, of one size in the whole experiment."""
    trial = get_trial(signed_in(request), pk)
    links.look(request, verb="trial.viewed", target=trial)
    # `padded_to` has it sent from here: nginx would add the file's time to the headers.
    return media.serve(
        request, storage_name=trial.storage_name, n_bytes=trial.n_bytes, padded_to=trial.n_bytes,
        content_type="image/jpeg",
    )  # fmt: skip
