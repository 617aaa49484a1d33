"""Files and bytes to RGB pages, and the geometry of pages."""

from extractor.imaging.limits import MAX_PAGES, MAX_PIXELS, Limits
from extractor.imaging.load import load_pages

__all__ = ["MAX_PAGES", "MAX_PIXELS", "Limits", "load_pages"]
