"""The machine-readable zone: find it among a page's text lines, repair it, parse it, verify it.

    reading = read_mrz(lines)         # text lines with boxes, log probabilities where the recogniser gives them
    reading.mrz.surname, reading.valid, reading.field_proof("document_number")

The road: `rows` (text lines -> rows) -> `lattice` (what is known of a row) -> `fit` (`align`, `namefield`: a row on a
line of a format) -> `candidates` (`prior`, `proof`: what it must be) -> `repair` (one format's reading) -> `find` (the
best one). `vote` puts several looks together. `formats` holds every format as data, `parse` reads lines that are known,
`national` is where states depart from the standard, `names` mends names by the printed ones, `transliteration` compares
the two. Nothing here imports more than numpy, but for `zone`, which looks at pictures.
"""

from extractor.mrz.checkdigit import check_digit
from extractor.mrz.ctc import Folder
from extractor.mrz.find import read_mrz, read_zones
from extractor.mrz.formats import FORMATS, MrzFormat
from extractor.mrz.names import mend_names
from extractor.mrz.parse import CheckDigit, Mrz, parse
from extractor.mrz.reading import FieldProof, MrzReading, Reason, Repair
from extractor.mrz.rows import TextLine, looks_like_zone
from extractor.mrz.transliteration import agreement, agrees
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
    "looks_like_zone",
    "mend_names",
    "parse",
    "read_mrz",
    "read_zones",
    "vote",
]
