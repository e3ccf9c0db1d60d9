"""docker/nginx.conf in a real nginx: what it lets through, what it keeps, and media by X-Accel."""

import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from accounts.models import Role
from demo.client import Browser
from demo.processes import free_port
from demo.proxy import NoNginx, Proxy
from tests.factories import PASSWORD, CohortFactory, ParticipantFactory, RecordingFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e]


@pytest.fixture
def proxy(live_server, settings, tmp_path: Path, media: Path) -> Iterator[Proxy]:
    """nginx before the live server, set up as compose sets it up."""
    settings.BEHIND_PROXY = True
    settings.HTTPS_ONLY = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"
    settings.ALLOWED_HOSTS = ["localhost"]
    ports = {"upstream": int(live_server.url.rpartition(":")[2]), "http": free_port(), "https": free_port()}
    with Proxy(tmp_path / "nginx", media=media, **ports) as running:
        yield running


@pytest.fixture
def coordinator(proxy: Proxy) -> Browser:
    user = UserFactory(role=Role.COORDINATOR, username="coordinator")
    CohortFactory(coordinators=[user])
    return Browser(proxy.url, user.username, PASSWORD, str(proxy.certificate))


@pytest.fixture
def recording(coordinator: Browser):
    from accounts.models import User

    cohort = User.objects.get(username="coordinator").cohort_memberships.get().cohort
    return RecordingFactory(participant=ParticipantFactory(cohort=cohort))


def video_link(browser: Browser, recording) -> str:
    page = browser.get(f"/recordings/{recording.pk}/?watch").text
    return re.findall(r'<video[^>]* src="([^"]+)"', page)[0]


def content_of(recording, media: Path) -> bytes:
    return (media / recording.storage_name).read_bytes()


def test_a_plain_file_is_sent_by_nginx_whole_and_by_ranges(coordinator, recording, media: Path):
    content, address = content_of(recording, media), video_link(coordinator, recording)
    whole = coordinator.get(address)
    assert whole.content == content
    assert whole.headers["Server"] == "nginx"
    for asked, first, last in (("0-0", 0, 0), ("10-99", 10, 99), ("890-", 890, 899), ("-5", 895, 899)):
        part = coordinator.get(address, status=206, Range=f"bytes={asked}")
        assert part.content == content[first : last + 1]
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/900"
    coordinator.get(address, status=416, Range="bytes=900-")


def test_an_answer_by_nginx_says_no_more_of_the_file_than_ours(coordinator, recording, proxy):
    answer = coordinator.get(video_link(coordinator, recording))
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not {"ETag", "Last-Modified", "X-Accel-Redirect", "Content-Disposition"} & set(answer.headers)
    assert recording.storage_name not in str(answer.headers)


def test_it_is_nginx_that_reads_the_file(coordinator, recording, media: Path, monkeypatch):
    """The web process hands the file over: nobody there opens it."""
    from cohorts import storage

    def never(*_args: object) -> None:
        raise AssertionError("the web process opened the file")

    monkeypatch.setattr(storage, "open_media", never)
    assert coordinator.get(video_link(coordinator, recording)).content == content_of(recording, media)


def test_a_sealed_file_is_opened_by_the_platform_and_comes_whole(encrypted, coordinator, recording, media: Path):
    sealed = content_of(recording, media)
    address = video_link(coordinator, recording)
    content = coordinator.get(address).content
    assert sealed.startswith(b"SMBLGCM1")
    assert len(content) == recording.n_bytes
    assert content not in sealed
    assert coordinator.get(address, status=206, Range="bytes=10-19").content == content[10:20]


def test_no_spelling_of_the_inner_path_reaches_a_file(coordinator, recording, proxy, media: Path):
    content = content_of(recording, media)
    name = recording.storage_name
    for path in (
        f"/protected-media/{name}", f"/protected-media//{name}", f"//protected-media/{name}",
        f"/protected-media/../protected-media/{name}", f"/%70rotected-media/{name}",
        f"/static/../protected-media/{name}",
        f"/x/..%2fprotected-media/{name}", "/protected-media/", "/protected-media/..%2f..%2f..%2fetc/passwd",
        "/protected-media../nginx/key.pem", f"/PROTECTED-MEDIA/{name}",
    ):  # fmt: skip
        status, body = raw(proxy, path, coordinator)
        assert status in (400, 403, 404), (path, status)
        assert content[:16] not in body
        assert b"root:" not in body
        assert b"PRIVATE KEY" not in body


