"""Labelled specimen documents, drawn: pages for training, captured pictures for evaluation.

    from extractor.synthesis import capture, draw, templates

    for template in templates("training"):
        page = draw(template, seed=1)        # clean page, label, boxes, every character's place
        shot = capture(page, "photo")        # the same as a photograph

`python -m extractor.synthesis --help` writes whole sets. `pools` says how training and evaluation are kept apart.
"""

from extractor.synthesis.capture import MODES, Shot, capture
from extractor.synthesis.draw import DrawnPage, draw
from extractor.synthesis.fonts import FontsMissingError, require_fonts
from extractor.synthesis.pools import POOLS
from extractor.synthesis.produce import LANGUAGES, DrawJob, plan, produce, render
from extractor.synthesis.templates import Template, templates
from extractor.synthesis.text_pages import TextPage, draw_text

__all__ = [
    "LANGUAGES",
    "MODES",
    "POOLS",
    "DrawJob",
    "DrawnPage",
    "FontsMissingError",
    "Shot",
    "Template",
    "TextPage",
    "capture",
    "draw",
    "draw_text",
    "plan",
    "produce",
    "render",
    "require_fonts",
    "templates",
]
