"""Uploads by the protocol, as a browser's script would send them through Django's test client."""

import base64
import hashlib
from typing import Any

from django.test import Client

from cohorts.models import Cohort, Upload

TYPE = "application/offset+octet-stream"


def metadata(**facts: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())


def checksum(piece: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, piece).digest()).decode()}"


class Sender:
    """One signed-in client and one upload of its."""

    def __init__(self, client: Client, cohort: Cohort) -> None:
        self.client, self.cohort, self.url = client, cohort, ""

    def begin(self, n_bytes: int, **facts: str) -> Any:
        told = {"participant": "PD-001", "task": "speech", **facts}
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(n_bytes), "Upload-Metadata": metadata(**told)}
        answer = self.client.post(f"/cohorts/{self.cohort.pk}/files/", headers=headers)
        if answer.status_code == 201:
            self.url = answer["Location"].removeprefix("http://testserver")
        return answer

    def patch(self, offset: int, piece: bytes, *, version: str = "1.0.0", type: str = TYPE, **headers: str) -> Any:
        told = {"Tus-Resumable": version, "Upload-Offset": str(offset), "Content-Type": type}
        if not piece:  # Django's client leaves it out
            told["Content-Length"] = "0"
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.patch(self.url, piece, content_type=type, headers=told)

    def head(self) -> Any:
        return self.client.head(self.url, headers={"Tus-Resumable": "1.0.0"})

    def delete(self) -> Any:
        return self.client.delete(self.url, headers={"Tus-Resumable": "1.0.0"})

    @property
    def offset(self) -> int:
        return int(self.head()["Upload-Offset"])

    @property
    def upload(self) -> Upload:
        return Upload.objects.get(pk=int(self.url.split("/")[2]))
