"""`manage.py demo_pictures --url URL --out DIR`: the demo once, and pictures on the way (see `make screenshots`)."""

import os
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from demo.camera import camera
from demo.client import Refused
from demo.management.commands.demo_story import Command as DemoStory
from demo.people import ensure_people
from demo.story import Story


class Command(DemoStory):
    help = "Do the main job once through a running site, and take pictures of its pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = ensure_people(settings.VAR)
        story = Story(url=options["url"].rstrip("/"), passwords=passwords, say=self._say, title="Site A")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
            "true"  # the browser's driver runs a loop; nothing here is asynchronous
        )
        try:
            with camera(options["out"]) as taking:
                story.look = partial(taking.look, story)
                self._tell(story, options)
        except Refused as error:
            raise CommandError(f"no pictures: {error}", returncode=1) from error
        for path in taking.taken:
            self._say(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
