"""Training the small model from scratch, in runs of minutes that add up to one schedule.

    python -m extractor.training scratch --out runs/nano --seconds 560 --total 1100
    python -m extractor.training scratch --out runs/nano --seconds 560 --last           # resumes, and ends
    torchrun --standalone --nproc-per-node 2 -m extractor.training scratch ...          # on two devices

Workers draw samples all the while (`training.nano.ring`). First the vision tower alone learns which character stands
where (`training.nano.glyphs`); then everything learns to answer, half of the time with hints. How far the schedule has
come is counted in seconds of training, each device's own, so an interrupted run is resumed by running the same command
again.

A run leaves the checkpoint as a folder of the published layout, the scaffolding's weights, `progress.json`, one line
of figures every `LOG_STEPS` steps in `log.jsonl`, and `curves.png`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration, Phi3VProcessor
from extractor.training.augment import captured
from extractor.training.nano.checkpoint import new_config, new_model, new_processor, warm_start, write_folder
from extractor.training.nano.glyphs import GlyphHead, some
from extractor.training.nano.log import Panel, RunLog, draw, log_lines
from extractor.training.nano.network import SampleBatch, TrainableReader, Views, as_sheets, papered, targets
from extractor.training.nano.ring import DOCUMENT, TEXT, SampleFeed, sample_feed
from extractor.training.nano.samples import ANSWER, CLASS_COUNT, HINTED, SampleMaker
from extractor.training.nano.targets import weights
from extractor.training.optimisers import MuonAdamW, Rates, schedule

LOG_STEPS = 50
#: Seconds between two saves.
_SAVES = 60.0
#: Steps over which the rates rise at the beginning, and again on resume, because averages are not saved.
_RISE, _RISE_AGAIN = 150, 40
_HEAD, _PROGRESS = "scaffolding.safetensors", "progress.json"
_PANELS = (
    Panel("loss", ("patches", "answer plain", "answer hints"), {"yscale": "log"}),
    Panel(
        "share right; rate of its peak",
        ("characters", "tokens plain", "answers hints", "answers plain", "rate"),
        {"ylim": (0, 1.02)},
    ),
)


@dataclass(frozen=True)
class ScratchPlan:
    """What a run does. `seconds` is how long this run may take from its start to its last save, `total` how many
    seconds of training all devices of all runs have together (None: this run ends the schedule), of which the first
    `glyphs` teach the tower alone. `documents` and `texts` are what each process shows the network at once;
    `catalogue_share` of the documents drawn are of the catalogue of the world's documents."""

    seconds: float
    total: float | None
    glyphs: float = 40.0
    documents: int = 56
    texts: int = 8
    characters: int = 224
    ring: tuple[int, int] = (6144, 1024)
    workers: int = 15
    text_share: tuple[float, float] = (0.3, 0.05)
    glyph_weight: tuple[float, float] = (1.0, 0.1)
    hinted: float = 0.4
    catalogue_share: float = 0.4
    rates: Rates = field(default_factory=Rates)
    seed: int = 0
    compiled: bool = True
    log_steps: int = LOG_STEPS
    #: Seconds kept for the last save.
    reserve: float = 6.0


@dataclass
class Progress:
    """How far all runs together have come: seconds of training of all devices, steps, samples, runs."""

    seconds: float = 0.0
    steps: int = 0
    samples: int = 0
    runs: int = 0


