"""A real nginx by docker/nginx.conf in front of a port of this machine, with a certificate of its own making."""

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "docker" / "nginx.conf"


class NoNginx(RuntimeError):
    """nginx is not there, refuses its configuration or does not answer; the message says what it said."""


def program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found:
        raise NoNginx("nginx was not found: install the package nginx")
    return found


def configuration(folder: Path, *, upstream: int, http: int, https: int, media: Path) -> str:
    """docker/nginx.conf with the places and ports of this machine in the place of the containers'."""
    text = CONFIGURATION.read_text()
    for theirs, ours in (
        ("/tmp/", f"{folder}/"),  # noqa: S108 - first: our own places may lie there
        ("server web:8000;", f"server 127.0.0.1:{upstream};"),
        ("listen 8080 default_server;", f"listen 127.0.0.1:{http} default_server;"),
        ("listen 8443 ssl default_server;", f"listen 127.0.0.1:{https} ssl default_server;"),
        ("alias /var/lib/semblance/media/;", f"alias {media}/;"),
        ("/etc/nginx/tls/", f"{folder}/"),
        ("access_log /dev/stdout", f"access_log {folder}/access.log"),
    ):
        if theirs not in text:
            raise NoNginx(f"{CONFIGURATION} no longer says “{theirs}”: change demo/proxy.py with it")
        text = text.replace(theirs, ours)
    # Started by root, its workers would be another user, who may not read the media.
    return "user root;\n" + text if os.geteuid() == 0 else text


def make_certificate(folder: Path) -> Path:
    """A certificate for localhost; clients trust it by its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=2))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = folder / "certificate.pem"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").touch(mode=0o600)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return certificate


class Proxy:
    """One nginx in the foreground below this process; a context manager."""

    def __init__(self, folder: Path, *, upstream: int, http: int, https: int, media: Path) -> None:
        self.folder, self.https, self.http = folder.resolve(), https, http
        self.url = f"https://localhost:{https}"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.certificate = make_certificate(self.folder)
        self._file = self.folder / "nginx.conf"
        self._file.write_text(configuration(self.folder, upstream=upstream, http=http, https=https, media=media))
        self._process: subprocess.Popen[bytes] | None = None

    def test(self) -> str:
        """What `nginx -t` says; raises where it finds a fault."""
        done = subprocess.run([program(), "-t", "-c", str(self._file)], capture_output=True, text=True)
        if done.returncode:
            raise NoNginx(f"nginx refuses its configuration: {done.stderr.strip()}")
        return done.stderr

    def __enter__(self) -> "Proxy":
        self.test()
        log = (self.folder / "error.log").open("wb")
        with log:
            self._process = subprocess.Popen(
                [program(), "-c", str(self._file), "-g", "daemon off;"], stdin=subprocess.DEVNULL, stderr=log
            )
        try:
            self._wait()
        except NoNginx:
            self.__exit__()
            raise
        return self

    def _wait(self, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.https), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise NoNginx(f"nginx does not answer at {self.url}: {(self.folder / 'error.log').read_text()[-500:]}")

    def __exit__(self, *_error: object) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)
