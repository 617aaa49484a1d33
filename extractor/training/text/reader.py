"""Training the recognisers on drawn lines, by CTC: PP-OCRv6's own, and the same with an alphabet of other scripts.

    python -m extractor.training.text.reader start --out start.onnx
    python -m extractor.training.text.reader train --start start.onnx --words words.json --fonts fonts/ --out runs
    python -m extractor.training.text.reader start --alphabet own --out own.onnx
    python -m extractor.training.text.reader train --start own.onnx --cut lines.zip ... --rate 3e-4

Processes draw lines (`lines`) into a pool on the GPU while the network learns from it; every time a line is seen it is
on other paper and through another camera (`disturb`). For other scripts frames are four pixels apart instead of eight:
Thai, Arabic and Hangul by its letters have more characters than frames otherwise. With PP-OCRv6's own alphabet Latin
lines are learned; of other scripts, and of lines with ideographs (`--cut`: what `extractor.training.text draw` writes),
the network is held to what it said before. All by the clock: the rate falls with the time that is left.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from extractor.ending import above_zero, between
from extractor.text.writing import CHARACTERS
from extractor.training.text import lines, rounding
from extractor.training.text.disturb import disturbed, papers
from extractor.training.text.graph import GraphNetwork
from extractor.training.text.halve import whole
from extractor.training.text.pool import CHUNK, CutLines, Drawing, LinePool

if TYPE_CHECKING:
    import onnx

#: Steps over which rates rise; seconds between two lines of the log, and between two savings.
_RISE, _TELL_EVERY, _SAVE_EVERY = 120, 15, 60
#: What a frame's distance from the answer before counts beside the loss of a character.
_AS_BEFORE = 3.0
#: Share of steps on cut lines.
_CUT = 0.15


#: Edits and characters by script.
Counts = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class ReaderPlan:
    """What is trained, on what, and how long. `begin` and `end` (0..1) say which part of the whole schedule this
    run is."""

    start: Path
    words: Path
    fonts: Path
    out: Path
    seconds: float
    begin: float = 0.0
    end: float = 1.0
    workers: int = 2
    #: What is not to change is read as this network does: that of the first run, where this one goes on.
    before: Path | None = None
    #: Lines that the product cut out of drawn pages, of which those with ideographs are to be read as before.
    cut: Path | None = None
    #: Adam's rates of what is known and of the output layer.
    rate: float = 6e-4
    head_rate: float = 2e-3
    #: Pixels of width in a batch, and in the pool.
    batch: int = 160_000
    pool: float = 60e9
    seed: int = 0


# The network to begin with


def started() -> onnx.ModelProto:
    """PP-OCRv6's recogniser with frames of four pixels and this repository's alphabet: rows of characters that both
    know are kept, the others are small and random."""
    from onnx import numpy_helper

    model = own()
    old = {character: place for place, character in enumerate(("", *rounding.alphabet(model)))}
    for node in model.graph.node:
        if node.op_type == "AveragePool":
            for attribute in node.attribute:
                if attribute.name == "strides":
                    attribute.ints[:] = [3, 1]
    *_, product, addition, _ = model.graph.node
    constants = {each.name: each for each in model.graph.initializer}
    rng = np.random.default_rng(0)
    weight, bias = (numpy_helper.to_array(constants[node.input[1]]) for node in (product, addition))
    new = (rng.normal(0, 0.5, (len(weight), len(CHARACTERS) + 1)) * weight.std()).astype(np.float32)
    new_bias = np.full(len(CHARACTERS) + 1, float(np.median(bias)), np.float32)
    for place, character in enumerate(("", *CHARACTERS)):
        if character in old:
            new[:, place], new_bias[place] = weight[:, old[character]], bias[old[character]]
    for node, value in ((product, new), (addition, new_bias)):
        constants[node.input[1]].CopyFrom(numpy_helper.from_array(value, node.input[1]))
    for shown in (*model.graph.output, *model.graph.value_info):
        for dim in shown.type.tensor_type.shape.dim:
            if dim.dim_value == len(old):
                dim.dim_value = len(CHARACTERS) + 1
    for key in [each for each in model.metadata_props if each.key == "character"]:
        key.value = "\n".join(CHARACTERS[:-1])
    return model


def own() -> onnx.ModelProto:
    """PP-OCRv6's recogniser as the wheel has it, its alphabet beside it."""
    import onnx

    model = rounding.exact("recogniser")
    listed = next(each for each in onnx.load(rounding.original("recogniser")).metadata_props if each.key == "character")
    del model.metadata_props[:]
    model.metadata_props.append(listed)
    return model


