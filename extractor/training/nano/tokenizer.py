"""The small model's tokenizer: what documents print is read character by character, all else is whole words.

A value's characters are single tokens, because each of them is seen at its own place on the page; a model this small
learns to spell from what it sees and not from how words usually go. Keys, `null` and the prompt's words are one token
each: they carry no picture, and every token costs a step. Which text is which is decided by the text alone, never by
what stands before it, so that a grammar that forces `,"surname":` finds the tokens the model was trained on.

Characters outside of the alphabet are written as bytes. The file is plain `tokenizer.json`, read by
`PreTrainedTokenizerFast` like the published one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

import extractor.synthesis
from extractor.prompting import Hints, Lang, prompt
from extractor.schemas import SCHEMAS
from extractor.schemas.data import FOLDER
from extractor.schemas.vocabulary import VOCABULARY

BEGIN, END, UNKNOWN, STOP = "<s>", "</s>", "<unk>", "<|endoftext|>"
MARKS = ("<|user|>", "<|assistant|>", "<|end|>", "<|system|>")
LITERALS = ("null", "true", "false")

_LATIN = "".join(chr(code) for code in (*range(0xA1, 0x180), 0x218, 0x219, 0x21A, 0x21B, 0x18F, 0x259, 0x1E9E))
_CYRILLIC = "".join(chr(code) for code in range(0x400, 0x460)) + "ҐґҒғҚқҢңҮүҰұҺһӘәӨө"
_SIGNS = "–—‘’“”„…€№、。〇《》「」・ー（），．：；／－～"
_KANA = "".join(chr(code) for code in (*range(0x3041, 0x3094), *range(0x30A1, 0x30F5)))


def alphabet() -> str:
    """Every character that is one token, in a fixed order: Latin and Cyrillic with their marks, kana, the first level
    of GB 2312, and what else the word lists of names and places print."""
    parts = ["\n", "".join(map(chr, range(0x20, 0x7F))), _LATIN, _CYRILLIC, _SIGNS, _KANA, _gb2312_level_one()]
    return "".join(dict.fromkeys("".join([*parts, *sorted(_printed_ideographs())])))


def _gb2312_level_one() -> str:
    found = []
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return "".join(found)


def _printed_ideographs() -> Iterator[str]:
    """Ideographs of names, places and wording that specimens and states print."""
    for folder in (Path(str(extractor.synthesis.__file__)).parent, FOLDER):
        for file in sorted(folder.rglob("*.json")):
            # What the small model's pages never print: Hanja, and lists that came after its checkpoint.
            if file.stem in ("ko", "ar") or file.parent.name in ("world", "catalogue"):
                continue
            yield from (c for c in sorted(set(file.read_text("utf-8"))) if "\u4e00" <= c <= "\u9fff")


def asking_words() -> tuple[str, ...]:
    """The words of a short prompt: each built-in schema's name with its colon, then each known field behind a space."""
    return (*(f"{name}:" for name in SCHEMAS), *(f" {field}" for field in VOCABULARY))


def hint_openings() -> tuple[str, ...]:
    """What stands between a short prompt's question and its hints, in each language, as `prompting` words it."""
    schema = next(iter(SCHEMAS.values()))
    languages: tuple[Lang, ...] = ("en", "zh")
    found = []
    for lang in languages:
        asked = prompt(schema, lang=lang, style="short")
        whole = prompt(schema, lang=lang, style="short", hints=Hints(lines=("\0",)))
        found.append(whole.removeprefix(asked + "\n").partition("\0")[0])
    return tuple(dict.fromkeys(found))


def keys() -> tuple[str, ...]:
    """Every known field as the key of a JSON object."""
    return tuple(f'"{field}":' for field in VOCABULARY)


def build_tokenizer() -> Tokenizer:
    """A new tokenizer: the same one for the same word lists and schemas."""
    words = [UNKNOWN, BEGIN, END, *(f"<0x{byte:02X}>" for byte in range(256)), *alphabet()]
    words += [*keys(), *LITERALS, *asking_words()]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    model = models.BPE(
        vocab=vocabulary, merges=[], unk_token=UNKNOWN, byte_fallback=True, fuse_unk=False, ignore_merges=True
    )
    made = Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.Split(Regex(_pieces()), "isolated")
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens(
        [AddedToken(word, normalized=False, special=True) for word in (UNKNOWN, BEGIN, END, STOP, *MARKS)]
    )
    made.add_tokens([AddedToken(opening, normalized=False, special=False) for opening in hint_openings()])
    made.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN} $B", special_tokens=[(BEGIN, vocabulary[BEGIN])]
    )
    return made


def _pieces() -> str:
    """What is a token of its own: keys, literals, the prompt's words, and else each character."""
    fields = _longest_first(VOCABULARY)
    return (
        rf'"(?:{fields})":|{"|".join(LITERALS)}|(?:{_longest_first(SCHEMAS)}):'
        rf"| (?:{fields})(?= |\n|$)|[\s\S]"
    )


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def fast_tokenizer(made: Tokenizer) -> PreTrainedTokenizerFast:
    """As transformers loads it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=BEGIN, eos_token=STOP, unk_token=UNKNOWN, pad_token=STOP
    )
