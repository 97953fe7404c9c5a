"""Export: a run as a file of another runtime, compared with the run's own masks before it is given out."""

from raremask.export.comparison import Comparison, Native, compare, predict_natively
from raremask.export.export import export, refuse_other_backend
from raremask.export.formats import FORMATS, INT8, Format
from raremask.export.samples import Sample, samples_of_files, samples_of_run

__all__ = [
    "FORMATS",
    "INT8",
    "Comparison",
    "Format",
    "Native",
    "Sample",
    "compare",
    "export",
    "predict_natively",
    "refuse_other_backend",
    "samples_of_files",
    "samples_of_run",
]
