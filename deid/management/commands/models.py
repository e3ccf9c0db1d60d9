"""`manage.py models`: what lies in the model store, and putting weights there."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid import weight_services
from deid.weights import held_weights, model_store
from modelstore.errors import BadWeights
from modelstore.keeping import verify
from modelstore.manifest import USES
from modelstore.store import State

BAD_INPUT = 2  # exit status; 1: `verify` found a file that is not what the manifest means


class Command(BaseCommand):
    help = "Weights of networks that are no part of this product: list them, fetch or add them, verify their hashes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="do", required=True)
        parts.add_parser("list", help="all that is known, and what is there")
        fetch = parts.add_parser("fetch", help="from the shared bucket, or the address the manifest names")
        fetch.add_argument("names", nargs="*", help="of weights, as `models list` shows them")
        fetch.add_argument("--all", action="store_true", help="whatever is known by hash and not there")
        fetch.add_argument("--url", default="", help="fetch one from here instead")
        fetch.add_argument("--sha256", default="", help="of its file, where the manifest has none")
        add = parts.add_parser("add", help="copy a file into the store, or vouch for one that lies there")
        add.add_argument("name")
        add.add_argument("file", type=Path, nargs="?")
        add.add_argument("--task", help="what the network does")
        add.add_argument("--licence", help="under which its weights may be used")
        add.add_argument("--use", choices=USES, action="append", help="what the licence allows; may be given twice")
        add.add_argument("--training-data", help="what it was trained on")
        add.add_argument("--source", action="append", help="where it came from; may be given more than once")
        parts.add_parser("verify", help="read every file anew and compare its hash")

    def handle(self, *args: Any, **options: Any) -> None:
        do = {"list": self._list, "fetch": self._fetch, "add": self._add, "verify": self._verify}[options["do"]]
        try:
            do(options)
        except BadWeights as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error

    def _list(self, options: dict[str, Any]) -> None:
        store = model_store()
        self.stdout.write(f"{store.folder}, for {store.use} use")
        for held in held_weights():
            entry = held.entry
            needed = ", ".join(method.name for method in held.methods)
            evaluated = f"evaluated after {entry.evaluation}" if entry.evaluation else ""
            facts = [entry.task, entry.licence, f"needed by {needed}" if needed else "", evaluated]
            self.stdout.write(f"{entry.name:<20} {held.state:<10} {' · '.join(fact for fact in facts if fact)}")

    def _fetch(self, options: dict[str, Any]) -> None:
        names = weight_services.missing_weights() if options["all"] else options["names"]
        if not names and not options["all"]:
            raise CommandError("name the weights to fetch, or give --all.", returncode=BAD_INPUT)
        if len(names) > 1 and (options["url"] or options["sha256"]):
            raise CommandError("--url and --sha256 are of one file: name one.", returncode=BAD_INPUT)
        for name in names:
            entry = weight_services.fetch_weights(name=name, url=options["url"], sha256=options["sha256"])
            self.stdout.write(f"{name}: {entry.size} bytes, SHA-256 {entry.sha256}")

    def _add(self, options: dict[str, Any]) -> None:
        entry = weight_services.add_weights(
            name=options["name"], file=options["file"], task=options["task"], licence=options["licence"],
            uses=tuple(options["use"] or ()), training_data=options["training_data"],
            sources=tuple(options["source"] or ()),
        )  # fmt: skip
        self.stdout.write(f"{entry.name}: {entry.size} bytes, SHA-256 {entry.sha256}")
        if (state := model_store().state(entry)) is State.FORBIDDEN:
            self.stderr.write(f"note: it is {state} here: its licence does not allow {model_store().use} use.")

    def _verify(self, options: dict[str, Any]) -> None:
        store = model_store()
        found = verify(store, store.manifest.entries.values())
        for name, wrong in found.items():
            self.stdout.write(f"{name}: {wrong or 'as the manifest says'}")
        if any(found.values()):
            raise CommandError("some files of the model store must not be used.", returncode=1)
        if not found:
            self.stdout.write(f"nothing lies in {store.folder}")
