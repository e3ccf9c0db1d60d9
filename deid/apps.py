from django.apps import AppConfig


class DeidConfig(AppConfig):
    name = "deid"

    def ready(self) -> None:
        from cohorts.holdings import register
        from deid.holding import DeidHolding
        from deid.waiting import waiting
        from frontend import waiting as home

        register(self.name, DeidHolding())
        home.register(self.name, waiting)
