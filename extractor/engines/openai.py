"""A model behind any server that speaks OpenAI's API (`/chat/completions`): vLLM, llama.cpp, a cloud's, our own.

    extract card.jpg --engine openai --base-url http://127.0.0.1:8000/v1 --model NAME

The document's own sources read first, on this machine, as for every engine. The server gets the upright pages as
pictures, the prompt that the native engine uses, and the JSON Schema of the answer as `response_format`. Whatever comes
back is checked against that schema: a server may ignore it. What does not fit is sent back once with what is wrong;
fields that still do not fit are null, and an answer that is a refusal, prose or cut off is an error.

Where NAME is also a checkpoint of this machine (`nano`, a folder, a model in the hub's cache), its config.json says how
it wants to be asked (`extractor.engines.asking`). Pages leave this machine only when this engine is asked for by name.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any

from PIL import Image

from extractor.checkpoints import Checkpoint, find_checkpoint, read_config
from extractor.checkpoints.locate import read_json
from extractor.decoding.answer import AnswerLimits, FieldReading
from extractor.decoding.form import answer_schema
from extractor.decoding.grammar import guided_schema
from extractor.engines.answers import NotAnswerError, Parsed, describe, parse
from extractor.engines.asking import Asking
from extractor.engines.remote import Reply, Server, UnreachableError
from extractor.errors import CheckpointError, ServerError, UsageError
from extractor.evidence import DocumentEvidence
from extractor.imaging.saving import in_base64
from extractor.prompting import as_data
from extractor.schemas import schema_name
from extractor.sources.model import Own

#: The key's usual variable. It is read for encrypted connections and this machine; others must be named.
KEY_VARIABLE = "OPENAI_API_KEY"
#: Seconds one document may take, all tries together.
TIMEOUT = 300.0
#: Documents asked about at the same time: a server reads several in about the time of one.
SIDE_BY_SIDE = 4
#: Times that one request is sent where the server is busy or broken, and seconds before the second.
_TRIES, _PAUSE = 4, 0.5
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504)
#: Forms of a schema that a server may take: with its patterns and bounds, without them, and none but in the prompt.
_FORMS = ("whole", "plain", "none")
#: Words that errors about a schema have.
_ABOUT_SCHEMAS = ("response_format", "schema", "pattern", "regex", "grammar")
#: What a plain schema lacks. Answers are checked against all of it afterwards.
_BOUNDS = frozenset(
    "pattern format minLength maxLength minItems maxItems minimum maximum exclusiveMinimum exclusiveMaximum"
    " x-guidance".split()
)
#: An escape or a character of a pattern.
_PIECES = re.compile(r"\\.|.", re.DOTALL)
#: The longer side of a page as it is sent, pixels; servers scale down to 2048 or less by themselves.
_SIDE = 2560
#: Characters of an unusable answer that are shown to the model again.
_SHOWN = 4000


@dataclass(frozen=True)
class _Dialect:
    """How a server is asked: `options` that it may lack, and the `form` of schemas, one of _FORMS."""

    options: Mapping[str, Any]
    form: str = "whole"

    def without(self, reply: Reply, has_schema: bool) -> _Dialect | None:
        """What is left to try after a refusal; None if that is about nothing which can be left out."""
        name = next((name for name in self.options if reply.names(name)), None)
        if name is not None:
            # `max_tokens` has a newer name, which some insist on.
            renamed = name == "max_tokens" and reply.names("max_completion_tokens")
            instead = {"max_completion_tokens": self.options[name]} if renamed else {}
            kept = {key: value for key, value in self.options.items() if key != name}
            return replace(self, options=kept | instead)
        later = _FORMS[_FORMS.index(self.form) + 1 :]
        return replace(self, form=later[0]) if has_schema and later and any(map(reply.names, _ABOUT_SCHEMAS)) else None


@dataclass
class _Noticed:
    """What was seen of a server's answers."""

    ignores_schema: bool = False
    gives_probabilities: bool | None = None


