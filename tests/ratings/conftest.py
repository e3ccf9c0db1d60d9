"""The desk in a browser, for the tests of raters' work."""

import pytest


@pytest.fixture
def browse(live_server, sign_in, chromium):
    """`browse(user)`: a page of that user's browser; its complaints are kept in `page.complaints`."""
    complaints: list[str] = []

    def make(who):
        cookie = sign_in(who).cookies["sessionid"].value
        context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(30_000)
        page.complaints = complaints
        return page

    return make
