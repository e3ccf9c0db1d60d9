"""Pages: studies for coordinators, the desk for raters."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role, User
from cohorts import links, media
from deid.algorithms.registry import get_method
from ratings import queries, services
from ratings.access import get_presentation, get_study, taken_out
from ratings.forms import MemberForm, StudyForm
from ratings.items import NOT_SURE, SEVERITIES, items_for
from ratings.models import Presentation, Study

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)
rater = roles_required(Role.RATER)


@require_GET
@staff
def studies(request: HttpRequest) -> HttpResponse:
    return render(request, "ratings/studies.html", {"studies": queries.study_list(signed_in(request))})


@require_http_methods(["GET", "POST"])
@staff
def study_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = StudyForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("ratings:study", pk=services.create_study(**form.cleaned_data, actor=user).pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(request, "ratings/study_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """State, what is still missing, and how far each rater is. What was rated is not here."""
    study = get_study(signed_in(request), pk)
    return study_page(request, study, MemberForm(study=study))


def study_page(request: HttpRequest, study: Study, member_form: MemberForm) -> HttpResponse:
    draft = study.state == Study.State.DRAFT
    progress = queries.rater_progress(study)
    context = {
        "study": study,
        "method": get_method(study.method),
        "obstacles": queries.study_readiness(study) if draft else [],
        "n_recordings": len(queries.shown_renditions(study)) if draft else None,
        "n_left_out": queries.n_left_out(study) if draft else 0,
        "without_consent": queries.codes_without_consent(study) if draft else [],
        "progress": progress,
        "n_unrated": sum(one.n_presentations - one.n_completed for one in progress),
        "members": study.members.select_related("user"),
        "member_form": member_form,
    }
    return render(request, "ratings/study.html", context, status=422 if member_form.errors else 200)


def _act(request: HttpRequest, pk: int, act: Callable[[Study, User], object], done: str) -> HttpResponse:
    """Do one thing to a study and come back to its page, with what happened or why not."""
    user = signed_in(request)
    study = get_study(user, pk)
    try:
        act(study, user)
        messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:study", pk=pk)


@require_POST
@staff
def study_prepare(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda study, user: services.prepare_study(study=study, actor=user),
        _("Missing originals have been asked for."),
    )


@require_POST
@staff
def study_open(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda study, user: services.open_study(study=study, actor=user),
        _("The study is open: raters can begin."),
    )


@require_POST
@staff
def study_close(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda study, user: services.close_study(study=study, actor=user),
        _("The study is closed: its results can be read."),
    )


@require_GET
@rater
def desk(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {
        "studies": queries.desk_studies(user),
        "next": queries.next_presentation(user),
        "last": queries.last_presentation(user),
    }
    return render(request, "ratings/desk_home.html", context)


@require_GET
@rater
def next_presentation(request: HttpRequest) -> HttpResponse:
    """To the first presentation that is not completed, or home when all are."""
    presentation = queries.next_presentation(signed_in(request))
    return redirect("ratings:presentation", pk=presentation.pk) if presentation else redirect("ratings:desk")


@require_GET
@rater
def presentation(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The desk. Nothing in it may tell which version or whose video this is."""
    user = signed_in(request)
    if taken_out(user, pk):
        messages.info(request, _("That video was taken out of the study."))
        return redirect("ratings:desk")
    presentation = get_presentation(user, pk)
    services.start_presentation(presentation=presentation)
    before, number, total = queries.neighbours(presentation)
    context = {
        "presentation": presentation,
        "before": before,
        "number": number,
        "total": total,
        "items": _items(presentation),
        "severities": SEVERITIES.items(),
        "not_sure": NOT_SURE,
    }
    return render(request, "ratings/desk.html", context)


def _items(presentation: Presentation) -> list[dict[str, object]]:
    """Each item with the key of its current answer: a score, "n" for not sure, or nothing."""
    answers = queries.current_answers(presentation)
    items = []
    for item in items_for(presentation.rendition.recording):
        answer = answers.get(item.code)
        items.append({"item": item, "answer": "" if answer is None else "n" if answer.not_sure else str(answer.score)})
    return items


@require_safe
@rater
def video(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The file, as large as its other version: sizes and names tell nothing."""
    presentation = get_presentation(signed_in(request), pk)
    links.look(request, verb="presentation.viewed", target=presentation)
    rendition = presentation.rendition
    return media.serve(
        request,
        storage_name=rendition.storage_name,
        n_bytes=rendition.n_bytes,
        padded_to=presentation.shown_bytes,
    )
