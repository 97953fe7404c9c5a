"""The experiment that chooses a loss: several candidates, trained alike, compared on images that none trained on."""

from raremask.evaluation.experiment.candidates import Candidate, candidates_of, parse_candidate, parse_names
from raremask.evaluation.experiment.conduct import State, begin, conduct, resume
from raremask.evaluation.experiment.experiment import Experiment, Trial
from raremask.evaluation.experiment.record import Record
from raremask.evaluation.experiment.repeats import Repeat, by_fold, by_seed
from raremask.evaluation.experiment.results import results_of

__all__ = [
    "Candidate",
    "Experiment",
    "Record",
    "Repeat",
    "State",
    "Trial",
    "begin",
    "by_fold",
    "by_seed",
    "candidates_of",
    "conduct",
    "parse_candidate",
    "parse_names",
    "results_of",
    "resume",
]
