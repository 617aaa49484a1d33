"""Loads a checkpoint in the precision and onto the device that are asked for, or that fit.

float32, bfloat16 and float16 hold the weights as they are; int8 and int4 hold the decoder's large matrices quantized
and leave the vision tower, its projection, the embeddings and the head in the computing type: quantizing those costs
accuracy and saves next to nothing. Two quantizers do that: "bitsandbytes" (int4 is nf4 with double quantization),
which runs anywhere, and "packed" (`extractor.phi3v.packing`), which is quicker on CUDA devices. The result says what
was chosen and why. Nothing is fetched, no code of a checkpoint runs, only safetensors are read.

    loaded = load(find_checkpoint("microsoft/Phi-3-vision-128k-instruct"), dtype="int4")
    loaded.model.generate(**loaded.processor(text=..., images=[...], return_tensors="pt").to(loaded.device))
"""

import importlib
import importlib.util
import logging
import math
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from extractor.checkpoints import Checkpoint, expected_tensors, find_checkpoint, read_config, verify_checkpoint
from extractor.checkpoints.values import DEVICES, DTYPES
from extractor.errors import CheckpointError, DeviceError, ExtractorError, MissingExtraError, UsageError
from extractor.phi3v.modeling import Phi3VForConditionalGeneration
from extractor.phi3v.packing import pack_layers
from extractor.phi3v.processing import Phi3VProcessor

QUANTIZERS = ("auto", "bitsandbytes", "packed")
ATTENTIONS = ("auto", "sdpa", "eager", "flash_attention_2")

# Module names as bitsandbytes matches them. The tower needs its full name: "vision_embed_tokens" alone is taken for
# nothing and quantizes it without a word.
UNQUANTIZED = ("lm_head", "model.vision_embed_tokens")

_QUANTIZED = ("int8", "int4")
_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.0, "int4": 0.516}  # nf4: 4 bits, 0.127 of scales
_PACKED_BYTES = {"int8": 1.0, "int4": 0.5625}
_PACKED_WIDTH = 128  # what a matrix's width must be a multiple of
_TOKENS = 4096  # a page at 16 crops with its prompt and answer


