"""The machine-readable zone: find it among a page's text lines, repair it, parse it, verify it.

    reading = read_mrz(lines)         # text lines with boxes, log probabilities where the recogniser gives them
    reading.mrz.surname, reading.valid, reading.field_proof("document_number")

The road: `rows` (text lines -> rows) -> `lattice` (what is known of a row) -> `fit` (`align`, `namefield`: a row on a
line of a format) -> `candidates` (`prior`, `proof`: what it must be) -> `repair` (one format's reading) -> `find` (the
best one). `region` says where to look again, `vote` puts several looks together. `formats` holds every format as data,
`parse` reads lines that are known, `transliteration` compares names with printed ones. Nothing here imports more than
numpy.
"""

from extractor.mrz.checkdigit import check_digit
from extractor.mrz.ctc import Folder
from extractor.mrz.find import read_mrz, read_zones
from extractor.mrz.formats import FORMATS, MrzFormat, format_named
from extractor.mrz.parse import CheckDigit, Mrz, parse
from extractor.mrz.reading import FieldProof, MrzReading, Reason, Repair
from extractor.mrz.region import likely_region, missing_line_boxes, zone_region
from extractor.mrz.rows import TextLine
from extractor.mrz.transliteration import agreement, agrees, mrz_forms
from extractor.mrz.vote import vote

__all__ = [
    "FORMATS",
    "CheckDigit",
    "FieldProof",
    "Folder",
    "Mrz",
    "MrzFormat",
    "MrzReading",
    "Reason",
    "Repair",
    "TextLine",
    "agreement",
    "agrees",
    "check_digit",
    "format_named",
    "likely_region",
    "missing_line_boxes",
    "mrz_forms",
    "parse",
    "read_mrz",
    "read_zones",
    "vote",
    "zone_region",
]
