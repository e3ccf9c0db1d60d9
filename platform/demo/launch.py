"""`make demo`: database, processes, the main job once, then the site; with --check only the proof that it all works,
with --pictures the same for the pictures of the README.

Plain Python around `manage.py`: nothing here needs Django, so that the check can have a database of its own.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config import embedded
from config.env import Env, new_key
from demo.processes import ROOT, NotStarted, Stack, free_port, interrupt_on_signals, running
from demo.proxy import NoNginx, Proxy

CHECK_DATABASE = "semblance_check"
# Enough to go the whole way, few enough to be quick.
CHECK_PARTICIPANTS = ("--participants", "DEMO-001", "DEMO-002", "DEMO-006")
NOTHING: Mapping[str, str] = {}


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def manage(env: Mapping[str, str], *arguments: str) -> int:
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}).returncode


class Failed(RuntimeError):
    """A step that ended with an error; what happened stands above."""


def prepare(env: Mapping[str, str]) -> None:
    """Schema, cache table and static files."""
    steps = (["migrate", "--verbosity", "0"], ["createcachetable"], ["collectstatic", "--no-input", "--verbosity", "0"])
    for step in steps:
        if manage({**env, "DATABASE_ROLE": "owner"}, *step):
            raise Failed(f"manage.py {' '.join(step)} ended with an error, see above")


def check_environment(var: Path) -> dict[str, str]:
    """A database of its own in the embedded server, emptied, and a folder of its own for everything else."""
    embedded.drop_database(var, CHECK_DATABASE)
    embedded.make_roles_and_database(embedded.database_url(var, "superuser", "postgres"), CHECK_DATABASE)
    folder = var / "check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {
        "DATABASE_URL": embedded.database_url(var, "app", CHECK_DATABASE),
        "DATABASE_OWNER_URL": embedded.database_url(var, "owner", CHECK_DATABASE),
        "DATABASE_KEY_URL": embedded.database_url(var, "key", CHECK_DATABASE),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "MEDIA_ENCRYPTION_KEY": new_key(),
        "SEMBLANCE_VAR": str(folder),
    }


@contextmanager
def site(stack: Stack, media: Path, *, nginx: bool) -> Iterator[list[str]]:
    """How the story reaches the processes: at their own port, or through a real nginx and TLS as in docker/."""
    if not nginx:
        yield ["--url", stack.url]
        return
    ports = {"upstream": stack.port, "http": free_port(), "https": free_port()}
    with Proxy(stack.var / "nginx", media=media, **ports) as proxy:
        say(f"nginx in front of it at {proxy.url}")
        yield ["--url", proxy.url, "--ca", str(proxy.certificate)]


# As in docker/compose.yaml; the demo's people have no second factor.
BEHIND_NGINX = {
    "HTTPS_ONLY": "true",
    "BEHIND_PROXY": "true",
    "MEDIA_ACCEL_PREFIX": "/protected-media/",
    "MFA_REQUIRED_ROLES": "none",
}
# As in docker/compose.yaml; every rater has an address of their own, as behind a proxy.
LOADED = {"BEHIND_PROXY": "true", "WEB_CONCURRENCY": "2", "WEB_THREADS": "16"}


def check(
    var: Path, story: list[str], *, nginx: bool = False, only: tuple[str, ...] = (), more: Mapping[str, str] = NOTHING
) -> int:
    """From an empty database to the investigator's result, through web process and worker; then all is taken away.

    `story` is the command that does it, to which the site's address is added.
    """
    own_server = not Env().text("DATABASE_URL", "")
    started = own_server and not embedded.is_running(var)
    stack: Stack | None = None
    try:
        if own_server:
            embedded.start(var)
        env = {**(check_environment(var) if own_server else {}), **(BEHIND_NGINX if nginx else {}), **more}
        prepare(env)
        folder = Path(env.get("SEMBLANCE_VAR", str(var)))
        stack = Stack(var=folder, port=free_port(), env=env, quiet=True, only=only)
        say(f"starting {', '.join(only) or 'web, worker and scheduler'} at {stack.url} ...")
        stack.start()
        stack.wait_until_up()
        storage = Env({**os.environ, **env}).text("STORAGE_URL", f"file://{folder / 'media'}")
        with site(stack, Path(storage.removeprefix("file://")), nginx=nginx) as address:
            code = manage(env, *story, *address)
        if code:
            say(f"CHECK FAILED. {stack.last_words()}")
        return code
    finally:
        if stack:
            stack.stop()
        if own_server:
            embedded.drop_database(var, CHECK_DATABASE)
            shutil.rmtree(var / "check" / "media", ignore_errors=True)
        if started:
            embedded.stop(var)


def demo(var: Path, video: str | None) -> int:
    """The main job once, then the site until it is interrupted."""
    again = ["--video", video] if video else ["--once"]
    if url := running(var):
        say(f"Semblance already runs at {url}")
        return manage({}, "demo_story", "--url", url, *again)
    if not Env().text("DATABASE_URL", ""):
        say("starting the embedded PostgreSQL ...")
        embedded.start(var)
    prepare({})
    stack = Stack(var=var, port=Env().integer("PORT", 8000, least=1, most=65535), quiet=True)
    try:
        say(f"starting web, worker and scheduler at {stack.url} ... (their messages: {stack.log})")
        stack.start()
        stack.wait_until_up()
        if code := manage({}, "demo_story", "--url", stack.url, *again):
            say(f"THE DEMO FAILED. {stack.last_words()}")
            return code
        say("Ctrl-C ends the site; make stop ends the database too.")
        stack.wait()
    finally:
        stack.stop()
    return 0


def main() -> int:
    from config.settings import VAR

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--nginx", action="store_true", help="with --check: behind a real nginx, as in docker/")
    parser.add_argument("--video")
    parser.add_argument(
        "--pictures", help="a folder: take the README's pictures there on the way, in a database of its own"
    )
    parser.add_argument("--load", nargs=argparse.REMAINDER, help="many raters at once; options of `manage.py load`")
    options = parser.parse_args()
    if options.video and not Path(options.video).is_file():
        say(f"there is no file {options.video}: give the path of a video, as in make demo VIDEO=clip.mp4")
        return 2
    interrupt_on_signals()
    try:
        if options.pictures:
            return check(VAR, ["demo_pictures", "--out", options.pictures, *CHECK_PARTICIPANTS])
        if options.load is not None:
            return check(VAR, ["load", *options.load], only=("web",), more=LOADED)
        video = ["--video", options.video] if options.video else []
        if not options.check:
            return demo(VAR, options.video)
        story = ["demo_story", "--quiet", "--withdraw", *video, *CHECK_PARTICIPANTS]
        return check(VAR, story, nginx=options.nginx)
    except (NotStarted, Failed, NoNginx) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130 if options.check or options.pictures else 0


if __name__ == "__main__":
    raise SystemExit(main())
