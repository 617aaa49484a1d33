"""Fine-tuning of any Phi-3-vision checkpoint, the official ones or the shipped one, on a folder of labelled documents.

    plan = Tuning(data=Path("my-documents"), out=Path("runs/mine"), model="nano")
    tune(plan)                                   # leaves runs/mine/model, a plain folder: --model runs/mine/model

`lora` trains small matrices beside the decoder's own, in the checkpoint's own precision; with `dtype="int4"` beside
nf4 weights, which is QLoRA; `full` trains every weight of decoder and projection. The vision tower is left as it is
and runs once a document.

The state of a run is one file, `state.safetensors`, replaced atomically: a run that was killed is resumed by the same
command, and ends with the weights it would have had.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from extractor.checkpoints import find_checkpoint
from extractor.engines.phi3v import Phi3VEngine
from extractor.errors import CheckpointError, DeviceError, UsageError
from extractor.labels import load_dataset
from extractor.phi3v.loading import import_bitsandbytes
from extractor.phi3v.modeling import place_pictures
from extractor.schemas.text import fold
from extractor.sources import read_sources
from extractor.training.nano.examples import Example, examples, split
from extractor.training.nano.export import export
from extractor.training.nano.log import Panel, draw
from extractor.training.optimisers import schedule

STATE, FIGURES, SETTINGS = "state.safetensors", "figures.jsonl", "settings.json"
METHODS = ("lora", "full")
#: Learning rates that suit each method.
_RATES = {"lora": 1e-3, "full": 1e-4}
#: What adapters stand beside: every matrix of the decoder's layers.
_ADAPTED = r".*\.layers\.\d+\.(self_attn\.(qkv_proj|o_proj)|mlp\.(gate_up_proj|down_proj))"
_LIMIT = 1.0


@dataclass(frozen=True)
class Tuning:
    """What to train on what. `data` is a folder of labelled pictures (`datasets/README.md`), `model` a checkpoint's
    folder or name. `hints`: each document is asked with hints, without, or both ways. `held_out` is the share of
    documents that are kept for checking. `accumulate` documents make a step."""

    data: Path
    out: Path
    model: str = "nano"
    method: str = "lora"
    dtype: str = "auto"
    device: str = "auto"
    epochs: int = 4
    rate: float = 0.0
    rank: int = 16
    accumulate: int = 4
    hints: str = "both"
    held_out: float = 0.2
    limit: int = 0
    seed: int = 0
    save_steps: int = 10

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"method {self.method!r} is unknown; choose one of {', '.join(METHODS)}")
        if self.hints not in ("on", "off", "both"):
            raise UsageError(f"hints are on, off or both, not {self.hints!r}")
        if self.method == "full" and self.dtype in ("int8", "int4"):
            raise UsageError(f"weights in {self.dtype} cannot be trained themselves; use --method lora")
        if min(self.epochs, self.rank, self.accumulate, self.save_steps) < 1 or min(self.limit, self.seed) < 0:
            raise UsageError("--epochs, --rank, --accumulate and --save-steps are numbers from 1, --limit from 0")
        if not (0 <= self.rate < 1 and 0 <= self.held_out < 1):
            raise UsageError("--rate and --held-out are numbers from 0, below 1")

    @property
    def peak(self) -> float:
        """The highest learning rate."""
        return self.rate or _RATES[self.method]


@dataclass
class Tuned:
    """A finished run: steps made, loss and share of fields right on what was held out, before and after."""

    steps: int
    before: dict[str, float]
    after: dict[str, float]
    model: Path


def tune(plan: Tuning, report: Callable[[str, int, int], None] | None = None) -> Tuned:
    """Trains, or resumes training, and writes the better model's folder. `report` hears of progress: what, done, of.

    Raises UsageError for a folder that another plan has used, and what labels, pictures and checkpoints raise.
    """
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=plan.device == "cpu", gradient_accumulation_steps=1)
    if report is None or not accelerator.is_main_process:
        report = silence
    checkpoint = find_checkpoint(plan.model)
    if checkpoint.folder.resolve() == (plan.out / "model").resolve():
        raise UsageError(f"{plan.out / 'model'} would be written over while it is read; name another folder with --out")
    plan.out.mkdir(parents=True, exist_ok=True)
    with accelerator.main_process_first():
        _same_plan(plan)
    device = plan.device if plan.device != "auto" or accelerator.device.type == "cpu" else str(accelerator.device)
    dtype = _dtype(plan, accelerator.device.type)
    # Adapters stand beside bitsandbytes' layers and not beside our own packed ones, which CUDA devices have elsewhere.
    engine = Phi3VEngine(checkpoint, dtype=dtype, device=device, quantizer="bitsandbytes")
    specimens = load_dataset(plan.data)
    chosen = random.Random(plan.seed).sample(specimens, min(plan.limit or len(specimens), len(specimens)))
    training, checking = split(chosen, plan.held_out, plan.seed)
    hints = {"on": (True,), "off": (False,), "both": (False, True)}[plan.hints]
    made: list[list[Example]] = [[], []]
    for side, own in enumerate((training, checking)):
        for example in examples(own, engine, hints=hints) if own else ():
            made[side].append(example)
            report("reading", len(made[0]) + len(made[1]), len(chosen))
    torch.manual_seed(plan.seed)
    trainee = _TunedModel(engine, plan, accelerator)
    step = trainee.resume(plan.out / STATE)
    figures = _Figures(plan.out / FIGURES, step, written=accelerator.is_main_process)
    if not step:
        figures.add(0, checked=(before := trainee.check(made[1])))
    else:
        before = figures.first_check()
    order = _order(made[0], plan, accelerator.num_processes)
    for number, batch in enumerate(order, start=1):
        if number <= step:
            continue
        loss = trainee.step(batch[accelerator.process_index :: accelerator.num_processes], number / len(order))
        report("training", number, len(order))
        figures.add(number, loss=loss)
        if number == len(order) or number % plan.save_steps == 0:
            trainee.save(plan.out / STATE, number)
        if made[1] and number < len(order) and number % max(1, len(order) // plan.epochs) == 0:
            figures.add(number, checked=trainee.check(made[1]))
    after = trainee.check(made[1])
    figures.add(len(order), checked=after)
    if accelerator.is_main_process:
        export(engine.checkpoint, trainee.model, plan.out / "model")
        figures.draw(plan.out / "curves.png")
    return Tuned(len(order), before, after, plan.out / "model")


def silence(what: str, done: int, of: int) -> None:
    """Says nothing of progress."""


def _dtype(plan: Tuning, device: str) -> str:
    """The precision of the weights that training starts from: on a CPU float32, which is fastest there."""
    return plan.dtype if plan.dtype != "auto" else "float32" if device == "cpu" else "bfloat16"


def _same_plan(plan: Tuning) -> None:
    described = json.dumps({key: str(value) for key, value in asdict(plan).items()}, indent=1)
    file = plan.out / SETTINGS
    # Of a run that failed before its first step there is nothing to be mixed up.
    begun = any((plan.out / name).exists() for name in (STATE, FIGURES))
    if begun and file.is_file() and file.read_text("utf-8") != described:
        raise UsageError(f"{plan.out} holds a run with other settings; name another folder with --out")
    file.write_text(described, encoding="utf-8")


def _order(made: Sequence[Example], plan: Tuning, processes: int) -> list[list[tuple[Example, int]]]:
    """Every step's examples, each with the way it is asked: all of them once an epoch, the ways in turn."""
    steps: list[list[tuple[Example, int]]] = []
    size = plan.accumulate * processes
    for epoch in range(plan.epochs):
        rng = random.Random(f"{plan.seed}:{epoch}")
        shuffled = rng.sample(list(made), len(made))
        asked = [(example, (number + epoch) % len(example.ways)) for number, example in enumerate(shuffled)]
        steps += [asked[i : i + size] for i in range(0, len(asked) - len(asked) % size or len(asked), size)]
    return steps


