"""What can go wrong, as a small hierarchy; each class knows the command's exit code.

A message is one line: what is wrong, and what to do about it. It never holds anything read from a document.
"""

from __future__ import annotations

import typing


class ExtractorError(Exception):
    """Base of every error this package raises on purpose. It comes back from other processes as it was raised."""

    exit_code = 3

    def __reduce__(self) -> typing.Any:
        # Exception would call the class with the message, which is not what every class is made from; a pool of
        # processes that cannot load an answer loses all others with it.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[ExtractorError], args: tuple[typing.Any, ...], state: dict[str, typing.Any]) -> ExtractorError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(ExtractorError):
    """The call itself is wrong: an unknown schema, option or engine."""

    exit_code = 2


class MissingExtraError(UsageError):
    """An optional part is asked for whose packages are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} is not installed; run: pip install "id-document-extractor[{extra}]"')
        self.feature, self.extra = feature, extra


class SchemaError(UsageError):
    """A schema cannot be found, loaded or expressed."""


class UnreadableInputError(ExtractorError):
    """The file is missing, broken, too large or of a kind that is not supported."""


class TooManyPagesError(UnreadableInputError):
    """The file has more pages than are read of one file."""


class CheckpointError(ExtractorError):
    """A model folder is missing, incomplete or not one this engine can run."""


class DeviceError(ExtractorError):
    """The device cannot do what was asked: no such device, no such precision, out of memory."""


class ServerError(ExtractorError):
    """A model's server cannot be reached, or does not answer as it was asked to."""


class NoDocumentError(ExtractorError):
    """The picture holds no document of the kind that was asked for."""

    exit_code = 4


class RedactionError(ExtractorError):
    """Something that is to be blacked out could not be found, or can still be read; there is no picture then.

    `parts` are its fields and parts, by name.
    """

    exit_code = 5

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = parts
        super().__init__(
            f"not redacted: {', '.join(parts)} could not be located with certainty or can still be read; keep it, or "
            "black it out by hand"
        )


#: What a schema's own code (validators, serializers) may raise: a call of sys.exit ends no run.
FROM_OWN_CODE = (Exception, SystemExit)
