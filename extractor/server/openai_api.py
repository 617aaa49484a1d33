"""Chat completions as the `openai` package, instructor and LangChain send them, answered by the local engines.

A conversation's pictures are one document's pages or sides; the schema is the one of `response_format` (json_schema)
or of the function that has to be called. Without either, the kind of document is recognised and its own schema used.
What the conversation says in words is not followed: an engine reads documents and does nothing else.

A schema that requires a value which is not on the document cannot be kept without inventing one. The answer then is a
refusal that names the fields; make them nullable to get the rest.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from extractor.engines.choose import engine_names
from extractor.server import examples as ex
from extractor.server.parameters import schema_of
from extractor.server.problems import Problem
from extractor.server.service import extracted, received, service_of
from extractor.server.settings import ServiceLimits
from extractor.server.uploads import File, base64_of_url, check_picture, clean_name, decode_base64, read_json

router = APIRouter(tags=["openai"])

_MESSAGES = 100


@router.get("/v1/models", summary="List the engines as models", **ex.MODELS)
async def list_models() -> JSONResponse:
    """The engines, by the names that `model` takes."""
    models = [
        {"id": name, "object": "model", "created": 0, "owned_by": "id-document-extractor"} for name in engine_names()
    ]
    return JSONResponse({"object": "list", "data": models})


@router.post("/v1/chat/completions", summary="Read a document as a chat completion", **ex.CHAT)
async def chat_completions(request: Request) -> Response:
    """Reads the pictures of a conversation into the schema that it asks for."""
    limits = service_of(request).settings.limits
    async with received(request, limits.body_bytes) as chunks:
        body = await read_json(chunks)
    model = body.get("model", "auto")
    if model not in engine_names():
        raise Problem("invalid-parameter", f"`model` is one of {', '.join(engine_names())}")
    if body.get("n") not in (None, 1):
        raise Problem("invalid-parameter", "`n` is 1")
    function, wanted = _asked_schema(body)
    files = pictures(body.get("messages"), limits)
    schema = "auto" if wanted is None else schema_of(wanted)
    asked = {"schema": schema, "engine": model, "pages": None, **limits.of_request()}
    answer = await extracted(request, asked, files)
    message, reason = _message(answer["document"], wanted, function)
    completion = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": answer["evidence"]["engine"]["name"],
    }
    # Tokens are not counted; clients expect the numbers to be there.
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if body.get("stream"):
        options = body.get("stream_options")
        wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        pieces = _pieces(completion, message, reason, usage if wants_usage else None)
        return StreamingResponse(pieces, media_type="text/event-stream")
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return JSONResponse({**completion, "object": "chat.completion", "choices": [choice], "usage": usage})


def _asked_schema(body: Mapping[str, Any]) -> tuple[str | None, Any]:
    """(function to call or None, JSON Schema or None) that a request asks for. Raises a Problem."""
    form = body.get("response_format")
    if isinstance(form, dict) and form.get("type") == "json_schema":
        described = form.get("json_schema")
        if not isinstance(described, dict) or not isinstance(described.get("schema"), dict):
            raise Problem("invalid-parameter", "`response_format.json_schema` needs a `schema`")
        return None, _titled(described["schema"], described.get("name"))
    if form is not None and not (isinstance(form, dict) and form.get("type") in ("text", "json_object")):
        raise Problem("invalid-parameter", "`response_format` is of type json_schema, json_object or text")
    tools = body.get("tools")
    if not tools or body.get("tool_choice") == "none":
        return None, None
    functions = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("parameters"), dict):
            functions[str(function.get("name", ""))] = function["parameters"]
    choice = body.get("tool_choice")
    named = choice.get("function", {}) if isinstance(choice, dict) else {}
    name = named.get("name") if isinstance(named, dict) and named else next(iter(functions), None)
    if not isinstance(name, str) or name not in functions or name != clean_name(name):
        raise Problem("invalid-parameter", "`tools` and `tool_choice` name no function with parameters")
    return name, _titled(functions[name], name)


def _titled(schema: dict[str, Any], name: Any) -> dict[str, Any]:
    return schema if "title" in schema or not isinstance(name, str) else {**schema, "title": name}


def pictures(messages: Any, limits: ServiceLimits) -> list[File]:
    """The pictures of a conversation, in order, from data URLs. Raises a Problem."""
    if not isinstance(messages, list) or not 0 < len(messages) <= _MESSAGES:
        raise Problem("invalid-parameter", f"`messages` is a list of 1 to {_MESSAGES}")
    files: list[File] = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") in ("image_url", "file"):
                files.append(_picture(part, len(files) + 1))
                if len(files) > limits.files:
                    raise Problem("too-many-files", f"at most {limits.files} are taken here")
    if not files:
        raise Problem("invalid-parameter", "there is no picture; send it as `image_url` with a data URL")
    return files


def _picture(part: Mapping[str, Any], number: int) -> File:
    """A part of type image_url, or of type file (a PDF) as OpenAI takes it."""
    given = part.get(part["type"])
    url = given if isinstance(given, str) else None
    if isinstance(given, dict):
        url = given.get("url") if part["type"] == "image_url" else given.get("file_data")
    encoded = base64_of_url(url) if isinstance(url, str) else None
    if encoded is None:
        detail = f"picture {number} is no data URL in base64; this service fetches nothing from a network"
        raise Problem("invalid-parameter", detail)
    file = File(f"picture {number}", decode_base64(encoded, f"picture {number}"))
    check_picture(file)
    return file


def _message(document: dict[str, Any], schema: Any, function: str | None) -> tuple[dict[str, Any], str]:
    """The assistant's message and why it ends."""
    fitting, missing = _fitting(document, schema) if isinstance(schema, dict) else (document, [])
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if missing:
        names = ", ".join(missing)
        message["refusal"] = f"the schema requires {names}, which the document does not show; make it nullable"
        return message, "stop"
    text = json.dumps(fitting, ensure_ascii=False)
    if function is None:
        return message | {"content": text}, "stop"
    call = {
        "id": f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": function, "arguments": text},
    }
    return message | {"tool_calls": [call]}, "tool_calls"


