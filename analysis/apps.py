from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "analysis"

    def ready(self) -> None:
        from analysis.holding import AnalysisHolding
        from analysis.waiting import waiting
        from cohorts.holdings import register
        from frontend import waiting as home

        register(self.name, AnalysisHolding())
        home.register(self.name, waiting)
