"""Which files a set is made from, and whose face each shows, by the names of files and folders."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deid.algorithms.training.errors import BadTrainingSet

PICTURES = (".jpg", ".jpeg", ".png")
VIDEOS = (".mp4", ".mov", ".mkv", ".mpg", ".avi", ".webm")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of one identity; `told` its name for the datasheet, without the folders above what was given."""

    identity: str
    path: Path
    told: str

    @property
    def is_video(self) -> bool:
        return self.path.suffix.lower() in VIDEOS


def find(given: Sequence[Path]) -> list[Source]:
    """The files of folders, and files, by identity.

    A folder in a given folder is an identity. Of files beside one another a picture's identity is its name up to the
    first "_", as in <face_id>_03.jpg, and a video's its name.

    Raises
    ------
    BadTrainingSet : something given is not there, a folder holds nothing, or a name is none for an identity
    """
    found: list[Source] = []
    for path in given:
        if path.is_dir():
            inside = [each for folder in _folders(path) for each in _of_folder(path, folder)]
            if not inside:
                raise BadTrainingSet(
                    f"{path} holds no pictures ({', '.join(PICTURES)}) and no videos ({', '.join(VIDEOS)}): name a "
                    "folder with some."
                )
            found += inside
        elif path.is_file() and _is_media(path):
            found.append(Source(_checked(_named(path), path), path, path.name))
        else:
            raise BadTrainingSet(f"{path} is no folder, no picture and no video: name one.")
    return sorted(set(found), key=lambda source: (source.identity, source.told))


def _folders(path: Path) -> list[Path]:
    return [path, *sorted(each for each in path.iterdir() if each.is_dir())]


def _of_folder(top: Path, folder: Path) -> list[Source]:
    sources = []
    for path in sorted(each for each in folder.iterdir() if each.is_file() and _is_media(each)):
        name = folder.name if folder != top else _named(path)
        sources.append(Source(_checked(name, path), path, f"{top.name}/{path.relative_to(top)}"))
    return sources


def _named(path: Path) -> str:
    return path.stem if path.suffix.lower() in VIDEOS else path.stem.split("_")[0]


def _is_media(path: Path) -> bool:
    return path.suffix.lower() in (*PICTURES, *VIDEOS) and not path.name.startswith(".")


def _checked(name: str, path: Path) -> str:
    if not _NAME.fullmatch(name):
        raise BadTrainingSet(
            f"{path} would be the identity {name!r}: use names of 1 to 60 letters, digits, '_', '.' and '-'."
        )
    return name
