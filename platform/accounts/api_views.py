"""What API views have in common: one object or a list, for some roles, through the same access functions as pages."""

from typing import Any

from django.db.models import Model, QuerySet, TextChoices
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import has_role
from accounts.api import HasScope, ScopedAPIView
from accounts.models import Role, User


class HasRole(BasePermission):
    """The user has one of the roles that the view names."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_role(request.user, *getattr(view, "roles", ()))  # type: ignore[arg-type]


class Pages(CursorPagination):
    """Newest first, a hundred at a time; `next` and `previous` are addresses to follow, not numbers to count."""

    page_size = 100
    ordering = "-id"


class StaffAPIView(ScopedAPIView, GenericAPIView[Any]):
    """For coordinators and administrators. A query key that the view does not name is refused: none looks further
    along the relations than the view does."""

    permission_classes = [IsAuthenticated, HasScope, HasRole]
    roles: tuple[Role, ...] = (Role.COORDINATOR, Role.ADMINISTRATOR)
    filters: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # that are read besides the filters

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101 - IsAuthenticated let it through
        return self.request.user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = {*self.filters, *self.keys}
        if unknown := sorted(set(request.query_params) - known):
            raise ValidationError(
                _("This address knows the keys %(known)s; leave out %(unknown)s.")
                % {"known": ", ".join(sorted(known)) or "-", "unknown": ", ".join(unknown)[:200]}
            )

    def told(self, row: Model, status: int = 200) -> Response:
        """One object."""
        return Response(self.get_serializer(row).data, status=status)

    def given(self) -> dict[str, Any]:
        """The body, checked by the serializer's rules."""
        serializer = self.get_serializer(data=self.request.data, partial=self.request.method == "PATCH")
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data


class StaffListAPIView(ListModelMixin, StaffAPIView):
    """A list, page by page; filters must name something that exists."""

    pagination_class = Pages
    keys = (Pages.cursor_query_param,)

    def listed(self, rows: QuerySet[Any]) -> Response:
        """One page of rows."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def chosen(self, key: str, choices: type[TextChoices]) -> str | None:
        """What a filter asks for; None when it is not there."""
        value = self.request.query_params.get(key)
        if value is not None and value not in choices.values:
            raise ValidationError({key: [_("This is not one of: %(known)s.") % {"known": ", ".join(choices.values)}]})
        return value