def raw(proxy: Proxy, path: str, browser: Browser) -> tuple[int, bytes]:
    """A request whose path nobody tidies up on the way."""
    import ssl

    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.session.cookies)
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    with (
        socket.create_connection(("127.0.0.1", proxy.https), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        host = f"localhost:{proxy.https}"
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := tls.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


def test_an_expired_link_and_anothers_link_give_nothing(coordinator, recording, proxy, settings, monkeypatch, media):
    import time

    address = video_link(coordinator, recording)
    UserFactory(role=Role.COORDINATOR, username="other")
    stranger = Browser(proxy.url, "other", PASSWORD, str(proxy.certificate))
    assert content_of(recording, media)[:16] not in stranger.get(address, status=404).content
    assert requests.get(proxy.url + address, verify=str(proxy.certificate), timeout=10).url.endswith(address) is False
    later = time.time() + settings.MEDIA_LINK_SECONDS + 1
    monkeypatch.setattr("cohorts.links.time.time", lambda: later)
    assert content_of(recording, media)[:16] not in coordinator.get(address, status=403).content


def test_http_leads_to_https_and_what_is_for_the_machine_stays_inside(proxy, coordinator):
    answer = requests.get(f"http://127.0.0.1:{proxy.http}/jobs/?a=b", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://127.0.0.1/jobs/?a=b")
    for path in ("/metrics", "/readyz"):
        coordinator.get(path, status=404)
    assert coordinator.get("/healthz").json() == {"database": "ok"}
    assert coordinator.session.cookies.list_domains()
    assert all(cookie.secure for cookie in coordinator.session.cookies if cookie.name in ("sessionid", "csrftoken"))


def test_an_unknown_host_is_refused(proxy):
    answer = requests.get(
        f"{proxy.url}/healthz", headers={"Host": "evil.example"}, verify=str(proxy.certificate), timeout=10
    )
    assert answer.status_code == 400


def test_a_visitors_claims_about_their_address_go_no_further(proxy, coordinator):
    """Sign-in failures are counted for the address that nginx saw."""
    from allauth.usersessions.models import UserSession

    claims = {"X-Forwarded-For": "6.6.6.6", "X-Request-ID": "0" * 32}
    coordinator.get("/account/sessions/", **claims)
    answer = coordinator.get("/recordings/999999/", status=404, **claims)
    assert answer.headers["X-Request-ID"] not in ("0" * 32, "")
    assert not UserSession.objects.filter(ip="6.6.6.6").exists()


def test_an_upload_in_pieces_passes_and_other_big_bodies_do_not(coordinator, proxy, tmp_path, monkeypatch):
    """Two pieces of 3 MB each, above the limit of all other addresses."""
    from accounts.models import User
    from cohorts.models import Upload

    monkeypatch.setattr("cohorts.upload_services.ring_upload", lambda upload: None)
    cohort = User.objects.get(username="coordinator").cohort_memberships.get().cohort
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(6_000_000))
    coordinator.upload(f"/cohorts/{cohort.pk}/files/", clip, participant="PD-1", task="speech")
    upload = Upload.objects.get()
    assert (upload.state, upload.n_bytes) == ("checking", 6_000_000)
    answer = coordinator.session.post(f"{proxy.url}/account/login/", data=bytes(3_000_000), timeout=30)
    assert answer.status_code == 413


def test_the_log_holds_no_address_of_an_object_and_no_link(coordinator, recording, proxy):
    coordinator.get(video_link(coordinator, recording))
    log = (proxy.folder / "access.log").read_text()
    assert '"status":200' in log
    assert not any(word in log for word in ("look=", "/recordings/", recording.storage_name, "coordinator"))


def test_a_configuration_with_a_fault_is_told(tmp_path: Path):
    proxy = Proxy(tmp_path / "nginx", upstream=1, http=2, https=3, media=tmp_path)
    assert "test is successful" in proxy.test()
    broken = proxy.folder / "nginx.conf"
    broken.write_text(broken.read_text().replace("ssl_protocols", "ssl_protocolls"))
    with pytest.raises(NoNginx, match="unknown directive"):
        proxy.test()
    shutil.rmtree(proxy.folder)
