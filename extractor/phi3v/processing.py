"""Prompts and pictures to what the network takes, in one call, as any transformers processor does it.

    processor(text="<|user|>\\n<|image_1|>\\nRead it.<|end|>\\n<|assistant|>\\n", images=[picture], return_tensors="pt")

`<|image_n|>` names the n-th picture of its prompt, and may stand anywhere and in any order. The text around it is
tokenised piece by piece, each piece with its own beginning-of-sequence token, because that is how the model was
trained; in its place stands a run of one negative number, as long as the picture has features. The number counts
pictures over the whole batch, so that the network finds the right one without knowing which row came from where.

The tokenizer is loaded as `PreTrainedTokenizerFast`, from tokenizer.json as it stands: the class that transformers
would choose (LlamaTokenizer) rebuilds the normaliser in a newer way and drops a token the model was trained with.
"""

import re
from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedTokenizerFast
from transformers.feature_extraction_utils import BatchFeature
from transformers.processing_utils import ProcessorMixin

from extractor.phi3v.image_processing import TOKENS_PER_VIEW, Phi3VImageProcessor, flatten, image_tokens, sheet_size

IMAGE_TAG = re.compile(r"<\|image_(\d+)\|>")
#: Pictures that other programs may number at most.
_TAGS = 1_000_000 // TOKENS_PER_VIEW
STOP_TOKENS = ("<|end|>", "<|endoftext|>", "</s>")

# The published template, and beside it messages made of parts: each picture becomes the next numbered tag.
CHAT_TEMPLATE = """\
{%- set seen = namespace(images=0) -%}
{%- for message in messages -%}
{{- '<|' + message['role'] + '|>\n' -}}
{%- if message['content'] is string -%}
{{- message['content'] -}}
{%- else -%}
{%- for part in message['content'] -%}
{%- if part['type'] == 'image' -%}
{%- set seen.images = seen.images + 1 -%}
{{- '<|image_' ~ seen.images ~ '|>\n' -}}
{%- else -%}
{{- part['text'] -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{- '<|end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt and messages[-1]['role'] != 'assistant' -%}
{{- '<|assistant|>\n' -}}
{%- endif -%}
"""