class Trainee:
    """The network, its scaffolding and their optimizer, on one device."""

    def __init__(self, processor: Phi3VProcessor, config: Phi3VConfig, plan: ScratchPlan, device: torch.device) -> None:
        self.processor, self.config, self.device = processor, config, device
        self.model: Phi3VForConditionalGeneration = new_model(config, plan.seed)
        vision = config.vision_config.hidden_size
        self.head = GlyphHead(vision, config.hidden_size, CLASS_COUNT)
        self.kind = torch.bfloat16 if device.type == "cuda" else torch.float32
        # Eleven bits are more than a picture has, and augmentation is bound by memory; a CPU has no half arithmetic.
        self.augment_kind = torch.float16 if device.type == "cuda" else torch.float32
        images = processor.image_processor
        self.views = Views(images.image_mean, images.image_std).to(device)
        self.counts = torch.from_numpy(weights(processor.tokenizer, config.vocab_size)).to(device)

    def start(self, plan: ScratchPlan) -> None:
        """Puts everything on the device, once its weights are what they shall be."""
        last = f".layers.{self.config.vision_config.num_hidden_layers - 1}."
        for name, weight in self.model.named_parameters():
            # Never run: features are taken before the tower's last layer.
            weight.requires_grad_(not ("vision_model" in name and (last in name or "post_layernorm" in name)))
        parts: tuple[nn.Module, nn.Module] = (self.model, self.head)
        for module in parts:
            module.to(self.device)
        named = [*self.model.named_parameters(), *((f"head.{name}", w) for name, w in self.head.named_parameters())]
        self.optimizer = MuonAdamW(named, plan.rates)
        for module in parts:
            module.to(self.kind)
        self.optimizer.publish()
        self.reader = TrainableReader(self.model)
        self.augment: Callable[[torch.Tensor], torch.Tensor] = captured
        if plan.compiled:
            # One layer's code serves all layers, for several lengths; what cannot be compiled runs as it is.
            torch._dynamo.config.recompile_limit = 64
            torch._dynamo.config.suppress_errors = True
            self.reader.compile_layers()
            self.augment = torch.compile(captured, dynamic=False)

    def pictures(self, batch: SampleBatch) -> torch.Tensor:
        """Image tiles of a batch, with random photometric augmentation per page."""
        with torch.no_grad():
            sheets = papered(as_sheets(batch.images, self.augment_kind), batch.shapes)
            return self.views(self.augment(sheets).float(), batch.shapes).to(self.kind)

    def loss(
        self, pages: SampleBatch, documents: SampleBatch | None, characters: int, glyph_weight: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of a step and its figures: by patches, by rows, characters right, answers' loss, tokens right,
        answers right. `documents` are the first of `pages`, with their texts."""
        patches, table = self.reader.features(self.pictures(pages))
        by_glyph = self.head(patches, table, some(pages.glyphs, characters))
        loss = glyph_weight * 0.5 * (by_glyph[0] + by_glyph[1])
        figures = [*by_glyph.detach().unbind()]
        if documents is None or documents.ids is None or documents.spans is None:
            return loss, torch.stack([*figures, *[loss.new_zeros(())] * 3]).float()
        table = table[: len(documents.images)]
        logits = self.reader.answers(table, documents.ids, documents.spans[:, 0], ANSWER).flatten(0, 1)
        wanted = targets(documents.ids, documents.spans, ANSWER)
        flat = wanted.flatten()
        each = functional.cross_entropy(logits.float(), flat, ignore_index=-100, reduction="none")
        counts = self.counts[flat.clamp(min=0)] * (flat >= 0)
        answer = (each * counts).sum() / counts.sum().clamp(min=1)
        right = ((logits.argmax(-1) == flat) | (flat < 0)).view(wanted.shape)
        asked = (wanted >= 0).any(1)
        tokens = (right & (wanted >= 0)).sum() / (wanted >= 0).sum().clamp(min=1)
        whole = (right.all(1) & asked).sum() / asked.sum().clamp(min=1)
        return loss + answer, torch.stack([*figures, answer.detach(), tokens, whole]).float()


def train(
    plan: ScratchPlan,
    out: Path,
    *,
    start: Path | None = None,
    device: str = "auto",
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201
) -> Progress:
    """Trains for one run and returns how far the schedule has come.

    Resumes from the checkpoint in `out` if there is one, else from the weights in `start`, else from random ones.
    """
    began = time.monotonic()
    place = _join(device)
    torch.set_float32_matmul_precision("high")
    out.mkdir(parents=True, exist_ok=True)
    processor = new_processor()
    config = new_config(processor.tokenizer)
    trainee = Trainee(processor, config, plan, place)
    progress = _resume(trainee, out, start, report)
    share = plan.text_share[progress.seconds >= plan.glyphs]
    # Steps too: a run that died after a save resumes with other samples.
    seed = plan.seed + 104_729 * progress.runs + progress.steps + 15_485_863 * _rank()
    maker = SampleMaker(processor, catalogue_share=plan.catalogue_share)
    with sample_feed(maker, plan.workers, plan.ring, place, seed, share) as feed:
        trainee.start(plan)
        torch.manual_seed(seed)
        _warm(trainee, feed, plan)
        report(f"{time.monotonic() - began:.0f} s until all was compiled")
        _fill(feed, plan, report)
        report(f"{time.monotonic() - began:.0f} s until the first samples; at {progress}")
        _run(trainee, feed, plan, progress, began + plan.seconds - plan.reserve, out, report)
        progress.runs += 1
        if _rank() == 0:  # while the workers are still there: nothing that ends them may cost what was learned
            save(trainee, progress, out)
            report(f"saved after {time.monotonic() - began:.0f} s: {progress}")
        _agreed(0.0)  # nobody leaves before that: a launcher would end the others
    if _rank() == 0:
        draw(list(log_lines(out)), "seconds", _PANELS, out / "curves.png")
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    return progress


def _join(device: str) -> torch.device:
    """The device of this process, which joins the others that a launcher has started beside it."""
    cuda = device == "auto" and torch.cuda.is_available()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        if cuda:
            # A launcher may show each process a device of its own, which is then its first.
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
    if cuda:
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu" if device == "auto" else device)


def _rank() -> int:
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


def _agreed(*values: float) -> list[float]:
    """What the first process says, in every process."""
    agreed = torch.tensor(values, dtype=torch.float64)
    if torch.distributed.is_initialized():
        torch.distributed.broadcast(agreed, 0)
    return [float(value) for value in agreed]


def _warm(trainee: Trainee, feed: SampleFeed, plan: ScratchPlan) -> None:
    """Runs every shape of a step once on blank samples, so that all is compiled while the first are being drawn."""
    for hinted in (None, False, True) if plan.compiled else ():
        documents = None if hinted is None else feed.rings[DOCUMENT].batch(plan.documents, hinted=hinted)
        loss, _ = trainee.loss(_pages(feed, plan, documents), documents, plan.characters, 1.0)
        loss.backward()
        trainee.model.zero_grad(set_to_none=True)
        trainee.head.zero_grad(set_to_none=True)
    if trainee.device.type == "cuda":
        torch.cuda.synchronize()


def _resume(trainee: Trainee, out: Path, start: Path | None, report: Callable[[str], None]) -> Progress:
    if (out / _PROGRESS).is_file():
        weights_there = load_file(out / "model.safetensors")
        trainee.model.load_state_dict({name: weight.float() for name, weight in weights_there.items()})
        head = load_file(out / _HEAD)
        trainee.head.load_state_dict({name: weight.float() for name, weight in head.items()})
        progress = Progress(**json.loads((out / _PROGRESS).read_text("utf-8")))
        report(f"resumed after {progress}")
        return progress
    if start is not None:
        report(f"{warm_start(trainee.model, trainee.processor.tokenizer, start)} tokens' rows taken over")
    return Progress()


def _fill(feed: SampleFeed, plan: ScratchPlan, report: Callable[[str], None]) -> None:
    """Waits for enough samples to begin with."""
    least = (min(plan.ring[DOCUMENT], 8 * plan.documents), min(plan.ring[TEXT], 2 * plan.texts))
    began = reported = time.monotonic()
    while any(feed.rings[kind].made < least[kind] for kind in (DOCUMENT, TEXT)):
        feed.absorb()
        time.sleep(0.02)
        if time.monotonic() - reported > 20:
            reported = time.monotonic()
            report(f"{reported - began:.0f} s: {[ring.made for ring in feed.rings]} samples of {least}")


def _run(
    trainee: Trainee,
    feed: SampleFeed,
    plan: ScratchPlan,
    progress: Progress,
    deadline: float,
    out: Path,
    report: Callable[[str], None],
) -> None:
    """Steps until the deadline or the end of the schedule."""
    first, steps = progress.seconds, 0
    rise = _RISE_AGAIN if progress.runs else _RISE
    begun = saved = time.monotonic()
    total = plan.total or first + (deadline - begun) * _processes()
    shown = (plan.documents + plan.texts) * _processes()
    log = RunLog(out, plan.log_steps, shown, report)
    while True:
        now = time.monotonic()
        seconds, total, late = _agreed(first + (now - begun) * _processes(), total, now >= deadline)
        progress.seconds = seconds
        if late or seconds >= total:
            break
        feed.absorb()
        alone = seconds < plan.glyphs
        feed.text_share.value = plan.text_share[not alone]
        done = seconds / total
        documents = None if alone else feed.rings[DOCUMENT].batch(plan.documents, hinted=_coin(plan, steps))
        pages = _pages(feed, plan, documents)
        glyph_weight = plan.glyph_weight[0] + (plan.glyph_weight[1] - plan.glyph_weight[0]) * done
        loss, figures = trainee.loss(pages, documents, plan.characters, glyph_weight)
        loss.backward()
        rate = schedule(done) * min(1.0, (steps + 1) / rise)
        norm = trainee.optimizer.step(rate)
        steps += 1
        progress.steps += 1
        progress.samples += len(pages.images) * _processes()
        if _rank() == 0:
            hinted = documents is not None and documents.ids is not None and documents.ids.shape[1] == HINTED
            made = [ring.made for ring in feed.rings]
            log.add(figures, norm, hinted, asdict(progress) | {"rate": rate}, made, alone)
            if now - saved > _SAVES:
                save(trainee, progress, out)
                saved = now


def _processes() -> int:
    return torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1


def _coin(plan: ScratchPlan, step: int) -> bool:
    """Whether a step's documents are shown with hints: evenly spread, `plan.hinted` of the steps."""
    return int((step + 1) * plan.hinted) > int(step * plan.hinted)


def _pages(feed: SampleFeed, plan: ScratchPlan, documents: SampleBatch | None) -> SampleBatch:
    """The pages of a step: its documents, then pages of text; for the tower alone, mostly text."""
    if documents is None:
        count = plan.documents + plan.texts
        half = count // 2
        documents, text = (feed.rings[k].batch(n, hinted=None) for k, n in ((DOCUMENT, count - half), (TEXT, half)))
    elif plan.texts:
        text = feed.rings[TEXT].batch(plan.texts, hinted=None)
    else:
        return documents
    parts = ((getattr(documents, name), getattr(text, name)) for name in ("images", "shapes", "glyphs"))
    return SampleBatch(*(torch.cat(part) for part in parts))


def save(trainee: Trainee, progress: Progress, out: Path) -> None:
    """Writes checkpoint, scaffolding and progress; the progress last, so that it never speaks of what is not there."""
    copies = trainee.optimizer.copies
    weights_now = {name: copies.get(name, weight) for name, weight in trainee.model.named_parameters()}
    write_folder(out, trainee.config, trainee.processor, weights_now)
    head = {name: copies[f"head.{name}"] for name, _ in trainee.head.named_parameters()}
    save_file({name: weight.detach().to("cpu", torch.bfloat16) for name, weight in head.items()}, out / _HEAD)
    unfinished = out / f"{_PROGRESS}.part"
    unfinished.write_text(json.dumps(asdict(progress)), encoding="utf-8")
    unfinished.replace(out / _PROGRESS)


def rehearsal(plan: ScratchPlan) -> ScratchPlan:
    """A smoke-test version of the plan that runs on a CPU."""
    return replace(plan, documents=2, texts=1, characters=64, ring=(16, 8), workers=1, compiled=False, log_steps=2)
