"""The API's description of itself (OpenAPI 3), for those who are signed in or have a token."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer

from accounts.api import ANY, HasScope, TokenAuthentication


class TokenScheme(OpenApiAuthenticationExtension):
    """How the description names service tokens; drf-spectacular finds this class by itself."""

    target_class = "accounts.api.TokenAuthentication"
    name = "serviceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A service token, with the scope that is asked for."}


class SchemaView(SpectacularAPIView):
    renderer_classes = [JSONRenderer]
    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, HasScope]
    scopes = {"GET": ANY}


schema = SchemaView.as_view()
