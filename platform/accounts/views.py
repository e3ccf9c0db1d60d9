"""What users keep of their own account: sessions and tokens."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries, second_factor, services, token_services
from accounts.access import get_own_session, get_token, roles_required, signed_in
from accounts.forms import LanguageForm, TokenForm
from accounts.models import User
from accounts.validators import SCOPES_OF

token_users = roles_required(*SCOPES_OF)


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """The user's own account, and where its parts are changed."""
    user = signed_in(request)
    person = queries.people().get(pk=user.pk)
    context = {
        "person": person,
        "required": second_factor.is_required(user),
        "n_sessions": len(queries.sessions_of(user)),
        "takes_tokens": user.role in SCOPES_OF,
    }
    return render(request, "accounts/account.html", context)


@require_POST
@login_not_required
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages: kept on the account, and in this browser for the time before signing in."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        raise BadRequest("“language” must be one of the languages of this site")
    chosen, target = form.cleaned_data["language"], form.cleaned_data["next"]
    if isinstance(request.user, User):
        services.choose_language(user=request.user, language=chosen)
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = redirect(target if own else "home")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )  # fmt: skip
    return response


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/sessions.html", {"sessions": queries.sessions_of(signed_in(request))})


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    services.end_own_session(session=get_own_session(signed_in(request), pk))
    messages.success(request, _("Signed out there."))
    return redirect("accounts:sessions")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Everywhere, here too."""
    services.end_own_sessions(user=signed_in(request))
    request.session.flush()
    return redirect("account_login")


@require_http_methods(["GET", "POST"])
@token_users
def tokens(request: HttpRequest) -> HttpResponse:
    """The user's tokens and the form for another; a new one's secret is in the answer to the form, and only there."""
    user = signed_in(request)
    form = TokenForm(request.POST if request.method == "POST" else None, user=user)
    secret = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _token, secret = token_services.make_token(
                user=user, name=data["name"], scopes=data["scopes"], lifetime=form.lifetime
            )
            form = TokenForm(user=user)
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"form": form, "secret": secret, "tokens": queries.tokens_of(user)}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@token_users
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    token = get_token(user, pk)
    token_services.revoke_token(token=token, actor=user)
    messages.success(request, _("Revoked: it opens nothing any more."))
    return redirect("accounts:tokens") if token.user_id == user.pk else redirect("accounts:person", pk=token.user_id)
