"""Labelled specimen documents, drawn: pages for training, captured pictures for evaluation.

    from eval.synthesis import capture, draw, templates

    for template in templates("training"):
        page = draw(template, seed=1)        # clean page, label, boxes, every character's place
        shot = capture(page, "photo")        # the same as a photograph

`python -m eval.synthesis --help` writes whole sets. `pools` says how training and evaluation are kept apart.
"""

from eval.synthesis.capture import MODES, Shot, capture
from eval.synthesis.draw import Page, draw
from eval.synthesis.fonts import FontsMissingError, require_fonts
from eval.synthesis.pools import POOLS
from eval.synthesis.produce import LANGUAGES, Job, plan, produce, render
from eval.synthesis.templates import Template, templates
from eval.synthesis.text_pages import TextPage, draw_text

__all__ = [
    "LANGUAGES",
    "MODES",
    "POOLS",
    "FontsMissingError",
    "Job",
    "Page",
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
