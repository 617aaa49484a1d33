"""The two sets of specimens that the repository holds, each a plan that draws the same files again.

`datasets/examples`: one clean page a kind, for the README and the reader's tests. `datasets/frozen`: the evaluation
set, drawn from the evaluation pool only, every language and kind, capture modes spread.
"""

from __future__ import annotations

from eval.synthesis.pools import seeded
from eval.synthesis.produce import LANGUAGES, Job, plan

#: Name, template and seed of each example.
_EXAMPLES = (
    ("passport", "gbr_passport/passport_x", 2),
    ("id_card", "deu_card/td1_x", 29),
    ("chinese_id_card_front", "chn_id_front/chinese_front_x", 52),
    ("chinese_id_card_back", "chn_id_back/chinese_back_x", 48),
    ("driving_licence", "fra_licence/licence_eu_x", 10),
    ("residence_permit", "esp_permit/permit_x", 3),
    ("visa", "can_visa/visa_a_x", 16),
    ("passport_chinese", "chn_passport/passport_y", 45),
)
#: Specimens a language in the frozen set.
FROZEN_COUNTS = {language: 32 if language in ("en", "zh") else 13 for language in LANGUAGES}
_FROZEN_SEED = 20250630


def examples() -> list[Job]:
    """The jobs of `datasets/examples`."""
    return [Job(f"{name}.png", "evaluation", template, seed, "clean", 800, 64) for name, template, seed in _EXAMPLES]


def frozen() -> list[Job]:
    """The jobs of `datasets/frozen`."""
    jobs = []
    for language, count in FROZEN_COUNTS.items():
        jobs += plan(count, seed=_FROZEN_SEED, pool="evaluation", languages=(language,), suffix="webp")
    return jobs


__all__ = ["FROZEN_COUNTS", "examples", "frozen", "seeded"]