class _TunedModel:
    """The network being trained; the engine that checks it reads with the very same one."""

    def __init__(self, engine: Phi3VEngine, plan: Tuning, accelerator: Any) -> None:
        self.engine, self.plan, self.accelerator = engine, plan, accelerator
        self.model: nn.Module = engine.loaded.model
        self.model.requires_grad_(False)
        if plan.method == "lora":
            # peft imports bitsandbytes by itself where it is installed, and must not make it fetch code.
            with suppress(DeviceError):
                import_bitsandbytes()
            from peft import LoraConfig, inject_adapter_in_model

            config = LoraConfig(r=plan.rank, lora_alpha=2 * plan.rank, target_modules=_ADAPTED)
            inject_adapter_in_model(config, self.model)
        else:
            for name, weight in self.model.named_parameters():
                weight.requires_grad_("vision_model" not in name)
        self.named = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        if plan.method == "lora":
            for weight in self.named.values():
                weight.data = weight.data.float()
        # The tower and what follows it give the same features every time, as long as none of it is trained.
        self.frozen = plan.method == "lora"
        self.features: dict[int, tuple[torch.Tensor, ...]] = {}
        optimiser = torch.optim.AdamW(list(self.named.values()), lr=plan.peak, weight_decay=0.0)
        self.optimiser = accelerator.prepare_optimizer(optimiser)

    def loss(self, example: Example, way: int) -> torch.Tensor:
        """The mean loss of the tokens of an example's answer."""
        ids, answer = example.ways[way]
        ids = ids.to(self.accelerator.device)[None]
        embedded = place_pictures(ids, self.model.model.embed_tokens(ids.clamp(min=0)), self._features(example))  # type: ignore[union-attr, operator]
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=ids.device.type == "cuda"):
            logits = self.model(inputs_embeds=embedded, use_cache=False, logits_to_keep=answer + 1).logits
        return functional.cross_entropy(logits[0, :-1].float(), ids[0, -answer:])

    def _features(self, example: Example) -> tuple[torch.Tensor, ...]:
        kept = self.features.get(id(example))
        if kept is None:
            with torch.set_grad_enabled(not self.frozen):
                pictures = example.pixel_values.to(self.accelerator.device)
                kept = self.model.get_image_features(pictures, example.image_sizes)  # type: ignore[operator]
            if self.frozen:
                self.features[id(example)] = kept
        return kept

    def step(self, batch: Sequence[tuple[Example, int]], done: float) -> float:
        """One step on the mean of a batch; `done` is the share of the run behind it. Returns the loss."""
        self.model.train()
        total = 0.0
        for example, way in batch:
            loss = self.loss(example, way) / len(batch)
            self.accelerator.backward(loss)
            total += float(loss.detach())
        self._average()
        torch.nn.utils.clip_grad_norm_(self.named.values(), _LIMIT)
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.peak * schedule(done - 1e-9, warm=0.05, flat=0.1)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return total

    def _average(self) -> None:
        """Makes every process's gradients the mean of all."""
        if self.accelerator.num_processes > 1:
            for weight in self.named.values():
                if weight.grad is not None:
                    weight.grad = self.accelerator.reduce(weight.grad, "mean")

    @torch.no_grad()
    def check(self, held_out: Sequence[Example]) -> dict[str, float]:
        """Loss and share of labelled values read rightly, on documents that are not trained on, by ways of asking."""
        if not held_out:
            return {}
        self.model.eval()
        found: dict[str, float] = {}
        for way, hinted in enumerate({"on": (True,), "off": (False,), "both": (False, True)}[self.plan.hints]):
            self.engine.asking = replace(self.engine.asking, hints=hinted)
            right, losses = [], []
            for example in held_out:
                losses.append(float(self.loss(example, way)))
                answer = self.engine.answer(example.evidence, read_sources(example.evidence))
                said = {name: one.value for name, one in answer.items()}
                labels = {name: value for name, value in example.specimen.fields.items() if value is not None}
                right += [fold(str(said.get(name))) == fold(str(value)) for name, value in labels.items()]
            word = "with hints" if hinted else "without hints"
            found[f"loss {word}"] = sum(losses) / len(losses)
            found[f"right {word}"] = sum(right) / max(1, len(right))
        return found

    def save(self, file: Path, step: int) -> None:
        """Writes what is trained and the optimiser's averages, replacing the last state as a whole."""
        if not self.accelerator.is_main_process:
            return
        tensors = {name: weight.detach().cpu().contiguous() for name, weight in self.named.items()}
        for name, weight in self.named.items():
            for key, value in self.optimiser.state[weight].items():
                tensors[f"{key}/{name}"] = torch.as_tensor(value).detach().cpu().contiguous()
        unfinished = file.with_suffix(".part")
        save_file(tensors, unfinished, metadata={"step": str(step)})
        unfinished.replace(file)

    @torch.no_grad()
    def resume(self, file: Path) -> int:
        """Takes over a saved state; returns after which step it was saved, 0 without one."""
        if not file.is_file():
            return 0
        try:
            with safe_open(str(file), "pt") as state:
                for name, weight in self.named.items():
                    weight.copy_(state.get_tensor(name))
                    averages = {key: state.get_tensor(f"{key}/{name}") for key in ("step", "exp_avg", "exp_avg_sq")}
                    self.optimiser.state[weight] = {
                        key: value if key == "step" else value.to(weight.device) for key, value in averages.items()
                    }
                return int(state.metadata()["step"])
        except (SafetensorError, TypeError, ValueError, RuntimeError):
            raise CheckpointError(f"{file} is damaged; delete it to begin again") from None


