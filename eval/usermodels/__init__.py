"""Schemas as users write them, in kind as users of other readers and frameworks have them: how many of the fields that
the built-in schemas get do they get? `python -m eval.usermodels --help` measures it; docs/schemas.md has the table."""

from eval.usermodels import frameworks, languages, programs, readers

MODELS = (*readers.MODELS, *frameworks.MODELS, *programs.MODELS, *languages.MODELS)
