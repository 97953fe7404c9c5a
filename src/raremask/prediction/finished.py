"""Which of many images a command has predicted already, if it was stopped on its way."""

import contextlib
import json
from pathlib import Path

from raremask.errors import JobError
from raremask.files import explain, identity_of
from raremask.prediction.source import files_of

__all__ = ["Finished"]


class Finished:
    """A list of finished outputs, one line each, in the folder of the outputs until all are.

    Args:
        folder: of the outputs.
        fingerprint: JSON value that tells apart whatever the outputs depend on, but for their images.
    """

    def __init__(self, folder, fingerprint):
        self._path = Path(folder) / "predict.part.jsonl"
        self._fingerprint = json.dumps(fingerprint)
        self._known = {}
        # A line that a killed process left half-written tells nothing.
        with contextlib.suppress(OSError), open(self._path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    entry = json.loads(line)
                    self._known[entry["output"]] = entry

    def knows(self, image, output):
        """Whether this output is whole, of this very image, and as it was left."""
        return output.name in self._known and self._known[output.name] == self._entry(image, output)

    def add(self, image, output):
        """Note that an output is whole.

        Raises:
            JobError: the list cannot be written.
        """
        try:
            with open(self._path, "a", encoding="utf-8") as file:
                # After a line that was left half-written a new one begins.
                file.write(f"\n{json.dumps(self._entry(image, output))}\n")
        except OSError as error:
            raise JobError(explain(error, self._path)) from error

    def remove(self):
        """Forget all: the command has come to its end."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _entry(self, image, output):
        entry = {"output": output.name, "fingerprint": self._fingerprint}
        for name, paths in (("of", files_of(image)), ("is", (output,))):
            with contextlib.suppress(OSError):
                entry[name] = [identity_of(path) for path in paths]
        return entry
