from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        from cohorts.holdings import register
        from cohorts.own_holding import CohortsHolding
        from cohorts.waiting import waiting
        from frontend import waiting as home

        register(self.name, CohortsHolding())
        home.register(self.name, waiting)
