from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "ratings"

    def ready(self) -> None:
        from cohorts.holdings import register
        from frontend import waiting as home
        from ratings.holding import RatingsHolding
        from ratings.waiting import waiting

        register(self.name, RatingsHolding())
        home.register(self.name, waiting)