def _fitting(document: Mapping[str, Any], schema: Any) -> tuple[dict[str, Any], list[str]]:
    """The document as its schema can hold it, and the required fields that it lacks, by their paths.

    A null where the schema allows none is left out if the field may be left out.
    """
    return _fitted(document, schema, schema, "")


def _fitted(value: Mapping[str, Any], described: Any, whole: Any, path: str) -> tuple[dict[str, Any], list[str]]:
    described = _object_of(described, whole, value)
    properties, required = described.get("properties"), described.get("required")
    fitting: dict[str, Any] = {}
    missing: list[str] = []
    for name, one in value.items():
        member = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(one, dict):
            fitting[name], lacking = _fitted(one, member, whole, f"{path}{name}.")
            if lacking and _allows_null(member, whole):
                fitting[name], lacking = None, []
            missing += lacking
        elif isinstance(one, list):
            fitting[name], lacking = _fitted_list(one, member, whole, f"{path}{name}.")
            missing += lacking
        elif one is not None or _allows_null(member, whole):
            fitting[name] = one
        elif isinstance(required, list) and name in required:
            missing.append(f"{path}{name}")
    return fitting, missing


def _fitted_list(value: Sequence[Any], described: Any, whole: Any, path: str) -> tuple[list[Any], list[str]]:
    """A list with its objects as their schema can hold them."""
    lists = [one.get("items") for one in _branches(described, whole) if isinstance(one.get("items"), dict)]
    if len(lists) != 1:
        return list(value), []
    fitting: list[Any] = []
    missing: list[str] = []
    for number, one in enumerate(value):
        fitted, lacking = _fitted(one, lists[0], whole, f"{path}{number}.") if isinstance(one, dict) else (one, [])
        fitting.append(fitted)
        missing += lacking
    return fitting, missing


def _object_of(described: Any, whole: Any, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the properties of an object; of several alternatives the one that it is one of."""
    objects = [one for one in _branches(described, whole) if isinstance(one.get("properties"), dict)]
    own = [one for one in objects if one["properties"].keys() == value.keys()]
    told_apart = [one for one in own if all(_may_be(value[name], member) for name, member in one["properties"].items())]
    return next(iter(told_apart or own or objects), {})


def _may_be(value: Any, described: Any) -> bool:
    """Whether a value is the constant of its schema, if that has one."""
    return not isinstance(described, dict) or "const" not in described or described["const"] == value


def _branches(described: Any, whole: Any, depth: int = 0) -> list[Mapping[str, Any]]:
    """A schema and what it refers to, directly or as one of several."""
    if not isinstance(described, dict) or depth > 8:
        return []
    if isinstance(described.get("$ref"), str):
        return _branches(_referred(described["$ref"], whole), whole, depth + 1)
    lists = (described.get(key) for key in ("anyOf", "oneOf", "allOf"))
    several = [one for branches in lists if isinstance(branches, list) for one in branches]
    return [described, *(found for one in several for found in _branches(one, whole, depth + 1))]


def _referred(reference: str, whole: Mapping[str, Any]) -> Any:
    if reference == "#":
        return whole
    kept = whole.get("$defs") or whole.get("definitions")
    return kept.get(reference.rpartition("/")[2]) if isinstance(kept, dict) else None


def _allows_null(described: Any, whole: Mapping[str, Any], depth: int = 0) -> bool:
    if not isinstance(described, dict) or depth > 8:
        return True
    reference = described.get("$ref")
    if isinstance(reference, str):
        return _allows_null(_referred(reference, whole), whole, depth + 1)
    for key in ("anyOf", "oneOf"):
        if isinstance(described.get(key), list):
            return any(_allows_null(branch, whole, depth + 1) for branch in described[key])
    if isinstance(described.get("enum"), list):
        return None in described["enum"]
    kind = described.get("type")
    return (
        (kind is None and "properties" not in described)
        or kind == "null"
        or (isinstance(kind, list) and "null" in kind)
    )


def _pieces(
    completion: Mapping[str, Any], message: Mapping[str, Any], reason: str, usage: Mapping[str, int] | None
) -> Iterator[str]:
    """The same answer as server-sent events, for callers that asked for a stream."""

    def event(delta: Mapping[str, Any], finish: str | None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**completion, "object": "chat.completion.chunk", "choices": [choice]})

    yield event({"role": "assistant", "content": "" if message.get("content") is not None else None}, None)
    if message.get("tool_calls"):
        yield event({"tool_calls": [{"index": 0, **message["tool_calls"][0]}]}, None)
    elif message.get("refusal"):
        yield event({"refusal": message["refusal"]}, None)
    else:
        yield event({"content": message["content"]}, None)
    yield event({}, reason)
    if usage is not None:
        yield _event({**completion, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _event(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
