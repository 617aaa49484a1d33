"""Files and bytes to RGB pages, and the geometry of pages."""

from extractor.imaging.load import MAX_PAGES, MAX_PIXELS, load_pages

__all__ = ["MAX_PAGES", "MAX_PIXELS", "load_pages"]
