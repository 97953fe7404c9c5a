"""Pictures that people look at: curves of a training, and image | truth | mask | errors."""

from raremask.report.comparison import draw_comparison
from raremask.report.curves import draw_curves
from raremask.report.history import read_history
from raremask.report.panels import draw_panel, error_picture, show_image

__all__ = ["draw_comparison", "draw_curves", "draw_panel", "error_picture", "read_history", "show_image"]
