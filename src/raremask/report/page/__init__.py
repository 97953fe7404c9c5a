"""report.html: how good a run is and where it fails, in one file that needs no network."""

from raremask.report.page.advice import Advice, advise
from raremask.report.page.examples import Example, choose_examples, draw_example
from raremask.report.page.page import draw_page
from raremask.report.page.write import report_evaluation, write_report

__all__ = [
    "Advice",
    "Example",
    "advise",
    "choose_examples",
    "draw_example",
    "draw_page",
    "report_evaluation",
    "write_report",
]
