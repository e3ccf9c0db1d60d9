"""Service tokens in the API, and what a token says of itself."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import second_factor, token_services
from accounts.models import Scope, ServiceToken, User
from accounts.validators import scopes_of


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer semblance_...`: acts as the token's user; 401 when it is expired, revoked or unknown."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ServiceToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != self.keyword.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Send one token: “Authorization: Bearer TOKEN”."))
        token = token_services.find_token(words[1].decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(_("This token is unknown. Copy it whole, or make a new one."))
        if not token.is_good:
            raise AuthenticationFailed(_("This token has expired or was revoked. Make a new one."))
        if not token.user.is_active or second_factor.is_missing(token.user):
            raise AuthenticationFailed(_("This token's account is closed, or needs its second factor first."))
        token_services.note_use(token=token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class HasScope(BasePermission):
    """A token needs the scope that the view names for the method; a view that names none takes no tokens.

    A signed-in session has no scopes: it may do what its user may do.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.auth
        if not isinstance(token, ServiceToken):
            return True
        scopes = getattr(view, "scopes", {})
        scope = scopes.get(request.method) or (scopes.get("GET") if request.method in ("HEAD", "OPTIONS") else None)
        # What was given to the token, less what its user's role no longer allows.
        return scope == ANY or (scope in token.scopes and scope in scopes_of(token.user))


ANY = "any"  # for a view that every good token may ask


class ScopedAPIView(APIView):
    """An API view for sessions and service tokens. `scopes` names the scope of each method."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, HasScope]
    scopes: dict[str, str] = {}


class TokenView(ScopedAPIView):
    """What the token that asks may do, and until when: for programs that check before they begin."""

    authentication_classes = [TokenAuthentication]
    scopes: dict[str, str] = {"GET": ANY}

    @extend_schema(
        responses=inline_serializer(
            "Token",
            {
                "name": serializers.CharField(),
                "user": serializers.CharField(),
                "scopes": serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices)),
                "expires_at": serializers.DateTimeField(),
            },
        )
    )
    def get(self, request: Request) -> Response:
        token: ServiceToken = request.auth  # type: ignore[assignment] # tokens are the only way in
        scopes = sorted(Scope(scope) for scope in token.scopes if scope in scopes_of(token.user))
        told = {"name": token.name, "user": token.user.username, "scopes": scopes, "expires_at": token.expires_at}
        return Response(told)


class WhoView(APIView):
    """Who is signed in: a page that waited asks before it sends what it keeps for one user."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=inline_serializer("Who", {"user": serializers.CharField()}))
    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user.pk)})