@dataclass(frozen=True)
class LoadPlan:
    """What will be loaded where: the device ("cuda:0"), the precision, the bytes its weights take, why, and what
    quantizes them ("" where nothing does)."""

    device: str
    dtype: str
    weight_bytes: int
    reason: str
    quantizer: str = ""

    @property
    def compute(self) -> torch.dtype:
        """The type everything that is not quantized is held and computed in."""
        return _compute_type(self.dtype, self.device, self.quantizer)


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint in memory, ready to answer."""

    model: Phi3VForConditionalGeneration
    processor: Phi3VProcessor
    checkpoint: Checkpoint
    plan: LoadPlan

    @property
    def device(self) -> torch.device:
        return torch.device(self.plan.device)


def load(
    checkpoint: Checkpoint | str | Path,
    *,
    dtype: str = "auto",
    device: str = "auto",
    quantizer: str = "auto",
    attention: str = "auto",
    num_crops: int | None = None,
) -> LoadedModel:
    """Verifies a checkpoint and loads it; `num_crops` replaces the number of tiles its processor was saved with.

    `attention` "auto" is sdpa, which runs torch's own flash kernels where they can run and takes a static cache;
    "flash_attention_2" needs the flash_attn package and a CUDA device.
    Raises CheckpointError for a checkpoint that is absent or broken, DeviceError for a device that cannot do what was
    asked or runs out of memory, UsageError for an unknown name and MissingExtraError where bitsandbytes is missing.
    """
    checkpoint = checkpoint if isinstance(checkpoint, Checkpoint) else find_checkpoint(checkpoint)
    verify_checkpoint(checkpoint)
    plan = make_plan(checkpoint, dtype=dtype, device=device, quantizer=quantizer)
    implementation = _attention(attention, plan)
    options: dict[str, Any] = {} if num_crops is None else {"num_crops": num_crops}
    with _quiet(), memory_guard(plan.device, f"loading {plan.dtype}"), _blame(checkpoint):
        processor = Phi3VProcessor.from_pretrained(checkpoint.folder, local_files_only=True, **options)
        model = _load_model(checkpoint, plan, implementation)
    model.generation_config.eos_token_id = processor.stop_token_ids
    model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    return LoadedModel(model.eval(), processor, checkpoint, plan)


def make_plan(
    checkpoint: Checkpoint, *, dtype: str = "auto", device: str = "auto", quantizer: str = "auto"
) -> LoadPlan:
    """Chooses device and precision without loading anything.

        "auto" takes CUDA, then MPS, then the CPU; there the widest precision whose weights and a page's cache fit
    into free memory: bfloat16 (float16 where the device lacks it; float32 on a CPU), then int8, then int4. These
    two are packed on CUDA devices where the decoder's widths allow it, else bitsandbytes'.
    Raises DeviceError when the device is not there, cannot do the precision asked for, or cannot hold any.
    """
    if dtype not in ("auto", *DTYPES):
        raise UsageError(f"precision {dtype!r} is unknown; choose one of auto, {', '.join(DTYPES)}")
    device = choose_device(device)
    config = read_config(checkpoint.folder)
    quantizer = _quantizer(quantizer, device, config)
    quantized = config.get("quantization_config")
    if quantized:
        stored = "int4" if quantized.get("load_in_4bit") else "int8"
        if dtype not in ("auto", stored):
            raise UsageError(f"{checkpoint.name} is stored in {stored}; it cannot be loaded in {dtype}")
        check_precision(stored, device)
        return LoadPlan(device, stored, checkpoint.size, f"the checkpoint is stored in {stored}", "bitsandbytes")
    sizes = {name: weight_bytes(config, name, quantizer) for name in _BYTES}
    if dtype != "auto":
        check_precision(dtype, device, quantizer)
        return LoadPlan(device, dtype, sizes[dtype], "asked for", quantizer if dtype in _QUANTIZED else "")
    free, page = free_memory(device), _page_bytes(config)
    candidates = _candidates(device, quantizer)
    for candidate in candidates:
        if sizes[candidate] + page <= free:
            reason = f"the widest that fits {_gb(free)} free on {device}"
            return LoadPlan(device, candidate, sizes[candidate], reason, quantizer if candidate in _QUANTIZED else "")
    least = candidates[-1]
    raise DeviceError(
        f"{checkpoint.name} needs {_gb(sizes[least] + page)} on {device} even in {least}; {_gb(free)} are free"
    )


def choose_device(device: str = "auto") -> str:
    """The device by its full name ("cuda:0"). Raises DeviceError when there is no such device."""
    kind, _, number = device.partition(":")
    if kind not in ("auto", *DEVICES) or (number and not number.isdecimal()):
        raise UsageError(f"device {device!r} is unknown; choose one of auto, {', '.join(DEVICES)}")
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        kind = "cuda" if cuda else "mps" if mps else "cpu"
    if kind == "cuda" and (not cuda or int(number or 0) >= torch.cuda.device_count()):
        raise DeviceError(f"there is no device {device} that torch {torch.__version__} can use; try --device cpu")
    if kind == "mps" and not mps:
        raise DeviceError(f"there is no device mps that torch {torch.__version__} can use; try --device cpu")
    return f"cuda:{number or 0}" if kind == "cuda" else kind


def check_precision(dtype: str, device: str, quantizer: str = "bitsandbytes") -> None:
    """Raises DeviceError when a device cannot hold a precision, MissingExtraError when bitsandbytes is missing."""
    if dtype not in _QUANTIZED or quantizer == "packed":
        return
    if device.startswith("mps"):
        raise DeviceError(f"{dtype} (bitsandbytes) runs on cuda and cpu, not on mps; try --dtype float16")
    if not _has("bitsandbytes"):
        raise MissingExtraError(f"{dtype} (bitsandbytes)", "phi3v")


def weight_bytes(config: dict[str, Any], dtype: str, quantizer: str = "bitsandbytes") -> int:
    """Bytes the weights of a checkpoint with this config.json take in a precision."""
    total = 0.0
    own = _PACKED_BYTES if quantizer == "packed" and dtype in _QUANTIZED else _BYTES
    for name, shape in expected_tensors(config).items():
        large = name.startswith("model.layers.") and len(shape) == 2
        plain = 2.0 if dtype in _QUANTIZED else _BYTES[dtype]
        total += math.prod(shape) * (own[dtype] if large else plain)
    return int(total)


def free_memory(device: str) -> int:
    """Bytes free on a device now."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    import psutil  # comes with accelerate

    return int(psutil.virtual_memory().available)


def peak_memory(device: str) -> int:
    """The most bytes this process has held on a device: torch's own on CUDA, the whole process's on a CPU."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(torch.device(device)))
    if device.startswith("mps"):
        return int(torch.mps.driver_allocated_memory())
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes on Linux


@contextmanager
def memory_guard(device: str, doing: str) -> Iterator[None]:
    """Turns running out of memory into a DeviceError of one line: the peak, and what to try.

    For loading and for every use of the model. The frames of what failed are emptied, so that the error does not keep
    the tensors that filled the memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own out-of-memory errors are RuntimeErrors
        if not _is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)
        peak = peak_memory(device)
        if device.startswith("cuda"):
            torch.cuda.empty_cache()
        raise DeviceError(
            f"out of memory on {device} while {doing}: the peak was {_gb(peak)}; try --dtype int4, "
            "a smaller --num-crops, or another --device"
        ) from None


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # The CPU allocator and MPS raise plain RuntimeErrors; only their text tells.
    return any(words in str(error) for words in ("can't allocate memory", "out of memory", "not enough memory"))


