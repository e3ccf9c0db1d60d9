"""The report of an agreement run as HTML and PDF. It holds nothing of today: the same run gives the same bytes."""

import base64
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.agreement_groups import GROUPS
from analysis.agreement_sections import limits_of_the_claim, sections
from analysis.drawn import Section
from analysis.drawn_svg import drawn
from analysis.run_models import Run
from frontend.told import kept_in_english

TEMPLATE = Path(__file__).with_name("report.typ")
DRAWN = 0.8  # share of the work that is done when the figures are
Tell = Callable[[float, str], None]


def files_of(run: Run, tell: Tell) -> tuple[bytes, bytes]:
    """HTML and PDF. The figures are drawn once for both; it takes seconds: workers only."""
    content = content_of(run, tell)
    tell(DRAWN, gettext_noop("laying out the report"))
    return _html(content), _pdf(content)


def content_of(run: Run, tell: Tell) -> dict[str, Any]:
    """Words, figures and tables, in English whoever asks: what is filed reads the same to everybody."""
    assert run.study is not None  # noqa: S101 - the kind is of studies
    with kept_in_english():
        found = [
            _words("question", _("What was asked"), _question(run.summary)),
            _words("methods", _("How it was computed"), methods(run)),
            *sections(run.summary),
            _words("limits-of-the-claim", _("What this does not show"), limits_of_the_claim(run.summary)),
        ]
        return {
            "title": run.study.name,
            "subtitle": _("Agreement of ratings, run %(pk)d") % {"pk": run.pk},
            "foot": _("Run %(pk)d · SHA-256 of what it found:") % {"pk": run.pk},
            "sha256": run.sha256,
            "facts": facts(run),
            "sections": list(_sections(found, tell)),
        }


def _words(name: str, title: str, words: Iterable[str]) -> Section:
    return Section(name, title, tuple(words))


def _sections(found: Sequence[Section], tell: Tell) -> Iterator[dict[str, Any]]:
    for place, one in enumerate(found):
        tell(DRAWN * place / len(found), gettext_noop("drawing the figures of the report"))
        figures = [{"label": figure.label, "svg": drawn(figure.drawing).decode()} for figure in one.figures]
        yield {"title": one.title, "words": one.words, "figures": figures, "heads": one.heads, "rows": one.rows}


def facts(run: Run) -> list[tuple[str, str]]:
    """What it was computed from and by, with hashes."""
    n, inputs, versions = run.summary["n"], run.inputs, run.versions
    group = ", ".join(f"{name} = {run.parameters[name]}" for name in GROUPS if run.parameters.get(name))
    packages = ", ".join(
        f"{name} {number}" for name, number in versions.items() if name not in ("algorithm", "semblance")
    )
    return [
        (_("Study"), inputs["study"]),
        (_("Participants, recordings, raters"), f"{n['participants']}, {n['recordings']}, {n['raters']}"),
        (_("Answers"), f"{inputs['n_answers']} / {inputs['n_asked']}"),
        (_("Left out before the study opened"), str(n["exclusions"])),
        (_("Who is in it"), group or _("all participants of the study")),
        (_("Methods"), ", ".join(run.summary["methods"])),
        (_("Bootstrap"), _("%(rounds)s rounds, seed %(seed)d") % {
            "rounds": run.parameters["rounds"], "seed": run.seed}),
        (_("Protocol"), _("version %(n)s, SHA-256 %(hash)s") % {
            "n": inputs["protocol_version"], "hash": inputs["protocol"]}),
        (_("SHA-256 of the ratings"), inputs["ratings"]),
        (_("Algorithm"), f"{versions['algorithm']}, Semblance {versions['semblance']}, {packages}"),
    ]  # fmt: skip


def _question(summary: Mapping[str, Any]) -> Iterable[str]:
    protocol = summary["protocol"]
    yield _("Estimand: %(words)s") % {"words": protocol["estimand"]}
    yield _("Margin of equivalence: ± %(margin)s points. Why: %(why)s") % {
        "margin": f"{protocol['margin']:g}", "why": protocol["margin_reason"] or _("the protocol does not say"),
    }  # fmt: skip
    yield _("Alpha %(alpha)s for each one-sided test; several items: %(rule)s.") % {
        "alpha": f"{protocol['alpha']:g}", "rule": protocol["multiplicity_words"],
    }  # fmt: skip


def methods(run: Run) -> Iterable[str]:
    """As a paper's methods section says it, from the protocol and the run."""
    protocol = run.summary["protocol"]
    yield _(
        "Each recording was shown to each rater as the original and de-identified by %(methods)s, under neutral "
        "names, in an order drawn for each rater and sealed before rating, in blocks of %(sessions)d sessions at "
        "least %(days)d days apart; %(repeats)d%% of recordings were repeated unseen. Answers were scores or “not "
        "sure”."
    ) % {
        "methods": ", ".join(run.summary["methods"]), "sessions": protocol["sessions"], "days": protocol["gap_days"],
        "repeats": protocol["repeats_percent"],
    }  # fmt: skip
    yield _(
        "Pairs are scores of one rater for both versions of one recording; answers after a code-break count as "
        "missing, and hidden repeats form no pairs. Equivalence: two one-sided t tests of participants' means "
        "(Schuirmann 1987). Limits of agreement: Bland and Altman 1999. Kappa: quadratic weights (Cohen 1968); "
        "AC2: Gwet 2014; alpha: Krippendorff 2011, ordinal; ICC: McGraw and Wong 1996, two-way, absolute "
        "agreement."
    )
    yield _(
        "Intervals of 95%% are percentiles of %(rounds)s draws of whole participants with all their recordings "
        "and raters, from seed %(seed)d; a statistic without a value in more than a tenth of the draws has none. "
        "Ordinal mixed model: cumulative logits with participants as random intercepts and raters fixed, adaptive "
        "Gauss-Hermite quadrature with 15 nodes, sandwich intervals over participants. Several items: Holm 1979 "
        "where the protocol says so."
    ) % {"rounds": run.parameters["rounds"], "seed": run.seed}
    yield _("The study's zip holds the ratings and agreement.py, which computes the numbers of the whole study anew.")


def _html(content: Mapping[str, Any]) -> bytes:
    """One file with everything in it: figures as pictures, no script."""
    sections = [{**one, "figures": [_embedded(figure) for figure in one["figures"]]} for one in content["sections"]]
    return render_to_string("analysis/agreement_report.html", {**content, "sections": sections}).encode()


def _embedded(figure: Mapping[str, str]) -> dict[str, str]:
    return {"label": figure["label"], "data": base64.b64encode(figure["svg"].encode()).decode()}


def _pdf(content: Mapping[str, Any]) -> bytes:
    """The same as pages (no date, no fonts of this machine)."""
    import typst

    told = json.dumps(content, ensure_ascii=False, sort_keys=True)
    with tempfile.TemporaryDirectory() as root:  # nothing but what is given can be read
        pages = Path(root) / TEMPLATE.name
        pages.write_bytes(TEMPLATE.read_bytes())
        pdf: bytes = typst.compile(
            str(pages), root=root, format="pdf", ignore_system_fonts=True, sys_inputs={"content": told}
        )
    return pdf
