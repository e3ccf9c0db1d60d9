from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        from cohorts.holdings import register
        from cohorts.own_holding import CohortsHolding

        register(self.name, CohortsHolding())
