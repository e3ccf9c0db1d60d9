"""Decrypted copies are gone when done, and after a crash."""

import subprocess
import sys
import time
from pathlib import Path

from cohorts.work_folder import private_folder, sweep_work_folder


def test_a_folder_in_use_is_left_alone_and_is_gone_at_its_end(settings):
    with private_folder("copy") as folder:
        (folder / "media").write_bytes(b"a face")
        assert sweep_work_folder() == 0
        assert (folder / "media").exists()
    assert not list(settings.WORK_FOLDER.iterdir())


def test_what_a_killed_process_left_is_swept(settings, tmp_path: Path):
    """The system lets go of the lock, however the process ended."""
    script = (
        "import time, sys\nfrom pathlib import Path\nfrom django.conf import settings\n"
        "settings.configure(WORK_FOLDER=Path(sys.argv[1]))\nfrom cohorts.work_folder import private_folder\n"
        "with private_folder('copy') as folder:\n    (folder / 'media').write_bytes(b'a face')\n"
        "    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.WORK_FOLDER)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        assert sweep_work_folder() == 0, "it is in use"
        process.kill()
        process.wait()
    left = [path for path in settings.WORK_FOLDER.rglob("*") if path.is_file() and path.read_bytes()]
    assert [path.read_bytes() for path in left] == [b"a face"], "the crash left a face behind"
    assert sweep_work_folder() == 1
    assert not list(settings.WORK_FOLDER.iterdir())


def test_a_lock_whose_folder_never_came_is_removed_once_it_is_old(settings, monkeypatch):
    settings.WORK_FOLDER.mkdir(parents=True)
    (settings.WORK_FOLDER / "copy-x.lock").touch()
    sweep_work_folder()
    assert len(list(settings.WORK_FOLDER.iterdir())) == 1
    later = time.time() + 100
    monkeypatch.setattr(time, "time", lambda: later)
    sweep_work_folder()
    assert not list(settings.WORK_FOLDER.iterdir())
