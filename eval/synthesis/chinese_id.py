"""The resident identity card of the People's Republic of China, front and back (GA 461-2004).

Its front sets captions and values in one line of text ("出生 1990 年 5 月 12 日"), which no row of cells can say, so it
is drawn here; everything else about it is as for other documents.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from eval.synthesis import ornaments
from eval.synthesis.addresses import chinese_address, chinese_authority
from eval.synthesis.canvas import Canvas, Run
from eval.synthesis.content import Content, Lines
from eval.synthesis.dates import years_later
from eval.synthesis.flow import Style
from eval.synthesis.fonts import Face
from eval.synthesis.numbers import chinese_id_number
from eval.synthesis.people import TODAY, invent_person
from eval.synthesis.pools import Pool, whole_stock
from eval.synthesis.templates import Document, Side, Template

_BLANK = {"ethnicity": 0.04, "address": 0.04, "authority": 0.05, "sex": 0.02, "issue_date": 0.03}
_ADDRESS_CHARACTERS = 11


def invent(document: Document, pool: Pool, rng: random.Random) -> Content:
    """An invented citizen's card: the number's county is the address's, its birth date and sex are the holder's."""
    person = invent_person(rng, pool, "zh")
    address, region = chinese_address(rng, pool)
    birth = person.birth_date
    issue = max(birth + timedelta(days=60), TODAY - timedelta(days=rng.randrange(30, 15 * 365)))
    age = (issue - birth).days // 365
    # Validity by age at issue: 5, 10, 20 years, then without limit (Resident Identity Card Law, article 5).
    years = 5 if age < 16 else 10 if age < 26 else 20 if age < 46 else None
    expiry = years_later(issue, years) if years else None
    values: dict[str, Any] = {
        "issuing_country": "CHN",
        "name": person.native_name,
        "sex": person.sex,
        "ethnicity": rng.choice(whole_stock("zh", "ethnicities")),
        "birth_date": birth.isoformat(),
        "address": address,
        "document_number": chinese_id_number(rng, region, birth, person.sex),
        "authority": chinese_authority(rng, pool),
        "issue_date": issue.isoformat(),
        "expiry_date": expiry.isoformat() if expiry else None,
        "permanent": None if expiry else True,
    }
    texts = {
        **{name: str(values[name]) for name in ("name", "ethnicity", "address", "document_number", "authority")},
        "sex": "男" if person.sex == "M" else "女",
        "issue_date": f"{issue:%Y.%m.%d}",
    }
    lines: dict[str, Lines] = {name: [[Run(text, name)]] for name, text in texts.items()}
    start, end = f"{birth.year}|{birth.month}|{birth.day}", f"{expiry:%Y.%m.%d}" if expiry else "长期"
    lines["birth_date"] = [[Run(part, "birth_date") for part in start.split("|")]]
    lines["expiry_date"] = [[Run(end, "expiry_date" if expiry else "permanent")]]
    for name, chance in _BLANK.items():
        if name in document.fields and rng.random() < chance:
            del lines[name]
            values[name] = None
    printed = {"birth_date": f"{birth.year}年{birth.month}月{birth.day}日"}
    return Content(lines, values, (), {}, printed)


def draw_side(
    canvas: Canvas, side: Side, template: Template, content: Content, style: Style, rng: random.Random
) -> set[str]:
    """Draws the front or the back; returns the fields that stand on it."""
    style = _house_style(style, rng)
    if "portrait" in side.places:
        ornaments.portrait(canvas, rng, template.pool, side.places["portrait"])
        _front(canvas, side, content, style, rng)
        return {"issuing_country", "name", "sex", "ethnicity", "birth_date", "address", "document_number"}
    ornaments.emblem(canvas, rng, side.places["emblem"])
    _back(canvas, side, content, style)
    return {"issuing_country", "authority", "issue_date", "expiry_date", "permanent"}


def _house_style(style: Style, rng: random.Random) -> Style:
    """Captions in blue, values in black, figures mostly from the same font as the characters."""
    blue = (rng.randint(20, 90), rng.randint(90, 140), rng.randint(160, 215))
    black = tuple([rng.randint(10, 50)] * 3)
    value = style.value_face
    if rng.random() < 0.6 and value.east_asian:
        value = replace(value, latin=value.east_asian)
    return replace(style, caption_colour=blue, value_colour=black, title_colour=black, value_face=value)  # type: ignore[arg-type]


def _caption(canvas: Canvas, x: float, y: float, text: str, style: Style, tracking: float = 0.0) -> float:
    face, size = style.caption_face, style.caption_size
    return x + canvas.line(x, y, [Run(text)], face, size, style.caption_colour, tracking=tracking)


def _value(canvas: Canvas, x: float, y: float, lines: Lines | None, style: Style, tracking: float = 0.0) -> float:
    for i, line in enumerate(lines or []):
        at = y + i * style.value_size * 1.36
        end = x + canvas.line(x, at, line, style.value_face, style.value_size, style.value_colour, tracking=tracking)
    return end if lines else x


def _front(canvas: Canvas, side: Side, content: Content, style: Style, rng: random.Random) -> None:
    left, top, right, bottom = side.body
    x, v, step = left + style.shift[0], left + side.places["value_x"] + style.shift[0], side.places["step"]
    y = top + style.shift[1] + 2
    spread = rng.uniform(0.2, 0.9)
    lines = content.lines
    _caption(canvas, x, y, "姓名", style, spread)
    _value(canvas, v, y, lines.get("name"), replace(style, value_size=style.value_size * 1.12), rng.uniform(0, 0.5))
    y += step
    _caption(canvas, x, y, "性别", style, spread)
    _value(canvas, v, y, lines.get("sex"), style)
    after = _caption(canvas, v + rng.uniform(10, 13), y, "民族", style, spread)
    _value(canvas, after + 1.6, y, lines.get("ethnicity"), style)
    y += step
    _caption(canvas, x, y, "出生", style, spread)
    parts = lines["birth_date"][0] if "birth_date" in lines else [Run(""), Run(""), Run("")]
    pen = v
    for part, unit in zip(parts, "年月日", strict=True):
        pen = _value(canvas, pen, y, [[part]], style) + 0.8
        pen = _caption(canvas, pen, y, unit, style) + rng.uniform(1.0, 1.6)
    y += step
    _caption(canvas, x, y, "住址", style, spread)
    _value(canvas, v, y, _address_lines(canvas, lines.get("address"), right - v, style), style)
    bottom += style.shift[1]
    _caption(canvas, x, bottom, "公民身份号码", style, rng.uniform(0.0, 0.25))
    number = lines.get("document_number", [])
    room = side.size[0] - 5 - (left + side.places["number_x"])
    font = style.mrz_font if rng.random() < 0.5 else style.value_face.latin
    for line in number:
        pitch = min(rng.uniform(2.6, 2.95), room / 18)
        at = left + side.places["number_x"]
        canvas.pitched(at, bottom, line[0], font, style.value_size * 1.1, pitch, style.value_colour)


def _address_lines(canvas: Canvas, lines: Lines | None, room: float, style: Style) -> Lines | None:
    """The address in lines of about eleven characters, as the cards break it."""
    if not lines:
        return lines
    wide = min(room, _ADDRESS_CHARACTERS * style.value_size * 1.02)
    broken, current = [], ""
    for character in lines[0][0].text:
        if canvas.width_of(current + character, style.value_face, style.value_size) > wide:
            broken.append(current)
            current = ""
        current += character
    return [[Run(text, "address")] for text in [*broken, current]]


def _back(canvas: Canvas, side: Side, content: Content, style: Style) -> None:
    centre, first, second = side.places["heading"]
    for y, text, size, tracking in ((first, "中华人民共和国", 5.0, 0.8), (second, "居民身份证", 6.6, 2.0)):
        face: Face = style.title_face
        canvas.line(centre, y, [Run(text)], face, size, style.title_colour, align="centre", tracking=tracking)
    left, top, _, bottom = side.body
    x, y = left + style.shift[0], top + style.shift[1]
    v = x + side.places["value_x"]
    lines = content.lines
    black = replace(style, caption_colour=style.value_colour)
    _caption(canvas, x, y, "签发机关", black, 0.1)
    authority = lines.get("authority")
    wide = canvas.width_of(authority[0][0].text, style.value_face, style.value_size) if authority else 0.0
    room = side.size[0] - v - 2
    _value(
        canvas, v, y, authority, style if wide <= room else replace(style, value_size=style.value_size * room / wide)
    )
    y += bottom - top
    _caption(canvas, x, y, "有效期限", black, 0.1)
    pen = _value(canvas, v, y, lines.get("issue_date"), style)
    pen += canvas.line(pen, y, [Run("-")], style.value_face, style.value_size, style.value_colour)
    _value(canvas, pen, y, lines.get("expiry_date"), style)
