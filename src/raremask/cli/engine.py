"""Opening a run's engine on the command line."""

__all__ = ["open_engine"]


def open_engine(folder, name, quiet=False, **sizes):
    """The engine of a run; says which it is and why.

    Args:
        folder: of the run.
        name: as `raremask.engines.choose_engine`.
        quiet: say nothing, where the output is for programs.
        sizes: ``tile`` and ``batch`` of `raremask.engines.choose_engine`.
    """
    from raremask.cli.backend import start_keras
    from raremask.cli.console import say
    from raremask.engines import choose_engine

    tell = (lambda line: None) if quiet else say
    engine, sentence = choose_engine(folder, name, start=start_keras, say=tell, **sizes)
    tell(sentence)
    return engine
