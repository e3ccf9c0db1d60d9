"""The API's description of itself (OpenAPI 3), for those who are signed in or have a token."""

from drf_spectacular.views import SpectacularAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer

from accounts.api import ANY, HasScope, TokenAuthentication


class SchemaView(SpectacularAPIView):
    renderer_classes = [JSONRenderer]
    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, HasScope]
    scopes = {"GET": ANY}


schema = SchemaView.as_view()
