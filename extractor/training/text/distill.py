"""Training a rounded network to answer as the exact one does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from extractor.errors import UnreadableInputError
from extractor.text.ocr import NetworkName, at_detection_size
from extractor.training.text import pictures, rounding
from extractor.training.text.disturb import disturbed, papers
from extractor.training.text.graph import GraphNetwork, initializers, write_back
from extractor.training.text.halve import whole
from extractor.training.text.lines import target_of
from extractor.training.text.pool import CHUNK, HELD_OUT, CutLines, Drawing, LinePool, recaptured, seen

if TYPE_CHECKING:
    import onnx

#: Lines whose widths add up to this many pixels are a batch; pages are seen through this many windows of this size.
_BATCH_WIDTH, _WINDOWS, _WINDOW = 24_000, 8, 640
_CALIBRATING = 64
#: Share of batches that are of cut lines where there are drawn ones, too.
_CUT = 0.4
#: What the file says of itself, as its licence asks.
_NOTICE = {
    "licence": "Apache-2.0; copyright of the original weights: Baidu and the PaddleOCR authors",
    "changes": "trained further and rounded to 8 bits by extractor.training.text of id-document-extractor",
}
#: The feature-matching loss uses one in this many of the rounded tensors.
_POINT_EVERY = 4
_SURE = 0.9
#: Steps over which rates rise; seconds between two lines of the log.
_RISE, _TELL_EVERY = 50, 20


@dataclass(frozen=True)
class DistillPlan:
    """What is trained, how long (seconds), on what, and how fast weights and steps move."""

    network: NetworkName
    data: Path
    out: Path
    seconds: float
    seed: int = 0
    #: In steps of a weight, and in shares of a step.
    rate: float = 1e-3
    step_rate: float = 3e-4
    batch: float = 1.0
    #: What likeness within counts beside that of the answers.
    within: float = 1.0
    #: The state of an earlier run (`NETWORK.safetensors`) to go on from; its network is beside it.
    start: Path | None = None
    #: The network to answer like, where it is not the wheel's own: one that `reader` has trained from that one.
    teacher: Path | None = None
    #: What the recogniser's lines are drawn with, beside those of `data`.
    drawing: Drawing | None = None


class _Distillation:
    """A rounded network, its teacher, and its optimizer."""

    def __init__(
        self, plan: DistillPlan, task: _RecogniserTask | _DetectorTask, exact: onnx.ModelProto, device: torch.device
    ) -> None:
        self.plan, self.task, self.steps = plan, task, 0
        self.model = _load(plan.start) if plan.start else rounding.rounded(exact, task.calibration())
        self.teacher = GraphNetwork(exact).to(device).requires_grad_(False)
        self.student = GraphNetwork(self.model, initializers(exact)).to(device)
        if plan.start:
            self.student.load_state_dict(load_file(plan.start, device=str(device)))
        self.points = _points(self.teacher, self.student)
        groups = [
            {"params": list(self.student.weights.parameters()), "lr": plan.rate},
            {"params": list(self.student.steps.parameters()), "lr": plan.step_rate},
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.0, betas=(0.9, 0.99), fused=device.type == "cuda")
        self.rates = [group["lr"] for group in self.optimizer.param_groups]

    def step(self, done: float) -> torch.Tensor:
        """One step, `done` (0..1) of the way: rates rise over the first ones and fall to nothing at the end."""
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * min(1.0, (self.steps + 1) / _RISE, 1.0 - done)
        x = self.task.batch()
        last = self.student.nodes[-1].inputs[0]
        with torch.no_grad():
            wanted, inner = self.teacher.watched(x, self.points)
        _, own = self.student.watched(x, [*self.points, last])
        loss = self.task.distance(wanted, own[last])
        if self.plan.within:
            loss = loss + self.plan.within * _feature_loss(inner, own, self.points)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        self.steps += 1
        return loss.detach()

    def save(self) -> Path:
        """Writes the network, and beside it its state to go on from."""
        import onnx

        path = self.plan.out / f"{self.plan.network}.onnx"
        write_back(self.student, self.model)
        for key, value in _NOTICE.items():
            _set_property(self.model, key, value)
        onnx.save(self.model, path)
        save_file(self.student.state_dict(), path.with_suffix(".safetensors"))
        return path


def train(plan: DistillPlan, tell: Callable[[str], None]) -> Path:
    """Trains for the time planned; returns the file of the rounded network. Ctrl-C ends it sooner, and what was
    learned is kept. Raises UnreadableInputError for invalid data."""
    import onnx

    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    exact = whole(onnx.load(plan.teacher)) if plan.teacher else rounding.exact(plan.network)
    if plan.network == "detector":
        task: _RecogniserTask | _DetectorTask = _DetectorTask(plan, device, rng)
    else:
        task = _RecogniserTask(plan, rounding.alphabet(exact), device, rng)
    distillation = _Distillation(plan, task, exact, device)
    plan.out.mkdir(parents=True, exist_ok=True)
    tell(json.dumps({"seconds": 0, **task.check(distillation.teacher, distillation.student)}))
    started = reported = time.monotonic()
    with suppress(KeyboardInterrupt):
        while (now := time.monotonic()) < started + plan.seconds:
            loss = distillation.step((now - started) / plan.seconds)
            if now - reported > _TELL_EVERY:
                reported = now
                tell(
                    json.dumps(
                        {"seconds": round(now - started), "steps": distillation.steps, "loss": round(loss.item(), 5)}
                    )
                )
    path = distillation.save()
    task.close()
    checked = task.check(distillation.teacher, distillation.student)
    tell(json.dumps({"seconds": round(time.monotonic() - started), "steps": distillation.steps, **checked}))
    return path


def _points(teacher: GraphNetwork, student: GraphNetwork) -> dict[str, bool]:
    """Every few of the tensors that `student` rounds and `teacher` has, and whether only what is positive counts there
    (a Relu that became the rounding's lower end)."""
    has = {node.output for node in teacher.nodes}
    found = [node for node in student.nodes if node.kind == "QuantizeLinear" and node.inputs[0] in has]
    return {node.inputs[0]: not student.constants[node.inputs[2]] for node in found[::-_POINT_EVERY]}


def _feature_loss(
    wanted: dict[str, torch.Tensor], found: dict[str, torch.Tensor], points: dict[str, bool]
) -> torch.Tensor:
    """The mean share of variance by which tensors differ."""
    shares = []
    for name, positive in points.items():
        one, two = (wanted[name].relu(), found[name].relu()) if positive else (wanted[name], found[name])
        shares.append(functional.mse_loss(two, one) / one.var().clamp(min=1e-8))
    return torch.stack(shares).mean()


def _set_property(model: onnx.ModelProto, key: str, value: str) -> None:
    """Sets one of a model's properties, leaving the others (the recogniser's alphabet is one)."""
    found = next((each for each in model.metadata_props if each.key == key), None) or model.metadata_props.add()
    found.key, found.value = key, value


def _load(start: Path) -> onnx.ModelProto:
    """The network beside the state of an earlier run: its zero points are not part of the state."""
    import onnx

    path = start.with_suffix(".onnx")
    if not (start.is_file() and path.is_file()):
        raise UnreadableInputError("--start is the .safetensors file of an earlier run, with the .onnx file beside it")
    return onnx.load(path)


class _RecogniserTask:
    """The recogniser's task: lines cut out of drawn pages and, if there are fonts to draw with, drawn lines, which are
    disturbed more."""

    def __init__(
        self, plan: DistillPlan, alphabet: Sequence[str], device: torch.device, rng: np.random.Generator
    ) -> None:
        self.device, self.rng, self.width = device, rng, int(_BATCH_WIDTH * plan.batch)
        self.lines = CutLines(plan.data, device, rng)
        self.pool: LinePool | None = None
        if plan.drawing:
            self.strips = papers(plan.seed).to(device)
            self.pool = LinePool(replace(plan.drawing, target=target_of(alphabet)), device)
            self.pool.wait(CHUNK * 40)

    def calibration(self) -> list[np.ndarray]:
        """Inputs to calibrate on, (1, 3, 48, w) each."""
        return [line.cpu().numpy() for line in self.lines.some(_CALIBRATING)]

    def batch(self) -> torch.Tensor:
        """Lines of one width."""
        if self.pool is None or self.rng.random() < _CUT:
            return self.lines.batch(self.width)
        return disturbed(self.pool.batch(self.rng, self.width)[0], self.strips, float(self.rng.random()))

    def close(self) -> None:
        """Ends the processes that draw."""
        if self.pool:
            self.pool.close()

    def distance(self, wanted: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Kullback-Leibler distance of the characters' probabilities, a mean over frames."""
        apart = functional.kl_div(scores.log_softmax(-1), wanted.clamp(min=1e-12), reduction="none")
        return apart.sum(-1).mean()

    @torch.no_grad()
    def check(self, teacher: GraphNetwork, student: GraphNetwork) -> dict[str, float]:
        """Of the lines kept apart: how far the answers are from the teacher's, a mean over lines; and of those that the
        teacher reads surely, the share read otherwise."""
        sure = other = count = 0
        apart = 0.0
        for lines in self.lines.held_out.values():
            for some in lines.split(32):
                x = seen(some.to(self.device))
                wanted, found = teacher(x), student(x)
                count += len(some)
                apart += self.distance(wanted, found.clamp(min=1e-12).log()).item() * len(some)
                for one, two in zip(wanted, found, strict=True):
                    text, chances = _greedy(one)
                    if len(text) and float(chances.mean()) > _SURE:
                        sure += 1
                        other += not torch.equal(text, _greedy(two)[0])
        return {"distance": round(apart / count, 5), "sure": sure, "otherwise": round(other / max(1, sure), 4)}


def _greedy(probabilities: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    chances, best = probabilities.max(-1)
    before = torch.cat([best.new_full((1,), -1), best[:-1]])
    keep = (best != 0) & (best != before)
    return best[keep], chances[keep]


class _DetectorTask:
    """The detector's task."""

    def __init__(self, plan: DistillPlan, device: torch.device, rng: np.random.Generator) -> None:
        self.device, self.rng = device, rng
        self.count = max(1, int(_WINDOWS * plan.batch))
        pages, _ = pictures.read(plan.data)
        fitting = [at_detection_size(page) for page in pages]
        self.kept = [torch.from_numpy(page) for page in fitting[::HELD_OUT]]
        self.pages = [torch.from_numpy(page).to(device) for place, page in enumerate(fitting) if place % HELD_OUT]

    def calibration(self) -> list[np.ndarray]:
        """Inputs to calibrate on, (1, 3, h, w) each."""
        chosen = self.rng.permutation(len(self.pages))[: _CALIBRATING // 8]
        return [seen(self.pages[place][None].cpu()).numpy() for place in chosen]

    def _windows(self) -> Iterator[torch.Tensor]:
        for place in self.rng.integers(len(self.pages), size=self.count).tolist():
            page = self.pages[place]
            side = [min(_WINDOW, length // 32 * 32) for length in page.shape[:2]]
            top, left = (int(self.rng.integers(page.shape[axis] - side[axis] + 1)) for axis in (0, 1))
            window = page[top : top + side[0], left : left + side[1]]
            yield functional.pad(window, (0, 0, 0, _WINDOW - side[1], 0, _WINDOW - side[0]), value=127)

    def batch(self) -> torch.Tensor:
        """Windows of pages."""
        return recaptured(seen(torch.stack(list(self._windows()))), self.rng)

    def close(self) -> None:
        """Nothing is to be ended."""

    def distance(self, wanted: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Cross entropy with the teacher's map, less the least it can be; where there is text it counts more."""
        least = functional.binary_cross_entropy(wanted, wanted, reduction="none")
        apart = functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none") - least
        return (apart * (1 + 4 * (wanted > 0.05))).mean()

    @torch.no_grad()
    def check(self, teacher: GraphNetwork, student: GraphNetwork) -> dict[str, float]:
        """Of the pages kept apart: how far what both take for text agrees (intersection over union)."""
        both = either = 0
        for page in self.kept:
            x = seen(page[None].to(self.device))
            one, two = teacher(x) > 0.3, student(x) > 0.3
            both += int((one & two).sum())
            either += int((one | two).sum())
        return {"pages": len(self.kept), "overlap": round(both / max(1, either), 4)}