class Phi3VProcessor(ProcessorMixin):
    """`Phi3VImageProcessor` and the tokenizer behind one call."""

    def __init__(
        self,
        image_processor: Phi3VImageProcessor | None = None,
        tokenizer: PreTrainedTokenizerFast | None = None,
        chat_template: str | None = None,
    ) -> None:
        # A template is a program: that of a checkpoint is not run, and the published one cannot render pictures.
        del chat_template
        super().__init__(image_processor, tokenizer, chat_template=CHAT_TEMPLATE)
        # outlines asks the tokenizer for it.
        self.tokenizer.chat_template = self.chat_template
        self.tokenizer.padding_side = "left"

    @classmethod
    def _get_arguments_from_pretrained(
        cls, pretrained_model_name_or_path: str, processor_dict: Any = None, **kwargs: Any
    ) -> list[Any]:
        del processor_dict  # holds the image processor's settings, which it reads itself
        for unused in ("trust_remote_code", "tokenizer"):
            kwargs.pop(unused, None)
        options = set(Phi3VImageProcessor.valid_kwargs.__annotations__)
        hub = {key: value for key, value in kwargs.items() if key not in options and not key.startswith("_")}
        return [
            Phi3VImageProcessor.from_pretrained(pretrained_model_name_or_path, **kwargs),
            PreTrainedTokenizerFast.from_pretrained(pretrained_model_name_or_path, **hub),
        ]

    def __call__(
        self,
        images: Any = None,
        text: str | Sequence[str] | None = None,
        *,
        num_crops: int | None = None,
        padding: bool | str = False,
        max_length: int | None = None,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """`input_ids` and `attention_mask` (prompts, length), and with pictures `pixel_values` and `image_sizes`.

        `images` is one picture, a list over all prompts in order, or a list for each prompt. Shorter prompts are
        padded on the left when `padding` is True or "longest", or to `max_length` when it is "max_length".
        Raises ValueError when pictures and tags do not match or a prompt exceeds `max_length`: cutting a prompt could
        cut a picture, so it is never done.
        """
        if _is_text(images):  # the reference's order: processor(text, images)
            images, text = text, images
        for group in ("text_kwargs", "images_kwargs", "common_kwargs"):
            kwargs.update(kwargs.pop(group, None) or {})
        num_crops = kwargs.pop("num_crops", num_crops)
        padding = kwargs.pop("padding", padding)
        return_tensors = kwargs.pop("return_tensors", return_tensors)
        _refuse_unknown(kwargs)
        if text is None:
            raise ValueError("give a text; a picture alone is prepared by the image_processor")
        prompts = [text] if isinstance(text, str) else list(text)
        data: dict[str, Any] = {}
        tokens: list[int] = []
        if pictures := list(flatten(images)):
            data = dict(self.image_processor(pictures, num_crops=num_crops))
            tokens = [int(count) for count in data.pop("num_img_tokens")]
        rows = self._encode_all(prompts, tokens, _per_prompt(images, len(prompts)))
        input_ids, attention_mask = _pad(rows, padding, max_length, self.tokenizer.pad_token_id)
        if return_tensors is not None and len({len(row) for row in input_ids}) > 1:
            raise ValueError("prompts of different lengths make no tensor; pass padding=True")
        return BatchFeature(
            {"input_ids": input_ids, "attention_mask": attention_mask, **data}, tensor_type=return_tensors
        )

    def _encode_all(self, prompts: list[str], tokens: list[int], shares: list[int] | None) -> list[list[int]]:
        """The ids of every prompt; `tokens` are those of all pictures, `shares` how many belong to each prompt."""
        rows, before = [], 0
        for index, prompt in enumerate(prompts):
            named = sorted({int(number) for number in IMAGE_TAG.findall(prompt)})
            if named != list(range(1, len(named) + 1)):
                raise ValueError(f"pictures must be numbered from 1 without a gap, not {named}")
            share = len(named) if shares is None else shares[index]
            if share != len(named) or before + share > len(tokens):
                available = max(0, len(tokens) - before) if shares is None else share
                raise ValueError(f"prompt {index + 1} names {len(named)} pictures, but {available} were given for it")
            rows.append(self._encode(prompt, tokens, before))
            before += share
        if before != len(tokens):
            raise ValueError(f"the prompts name {before} pictures, but {len(tokens)} were given")
        return rows

    def _encode(self, prompt: str, tokens: list[int], before: int) -> list[int]:
        """The ids of one prompt whose picture n is picture `before` + n of the batch."""
        pieces = IMAGE_TAG.split(prompt)  # text, number, text, number, ..., text
        ids: list[int] = []
        for text, number in zip(pieces[::2], [*pieces[1::2], None], strict=True):
            ids += self.tokenizer(text)["input_ids"]
            if number is not None:
                picture = before + int(number)
                ids += [-picture] * tokens[picture - 1]
        return ids

    def batch_decode(self, sequences: Any, *args: Any, **kwargs: Any) -> list[str]:
        """The text of each sequence, without its pictures."""
        return [self.decode(sequence, *args, **kwargs) for sequence in sequences]

    def decode(self, token_ids: Any, *args: Any, **kwargs: Any) -> str:
        """The text of one sequence, without its pictures."""
        ids = token_ids.tolist() if hasattr(token_ids, "tolist") else token_ids
        words = [token for token in ([ids] if isinstance(ids, int) else ids) if token >= 0]
        return self.tokenizer.decode(words, *args, **kwargs)

    def post_process_image_text_to_text(
        self, generated_outputs: Any, skip_special_tokens: bool = True, **kwargs: Any
    ) -> list[str]:
        """What transformers' pipeline decodes its prompts and answers with."""
        return self.batch_decode(generated_outputs, skip_special_tokens=skip_special_tokens, **kwargs)

    @property
    def img_tokens(self) -> list[str]:
        """The tags of pictures in order, as many as any prompt names: vLLM asks for them by this name."""
        return [f"<|image_{number}|>" for number in range(1, _TAGS + 1)]

    def calc_num_image_tokens_from_image_size(self, width: int, height: int) -> int:
        """Places that a picture of this size in pixels takes in the prompt; the published processor's name for it."""
        return image_tokens(*sheet_size(width, height, self.image_processor.num_crops))

    @property
    def stop_token_ids(self) -> list[int]:
        """Every id that ends an answer; the published configuration names only the last of them."""
        vocabulary = self.tokenizer.get_vocab()
        return [vocabulary[token] for token in STOP_TOKENS if token in vocabulary]

    @property
    def model_input_names(self) -> list[str]:
        return ["input_ids", "attention_mask", "pixel_values", "image_sizes"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(item, str) for item in value)
    )


def _refuse_unknown(kwargs: dict[str, Any]) -> None:
    """Options other processors have are accepted where they ask for nothing."""
    nothing = {"truncation": False, "legacy": False, "videos": None, "audio": None}
    asked = (key for key, value in kwargs.items() if value is not None and value is not nothing.get(key))
    if unknown := sorted(asked):
        raise TypeError(f"Phi3VProcessor does not know {', '.join(unknown)}")


def _per_prompt(images: Any, prompts: int) -> list[int] | None:
    """How many pictures each prompt was given, where `images` says so: a list of lists."""
    if not isinstance(images, (list, tuple)) or not images or not isinstance(images[0], (list, tuple)):
        return None
    if len(images) != prompts:
        raise ValueError(f"{len(images)} lists of pictures were given for {prompts} prompts")
    return [len(own) for own in images]


def _pad(
    rows: list[list[int]], padding: bool | str, max_length: int | None, pad_id: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Ids and attention masks, padded on the left."""
    longest = max(map(len, rows), default=0)
    if max_length is not None and longest > max_length:
        raise ValueError(f"a prompt of {longest} tokens exceeds max_length {max_length}")
    if padding in (True, "longest"):
        width = longest
    elif padding == "max_length" and max_length is not None:
        width = max_length
    else:
        width = 0
    missing = [max(0, width - len(row)) for row in rows]
    ids = [[pad_id] * gap + row for gap, row in zip(missing, rows, strict=True)]
    masks = [[0] * gap + [1] * len(row) for gap, row in zip(missing, rows, strict=True)]
    return ids, masks
