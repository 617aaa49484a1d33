"""A user's program, checked by mypy under strict rules: public names are typed, the document is the schema's."""

from pathlib import Path

from extractor import ExtractorError, Passport, Verdict, extract


def surname(picture: Path) -> str | None:
    try:
        result = extract(picture, schema=Passport)
    except ExtractorError as error:
        print(error)
        return None
    field = result.fields["surname"]
    if field.verdict is Verdict.CONFLICT:
        for source in field.sources:
            print(source.kind, source.value)
    for warning in result.warnings:
        print(warning.code, warning.message)
    return result.document.surname if result.document else None
