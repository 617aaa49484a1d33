"""How a model wants to be asked, whatever runs it: which prompt, with or without the page's text, which pictures.

A checkpoint that was trained for this program says so in its config.json, under `extractor`:

- "prompt", "short" or "full", and "lang", "en" or "zh";
- "hints", true or false, and "hint_bytes", the most bytes of them;
- "framed": whether it gets the pages as one picture, cut to their text and laid to come out large
  (`extractor.imaging.framing`);
- "null_bonus": logits that are added to the token of null (see `extractor.decoding.masks.Chooser`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from extractor.checkpoints import Checkpoint, read_config
from extractor.checkpoints.values import check_wishes
from extractor.errors import CheckpointError
from extractor.evidence import DocumentEvidence
from extractor.imaging.framing import framed
from extractor.prompting import HINT_BYTES, Lang, Style, page_hints, page_text, prompt


@dataclass(frozen=True)
class Asking:
    """The choices a checkpoint makes; without any, those that suit a model which nobody trained for documents."""

    style: Style = "full"
    lang: Lang = "en"
    hints: bool = True
    hint_bytes: int = HINT_BYTES
    framed: bool = False
    null_bonus: float = 0.0

    @classmethod
    def of(cls, checkpoint: Checkpoint, hints: bool | None = None) -> Asking:
        """What a checkpoint's config.json says; `hints` overrides it. Raises CheckpointError."""
        wishes = read_config(checkpoint.folder).get("extractor") or {}
        if not isinstance(wishes, dict):
            raise CheckpointError("config.json has an impossible extractor")
        check_wishes("config.json, extractor", wishes)
        return cls.said(wishes, hints)

    @classmethod
    def said(cls, wishes: Mapping[str, Any], hints: bool | None = None) -> Asking:
        """What a checkpoint's own words say."""
        return cls(
            style=wishes.get("prompt", "full"),
            lang=wishes.get("lang", "en"),
            hints=wishes.get("hints", True) if hints is None else hints,
            hint_bytes=int(wishes.get("hint_bytes", HINT_BYTES)),
            framed=bool(wishes.get("framed", False)),
            null_bonus=float(wishes.get("null_bonus", 0.0)),
        )

    def question(self, evidence: DocumentEvidence) -> str:
        """What the model is asked about a document."""
        return prompt(
            evidence.schema,
            lang=self.lang,
            style=self.style,
            hints=page_hints(evidence, self.hint_bytes) if self.hints else None,
            page_text=page_text(evidence),
            pictures=1 if self.framed else len(evidence.pages),
        )

    def pictures(self, evidence: DocumentEvidence, most: int) -> list[Image.Image]:
        """What the model is shown: the upright pages, or one picture framed from them for at most `most` crops."""
        if not self.framed:
            return [Image.fromarray(page.page.image) for page in evidence.pages]
        return [Image.fromarray(framed([(page.page.image, page.page.boxes) for page in evidence.pages], most))]
