"""The resident identity card of the People's Republic of China, front and back (GA 461-2004).

Its front sets captions and values in one line of text ("出生 1990 年 5 月 12 日"), which no row of cells can say, so it
is drawn here; everything else about it is as for other documents.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from extractor.synthesis import ornaments
from extractor.synthesis.addresses import chinese_address, chinese_authority
from extractor.synthesis.canvas import Lettering, TextRun
from extractor.synthesis.content import Content, RunLines
from extractor.synthesis.dates import years_later
from extractor.synthesis.estranged import estranged
from extractor.synthesis.flow import FlowStyle, Setting
from extractor.synthesis.numbers import chinese_id_number
from extractor.synthesis.people import TODAY, invent_person
from extractor.synthesis.pools import Pool, whole_word_list
from extractor.synthesis.templates import TemplateDocument

_BLANK = {"ethnicity": 0.04, "address": 0.04, "authority": 0.05, "sex": 0.02, "issue_date": 0.03}
_ADDRESS_CHARACTERS = 11


def invent(document: TemplateDocument, pool: Pool, rng: random.Random) -> Content:
    """An invented citizen's card: the number's county is the address's, its birth date and sex are the holder's."""
    person = invent_person(rng, pool, "zh")
    address, region = chinese_address(rng, pool)
    strange = document.option("strange", 0.0)
    address = estranged(rng, address, strange)
    birth = person.birth_date
    issue = max(birth + timedelta(days=60), TODAY - timedelta(days=rng.randrange(30, 15 * 365)))
    age = (issue - birth).days // 365
    # Validity by age at issue: 5, 10, 20 years, then without limit (Resident Identity Card Law, article 5).
    years = 5 if age < 16 else 10 if age < 26 else 20 if age < 46 else None
    expiry = years_later(issue, years) if years else None
    values: dict[str, Any] = {
        "issuing_country": "CHN",
        "name": estranged(rng, person.native_name, strange),
        "sex": person.sex,
        "ethnicity": rng.choice(whole_word_list("zh", "ethnicities")),
        "birth_date": birth.isoformat(),
        "address": address,
        "document_number": chinese_id_number(rng, region, birth, person.sex),
        "authority": estranged(rng, chinese_authority(rng, pool), strange),
        "issue_date": issue.isoformat(),
        "expiry_date": expiry.isoformat() if expiry else None,
        "permanent": None if expiry else True,
    }
    texts = {
        **{name: str(values[name]) for name in ("name", "ethnicity", "address", "document_number", "authority")},
        "sex": "男" if person.sex == "M" else "女",
        "issue_date": f"{issue:%Y.%m.%d}",
    }
    lines: dict[str, RunLines] = {name: [[TextRun(text, name)]] for name, text in texts.items()}
    start, end = f"{birth.year}|{birth.month}|{birth.day}", f"{expiry:%Y.%m.%d}" if expiry else "长期"
    lines["birth_date"] = [[TextRun(part, "birth_date") for part in start.split("|")]]
    lines["expiry_date"] = [[TextRun(end, "expiry_date" if expiry else "permanent")]]
    for name, chance in _BLANK.items():
        if name in document.fields and rng.random() < chance * document.option("blank", 1.0):
            del lines[name]
            values[name] = None
    printed = {"birth_date": f"{birth.year}年{birth.month}月{birth.day}日"}
    return Content(lines, values, (), {}, printed)


def draw_side(setting: Setting) -> set[str]:
    """Draws the front or the back; returns the fields that stand on it."""
    setting = replace(setting, style=_house_style(setting.style, setting.rng))
    places, rng = setting.side.places, setting.rng
    if "portrait" in places:
        face = ornaments.choose_face(rng)
        ornaments.portrait(setting.canvas, setting.template.pool, face, places["portrait"], grey=rng.random() < 0.35)
        _front(setting)
        return {"issuing_country", "name", "sex", "ethnicity", "birth_date", "address", "document_number"}
    ornaments.emblem(setting.canvas, rng, places["emblem"])
    _back(setting)
    return {"issuing_country", "authority", "issue_date", "expiry_date", "permanent"}


def _house_style(style: FlowStyle, rng: random.Random) -> FlowStyle:
    """Captions in blue, values in black, figures mostly from the same font as the characters."""
    blue = (rng.randint(20, 90), rng.randint(90, 140), rng.randint(160, 215))
    level = rng.randint(10, 50)
    black = (level, level, level)
    face = style.value.face
    if rng.random() < 0.6 and face.east_asian:
        face = replace(face, latin=face.east_asian)
    return replace(
        style,
        caption=replace(style.caption, colour=blue),
        value=Lettering(face, style.value.size, black),
        title=replace(style.title, colour=black),
        mrz=replace(style.mrz, colour=black),
    )


def _caption(setting: Setting, x: float, y: float, text: str, tracking: float = 0.0) -> float:
    """Sets a caption; returns its right end."""
    return x + setting.canvas.line(x, y, [TextRun(text)], setting.style.caption, tracking=tracking)


def _value(setting: Setting, x: float, y: float, lines: RunLines | None, lettering: Lettering | None = None) -> float:
    """Sets the lines of a value, if there is one; returns the last one's right end."""
    style = lettering or setting.style.value
    end = x
    for i, line in enumerate(lines or []):
        end = x + setting.canvas.line(x, y + i * style.size * 1.36, line, style)
    return end


