"""The demo's closed study as an investigator reads it: a run, its figures, its report and its numbers."""

import csv
import io
import json
import re
from functools import partial
from urllib.parse import urlsplit

from demo.client import Browser, Refused, wait_for
from demo.story import Story, paired


def read_agreement(story: Story) -> None:
    """A run over the closed study: its numbers are those of the CSV, its figures have data, its report is a PDF."""
    with story.stage("agreement computed") as said:
        investigator = story.browser("demo-investigator")
        study = f"/results/{story.study}/"
        run = urlsplit(investigator.submit(f"{study}run/", {}, expect="/runs/").url).path
        wait_for(f"computing {run}", partial(_computed, investigator, run), seconds=story.patience)
        page = investigator.get(f"{run}agreement/").text
        for figure in (figures := re.findall(r'data-figure="([^"]+)"', page)):
            if not re.search(rf'<script id="{figure}" type="application/json">\{{"data": \[\{{', page):
                raise Refused(f"figure {figure} has no data")
        found = json.loads(investigator.get(f"{run}run.json").text)["summary"]["rows"]
        answers = list(csv.DictReader(io.StringIO(investigator.get(f"{study}ratings.csv").text)))
        for item, (n_pairs, mean) in sorted(paired(answers).items()):
            row = next(one for one in found if one["statistic"] == "mean_deviation" and one["item"] == item)
            if row["n"] != n_pairs or (n_pairs and abs(row["value"] - mean) > 1e-9):
                raise Refused(f"{item}: the run has {row['n']} pairs and {row['value']}, the CSV {n_pairs} and {mean}")
        report = investigator.get(f"{run}report.pdf").content
        if not report.startswith(b"%PDF-") or report != investigator.get(f"{run}report.pdf").content:
            raise Refused("the report is no PDF, or not the same twice")
        said.append(f"{len(found)} statistics, {len(figures)} figures, report of {len(report) // 1024} KiB as PDF")


def _computed(browser: Browser, run: str) -> bool:
    page = browser.get(run).text
    if ">Failed<" in page or "could not be made" in page:
        raise Refused(f"{run} failed: {page[-1500:]}")
    return "Report as PDF" in page  # the last step of a run
