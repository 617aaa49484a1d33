"""Where an evaluation gets its labelled pictures: any layout that `extractor.labels` knows. Scripts outside of this
repository import this name."""

from extractor.labels import DatasetError, load_dataset
from extractor.labels.files import LabelError

__all__ = ["DatasetError", "LabelError", "load_dataset"]