def _front(setting: Setting) -> None:
    style, rng, lines, places = setting.style, setting.rng, setting.content.lines, setting.side.places
    left, top, right, bottom = setting.side.body
    x, y = left + style.shift[0], top + style.shift[1] + 2
    v, spread = x + places["value_x"], rng.uniform(0.2, 0.9)
    _caption(setting, x, y, "姓名", spread)
    _value(setting, v, y, lines.get("name"), style.value.resized(style.value.size * 1.12))
    y += places["step"]
    _caption(setting, x, y, "性别", spread)
    _value(setting, v, y, lines.get("sex"))
    after = _caption(setting, v + rng.uniform(10, 13), y, "民族", spread)
    _value(setting, after + 1.6, y, lines.get("ethnicity"))
    y += places["step"]
    _caption(setting, x, y, "出生", spread)
    pen = v
    for part, unit in zip(lines["birth_date"][0], "年月日", strict=True):
        pen = _value(setting, pen, y, [[part]]) + 0.8
        pen = _caption(setting, pen, y, unit) + rng.uniform(1.0, 1.6)
    y += places["step"]
    _caption(setting, x, y, "住址", spread)
    _value(setting, v, y, _address_lines(setting, lines.get("address"), right - v))
    bottom += style.shift[1]
    _caption(setting, x, bottom, "公民身份号码", rng.uniform(0.0, 0.25))
    at = left + places["number_x"]
    pitch = min(rng.uniform(2.6, 2.95), (setting.side.size[0] - 5 - at) / 18)
    lettering = (style.mrz if rng.random() < 0.5 else style.value).resized(style.value.size * 1.1)
    for line in lines.get("document_number", []):
        setting.canvas.pitched(at, bottom, line[0], lettering, pitch)


def _address_lines(setting: Setting, lines: RunLines | None, room: float) -> RunLines | None:
    """The address in lines of about eleven characters, as the cards break it."""
    if not lines:
        return lines
    value = setting.style.value
    wide = min(room, _ADDRESS_CHARACTERS * value.size * 1.02)
    broken, current = [], ""
    for character in lines[0][0].text:
        if setting.canvas.width_of(current + character, value) > wide:
            broken.append(current)
            current = ""
        current += character
    return [[TextRun(text, "address")] for text in [*broken, current]]


def _back(setting: Setting) -> None:
    style, canvas, lines = setting.style, setting.canvas, setting.content.lines
    setting = replace(setting, style=replace(style, caption=replace(style.caption, colour=style.value.colour)))
    centre, first, second = setting.side.places["heading"]
    canvas.line(centre, first, [TextRun("中华人民共和国")], style.title.resized(5.0), align="centre", tracking=0.8)
    canvas.line(centre, second, [TextRun("居民身份证")], style.title.resized(6.6), align="centre", tracking=2.0)
    left, top, _, bottom = setting.side.body
    x, y = left + style.shift[0], top + style.shift[1]
    v = x + setting.side.places["value_x"]
    _caption(setting, x, y, "签发机关", 0.1)
    if authority := lines.get("authority"):
        room = (setting.side.size[0] - v - 2) / canvas.width_of(authority[0][0].text, style.value)
        _value(setting, v, y, authority, style.value.resized(style.value.size * min(1.0, room)))
    y += bottom - top
    _caption(setting, x, y, "有效期限", 0.1)
    pen = _value(setting, v, y, lines.get("issue_date"))
    pen += canvas.line(pen, y, [TextRun("-")], style.value)
    _value(setting, pen, y, lines.get("expiry_date"))
