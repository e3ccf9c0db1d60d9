"""Reading the product's pages and files, as the demo does: what is not there is refused in a sentence."""

import re

from demo.client import Browser, Refused


def finished(browser: Browser, address: str) -> str | None:
    """What the page polls for: the fragment that stops the polling, once the worker is done."""
    answer = browser.session.get(browser.url + address, headers={"HX-Request": "true"}, timeout=60)
    return answer.text if answer.status_code == 286 else None


def ready(page: str) -> bool:
    """The page of a draft study; what failed must not be waited for."""
    if "could not be re-encoded" in page or "could not be encoded alike" in page:
        raise Refused(text_of(page))
    return "/open/" in page


def video_of(page: str) -> str:
    """The address that the page's player asks: a link of this session."""
    found = re.search(r'<video[^>]* src="([^"]+)"', page)
    if not found:
        raise Refused(f"the page shows no video: {text_of(page)}")
    return found[1]


def option_of(form: str, label: str) -> str:
    """The value of a checkbox or of a choice, by the name beside it."""
    found = re.search(r'<(?:input|option)[^>]*value="(\d+)"[^>]*>\s*' + re.escape(label), form)
    if not found:
        raise Refused(f"the form offers no “{label}”")
    return found[1]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())[:400]


def numbers_shown(page: str, label: str) -> list[float]:
    """The numbers in the row of a metric; a reason in place of one is no number."""
    row = re.search(rf'<th scope="row">{re.escape(label)}</th>(.*?)</tr>', page, re.S)
    cells = re.findall(r'<td class="n">(-?[0-9.]+|–)</td>', row[1]) if row else []
    if not cells or cells[0] == "–":
        raise Refused(f"“{label}” has no number: {text_of(row[0] if row else page)}")
    return [float(text) for text in cells if text != "–"]


def paired(rows: list[dict[str, str]]) -> dict[str, tuple[int, float]]:
    """Pairs and mean deviation of each item, computed anew from the exported rows."""
    scores: dict[tuple[str, str, str], dict[str, int]] = {}
    items = {row["item"] for row in rows}
    for row in rows:
        if row["score"] != "" and row["repeat"] == "0":
            scores.setdefault((row["item"], row["rater"], row["recording"]), {})[row["arm"]] = int(row["score"])
    deviations: dict[str, list[int]] = {item: [] for item in items}
    for (item, _rater, _recording), arms in scores.items():
        if len(arms) == 2:
            (deidentified,) = (score for arm, score in arms.items() if arm != "original")
            deviations[item].append(arms["original"] - deidentified)
    return {item: (len(found), sum(found) / len(found) if found else 0.0) for item, found in deviations.items()}
