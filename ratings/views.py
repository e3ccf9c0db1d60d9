"""Pages of studies for coordinators."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import roles_required, signed_in
from accounts.models import Role, User
from deid.algorithms.registry import get_method
from frontend.told import told
from ratings import practice_queries, preflight, queries, services, session_queries
from ratings.access import get_study
from ratings.forms import (
    CodeBreakForm,
    CopyForm,
    ExclusionForm,
    LateRaterForm,
    MemberForm,
    ReasonForm,
    StudyForm,
)
from ratings.models import Study
from ratings.practice_forms import PracticeForm
from ratings.protocol import MULTIPLICITY, VIEWING_TOOLS, Protocol

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)


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
            checked = Protocol(equipment_check=True)
            made = services.create_study(**form.cleaned_data, actor=user, protocol=checked)
            return redirect("ratings:study", pk=made.pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(request, "ratings/study_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """All of a study's design on one page, what is still missing, and how far each rater is; no rating."""
    return study_page(request, get_study(signed_in(request), pk))


def study_page(request: HttpRequest, study: Study, **forms: Form) -> HttpResponse:
    """The page; `forms` are those that come back with what is wrong."""
    draft, progress = study.state == Study.State.DRAFT, queries.rater_progress(study)
    pairs = queries.pairs_of(study)
    context = {
        "study": study,
        "design": study.design,
        "multiplicity": _(MULTIPLICITY.get(study.design.multiplicity, "–")),
        "tools": [_(VIEWING_TOOLS[name]) for name in study.design.viewing_tools],
        "methods": [told(get_method(name).label) for name in study.methods],
        "obstacles": preflight.reasons(study) if draft else [],
        "overview": queries.overview(study, pairs),
        "donors": queries.donors(pairs),
        "n_each": queries.n_each(study, pairs),
        "n_left_out": queries.n_left_out(study) if draft else 0,
        "without_consent": queries.codes_without_consent(study) if draft else [],
        "places": list(zip(study.places.select_related("rater"), progress, strict=True)),
        "n_unrated": sum(one.n_presentations - one.n_completed for one in progress),
        "n_unsigned": session_queries.n_unsigned(study) if study.state == Study.State.OPEN else 0,
        "signatures": session_queries.signatures(study),
        "exclusions": study.exclusions.select_related("recording__participant"),
        "versions": study.versions.defer("pdf", "content").select_related("made_by"),
        "seals": study.seals.select_related("rater"),
        "code_breaks": study.code_breaks.select_related("participant", "asked_by", "done_by"),
        "n_late": len(queries.late_pairs(study)) if study.state == Study.State.OPEN else 0,
        "members": study.members.select_related("user"),
        "practice_cases": practice_queries.listed(study),
        **_forms(study, signed_in(request)),
        **forms,
    }
    return render(request, "ratings/study.html", context, status=422 if any(f.errors for f in forms.values()) else 200)


def _forms(study: Study, user: User) -> dict[str, Form]:
    """The forms that the page offers in the study's state."""
    offered: dict[str, Form] = {"member_form": MemberForm(study=study), "copy_form": CopyForm()}
    if study.state == Study.State.DRAFT:
        offered["exclusion_form"] = ExclusionForm(study=study)
        offered["practice_form"] = PracticeForm(study=study, user=user)
    else:
        offered["code_break_form"] = CodeBreakForm()
    if study.state == Study.State.OPEN:
        offered |= {"late_rater_form": LateRaterForm(study=study), "late_form": ReasonForm()}
    return offered


def act(
    request: HttpRequest, pk: int, do: Callable[[Study, User], object], done: str, back: str = "ratings:study"
) -> HttpResponse:
    """Do one thing to a study and come back to its page, or another of it, with what happened or why not."""
    user = signed_in(request)
    study = get_study(user, pk)
    try:
        do(study, user)
        messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(back, pk=pk)


@require_POST
@staff
def study_prepare(request: HttpRequest, pk: int) -> HttpResponse:
    return act(
        request,
        pk,
        lambda study, user: services.prepare_study(study=study, actor=user),
        _("Missing originals have been asked for."),
    )


@require_POST
@staff
def study_open(request: HttpRequest, pk: int) -> HttpResponse:
    return act(
        request,
        pk,
        lambda study, user: services.open_study(study=study, actor=user),
        _("The study is open: raters can begin."),
    )


@require_POST
@staff
def study_close(request: HttpRequest, pk: int) -> HttpResponse:
    return act(
        request,
        pk,
        lambda study, user: services.close_study(study=study, actor=user),
        _("The study is closed: its results can be read."),
    )