class OpenAIEngine:
    """Asks a model on a server. Nothing is sent before the first document.

    `model` is its name there (None: the only one that the server has), `api_key_env` the environment variable that
    holds the key, `timeout` the seconds one document may take. Raises UsageError for an invalid address or key.
    """

    name = "openai"
    side_by_side = SIDE_BY_SIDE

    def __init__(
        self,
        base_url: str,
        *,
        model: str | None = None,
        api_key_env: str | None = None,
        timeout: float = TIMEOUT,
        hints: bool | None = None,
        limits: AnswerLimits | None = None,
        keep_unsupported: bool = False,
    ) -> None:
        if not 0 < timeout < math.inf:
            raise UsageError("--timeout is a number of seconds greater than zero")
        self.server = _server(base_url, api_key_env)
        self.checkpoint = _checkpoint(model)
        self.asking = Asking.of(self.checkpoint, hints) if self.checkpoint else Asking(hints=hints is not False)
        self.timeout, self.limits, self.keep_unsupported = timeout, limits or AnswerLimits(), keep_unsupported
        self._model = model
        self._lock = Lock()
        usual = {"temperature": 0, "logprobs": True, "max_tokens": self.limits.max_tokens}
        self._dialect, self._noticed = _Dialect(usual | self._bonus()), _Noticed()

    @property
    def details(self) -> Mapping[str, str]:
        """Which model on which server, and what was noticed of it; stands in `Extraction.engine`."""
        noticed = {"schema": "not kept to by the server"} if self._noticed.ignores_schema else {}
        if self._dialect.form == "none":
            noticed["schema"] = "not taken by the server"
        if self._noticed.gives_probabilities is False:
            noticed["probabilities"] = "not given by the server"
        return {
            "server": self.server.shown,
            "model": self._model or "",
            **({"asked_as": self.checkpoint.name} if self.checkpoint else {}),
            "hints": "yes" if self.asking.hints else "no",
            **noticed,
        }

    @property
    def label(self) -> str:
        """What the basis of a source calls this engine."""
        return f"{self._model or 'model'} on a server"

    def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:
        """What the model reads for every field; several threads may ask at once. Raises ServerError."""
        del own  # a server has no use for a draft
        deadline = time.monotonic() + self.timeout
        # A model of ours writes as it was taught to; other servers may refuse a keyword that they do not know.
        schema = answer_schema(evidence.schema)
        sent = guided_schema(evidence.schema) if self.checkpoint else spelled(schema)
        pictures = self.asking.pictures(evidence, self._most_crops)
        messages = [_message(pictures, self.asking.question(evidence))]
        # The API takes these characters only, and schemas are named by their users.
        named = (re.sub(r"[^A-Za-z0-9_-]", "_", schema_name(evidence.schema))[:64] or "document", sent)
        text, tokens = self._complete(messages, named, deadline)
        parsed, wrong = _parsed(text, schema, tokens)
        if wrong:
            self._noticed.ignores_schema = True
            messages += [
                {"role": "assistant", "content": as_data(text[:_SHOWN])},
                {"role": "user", "content": f"That does not fit: {wrong}. Answer again, with the JSON object alone."},
            ]
            text, tokens = self._complete(messages, named, deadline)
            again, wrong = _parsed(text, schema, tokens)
            parsed = again or parsed
        if parsed is None or not parsed.usable:
            raise ServerError(
                f"the model answers twice without what it was asked for: {wrong};"
                " its server may not support response_format json_schema"
            )
        return parsed.fields

    def ask(self, images: Sequence[Any], question: str) -> Iterator[str]:
        """Answers a free question about pictures."""
        pictures = [one if isinstance(one, Image.Image) else Image.fromarray(one) for one in images]
        yield self._complete([_message(pictures, question)], None, time.monotonic() + self.timeout)[0]

    @cached_property
    def _most_crops(self) -> int:
        """Tiles that a framed picture is made for."""
        for name in ("processor_config.json", "preprocessor_config.json"):
            if self.checkpoint and (self.checkpoint.folder / name).is_file():
                found = read_json(self.checkpoint.folder / name)
                return int(found.get("image_processor", found).get("num_crops", 1))
        return 1

    def _bonus(self) -> dict[str, Any]:
        """The checkpoint's wish that null weighs more, as the API puts it."""
        if not self.checkpoint or not self.asking.null_bonus:
            return {}
        vocabulary = read_json(self.checkpoint.folder / "tokenizer.json").get("model", {}).get("vocab", {})
        token = vocabulary.get("null") if isinstance(vocabulary, dict) else None
        return {} if token is None else {"logit_bias": {str(token): self.asking.null_bonus}}

    def _complete(
        self, messages: Sequence[Any], named: tuple[str, Mapping[str, Any]] | None, deadline: float
    ) -> tuple[str, list[tuple[bytes, float]]]:
        """The text of an answer and its tokens; `named` is the schema it is held to. Raises ServerError."""
        model = self._model_name(deadline)
        while True:
            dialect = self._dialect
            body = {"model": model, "messages": messages, **dialect.options, **_response_format(named, dialect.form)}
            reply = self._patiently(body, deadline)
            if reply.status == 200:
                return self._content(reply, named is not None)
            with self._lock:  # another thread may have had the same answer
                left = dialect.without(reply, named is not None) if reply.status in (400, 422) else None
                if dialect is self._dialect and left is not None:
                    self._dialect = left
                elif dialect is self._dialect:
                    raise ServerError(_refusal_of(reply, self.server, model))

    def _patiently(self, body: Mapping[str, Any], deadline: float) -> Reply:
        """The reply to a request that is sent again while the server is busy, as often and as long as is sensible."""
        for attempt in range(1, _TRIES + 1):
            pause = _PAUSE * 2 ** (attempt - 1)
            try:
                reply = self.server.post("/chat/completions", body, deadline)
            except UnreachableError:
                if attempt == _TRIES or time.monotonic() + pause >= deadline:
                    raise
            else:
                if reply.status not in _BUSY or attempt == _TRIES:
                    return reply
                pause = pause if reply.retry_after is None else reply.retry_after
                if time.monotonic() + pause >= deadline:
                    return reply
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _content(self, reply: Reply, has_schema: bool) -> tuple[str, list[tuple[bytes, float]]]:
        choices = reply.body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = choice.get("message")
        if not isinstance(message, dict):
            raise ServerError(f"{self.server.shown} answers without a chat completion; is --base-url right?")
        reason = choice.get("finish_reason")
        if message.get("refusal") or reason == "content_filter":
            raise ServerError("the model refuses to read this document")
        content = message.get("content")
        if reason == "length":
            prose = isinstance(content, str) and has_schema and not content.lstrip().startswith(("{", "`"))
            more = "; it is no JSON, so its server may not support response_format json_schema" if prose else ""
            raise ServerError(f"the model's answer was cut off after {self.limits.max_tokens} tokens{more}")
        tokens = _tokens(choice.get("logprobs"))
        if self._noticed.gives_probabilities is None or tokens:
            self._noticed.gives_probabilities = bool(tokens)
        return content if isinstance(content, str) else "", tokens

    def _model_name(self, deadline: float) -> str:
        """The model's name on the server: as it was given, or that of the only one there."""
        if self._model is None:
            reply = self.server.get("/models", deadline)
            listed = reply.body.get("data")
            names = [one.get("id") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            if reply.status != 200 or len(names) != 1 or not isinstance(names[0], str):
                many = f"{len(names)} models" if reply.status == 200 else f"HTTP {reply.status}"
                raise UsageError(f"name the model with --model: {self.server.shown}/models answers with {many}")
            self._model = names[0]
        return self._model


def _server(base_url: str, api_key_env: str | None) -> Server:
    """The server with its key."""
    server = Server(base_url)
    if api_key_env is not None:
        key = os.environ.get(api_key_env)
        if not key:
            raise UsageError(f"the environment has no {api_key_env}, which --api-key-env names")
        return Server(base_url, key)
    # A key that was not named for this server is not shown to whoever listens on the way.
    return Server(base_url, os.environ.get(KEY_VARIABLE) or None) if server.is_private else server


def _checkpoint(model: str | None) -> Checkpoint | None:
    """The checkpoint of this machine that the server's model is called after, if there is one."""
    if model is None:
        return None
    try:
        found = find_checkpoint(model)
        read_config(found.folder)
    except (CheckpointError, OSError, ValueError):
        return None
    return found


def _response_format(named: tuple[str, Mapping[str, Any]] | None, form: str) -> dict[str, Any]:
    if named is None or form == "none":
        return {}
    name, schema = named
    described = {"name": name, "strict": True, "schema": schema if form == "whole" else _plain(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


def spelled(node: Any, named: bool = False) -> Any:
    """A schema whose patterns say `0-9` for `\\d`.

    llama.cpp's grammars do not know that, and hold a text with such a pattern to nothing. They do not know `\\s`
    either, and it stays: they take a pattern for one of the text as JSON writes it, and so that of free texts,
    `[^\\s...]`, would let in quotation marks that end the text.
    """
    if isinstance(node, list):
        return [spelled(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    return {
        key: _with_digits(value)
        if key == "pattern" and not named and isinstance(value, str)
        else spelled(value, key in ("properties", "$defs") and not named)
        for key, value in node.items()
    }


def _with_digits(pattern: str) -> str:
    found, inside = [], False
    for piece in _PIECES.findall(pattern):
        found.append(piece if piece != r"\d" else "0-9" if inside else "[0-9]")
        inside = piece == "[" or (inside and piece != "]")
    return "".join(found)


def _plain(node: Any, named: bool = False) -> Any:
    """A schema without patterns and bounds; `named` says that the keys are names of fields and not keywords."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    kept = node.items() if named else ((key, value) for key, value in node.items() if key not in _BOUNDS)
    return {
        key: value if key in ("enum", "const") and not named else _plain(value, key in ("properties", "$defs"))
        for key, value in kept
    }


def _message(pictures: Sequence[Image.Image], text: str) -> dict[str, Any]:
    shown = [{"type": "image_url", "image_url": {"url": _data_url(one), "detail": "high"}} for one in pictures]
    return {"role": "user", "content": [*shown, {"type": "text", "text": as_data(text)}]}


def _data_url(picture: Image.Image) -> str:
    """A picture as PNG, which loses nothing; one that is larger than servers look at as a smaller JPEG."""
    if max(picture.size) <= _SIDE:
        return f"data:image/png;base64,{in_base64(picture, 'PNG', compress_level=1)}"
    picture = picture.copy()
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return f"data:image/jpeg;base64,{in_base64(picture, 'JPEG', quality=95)}"


def _parsed(text: str, schema: Mapping[str, Any], tokens: Sequence[tuple[bytes, float]]) -> tuple[Parsed | None, str]:
    """What an answer says, if it is one, and what is wrong with it."""
    try:
        parsed = parse(text, schema, tokens)
    except NotAnswerError as error:
        return None, str(error)
    return parsed, describe(parsed.faults)


def _tokens(logprobs: Any) -> list[tuple[bytes, float]]:
    """Bytes and log probability of each token, as the API gives them; none where anything is missing."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    found: list[tuple[bytes, float]] = []
    for one in content if isinstance(content, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("logprob"), int | float):
            return []
        raw, text = one.get("bytes"), one.get("token")
        try:
            piece = bytes(raw) if isinstance(raw, list) else str(text).encode("utf-8", "surrogatepass")
        except (TypeError, ValueError):
            return []
        found.append((piece, float(one["logprob"])))
    return found


def _refusal_of(reply: Reply, server: Server, model: str) -> str:
    """What a status means for whoever named the server."""
    if reply.status in (401, 403):
        sent = "the key that was sent" if server.key else "requests without a key (--api-key-env names its variable)"
        return f"{server.shown} does not accept {sent}: {reply}"
    if reply.status == 404:
        return f"{server.shown} has no model {model}, or no /chat/completions: {reply}"
    if reply.status == 413:
        return f"{server.shown} does not take so large a request: {reply}"
    if reply.status in (400, 422) and reply.names("response_format"):
        return f"{server.shown} does not take this JSON Schema as response_format: {reply}"
    return f"{server.shown} does not answer: {reply}"
