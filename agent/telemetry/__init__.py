"""What happened, as records handed to hooks; whoever reports knows no logger, no metric and no trace."""

from agent.telemetry.happening import Happening, Level, Report, silent

__all__ = ["Happening", "Level", "Report", "silent"]
