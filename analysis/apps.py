from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "analysis"

    def ready(self) -> None:
        from analysis.holding import AnalysisHolding
        from cohorts.holdings import register

        register(self.name, AnalysisHolding())
