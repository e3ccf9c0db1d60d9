from django.apps import AppConfig


class DeidConfig(AppConfig):
    name = "deid"

    def ready(self) -> None:
        from cohorts.holdings import register
        from deid.holding import DeidHolding

        register(self.name, DeidHolding())