class _Figures:
    """Loss of every step and what the checks found, kept a line each, so that curves survive a kill; of several
    processes, one writes them down."""

    def __init__(self, file: Path, step: int, *, written: bool = True) -> None:
        self.file, self.written = file, written
        # A run that was killed may have left half a line at the end.
        before = [one for one in file.read_text("utf-8").splitlines() if one.endswith("}")] if file.is_file() else []
        self.lines: list[dict[str, Any]] = [line for line in map(json.loads, before) if step and line["step"] <= step]
        if written:
            file.write_text("".join(json.dumps(line) + "\n" for line in self.lines), encoding="utf-8")

    def add(self, step: int, *, loss: float | None = None, checked: dict[str, float] | None = None) -> None:
        line = {"step": step, "time": round(time.time(), 1), **({"loss": loss} if loss is not None else checked or {})}
        self.lines.append(line)
        if self.written:
            with self.file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")

    def first_check(self) -> dict[str, float]:
        line = next((line for line in self.lines if "loss" not in line), {})
        return {key: value for key, value in line.items() if key not in ("step", "time")}

    def draw(self, picture: Path) -> None:
        """Loss over steps, and the share of fields right at the beginning and after every epoch, as a picture."""
        names = list(dict.fromkeys(name for line in self.lines for name in line))
        loss, right = ([name for name in names if name.startswith(start)] for start in ("loss", "right"))
        read = Panel("values read rightly (held out)", right, {"ylim": (0, 1)})
        draw(self.lines, "step", [Panel("loss (held out too)", loss), read], picture)
