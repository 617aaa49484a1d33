"""A reader that does what a file tells it to: what an engine's process can do, good and bad, without an engine.

A file is a picture's magic number and one command, such as `sleep 0.3`; see `Fake.__call__`. The answer's
`document_number` is the beginning of the files' hash, so that a test knows which file an answer is of.
"""

import ctypes
import hashlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any

from extractor.errors import CheckpointError, NoDocumentError

MAGIC = b"\x89PNG\r\n\x1a\n"
#: What `secret` has read and must not tell anybody.
SECRET = "MÜLLER-LÜDENSCHEIDT"


def picture(command: str = "", number: int = 0) -> bytes:
    """A file that makes the reader do `command`; another `number` makes another file."""
    return MAGIC + f"{command}\n{number}".encode()


def number_of(*files: bytes) -> str:
    """The `document_number` that files are answered with."""
    return hashlib.sha256(b"".join(files)).hexdigest()[:12]


def make(options: Mapping[str, Any]) -> "Fake":
    if options["engine"] == "phi3v":
        raise CheckpointError("there is no checkpoint here; name one by --model")
    if options["engine"] == "embedded" and options.get("model") == "dies":
        os._exit(3)
    return Fake()


def make_any(_options: Mapping[str, Any]) -> "Fake":
    """Every engine is there."""
    return Fake()


class Fake:
    engine = "embedded"
    details: Mapping[str, str] = {"why": "a test"}

    def __call__(self, request: Mapping[str, Any], files: Sequence[bytes], report: Any) -> dict[str, Any]:
        if request["op"] == "pairs":
            return {"groups": [[number] for number, _ in enumerate(request["said"])]}
        words = files[0].removeprefix(MAGIC).split()
        command, argument = (words[0].decode("ascii", "replace"), words[1]) if len(words) > 1 else ("", b"")
        pages = len(files)
        if command == "pages":
            report({"pages": int(argument)})
        elif command == "sleep":
            time.sleep(float(argument))
        elif command == "hang":
            time.sleep(3600)
        elif command == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif command == "memory":
            bytearray(2**42)
        elif command == "abort":
            ctypes.CDLL(None).abort()
        elif command == "chatter":
            os.write(1, SECRET.encode())
            os.write(2, SECRET.encode())
        elif command == "secret":
            raise ValueError(SECRET)
        elif command == "nothing":
            raise NoDocumentError("no identity document was recognised")
        elif command == "nonsense":
            report({"pages": "many"})
        if request["op"] == "classify":
            return {"schema": "passport", "scores": {"passport": 0.9}}
        if request["op"] == "pictures":
            return {"pictures": []}
        if request.get("documents"):
            return {"documents": [_answer(request, [file], pages) for file in files]}
        return _answer(request, files, pages)


def _answer(request: Mapping[str, Any], files: Sequence[bytes], pages: int) -> dict[str, Any]:
    wanted = request["schema"]
    schema = wanted if isinstance(wanted, str) else wanted.get("title", "Document")
    document = {"document_number": number_of(*files), "surname": "ERIKSSON", "given_names": None}
    box = {"page": 0, "points": [[1.0, 1.0], [9.0, 1.0], [9.0, 5.0], [1.0, 5.0]]}
    fields = {
        name: {
            "value": value,
            "verdict": "absent" if value is None else "single",
            "confidence": 0.9,
            "box": None if value is None else box,
            "note": "",
            "absence": "not printed" if value is None else None,
            "sources": [],
        }
        for name, value in document.items()
    }
    evidence = {
        "fields": fields,
        "warnings": [],
        "age": None,
        "barcodes": [],
        "regions": [],
        "pages": [{"width": 10, "height": 10, "rotation": 0, "quality": {}, "file": n} for n in range(pages)],
        "schema": "passport" if schema == "auto" else schema,
        "engine": {"name": "embedded"},
        "seconds": {"ocr": 0.01},
    }
    if request.get("previews"):
        evidence["previews"] = ["" for _ in files]
    return {"document": document, "evidence": evidence}
