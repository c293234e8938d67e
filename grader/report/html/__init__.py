"""Turn verdicts into HTML: fragments for notebooks, and pages that need no other file and no network."""

from grader.report.html.cards import card_html, exercise_html
from grader.report.html.classpage import class_page
from grader.report.html.feedback import feedback_page
from grader.report.html.similar import similar_page
from grader.report.html.termpage import term_page

__all__ = ["card_html", "class_page", "exercise_html", "feedback_page", "similar_page", "term_page"]
