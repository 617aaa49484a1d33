"""Errors: a small hierarchy with the command's exit codes, one line each."""

import copy
import pickle

import pytest

import extractor
from extractor import errors

EXIT_CODES = {
    "ExtractorError": 3,
    "UsageError": 2,
    "MissingExtraError": 2,
    "SchemaError": 2,
    "UnreadableInputError": 3,
    "TooManyPagesError": 3,
    "CheckpointError": 3,
    "DeviceError": 3,
    "ServerError": 3,
    "NoDocumentError": 4,
    "RedactionError": 5,
}


def test_every_error_has_its_documented_exit_code() -> None:
    classes = {name: one for name, one in vars(errors).items() if isinstance(one, type)}
    assert {name: one.exit_code for name, one in classes.items()} == EXIT_CODES
    assert all(issubclass(one, errors.ExtractorError) for one in classes.values())


def test_usage_covers_schemas_and_extras() -> None:
    assert issubclass(errors.SchemaError, errors.UsageError)
    assert issubclass(errors.MissingExtraError, errors.UsageError)


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = errors.MissingExtraError("The service", "server")
    assert str(error) == 'The service is not installed; run: pip install "id-document-extractor[server]"'
    assert (error.feature, error.extra) == ("The service", "server")


@pytest.mark.parametrize(
    "error",
    [errors.NoDocumentError("nothing"), errors.RedactionError(("mrz", "surname")), errors.MissingExtraError("X", "x")],
)
def test_an_error_comes_back_from_another_process_as_it_was(error: errors.ExtractorError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("name", extractor.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(extractor, name) is not None


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = extractor.nonsense
