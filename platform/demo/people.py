"""The demo's accounts: one for each role, with passwords made here and kept under `var/`."""

import json
import secrets
from pathlib import Path

from accounts.models import Role, User
from accounts.services import create_user

PEOPLE = (
    ("demo-coordinator", Role.COORDINATOR, "Demo Coordinator"),
    ("demo-rater-1", Role.RATER, "Demo Rater One"),
    ("demo-rater-2", Role.RATER, "Demo Rater Two"),
    ("demo-judge", Role.JUDGE, "Demo Judge"),
    ("demo-investigator", Role.INVESTIGATOR, "Demo Investigator"),
    ("demo-administrator", Role.ADMINISTRATOR, "Demo Administrator"),
)


def ensure_people(var: Path) -> dict[str, str]:
    """Names and passwords of the demo's accounts; those that are missing are made.

    An account whose password is not known here (the file was removed) gets a new one.
    """
    file = var / "demo-sign-ins.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    passwords = {}
    for name, role, shown in PEOPLE:
        passwords[name] = known.get(name) or secrets.token_urlsafe(9)
        user = User.objects.filter(username=name).first()
        if user is None:
            create_user(username=name, role=role, password=passwords[name], name=shown)
        elif not user.check_password(passwords[name]):
            user.set_password(passwords[name])
            user.save(update_fields=["password"])
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords, indent=1))
    return passwords
