"""The arguments of `extract`, and what their values may be."""

from __future__ import annotations

import argparse
import re
from datetime import date

from extractor import __version__
from extractor.checkpoints.values import DEVICES, DTYPES
from extractor.ending import Parser
from extractor.errors import UsageError

_EPILOGUE = """\
examples:
  extract passport.jpg --schema passport
  extract card.jpg | jq .surname
  extract front.jpg back.jpg --one-document --schema id_card --evidence
  extract scans/ --format csv --output people.csv
  extract family.pdf --documents --format jsonl
  extract fronts-and-backs/ --pair-sides --format jsonl
  extract "inbox/*.pdf" --pages 1-2 --format jsonl
  extract visa.png --overlay visa-read.png --format table
  extract photo.jpg --deskew flat.png --portrait face.png
  extract passport.jpg --redact copy.png --preset age-check
  extract form.jpg --schema my_schemas.py:Ticket
  extract passport.jpg --engine phi3v --model microsoft/Phi-3-vision-128k-instruct --dtype int4
  extract passport.jpg --engine onnx --model DIR
  extract passport.jpg --engine openai --base-url http://127.0.0.1:8000/v1 --model NAME
  extract photo.jpg --engine phi3v --ask "What is in this picture?"

exit codes:
  0  read
  1  read, but a check failed: a check digit, a contradiction, a value that does not fit
  2  wrong usage
  3  unreadable or unsupported input
  4  no such document on the picture
  5  read, but not redacted: something could not be located; no such picture is written
  129, 130, 143  stopped by a closed terminal, Ctrl-C or SIGTERM; what was read until then is written
Of several files the worst counts, in the order 2, 3, 4, 5, 1, 0.
"""


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments; also what the README's help is made from."""
    parser = Parser(
        prog="extract",
        description="Reads identity documents into JSON, on this machine, with the evidence for every field.",
        epilog=_EPILOGUE,
    )
    parser.add_argument(
        "inputs", nargs="*", metavar="FILE", help="pictures, PDFs, folders or glob patterns; - is stdin"
    )
    parser.add_argument(
        "--schema",
        default="auto",
        metavar="S",
        help="passport, id_card, chinese_id_card, driving_licence, residence_permit, visa, auto (default), "
        "module:Class, file.py:Class or a JSON Schema file",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--list-schemas", action="store_true", help="print the built-in schemas and their fields")
    parser.add_argument(
        "--check-schema", metavar="S", help="print what each field of a schema is understood as, and read nothing"
    )
    parser.add_argument(
        "--install-completion",
        nargs="?",
        const="",
        metavar="SHELL",
        help="let bash, zsh or fish (default: $SHELL) complete this command, and read nothing",
    )
    together = parser.add_mutually_exclusive_group()
    together.add_argument(
        "--one-document",
        action="store_true",
        help="the files are pages or sides of one document; refused where they contradict each other",
    )
    together.add_argument(
        "--documents", action="store_true", help="read all documents of each file, not the largest alone; always a list"
    )
    parser.add_argument(
        "--pair-sides",
        action="store_true",
        help="files that are sides of the same document, by number, MRZ, name or birth date, are read as one; "
        "reads each file twice",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="documents read at the same time (default: cores; openai 4; phi3v always 1)",
    )
    parser.add_argument("--pages", metavar="P", help="pages of each file, from 1: 1, 1-3 or 1,4")
    checks = parser.add_argument_group("checks")
    checks.add_argument(
        "--today", type=day, metavar="DATE", help="the day on which the documents are looked at, YYYY-MM-DD"
    )
    checks.add_argument("--age", type=years, metavar="N", help="warn of holders who are younger")
    _add_output(parser)
    _add_redaction(parser)
    _add_limits(parser)
    _add_engine(parser)
    return parser


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=("json", "jsonl", "csv", "table"), default="json")
    output.add_argument(
        "--evidence", action="store_true", help="add sources, confidences, boxes, verdicts and warnings"
    )
    output.add_argument(
        "--output",
        metavar="PATH",
        help="write there instead of to stdout; the file is replaced when all is read, or the run is stopped",
    )
    output.add_argument("--overlay", metavar="PNG", help="draw what was read on the page (of several files: a folder)")
    output.add_argument(
        "--deskew", metavar="PNG", help="write the document cut out and laid flat at 300 dpi (of several: a folder)"
    )
    output.add_argument("--portrait", metavar="PNG", help="cut out the holder's portrait (of several: a folder)")
    output.add_argument("--signature", metavar="PNG", help="cut out the holder's signature (of several: a folder)")
    output.add_argument("--verbose", action="store_true", help="say on stderr which engine reads and why, and how long")


