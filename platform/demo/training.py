"""A network trained for a few steps over HTTP, as an administrator would: started, watched, found in the store."""

import re
import shutil
from functools import partial
from io import StringIO
from pathlib import Path

from demo.client import Refused, wait_for
from demo.reading import finished, text_of
from demo.story import Story

SET = "demo-donors"
PEOPLE = ("donor-01", "donor-25")  # synthetic: nobody's faces
LICENCE = "synthetic donors of this product"
STEPS = 20
CONFIG = f"""data = "{{set}}"
patient = "{PEOPLE[0]}"
donor = "{PEOPLE[1]}"
rate = 0.001
[model]
width = 4
dense = 16
[run]
steps = {STEPS}
batch = 4
sample_every = {STEPS}
evaluate_every = {STEPS}
"""


def make_set(training_folder: Path) -> None:
    """A training set of two shipped donors, by the operator's own command; one that is there is kept."""
    from django.core.management import call_command

    from deid.donor_queries import shipped_picture

    out, sources = training_folder / "sets" / SET, training_folder / "demo-sources"
    if out.exists():
        return
    sources.mkdir(parents=True, exist_ok=True)
    for name in PEOPLE:
        shutil.copy(str(shipped_picture(name)), sources / f"{name}.jpg")
    silence = StringIO()
    call_command("build_training_set", str(sources), "--out", str(out), "--size", "64", "--made", "24", "--licence",
                 LICENCE, stdout=silence, stderr=silence)  # fmt: skip


def train(story: Story) -> None:
    """Twenty steps of Faceswap: enough to see the whole way, far too few for a face."""
    with story.stage("network trained") as said:
        administrator = story.browser("demo-administrator")
        asked = {"training_set": SET, "licence": LICENCE, "config": CONFIG}
        page = administrator.submit("/models/training/new/?kind=faceswap", asked, expect="/models/training/")
        address = page.url.removeprefix(story.url)
        over = wait_for(f"training {address}", partial(finished, administrator, address), seconds=story.patience)
        if f"{STEPS} / {STEPS}" not in over or "badge good" not in over:
            raise Refused(f"the training did not end well: {text_of(over)}")
        whole = administrator.get(address).text
        sheets = re.findall(r'href="\?sheet=(\d+)"', whole)
        if 'data-figure="losses"' not in whole or len(sheets) != 2:
            raise Refused(f"the page shows no curves, or {len(sheets)} sheets instead of 2")
        sheet = re.findall(r'<img[^>]* src="([^"]+)"', administrator.get(f"{address}?sheet={sheets[0]}").text)
        if not administrator.get(sheet[0]).content.startswith(b"\x89PNG"):
            raise Refused("the sample sheet is no picture")
        name = re.findall(r">(faceswap-\d+)</a>", over)[0]
        if name not in administrator.get("/models/").text:
            raise Refused(f"{name} is not in the model store")
        images = re.findall(r"After \d+ steps and (\d+) images seen", over)[0]
        story.browser("demo-coordinator").get(address, status=403)
        said.append(f"Faceswap, {STEPS} steps, {images} images seen; {name} in the model store")
