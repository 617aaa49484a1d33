"""A tool for agents of LangChain: `pip install langchain`, then `create_agent(model, tools=[read_document])`.

Only what was read goes to the model, and only files of one folder can be named.
"""

import os
from pathlib import Path
from typing import Any

from langchain_core.tools import ToolException, tool

from extractor import ExtractorError, extract

FOLDER = Path(os.environ.get("DOCUMENTS", "scans"))


@tool
def read_document(name: str) -> dict[str, Any]:
    """Reads the identity document in a picture or PDF file and returns its fields; null is not on the document."""
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER.resolve()):
        raise ToolException("no such file")
    try:
        result = extract(path)
    except ExtractorError as error:
        raise ToolException(str(error)) from None
    return {"document": result.to_dict(), "warnings": [warning.message for warning in result.warnings]}


read_document.handle_tool_error = True
