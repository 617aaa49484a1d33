"""From a label to the training target: prompt, answer, and the weight of each of its tokens.

Prompt and answer are made by the code that asks and constrains the model in use: `extractor.prompting`, the
processor's template, and the order of fields of the schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import BaseModel
from transformers import PreTrainedTokenizerFast

from extractor.phi3v import Phi3VProcessor
from extractor.phi3v.image_processing import ROW, TOKENS_PER_VIEW
from extractor.prompting import Hints, conversation, prompt

#: What ends an answer.
END = "<|end|>"
#: How much a token counts: what the grammar forces anyway, an ideograph (few others tell what it must be), all else.
FORCED, IDEOGRAPH, USUAL = 0.1, 2.0, 1.0
#: Rows of the table of features that end a row of patches, and stand between the tiles and the coarse view; a view
#: has TOKENS_PER_VIEW rows, the coarse one first. `views` views come before them.
_ROW_END, _BETWEEN = 0, 1


def answer_text(fields: Sequence[str], label: Mapping[str, Any]) -> str:
    """The answer that a label says is right: compact JSON with every field, in order; what has no value is null."""
    return json.dumps({name: label.get(name) for name in fields}, ensure_ascii=False, separators=(",", ":"))


def question(
    processor: Phi3VProcessor,
    schema: type[BaseModel],
    *,
    hints: Hints | None = None,
) -> str:
    """The whole prompt for one picture, as the engine makes it."""
    asked = prompt(schema, style="short", lang="en", hints=hints)
    return str(processor.apply_chat_template(conversation(asked, 1), add_generation_prompt=True))


def answer_ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    """The tokens of an answer and of its end, as they follow the template's last mark."""
    mark = "<|assistant|>\n"
    before = tokenizer(mark, add_special_tokens=False)["input_ids"]
    whole = tokenizer(mark + text + END, add_special_tokens=False)["input_ids"]
    assert whole[: len(before)] == before, "the template's end and the answer share a token"
    return list(whole[len(before) :])


@lru_cache(maxsize=32)
def picture_rows(rows: int, columns: int, views: int) -> np.ndarray:
    """Where a picture's features come from, in the order the decoder reads them: rows of a table of `views` views.

    The table holds TOKENS_PER_VIEW merged patches a view, the coarse view first, then one row that ends rows, then
    one that stands between the tiles and the coarse view. Returns (image_tokens(rows, columns),) int64.
    """
    special = views * TOKENS_PER_VIEW
    grid = np.arange(rows * columns * TOKENS_PER_VIEW).reshape(rows, columns, ROW, ROW) + TOKENS_PER_VIEW
    tiles = grid.transpose(0, 2, 1, 3).reshape(rows * ROW, columns * ROW)
    coarse = np.arange(TOKENS_PER_VIEW).reshape(ROW, ROW)

    def ended(part: np.ndarray) -> np.ndarray:
        return np.concatenate([part, np.full((len(part), 1), special + _ROW_END)], axis=1).reshape(-1)

    return np.concatenate([ended(tiles), [special + _BETWEEN], ended(coarse)])


def weights(tokenizer: PreTrainedTokenizerFast, rows: int) -> np.ndarray:
    """How much each token of the vocabulary counts in an answer: (rows,) float32."""
    table = np.full(rows, USUAL, np.float32)
    for token, row in tokenizer.get_vocab().items():
        if token.endswith(":") or token in ("{", "}"):
            table[row] = FORCED
        elif len(token) == 1 and "\u4e00" <= token <= "\u9fff":
            table[row] = IDEOGRAPH
    return table