def _load_model(checkpoint: Checkpoint, plan: LoadPlan, attention: str) -> Phi3VForConditionalGeneration:
    packed = plan.quantizer == "packed"
    model, report = Phi3VForConditionalGeneration.from_pretrained(
        checkpoint.folder,
        dtype=plan.compute,
        # A packed matrix is never unpacked on the device as a whole.
        device_map={"": "cpu" if packed else plan.device},
        attn_implementation=attention,
        quantization_config=_quantization(checkpoint, plan),
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
    )
    absent = sorted(report["missing_keys"]) + sorted(map(str, report["mismatched_keys"]))
    if absent:
        raise CheckpointError(f"{checkpoint.folder} lacks {len(absent)} tensors, such as {absent[0]}")
    if packed:
        pack_layers(model, 4 if plan.dtype == "int4" else 8, torch.device(plan.device))
        model.to(plan.device)
    return model


@contextmanager
def _blame(checkpoint: Checkpoint) -> Iterator[None]:
    """Turns an error of the libraries about a file into a CheckpointError of one line.

    The tokenizers library raises bare Exceptions, so everything is caught but our own errors and RuntimeErrors, which
    are about the device.
    """
    try:
        yield
    except (ExtractorError, RuntimeError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{checkpoint.folder} cannot be loaded: {reason}") from error


def _quantization(checkpoint: Checkpoint, plan: LoadPlan) -> BitsAndBytesConfig | None:
    if plan.quantizer != "bitsandbytes":
        return None
    import_bitsandbytes()
    if "quantization_config" in read_config(checkpoint.folder):
        return None
    if plan.dtype == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=list(UNQUANTIZED))
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=plan.compute,
        llm_int8_skip_modules=list(UNQUANTIZED),
    )


def import_bitsandbytes() -> None:
    """Imports it with the `kernels` package hidden.

    Where `kernels` is installed and the CPU has AVX512-BF16, importing bitsandbytes downloads compiled code
    from the hub and runs it. Without it bitsandbytes uses what it was installed with.
    """
    log = logging.getLogger("bitsandbytes")
    level, kernels = log.level, sys.modules.get("kernels")
    try:
        log.setLevel(logging.ERROR)  # it would warn that the package is missing
        sys.modules["kernels"] = None  # type: ignore[assignment]
        importlib.import_module("bitsandbytes")
    except (ImportError, OSError, RuntimeError) as error:
        raise DeviceError(f"bitsandbytes cannot be used here: {' '.join(str(error).split())[:200]}") from error
    finally:
        log.setLevel(level)
        del sys.modules["kernels"]
        if kernels is not None:
            sys.modules["kernels"] = kernels


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _quantizer(name: str, device: str, config: dict[str, Any]) -> str:
    """Which quantizer would serve, and raises UsageError for one that is unknown or cannot take these widths."""
    if name not in QUANTIZERS:
        raise UsageError(f"quantizer {name!r} is unknown; choose one of {', '.join(QUANTIZERS)}")
    fits = all(int(config.get(key, 1)) % _PACKED_WIDTH == 0 for key in ("hidden_size", "intermediate_size"))
    if name == "packed" and not fits:
        raise UsageError(f"quantizer packed takes widths that are multiples of {_PACKED_WIDTH}; use bitsandbytes")
    if name == "auto":
        return "packed" if fits and device.startswith("cuda") and _has("triton") else "bitsandbytes"
    return name


def _compute_type(dtype: str, device: str, quantizer: str) -> torch.dtype:
    if dtype == "int8" and quantizer == "bitsandbytes":
        return torch.float16  # what bitsandbytes multiplies in; anything else is cast at every layer
    return getattr(torch, _half(device) if dtype in _QUANTIZED else dtype)


def _half(device: str) -> str:
    """The 16-bit type a device computes in without emulation."""
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return "float16" if device.startswith("mps") else "bfloat16"


def _candidates(device: str, quantizer: str) -> list[str]:
    """Precisions to try, the widest first."""
    wide = ["float32", "bfloat16"] if device == "cpu" else [_half(device)]
    quantized = quantizer == "packed" or (not device.startswith("mps") and _has("bitsandbytes"))
    return wide + (list(_QUANTIZED) if quantized else [])


def _attention(attention: str, plan: LoadPlan) -> str:
    if attention not in ATTENTIONS:
        raise UsageError(f"attention {attention!r} is unknown; choose one of {', '.join(ATTENTIONS)}")
    if attention == "flash_attention_2":
        if not plan.device.startswith("cuda") or plan.compute == torch.float32:
            raise DeviceError(f"flash_attention_2 needs a CUDA device and 16 bits, not {plan.dtype} on {plan.device}")
        if not _has("flash_attn"):
            raise DeviceError("flash_attention_2 needs the flash_attn package; without it use --attention sdpa")
    return "sdpa" if attention == "auto" else attention


def _page_bytes(config: dict[str, Any]) -> int:
    """Working memory of one page: its keys and values in 16 bits, and a third more for everything else."""
    keys = config["hidden_size"] * (config.get("num_key_value_heads") or config["num_attention_heads"])
    cache = 2 * config["num_hidden_layers"] * keys // config["num_attention_heads"] * 2 * _TOKENS
    return cache * 4 // 3


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences transformers' progress bars and log messages."""
    level, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()