def mixed(one: onnx.ModelProto, two: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """Between two networks of one shape: `share` (0..1) of the weights of `two`, the rest of `one`, which is changed.
    What a trained network forgot comes back sooner than what it learned goes (Wortsman et al., 2022)."""
    from onnx import numpy_helper

    others = {each.name: numpy_helper.to_array(each) for each in two.graph.initializer}
    for each in one.graph.initializer:
        values = numpy_helper.to_array(each)
        if values.dtype == np.float32:
            weights = ((1 - share) * values + share * others[each.name]).astype(np.float32)
            each.CopyFrom(numpy_helper.from_array(weights, each.name))
    return one


# Learning


class Trainer:
    """The network, the pool it learns from, and what moves it."""

    def __init__(self, plan: ReaderPlan) -> None:
        import onnx

        self.plan = plan
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = whole(onnx.load(plan.start))
        self.target = lines.target_of(rounding.alphabet(self.model))
        drawing = Drawing(plan.words, plan.fonts, plan.workers, f"{plan.seed} {plan.begin}", plan.pool, self.target)
        self.pool = LinePool(drawing, self.device)
        self.strips = papers(plan.seed).to(self.device)
        self.rng = np.random.default_rng([plan.seed, int(plan.begin * 1000)])
        self.network = _scoring(GraphNetwork(self.model, plain=True)).to(self.device)
        before = whole(onnx.load(plan.before)) if plan.before else self.model
        self.before = _scoring(GraphNetwork(before, plain=True)).to(self.device).requires_grad_(requires_grad=False)
        self.cut = CutLines(plan.cut, self.device, self.rng) if plan.cut else None
        if self.cut:
            self.cut.keep(self._has_ideographs)
        self.steps, self.started = 0, time.monotonic()
        self.layout = torch.contiguous_format

    def tell(self, **found: Any) -> None:
        line = json.dumps({"seconds": round(time.monotonic() - self.started, 1), **found})
        print(line, flush=True)  # noqa: T201
        with (self.plan.out / "log.jsonl").open("a") as log:
            log.write(line + "\n")

    def run(self) -> None:
        """Learns for the planned time; saves as it goes."""
        self.plan.out.mkdir(parents=True, exist_ok=True)
        sys.setswitchinterval(0.0005)  # kernels are launched while lines come in
        self.tell(device=str(self.device), classes=len(self.target.characters) + 1, workers=self.plan.workers)
        self.pool.wait(CHUNK * 40)
        self.tell(drawn=self.pool.drawn)
        self.learn()
        self.save("reader.onnx")
        self.pool.close()

    def picture(self, masks: torch.Tensor, done: float) -> torch.Tensor:
        with torch.no_grad():
            return disturbed(masks, self.strips, min(1.0, 0.5 + 3 * done)).contiguous(memory_format=self.layout)

    def scores(self, network: GraphNetwork, x: torch.Tensor) -> torch.Tensor:
        cuda = self.device.type == "cuda"
        with torch.autocast("cuda", torch.bfloat16) if cuda else nullcontext():
            return network(x).float()

    def learn(self) -> None:
        """The main part: all weights, in brain floats."""
        head = {self.model.graph.node[place].input[1].replace(".", "@") for place in (-3, -2)}
        named = list(self.network.weights.items())
        groups = [
            {"params": [value for name, value in named if (name in head) == new], "lr": rate}
            for new, rate in ((False, self.plan.rate), (True, self.plan.head_rate))
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=self.device.type == "cuda")
        begun = reported = saved = time.monotonic()
        done = self.plan.begin
        if self.device.type == "cuda":
            self._choose_layout()
            begun = time.monotonic()
        while (now := time.monotonic()) < begun + self.plan.seconds:
            done = self.plan.begin + (self.plan.end - self.plan.begin) * (now - begun) / self.plan.seconds
            factor = min(1.0, (self.steps + 1) / _RISE) * max(0.01, 0.5 * (1 + math.cos(math.pi * done)))
            for group, rate in zip(optimizer.param_groups, (self.plan.rate, self.plan.head_rate), strict=True):
                group["lr"] = rate * factor
            loss, counts = self.loss(done)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
            optimizer.step()
            self.steps += 1
            if now - reported > _TELL_EVERY:
                self.tell(
                    steps=self.steps, done=round(done, 3), loss=round(loss.item(), 4), drawn=self.pool.drawn,
                    errors={script: round(edits / count, 3) for script, (edits, count) in sorted(counts().items())},
                )  # fmt: skip
                reported = now
            if now - saved > _SAVE_EVERY:
                self.save("reader.onnx")
                saved = time.monotonic()
        self.tell(steps=self.steps, done=round(done, 3), **self.check(self.network))

    def loss(self, done: float) -> tuple[torch.Tensor, Callable[[], Counts]]:
        """The loss of one batch, and what counts its mistakes by script."""
        if self.cut and self.rng.random() < _CUT:
            x = self.cut.batch(self.plan.batch).contiguous(memory_format=self.layout)
            return _AS_BEFORE * self._change(x, self.scores(self.network, x)).mean(), dict
        masks, labels, lengths, scripts = self.pool.batch(self.rng, self.plan.batch)
        x = self.picture(masks, done)
        scores, labelled = self.scores(self.network, x), torch.from_numpy(lengths > 0).to(self.device)
        # Masked, not indexed: with a new batch size every step the GPU was three times as slow for minutes.
        loss = (_ctc(scores, labels, lengths) * labelled).mean()
        if not labelled.all():
            loss = loss + _AS_BEFORE * (self._change(x, scores) * ~labelled).mean()
        return loss, partial(self.counts, scores.detach(), labels, lengths, scripts, 160)

    def _change(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """How far `scores` are from what the network said of `x` before training: (B,), Kullback and Leibler's
        divergence, a mean over frames."""
        with torch.no_grad():
            wanted = self.scores(self.before, x).log_softmax(-1)
        apart = functional.kl_div(scores.log_softmax(-1), wanted, reduction="none", log_target=True)
        return apart.sum(-1).mean(-1)

    def _has_ideographs(self, x: torch.Tensor) -> torch.Tensor:
        """Which of the lines `x` (B, 3, 48, w) hold ideographs or kana, as the network read them before."""
        characters = ("", *self.target.characters)
        kinds = [
            unicodedata.name(c, "?").split()[0] in ("CJK", "HIRAGANA", "KATAKANA") if c else False for c in characters
        ]
        return torch.tensor(kinds, device=self.device)[self.scores(self.before, x).argmax(-1)].any(-1)

    def _choose_layout(self) -> None:
        """The order of channels in memory in which a step is quicker: which one, depends on the library's version."""
        spent = {}
        for layout in (torch.contiguous_format, torch.channels_last):
            self.layout = layout
            masks = torch.zeros((256, lines.HEIGHT, 432), dtype=torch.uint8, device=self.device)
            x = self.picture(masks, 0.0)
            for turn in range(4):
                if turn == 1:
                    torch.cuda.synchronize()
                    began = time.monotonic()
                self.scores(self.network, x).square().mean().backward()
            torch.cuda.synchronize()
            spent[layout] = (time.monotonic() - began) / 3
            self.network.zero_grad(set_to_none=True)
        self.layout = min(spent, key=lambda one: spent[one])
        self.tell(step_seconds={str(layout): round(value, 4) for layout, value in spent.items()})

    @torch.no_grad()
    def check(self, network: GraphNetwork) -> dict[str, Any]:
        """Character error rates over some batches, greedily read, by script."""
        wrong: dict[str, list[float]] = defaultdict(lambda: [0.0, 1e-9])
        for _ in range(8 if self.device.type == "cuda" else 2):
            masks, labels, lengths, scripts = self.pool.batch(self.rng, self.plan.batch)
            scores = self.scores(network, self.picture(masks[:256], 1.0))
            for script, (edits, count) in self.counts(scores, labels, lengths, scripts, 256).items():
                wrong[script][0] += edits
                wrong[script][1] += count
        return {"checked": {script: round(edits / count, 4) for script, (edits, count) in sorted(wrong.items())}}

    def counts(
        self, scores: torch.Tensor, labels: np.ndarray, lengths: np.ndarray, scripts: np.ndarray, most: int
    ) -> Counts:
        """Edits and characters by script, of the first `most` lines."""
        best = scores[:most].argmax(-1).cpu().numpy()
        names = list(self.target.shares)
        found: Counts = defaultdict(lambda: (0.0, 0.0))
        for path, label, length, script in zip(best, labels, lengths, scripts, strict=False):
            if length:
                read = path[(path != 0) & (path != np.r_[-1, path[:-1]])]
                edits, count = found[names[script]]
                edits += _distance(read.tolist(), label[:length].tolist())
                found[names[script]] = (edits, count + length)
        return dict(found)

    def save(self, name: str) -> None:
        """Writes the network; a file that is half written never takes the place of a whole one."""
        import onnx
        from onnx import numpy_helper

        for each in self.model.graph.initializer:
            key = each.name.replace(".", "@")
            if key in self.network.weights:
                value = self.network.weights[key].detach().cpu().contiguous().numpy()
                each.CopyFrom(numpy_helper.from_array(value, each.name))
        path = self.plan.out / name
        onnx.save(self.model, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)


def _scoring(network: GraphNetwork) -> GraphNetwork:
    """`network` without its last step: scores instead of probabilities."""
    last = network.nodes.pop()
    network.output = last.inputs[0]
    return network


def _ctc(scores: torch.Tensor, labels: np.ndarray, lengths: np.ndarray) -> torch.Tensor:
    """Connectionist temporal classification (Graves et al., 2006): of each line (B,), a mean over its characters.
    `scores` (B, T, classes)."""
    chances = scores.log_softmax(-1).transpose(0, 1)
    frames = torch.full((scores.shape[0],), scores.shape[1], dtype=torch.long)
    targets = torch.from_numpy(labels[:, : max(1, int(lengths.max()))].astype(np.int64)).to(scores.device)
    own = torch.from_numpy(lengths.astype(np.int64))
    lost = functional.ctc_loss(chances, targets, frames, own, reduction="none", zero_infinity=True)
    return lost / own.clamp(min=1).to(lost.device)


def _distance(one: Sequence[int], two: Sequence[int]) -> int:
    """Levenshtein's distance; the machine that trains need not have a library for it."""
    row = list(range(len(two) + 1))
    for place, a in enumerate(one, 1):
        before, row[0] = row[0], place
        for column, b in enumerate(two, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (a != b))
    return row[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser("python -m extractor.training.text.reader", description=__doc__.split("\n")[0])
    tasks = parser.add_subparsers(required=True, dest="task", metavar="COMMAND")
    start = tasks.add_parser("start", help="write the network to begin with")
    start.add_argument("--out", type=Path, required=True)
    start.add_argument(
        "--alphabet", choices=("scripts", "own"), default="scripts",
        help="PP-OCRv6's recogniser with the alphabet of other scripts, or with its own (%(default)s)",
    )  # fmt: skip
    mix = tasks.add_parser("mix", help="write a network between two")
    for name in ("one", "two"):
        mix.add_argument(name, type=Path)
    mix.add_argument("--share", type=between(0, 1), default=0.5, help="of the second's weights, 0 to 1 (%(default)s)")
    mix.add_argument("--out", type=Path, required=True)
    train = tasks.add_parser("train", help="train it")
    for name in ("start", "words", "fonts", "out"):
        train.add_argument(f"--{name}", type=Path, required=True)
    train.add_argument("--seconds", type=above_zero, default=480)
    train.add_argument("--begin", type=between(0, 1), default=0.0, help="how much of the whole schedule is done (0..1)")
    train.add_argument("--end", type=between(0, 1), default=1.0)
    train.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    train.add_argument("--cut", type=Path, help="lines of drawn pages; those with ideographs are to be read as before")
    train.add_argument("--before", type=Path, help="read as this network (the one that the first run began with)")
    train.add_argument("--rate", type=above_zero, default=6e-4, help="Adam's rate (%(default)s)")
    train.add_argument("--head-rate", type=above_zero, default=2e-3, help="and of the output layer (%(default)s)")
    train.add_argument("--batch", type=int, default=160_000, help="pixels of width in a batch (%(default)s)")
    train.add_argument("--pool", type=above_zero, default=60e9, help="bytes of drawn lines that are kept (%(default)s)")
    train.add_argument("--seed", type=int, default=0)
    options = vars(parser.parse_args(arguments))
    import onnx

    task = options.pop("task")
    if task == "start":
        onnx.save(started() if options["alphabet"] == "scripts" else own(), options["out"])
    elif task == "mix":
        one, two = (whole(onnx.load(options[name])) for name in ("one", "two"))
        onnx.save(mixed(one, two, options["share"]), options["out"])
    else:
        Trainer(ReaderPlan(**options)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
