"""The two sets of specimens that the repository holds, each a plan that draws the same files again.

`datasets/examples`: one clean page a kind, for the README and the reader's tests. `datasets/frozen`: the evaluation
set, drawn from the evaluation pool only, every language and kind, capture modes spread.
"""

from __future__ import annotations

import random
from dataclasses import replace

from extractor.synthesis.capture import Mode
from extractor.synthesis.produce import LANGUAGES, DrawJob, plan

#: Name, template and seed of each example.
_EXAMPLES = (
    ("passport", "gbr_passport/passport_x", 6),
    ("id_card", "deu_card/td1_x", 16),
    ("chinese_id_card_front", "chn_id_front/chinese_front_x", 14),
    ("chinese_id_card_back", "chn_id_back/chinese_back_x", 26),
    ("driving_licence", "fra_licence/licence_eu_x", 14),
    ("residence_permit", "esp_permit/permit_x", 49),
    ("visa", "can_visa/visa_a_x", 19),
    ("passport_chinese", "chn_passport/passport_y", 14),
)
#: Specimens a language in the frozen set, and the Chinese ID cards that Chinese has besides.
FROZEN_COUNTS = {language: 32 if language in ("en", "zh") else 13 for language in LANGUAGES}
FROZEN_CHINESE_ID = {"chinese_id_front": 8, "chinese_id_both": 4}
#: Capture modes and their shares.
_FROZEN_MODES: tuple[Mode, ...] = (
    "photo", "scan", "rotated", "photo", "low_resolution", "scan", "photo", "clean", "photo", "scan", "low_resolution",
    "photo", "scan", "rotated", "photo", "scan",
)  # fmt: skip
_FROZEN_SEED = 20250630
_FROZEN_QUALITY = 76


def examples() -> list[DrawJob]:
    """The jobs of `datasets/examples`."""
    return [
        DrawJob(f"{name}.png", "evaluation", template, seed, "clean", 800, 128) for name, template, seed in _EXAMPLES
    ]


def frozen() -> list[DrawJob]:
    """The jobs of `datasets/frozen`."""
    jobs: list[DrawJob] = []
    for number, (language, count) in enumerate(FROZEN_COUNTS.items()):
        jobs += _planned(language, count, number, ())
    for number, (kind, count) in enumerate(FROZEN_CHINESE_ID.items(), start=len(FROZEN_COUNTS)):
        jobs += _planned("zh", count, number, (kind,))
    return jobs


def _planned(language: str, count: int, number: int, kinds: tuple[str, ...]) -> list[DrawJob]:
    seed = _FROZEN_SEED + number
    jobs = plan(count, seed=seed, pool="evaluation", languages=(language,), only_kinds=kinds, suffix="webp")
    modes = [_FROZEN_MODES[i % len(_FROZEN_MODES)] for i in range(count)]
    # Dealt out, because kinds take turns too and the two rhythms would fall together.
    random.Random(seed).shuffle(modes)
    name = kinds[0] if kinds else language
    return [
        replace(job, file=f"{name}-{i:02d}.webp", mode=mode, quality=_FROZEN_QUALITY)
        for i, (job, mode) in enumerate(zip(jobs, modes, strict=True))
    ]
