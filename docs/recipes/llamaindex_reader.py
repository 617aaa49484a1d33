"""A reader for LlamaIndex: `pip install llama-index-core`.

SimpleDirectoryReader("scans", file_extractor={".jpg": IdentityDocumentReader(), ".pdf": IdentityDocumentReader()})
"""

from pathlib import Path
from typing import Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from extractor import extract


class IdentityDocumentReader(BaseReader):
    """One Document a file: a line a field as its text, kind and warnings as its metadata."""

    def load_data(self, file: Path, extra_info: dict[str, Any] | None = None) -> list[Document]:
        result = extract(file)
        lines = [f"{name}: {value}" for name, value in result.to_dict().items() if value is not None]
        metadata = {"kind": type(result.document).__name__, "warnings": [one.code for one in result.warnings]}
        return [Document(text="\n".join(lines), metadata={**(extra_info or {}), **metadata})]