def _add_redaction(parser: argparse.ArgumentParser) -> None:
    redaction = parser.add_argument_group(
        "redaction", "parts are fields, portrait, signature, mrz and barcodes; without a choice all are blacked out"
    )
    redaction.add_argument("--redact", metavar="PNG", help="write the document blacked out (of several: a folder)")
    redaction.add_argument("--keep", metavar="PARTS", help="what stays, such as birth_date,portrait")
    redaction.add_argument("--hide", metavar="PARTS", help="black out these only, wherever they stand")
    redaction.add_argument("--preset", choices=("age-check", "address-proof", "dutch-copy"))


def _add_limits(parser: argparse.ArgumentParser) -> None:
    limits = parser.add_argument_group("limits", "what one file may cost while its pages are decoded")
    limits.add_argument("--max-pages", type=int, metavar="N", help="pages of one file (default 20)")
    limits.add_argument("--max-megapixels", type=float, metavar="N", help="pixels of one page (default 120)")
    limits.add_argument("--decode-seconds", type=float, metavar="N", help="CPU time of one page (default 10)")
    limits.add_argument("--decode-mib", type=int, metavar="N", help="memory, on Linux (default 1024)")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    engine = parser.add_argument_group("engine")
    engine.add_argument(
        "--engine",
        default="auto",
        metavar="E",
        help="embedded, phi3v, onnx (phi3v's ONNX models, on a CPU), openai (a model on a server), one of another "
        "package, or auto (default): phi3v where a checkpoint is here and fits, else embedded; nothing is downloaded",
    )
    engine.add_argument(
        "--model",
        metavar="M",
        help="checkpoint of phi3v: a folder or a name in the local hub cache; of onnx: a folder; of openai: its name "
        "on the server",
    )
    add_model_options(engine)
    engine.add_argument(
        "--quantizer",
        choices=("auto", "bitsandbytes", "packed"),
        default="auto",
        help="what makes int8 and int4: auto is packed on CUDA devices (quicker), else bitsandbytes",
    )
    engine.add_argument(
        "--keep-unsupported", action="store_true", help="keep values of phi3v that stand nowhere on the page"
    )
    engine.add_argument("--ask", metavar="QUESTION", help="ask phi3v a free question about the picture instead")


def add_model_options(engine: argparse._ActionsContainer) -> None:
    """The options of a model, which the service's command has too."""
    engine.add_argument("--base-url", metavar="URL", help="server of openai, which pages are sent to: http://HOST/v1")
    engine.add_argument(
        "--api-key-env", metavar="NAME", help="environment variable with that server's key (default OPENAI_API_KEY)"
    )
    engine.add_argument(
        "--timeout", type=float, metavar="S", help="seconds openai may take for a document (default 300)"
    )
    engine.add_argument("--revision", metavar="R", help="revision of the checkpoint")
    engine.add_argument("--dtype", choices=("auto", *DTYPES), default="auto")
    engine.add_argument("--device", choices=("auto", *DEVICES), default="auto")
    engine.add_argument("--num-crops", type=int, metavar="N", help="crops a page is cut into for phi3v")
    engine.add_argument("--hints", action=argparse.BooleanOptionalAction, help="give phi3v the OCR text of the page")


def day(text: str) -> date:
    """The day that an argument names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-01-31") from None


def years(text: str) -> int:
    """The number of years that an argument names."""
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of years such as 18")
    return int(text)


def page_numbers(text: str | None) -> list[int] | None:
    """`1`, `1-3`, `1,4` -> page numbers."""
    if text is None:
        return None
    numbers: list[int] = []
    for part in text.split(","):
        # No file has more pages than five digits count; without a bound, 1-9999999999 would fill the memory.
        found = re.fullmatch(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", part, re.ASCII)
        if found is None or int(found[2] or found[1]) < int(found[1]):
            raise UsageError(f"--pages takes numbers like 1, 1-3 or 1,4, not {text!r}")
        numbers += range(int(found[1]), int(found[2] or found[1]) + 1)
    return numbers
