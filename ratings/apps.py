from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "ratings"

    def ready(self) -> None:
        from cohorts.holdings import register
        from ratings.holding import RatingsHolding

        register(self.name, RatingsHolding())
