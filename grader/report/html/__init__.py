"""Turn verdicts into HTML: fragments for notebooks, and pages that need no other file and no network."""

from grader.report.html.cards import card_html, exercise_html

__all__ = ["card_html", "exercise_html"]
