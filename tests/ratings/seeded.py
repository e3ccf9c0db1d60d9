"""`python -m tests.ratings.seeded`: makes an open study in an empty database, prints what its rater's browser knows."""

import json
import sys


def main() -> None:
    import django

    django.setup()
    from django.test import Client

    from tests.ratings.build import opened_study

    presentation = opened_study(1).presentations.select_related("rater").get(position=1)
    client = Client()
    client.force_login(presentation.rater)
    cookie = client.cookies["sessionid"].value
    sys.stdout.write(json.dumps({"presentation": str(presentation.pk), "sessionid": cookie}))


if __name__ == "__main__":
    main()
