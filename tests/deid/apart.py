"""De-identification in a process of its own, as workers do it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from deid.algorithms.certificate import Certificate

ROOT = Path(__file__).parents[2]
RENDER = """
import json, sys
from pathlib import Path
from deid.algorithms.engine import deidentify
from modelstore.store import Store
from videoio.write import EncodeSettings

def render(source, target, folder, method, **options):
    store = Store(Path(folder), shipped=Path(folder) / "shipped.json")
    quick = EncodeSettings(preset="ultrafast")
    done = deidentify(source, target, method=method, weights=store, encode=quick, **options)
    print(json.dumps(done.to_dict()))
"""


def deidentified(
    source: Path, target: Path, models: Path, method: str, script: str = "render(*sys.argv[1:])"
) -> Certificate:
    """The certificate of what `script` renders; its names: `render` and `sys.argv[1:]`, which are its arguments.

    Raises
    ------
    CalledProcessError : the process failed; `stderr` says why
    """
    path = os.pathsep.join([str(ROOT), str(ROOT / "platform"), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", RENDER + script, str(source), str(target), str(models), method],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PYTHONPATH": path, "PATH": "", "HOME": str(target.parent)},
    )  # fmt: skip
    return Certificate.from_dict(json.loads(done.stdout.splitlines()[-1]))
