"""`manage.py add_user NAME --role ROLE`: an account with a generated password, printed once."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role
from accounts.services import create_user


class Command(BaseCommand):
    help = "Make an account with one role; prints a generated password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="", help="shown on pages")

    def handle(self, *args: Any, **options: Any) -> None:
        password = secrets.token_urlsafe(12)
        try:
            create_user(
                username=options["username"], role=Role(options["role"]), password=password, name=options["name"]
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{options['username']} ({options['role']}) password: {password}")
