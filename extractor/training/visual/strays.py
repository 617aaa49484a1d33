"""What stands on a picture beside a document's fields: ghost names, watermarks, remarks, the facing page of a passport,
numbers printed upright, and what recognition makes of patterns, seals and pictures.

None of it is a value. How much there is of it follows what was counted on real pages (docs/log/layout.md): seven of ten
words belong to no field, and a tenth of the pages has a box of seven times the height of the text.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from textwrap import wrap

from extractor.synthesis.world import world_word
from extractor.training.visual.labelled import SheetLine
from extractor.visual.tags import is_value

_MARKS = ("SPECIMEN", "MUSTER", "VZOR", "SAMPLE", "VOID", "O", "1", "V", "·", "见本", "20", "WZÓR", "MÓJ", "ESPÉCIMEN")
#: Sentences of the kind that documents print: who owns them, where they are valid, what is to be signed.
_REMARKS = (
    "This passport contains 32 pages|Ce passeport contient 32 pages|Este pasaporte contiene 32 páginas"
    "|Dieser Pass enthält 32 Seiten|Questo passaporto contiene 32 pagine|Этот паспорт содержит 36 страниц"
    "|Signature of bearer / Signature du titulaire|Firma del titular|Unterschrift des Inhabers|Podpis posiadacza"
    "|Holder's signature|Assinatura do titular|Handtekening van de houder|Innehavarens namnteckning|Подпись владельца"
    "|This passport is valid for all countries|Valid for all countries of the world unless otherwise endorsed"
    "|Ce passeport est valable pour tous les pays|The bearer's attention is drawn to the notes on page 31"
    "|Observations|Official observations|Remarks / Remarques|Anmerkungen|Osservazioni|Observaciones|Особые отметки"
    "|Property of the Government. If found please return to the nearest police station"
    "|This document is the property of the State and must be returned on request"
    "|If found please drop in any mail box|Return postage guaranteed|Not valid for travel abroad|For official use only"
    "|This card is not proof of citizenship|Not valid without signature|Any alteration renders this document invalid"
    "|We request and require in the name of the President all those whom it may concern to allow the bearer to pass"
    " freely without let or hindrance and to afford such assistance and protection as may be necessary"
    "|The Minister of Foreign Affairs hereby requests all whom it may concern|In the name of the Republic"
    "|Im Namen der Bundesrepublik|El Ministro de Relaciones Exteriores solicita a todas las autoridades"
    "|Le Gouvernement prie les autorités de laisser passer librement le titulaire du présent document"
    "|Sign here|Thumb print|Impresión digital|Left index|Emergency contact|In case of accident notify|Donor"
    "|本人须妥善保管此证|请妥善保管|この旅券の所持人を通路故障なく旅行させ|이 여권의 소지인|持证人签名|所持人自署"
    "|Machine readable|Electronic document|Contains a chip|Series 2016|Rev. 02/2019|Form 12-A|Page 3|CPI 1234"
    "|ALL RIGHTS RESERVED|Download free|Template|For illustration only|Copy|Not a real document|European Union"
    "|UNION EUROPÉENNE|Unión Europea|Europäische Union|ECOWAS|CEDEAO|MERCOSUR|COMUNIDAD ANDINA|CARICOM|EAC|GCC"
    "|See reverse|Ver reverso|Voir au verso|Class B vehicles up to 3500 kg|Organ donor|Veteran|Under 21 until"
).split("|")  # fmt: skip


def strays(lines: Sequence[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Lines to add to a page's own, in the same millimetres."""
    if not lines:
        return []
    heights = sorted(line.box[3] - line.box[1] for line in lines)
    text_height = heights[len(heights) // 2]
    return [*_marks(lines, rng), *_upright(lines, rng, text_height), *_remarks(lines, rng, text_height)]


def _edges(lines: Sequence[SheetLine]) -> tuple[float, float, float, float]:
    boxes = [line.box for line in lines]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _stray(text: str, box: list[float], holder: int, score: float) -> list[SheetLine]:
    text = text.strip()
    return [SheetLine(text, [0] * len(text), [0] * len(text), box, holder, score)] if text else []


def _marks(lines: Sequence[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Ghost names and numbers, watermarks, and what recognition makes of patterns; some of them large."""
    left, top, right, bottom = _edges(lines)
    values = [line.text for line in lines if any(map(is_value, line.tags))]
    found = []
    for _ in range(rng.choice((0, 0, 1, 2, 4, 8))):
        kind = rng.random()
        if kind < 0.35:
            text = "".join(rng.choice(string.ascii_letters + "  ") for _ in range(rng.randint(1, 14)))
        elif kind < 0.6:
            text = "".join(rng.choice(string.digits) for _ in range(rng.randint(1, 9)))
        elif kind < 0.8:
            text = rng.choice(values or ["SPECIMEN"])
            text = text.title() if rng.random() < 0.5 else text
        else:
            text = rng.choice(_MARKS)
        x, y, size = rng.uniform(left, right), rng.uniform(top, bottom), rng.uniform(0.8, 5)
        if rng.random() < 0.06:
            size *= rng.uniform(2, 5)
        found += _stray(text, [x, y, x + size * 0.55 * len(text), y + size], lines[0].holder, rng.uniform(0.3, 1))
    return found


def _upright(lines: Sequence[SheetLine], rng: random.Random, height: float) -> list[SheetLine]:
    """Text printed along an edge, and codes and seals: boxes higher than wide."""
    left, top, right, bottom = _edges(lines)
    found = []
    for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 2))):
        numbers = [line.text for line in lines if sum(map(str.isdigit, line.text)) > 5 and "<" not in line.text]
        if numbers and rng.random() < 0.35:
            text = rng.choice(numbers)
        else:
            text = "".join(rng.choice(string.ascii_uppercase + string.digits) for _ in range(rng.randint(1, 9)))
        wide = height * rng.uniform(0.7, 2.0)
        x, y = rng.choice((left - wide, right, rng.uniform(left, right))), rng.uniform(top, bottom)
        high = height * rng.uniform(2, 12)
        found += _stray(text, [x, y, x + wide, y + high], lines[0].holder, rng.uniform(0.2, 0.99))
    return found


def _remarks(lines: Sequence[SheetLine], rng: random.Random, height: float) -> list[SheetLine]:
    """Sentences and headings above, below, beside or among the fields."""
    if rng.random() < 0.45:
        return []
    left, top, right, bottom = _edges(lines)
    size = height * rng.uniform(0.6, 1.2)
    pitch = size * rng.uniform(1.1, 1.8)
    count = rng.choice((1, 1, 2, 3, 5, 9))
    x = rng.choice((left, rng.uniform(left, right), right + size))
    y = rng.choice((top - pitch * count, bottom + pitch, rng.uniform(top, bottom)))
    room = max(8, int((right - left) / (0.5 * size)))
    rows = [row for _ in range(count) for row in wrap(_sentence(rng), room)]
    found = []
    for index, text in enumerate(rows):
        at = y + index * pitch
        box = [x, at, x + 0.5 * size * len(text), at + size]
        found += _stray(text, box, lines[0].holder, rng.uniform(0.6, 1))
    return found


def _sentence(rng: random.Random) -> str:
    """A remark, or a word that is no value; no title and no state, which a heading has."""
    if rng.random() < 0.8:
        text = rng.choice(_REMARKS)
    else:
        text = world_word(rng, rng.choice(("en", "fr", "es", "de", "ru")), "profession")
    return text.upper() if rng.random() < 0.3 else text
