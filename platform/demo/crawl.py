"""Every page of a site as every user, within one process: what is behind the links, and what no link led to.

Run with the code of any version, in its folder (`python -P crawl.py sign-in|look`), so that it imports nothing of ours:
see `demo.upgrade`.
"""

import json
import re
import secrets
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from html import unescape
from itertools import product
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

LINK = re.compile(r'(?:href|src|poster|hx-get|data-[a-z-]*url)="(/[^"#]*)')
NOBODY = ""
KINDS = {"IntConverter": "int", "UUIDConverter": "uuid"}
MOST_OF_A_ROUTE = 6  # addresses of one route that links lead one user to: pages of a list are alike
USERS_OF_A_ROLE = 2


@dataclass
class Route:
    """What one route answered: how often each status, and the errors in words."""

    statuses: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    opened: bool = False  # to somebody who is signed in

    @property
    def is_for_get(self) -> bool:
        return "405" not in self.statuses


class Crawl:
    """What was seen so far, by route."""

    def __init__(self) -> None:
        self.seen: dict[str, Route] = {}

    def visit(self, client: Client, who: str, address: str) -> tuple[str, str]:
        """Ask for one address: its status, and its text when it is a page."""
        answer = client.get(address, headers={"Range": "bytes=0-99"})
        text, status = _content(answer), str(answer.status_code)
        if status == "503" and answer.has_header("Retry-After"):
            status = "503 update"
        seen = self.seen.setdefault(route_of(address), Route())
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        seen.opened |= bool(who) and status[0] in "23"
        if status[0] == "5" and status != "503 update":
            seen.errors.append(f"{who or 'nobody'} {address}: {_why(answer)}")
        return status, text

    def follow(self, client: Client, who: str, starts: list[str]) -> None:
        """From `starts` wherever links lead on this site."""
        waiting, known, of_route = deque(starts), set(starts), dict[str, int]()
        while waiting:
            address = waiting.popleft()
            route = route_of(address)
            of_route[route] = of_route.get(route, 0) + 1
            if not route or of_route[route] > MOST_OF_A_ROUTE:
                continue
            _status, text = self.visit(client, who, address)
            for link in map(unescape, LINK.findall(text)):
                if link not in known:
                    known.add(link)
                    waiting.append(link)

    def try_keys(self, clients: dict[str, Client], guesses: list[str]) -> None:
        """One route with every key, as everybody: until it says that it is for forms, or for others than this user."""
        for who, client in clients.items():
            for address in guesses:
                status, _text = self.visit(client, who, address)
                if status == "405":
                    return
                if status == "403" or (status == "302" and who == NOBODY):
                    break


def _content(answer: Any) -> str:
    if answer.streaming:
        next(iter(answer.streaming_content), b"")
        answer.close()
        return ""
    return answer.content.decode() if answer.get("Content-Type", "").startswith("text/html") else ""


def _why(answer: Any) -> str:
    if not answer.exc_info:
        return f"{answer.status_code}"
    error = answer.exc_info[1]
    return f"{answer.status_code} {type(error).__name__}: {str(error).partition(chr(10))[0]}"


def route_of(address: str) -> str:
    """The name of the route; empty where no view of ours answers."""
    try:
        return resolve(address.partition("?")[0]).view_name or ""
    except Resolver404:
        return ""


def patterns(among: list[Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of all routes, with what stands open in their addresses."""
    for pattern in among:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}", pattern.pattern.converters


def is_of_ours(model: type[models.Model]) -> bool:
    return not model.__module__.startswith("django.")


def keys_by_kind() -> dict[str, list[Any]]:
    """Primary keys of rows that are there: the first two and the last of every table."""
    found: dict[str, set[Any]] = {"int": set(), "uuid": set()}
    for model in filter(is_of_ours, apps.get_models()):
        kind = "uuid" if isinstance(model._meta.pk, models.UUIDField) else "int"
        if kind == "int" and not isinstance(model._meta.pk, models.IntegerField):
            continue
        try:
            with transaction.atomic():
                rows = model._base_manager.order_by("pk").values_list("pk", flat=True)
                found[kind] |= {*rows[:2], *rows.reverse()[:1]}
        except DatabaseError:  # a table that waits for its migration
            continue
    return {kind: sorted(keys) for kind, keys in found.items()}


def addresses(route: str, open_parts: dict[str, Any], keys: dict[str, list[Any]]) -> Iterator[str]:
    """Of a route for all keys that fit; none where a word stands open."""
    kinds = [KINDS.get(type(part).__name__, "") for part in open_parts.values()]
    if "" not in kinds:
        for values in product(*(keys[kind] for kind in kinds)):
            try:
                yield reverse(route, kwargs=dict(zip(open_parts, values, strict=True)))
            except NoReverseMatch:
                return


def crawl(clients: dict[str, Client]) -> Crawl:
    """By links first; what was never opened by them is asked for with the keys of all rows."""
    done, routes = Crawl(), dict(patterns(get_resolver().url_patterns))
    starts = [address for route, parts in routes.items() if not parts for address in addresses(route, parts, {})]
    for who, client in clients.items():
        done.follow(client, who, starts)
    keys = keys_by_kind()
    for route, parts in routes.items():
        if parts and not done.seen.setdefault(route, Route()).opened:
            done.try_keys(clients, list(addresses(route, parts, keys)))
    return done


def sign_in() -> dict[str, str]:
    """A session for users of every role, as they had before the update; where nobody is there, one of each is made."""
    users = get_user_model()
    roles = [role for role, _label in users._meta.get_field("role").flatchoices]
    sessions = {}
    for role in roles:
        if not users.objects.filter(role=role, is_active=True).exists():
            users.objects.create_user(username=f"crawl-{role}", role=role, password=secrets.token_urlsafe())
        for user in users.objects.filter(role=role, is_active=True).order_by("pk")[:USERS_OF_A_ROLE]:
            client = Client(SERVER_NAME="localhost")
            client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
            sessions[user.username] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return sessions


def clients_of(sessions: dict[str, str]) -> dict[str, Client]:
    """A client for each session, and one of nobody."""
    clients = {NOBODY: Client(SERVER_NAME="localhost", raise_request_exception=False)}
    for who, session in sessions.items():
        clients[who] = Client(SERVER_NAME="localhost", raise_request_exception=False)
        clients[who].cookies[settings.SESSION_COOKIE_NAME] = session
    return clients


def main() -> None:
    django.setup()
    if sys.argv[1] == "sign-in":
        told: Any = sign_in()
    else:
        found = crawl(clients_of(json.load(sys.stdin))).seen
        told = {route: {**asdict(seen), "is_for_get": seen.is_for_get} for route, seen in found.items()}
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
