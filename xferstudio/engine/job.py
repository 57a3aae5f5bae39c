"""One run from a project file to a run folder: an iterator of events that ends with `RunEnded`, whatever happens."""

from __future__ import annotations

import dataclasses
import logging
import platform
import queue
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from xferstudio import __version__, local_weights
from xferstudio.api import Backbone, Strategy, UserError, make_options
from xferstudio.data import (
    Catalog,
    Dataset,
    Target,
    Undecodable,
    decode,
    fold_of,
    needed_side,
    prepare,
    read_dataset,
    read_target,
)
from xferstudio.engine import adaptation
from xferstudio.engine import device as devices
from xferstudio.engine.checkpoint import Checkpoint, load_checkpoint, remove_checkpoint, save_checkpoint
from xferstudio.engine.control import Control
from xferstudio.engine.evaluate import expected_calibration_error, fit_temperature, metrics, softmax
from xferstudio.engine.feed import Images
from xferstudio.engine.kept import Keeper, Kept
from xferstudio.engine.model import WEIGHTS_FILE, build_network, normalise, save_weights, weights_hash
from xferstudio.engine.store import FeatureStore
from xferstudio.engine.trainer import Diverged, Halt, Trainer
from xferstudio.events import Event, Notice, Progress, Reason, RunEnded, RunStarted
from xferstudio.history import Predictions, RunFolder, all_runs, latest, name_lock, new_run_folder
from xferstudio.occupied import using
from xferstudio.plugins import Plugins, load_plugins
from xferstudio.project import Project, Run

log = logging.getLogger(__name__)
T = TypeVar("T")
# Validation images on which reduced precision is compared with float32; all where there are fewer.
COMPARED_IN_FLOAT32 = 16
# States of a run that go on where it was left.
RESUMABLE = ("interrupted", "new", "failed")


def run(
    project: Project,
    run: Run,
    *,
    plugins: Plugins | None = None,
    control: Control | None = None,
    device: str = "auto",
    fresh: bool = False,
    store: FeatureStore | None = None,
) -> Generator[Event, str | None, None]:
    """Do a run, resume it where it was interrupted, or say that it is finished.

    Words may be put into `control` or sent into the iterator (`events.send("stop")`). Not taking the next event
    pauses the run; closing the iterator interrupts it, resumable. Raises UserError only before the run begins
    (unknown ids, wrong options, another process on the same run); later every error ends as RunEnded("failed").
    """
    job = Job(
        project, run, plugins or load_plugins(), control or Control(), device, fresh, store or FeatureStore()
    )
    with ExitStack() as locks:
        locks.enter_context(name_lock(project, run.name))
        done = job.open_folder()
        if done is None:
            locks.enter_context(job.folder.lock())
            locks.enter_context(using(str(job.machine.device), project.folder, run.name))
            job.control.folder = job.folder
            done = yield from _carry_out(job)
    # Only now: whoever takes no event after the last one must not leave the run locked.
    yield done


def _carry_out(job: Job) -> Generator[Event, str | None, RunEnded]:
    """Every event but the last, which is returned, each written down before it is given away."""
    events = job.events()
    done = RunEnded("failed", "the run ended without a reason", str(job.folder.path))
    try:
        for event in events:
            if isinstance(event, RunEnded):
                done = event
            elif isinstance(event, Notice):
                job.told.append(event.text)
            try:
                job.folder.append(event)
            except UserError as error:  # the disk is full: what was saved before is still there
                if not isinstance(event, RunEnded):
                    done = RunEnded("failed", str(error), str(job.folder.path))
                break
            if event is done:
                break
            word = yield event
            if word:
                job.control.put(word)
    except GeneratorExit:
        job.save_if_possible()
        with suppress(UserError):
            job.folder.append(
                RunEnded("interrupted", "interrupted; run it again to go on", str(job.folder.path))
            )
        raise
    finally:
        with suppress(UserError):
            events.close()
    return done


class Job:
    """One run's facts and products; `events` does the work."""

    def __init__(
        self,
        project: Project,
        run: Run,
        plugins: Plugins,
        control: Control,
        device: str,
        fresh: bool,
        store: FeatureStore,
    ) -> None:
        self.project, self.run, self.control, self.fresh, self.store = project, run, control, fresh, store
        kind = plugins.strategy(run.strategy)
        try:
            self.options = make_options(kind.Options, run.options)
        except UserError as error:
            raise UserError(f"{project.file}, [runs.{run.name}.options]: {error}") from None
        self.strategy: Strategy = kind(self.options)
        self.plugins = plugins
        self.backbone: Backbone
        self.keeper: Keeper | None = None
        self.weights_file = ""
        wanted = device if device != "auto" else run.device
        self.machine = devices.choose(wanted, str(getattr(self.options, "precision", "auto")))
        self.folder: RunFolder
        self.resume_from: Checkpoint | None = None
        self.notices: list[str] = []
        self.told: list[str] = []
        self.trainer: Trainer | None = None
        self.fold = 0
        self.held_out: dict[int, np.ndarray] = {}
        self.target = np.empty(0, np.int64)
        self.target_left_out: dict[str, str] = {}
        self.started = time.perf_counter()
        self.seconds_before = 0.0

    # ---------------------------------------------------------------------------------- the run's folder

    def open_folder(self) -> RunEnded | None:
        """The folder to work in; or, for a run that is finished already, the event that says so."""
        before = None if self.fresh else latest(self.project, self.run.name)
        state = before.state if before is not None else ""
        if before is not None and (self._changed(before) or self._outgrown(before, state)):
            self.notices.append(
                f"the settings of the run {self.run.name} have changed since {before.path.name}, so it starts afresh"
            )
        elif before is not None:
            if state in ("finished", "stopped"):
                text = f"the run {self.run.name} is {state} already; --fresh starts it again"
                return RunEnded(state, text, str(before.path), 0.0, before.summary() or {})
            if state == "running":
                raise UserError(f"the run {self.run.name} is running in another process")
            if state in RESUMABLE:
                self._bind_backbone()
                self.folder = before
                self.resume_from = load_checkpoint(before.path)
                return None
        self._bind_backbone()
        self.folder = new_run_folder(self.project, self.run)
        return None

    def _bind_backbone(self) -> None:
        """Find the backbone, and see that local weights are those of before. Raises UserError."""
        known = self.run.weights or self._weights_of_before()
        id = local_weights.locate(self.project, self.run, known)
        self.weights_file = known or local_weights.contents(id, self.project.folder)
        self.backbone = self.plugins.backbone(id)
        if self.strategy.keeps_backbone and self.strategy.pretrained:
            self.keeper = Keeper(self.store, self.backbone)

    def _weights_of_before(self) -> str:
        """The hash of the local weights when a run of this project took them last."""
        if local_weights.split_id(self.run.backbone) is not None:
            for folder in reversed(all_runs(self.project)):
                with suppress(UserError):
                    facts = folder.read_run()
                    if facts.get("backbone") == self.run.backbone and facts.get("weights_file"):
                        return str(facts["weights_file"])
        return ""

    def _outgrown(self, folder: RunFolder, state: str) -> bool:
        """Whether what is there to go on from was left by an earlier version of the strategy, with fewer options."""
        if state not in RESUMABLE:
            return False
        facts = folder.read_run()
        now = {name for name, value in dataclasses.asdict(self.options).items() if value is not None}
        return "model" in facts and not now <= set(facts.get("options", {}))

    def _changed(self, folder: RunFolder) -> bool:
        try:
            facts = folder.read_run()
        except UserError:
            return True
        asked = (self.run.strategy, self.run.backbone, dataclasses.asdict(self.options))
        kind = type(self.strategy)
        try:
            then = dataclasses.asdict(make_options(kind.Options, dict(facts.get("options", {}))))
        except UserError:
            return True
        if "split" in facts and facts["split"] != dataclasses.asdict(self.project.split):
            return True
        return asked != (facts.get("strategy"), facts.get("backbone"), then)

    # --------------------------------------------------------------------------------------- the course

    def events(self) -> Generator[Event, None, None]:
        """All events of the run, the last one RunEnded."""
        reason: Reason
        try:
            yield from self._work()
            return
        except Halt as halt:
            if halt.word == "cancel":
                remove_checkpoint(self.folder.path)
                reason, text = "cancelled", "cancelled; nothing was kept"
            else:
                self.save_if_possible()
                reason = "interrupted"
                text = (
                    "interrupted; run it again to go on"
                    if halt.word == "interrupt"
                    else "stopped before anything was learned; run it again to go on"
                )
        except (UserError, Diverged) as error:
            reason, text = "failed", str(error)
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            reason = "failed"
            if devices.is_out_of_memory(error):
                text = f"out of memory ({first}); take a smaller backbone, or close other programs, and run it again"
            else:
                log.exception("the run %s failed", self.run.name)
                text = f"a fault of the program, {type(error).__name__}: {first}"
        yield RunEnded(reason, text, str(self.folder.path), round(self._seconds(), 2))

    def _work(self) -> Iterator[Event]:
        for text in self.notices:
            yield Notice(text)
        dataset = yield from self._read_data()
        catalog, left_out = dataset.catalog, dict(dataset.left_out)
        classes = catalog.classes
        labels = np.array(
            [classes.index(item.label) if item.label is not None else -1 for item in catalog.items]
        )
        by_split = {
            name: np.flatnonzero(np.array(dataset.splits) == name) for name in ("train", "val", "test")
        }
        self._check_data(labels, by_split, classes)
        target = yield from self._read_target()
        items = [*catalog.items, *target.items, *target.held_out]
        labels = np.concatenate([labels, np.full(len(items) - len(labels), -1)])
        images = Images(catalog.root, items, labels)
        first, count = len(catalog.items), len(target.items)
        self.target_left_out = target.left_out
        by_split["target"] = np.arange(first, first + count)
        # What the report is about: images set apart for it, or else all of the target.
        by_split["report"] = np.arange(first + count, len(items)) if target.held_out else by_split["target"]
        facts = self._facts(catalog, classes, target.fingerprint)
        self.folder.write_run(self._run_file(facts))
        numbers = self.resume_from.numbers if self.resume_from else {}
        yield RunStarted(
            run=self.run.name,
            strategy=self.run.strategy,
            backbone=self.run.backbone,
            device=self.machine.name,
            precision=self.machine.precision,
            classes=classes,
            counts=dataset.counts,
            epochs=sum(phase.epochs for phase in self.strategy.phases()),
            folder=str(self.folder.path),
            resumed_step=int(numbers.get("step", 0)),
        )
        self.target = by_split["target"]
        stopped = yield from self._train(images, by_split, classes)
        yield from self._conclude(catalog, images, by_split, left_out, facts, stopped)

    def _read_data(self) -> Generator[Event, None, Dataset]:
        dataset = yield from self._in_background(
            "looking through the images", lambda told: read_dataset(self.project, told)
        )
        if not dataset.catalog.items:
            source, found = self.project.data_path(), len(dataset.unused)
            excluded = sum(item.label is not None for item in dataset.unused)
            raise UserError(
                f"all images of {source} are excluded; take some of them back"
                if excluded
                else f"{source} holds {found} images but no classes; put the images of each class into a folder "
                "named after it, or give a table with the columns path and label"
            )
        yield from dataset.notices
        return dataset

    def _read_target(self) -> Generator[Event, None, Target]:
        """The images of the target domain, for a strategy that adapts; without labels."""
        nothing = Target((), {})
        if self.strategy.kind != "adapt":
            return nothing
        found = yield from self._in_background(
            "looking through the images of the target domain", lambda told: read_target(self.project, told)
        )
        if found is None:
            raise UserError(
                f"{self.run.strategy} carries a model to images of another domain, and the project names none; "
                f"name their folder: xferstudio target {self.project.folder} FOLDER"
            )
        return found

    def _in_background(
        self, task: str, work: Callable[[Callable[[int, int], None]], T]
    ) -> Generator[Event, None, T]:
        """Do work that reports by callback in a thread; its reports come out as Progress events."""
        reports: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        given_up = threading.Event()

        def report_of(done: int, total: int) -> None:
            if given_up.is_set():
                raise Halt("interrupt")  # ends the work in its own thread
            reports.put((done, total))

        result: list[T] = []
        trouble: list[BaseException] = []

        def target() -> None:
            try:
                result.append(work(report_of))
            except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
                trouble.append(error)
            finally:
                reports.put(None)

        thread = threading.Thread(target=target, name="xferstudio-background", daemon=True)
        thread.start()
        told = time.perf_counter()
        later: list[str] = []
        while (report := reports.get()) is not None:
            while (word := self.control.get()) is not None:
                if word in ("stop", "cancel", "interrupt"):
                    given_up.set()
                    raise Halt(word)
                later.append(word)  # a pause comes into force with the first step
            if time.perf_counter() - told > 0.25:
                told = time.perf_counter()
                yield Progress(task, report[0], report[1])
        thread.join()
        self.control.unread(later)
        if trouble:
            raise trouble[0]
        return result[0]

    def _check_data(
        self, labels: np.ndarray, by_split: Mapping[str, np.ndarray], classes: tuple[str, ...]
    ) -> None:
        present = np.unique(labels[by_split["train"]])
        if len(present) < 2:
            names = ", ".join(classes[i] for i in present) or "none"
            raise UserError(
                f"training needs images of at least two classes; with these data and this split there are {len(present)} "
                f"({names}). Put each class into a folder of its own, or make val and test smaller in [split]"
            )

    # ---------------------------------------------------------------------------------------- training

    def _train(
        self, images: Images, by_split: dict[str, np.ndarray], classes: tuple[str, ...]
    ) -> Generator[Event, None, bool]:
        """Train once, or once per fold and once on all; returns whether it was stopped early by the user."""
        folds = self.project.split.folds
        checkpoint = self.resume_from
        self._resume_facts(checkpoint)
        if checkpoint is not None and checkpoint.numbers.get("machine") != self._machine_in_words():
            yield Notice(
                f"interrupted on {checkpoint.numbers.get('machine')}, resumed on {self._machine_in_words()}: the run "
                "goes on from there, but not to the last digit as if it had never been interrupted",
                "warning",
            )
        if checkpoint is not None and "phase" not in checkpoint.numbers:  # saved between two folds
            checkpoint = None
        if not folds:
            return (yield from self._fit(images, by_split["train"], by_split["val"], classes, checkpoint))
        everything = by_split["train"]
        fold_by_place = np.array(
            fold_of([images.items[i] for i in everything], folds, self.project.split.seed)
        )
        for fold in range(self.fold, folds):
            self.fold = fold
            yield Notice(f"cross-validation: fold {fold + 1} of {folds}")
            held, rest = everything[fold_by_place == fold], everything[fold_by_place != fold]
            if (yield from self._fit(images, rest, held, classes, checkpoint)):
                # The model of this fold is kept, with the figure of the images that it did not learn from.
                by_split |= {"train": rest, "val": held}
                self.held_out = {}
                yield Notice(
                    f"stopped in fold {fold + 1} of {folds}: the model of this fold is kept, which has not seen the "
                    "images held out in it",
                    "warning",
                )
                return True
            checkpoint = None
            assert self.trainer is not None
            held = images.readable(held)
            logits = self.trainer.logits(held, exact=True)
            if fold == folds - 1:
                yield from self._compare_precision(images, held, logits)
            self.held_out |= dict(zip(held.tolist(), logits, strict=True))
            self.trainer, self.fold = None, fold + 1
            self._save(Checkpoint({}, {}, {}))
        yield Notice("cross-validation is done; now the final model is trained on all of these images")
        return (yield from self._fit(images, everything, everything[:0], classes, checkpoint))

    def _fit(
        self,
        images: Images,
        train: np.ndarray,
        val: np.ndarray,
        classes: tuple[str, ...],
        checkpoint: Checkpoint | None,
    ) -> Generator[Event, None, bool]:
        seed = int(getattr(self.options, "seed", 0))
        torch.manual_seed(seed)
        # A resumed run goes on with the weights of its checkpoint, whatever those of the backbone are by now.
        kept = self.keeper.take() if self.keeper is not None and checkpoint is None else None
        network = build_network(self.backbone, self.strategy, len(classes), kept)
        self.machine.seed(seed)  # whatever was drawn there while the backbone was built
        self.backbone_hash = kept.hash if kept is not None else weights_hash(network.backbone.state_dict())
        self.trainer = Trainer(
            network,
            type(self.strategy)(self.options),  # its own for each fold: a strategy may remember its network
            self.options,
            classes,
            images,
            train,
            val,
            self.backbone.preprocessing(),
            self.machine,
            self.store,
            self.control,
            self._save,
            self.run.backbone,
            self.target,
            compares_classes=self.fold == 0,
        )
        try:
            yield from self.trainer.fit(checkpoint)
        except Halt as halt:
            if halt.word == "stop" and self.trainer.keep_what_was_learned():
                return True
            raise
        return False

    def _save(self, checkpoint: Checkpoint) -> None:
        held = sorted(self.held_out)
        numbers = {
            **checkpoint.numbers,
            "fold": self.fold,
            "held_out": held,
            "seconds_before": self._seconds(),
            "fingerprint": self.fingerprint,
            "machine": self._machine_in_words(),
        }
        tensors = dict(checkpoint.tensors)
        if held:
            tensors["held_out"] = torch.from_numpy(np.stack([self.held_out[i] for i in held]))
        save_checkpoint(self.folder.path, Checkpoint(numbers, tensors, checkpoint.optimizer))

    def _resume_facts(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is None:
            return
        self.seconds_before = float(checkpoint.numbers.get("seconds_before", 0.0))
        self.fold = int(checkpoint.numbers.get("fold", 0))
        held = checkpoint.numbers.get("held_out", [])
        if held:
            self.held_out = dict(zip(held, checkpoint.tensors["held_out"].numpy(), strict=True))

    def save_if_possible(self) -> None:
        """A last checkpoint before leaving; a full disk must not hide why the run ended."""
        trainer = self.trainer
        try:
            if trainer is not None and trainer.at.step:
                trainer.context.reset_step()
                self._save(trainer.snapshot())
        except (UserError, AttributeError):
            log.exception("the last checkpoint could not be written")

    # ----------------------------------------------------------------------------------------- results

    def _conclude(
        self,
        catalog: Catalog,
        images: Images,
        by_split: dict[str, np.ndarray],
        left_out: dict[str, str],
        facts: dict[str, Any],
        stopped: bool,
    ) -> Iterator[Event]:
        """Calibrate on validation images, read the test split once, write everything down."""
        trainer = self.trainer
        assert trainer is not None and trainer.context.feed is not None
        classes, labels = catalog.classes, images.labels
        # After a stop in the middle of computing features, some of the validation images are missing as well.
        yield from trainer.context.feed.fill(
            trainer.val[:0], trainer.val, self._words_at_the_end, "evaluating the validation images"
        )
        if self.held_out:
            val = np.array(sorted(self.held_out))
            val_logits = np.stack([self.held_out[int(i)] for i in val])
        else:
            val = images.readable(trainer.val)
            val_logits = trainer.logits(val, exact=True)
            yield from self._compare_precision(images, val, val_logits)
        temperature = fit_temperature(val_logits, labels[val]) if len(val) else 1.0
        metadata = {**facts, "temperature": temperature, "weights_hash": self.backbone_hash}
        yield from trainer.context.feed.fill(
            by_split["test"][:0], by_split["test"], self._words_at_the_end, "evaluating the test images"
        )
        test = images.readable(by_split["test"])
        test_logits = trainer.logits(test, exact=True)
        saver = ThreadPoolExecutor(1, "xferstudio-saving")
        saving = saver.submit(self._save_weights, metadata)
        saver.shutdown(wait=False)
        summary: dict[str, Any] = {}
        for name, indices, logits in (("val", val, val_logits), ("test", test, test_logits)):
            groups = [images.items[i].group or images.items[i].hash for i in indices]
            grouped = groups if any(images.items[i].group for i in indices) else None
            if not len(indices):
                summary[name] = metrics(labels[indices], softmax(logits), classes)
                continue
            summary[name] = metrics(labels[indices], softmax(logits, temperature), classes, groups=grouped)
            before = softmax(logits)
            hits = before.argmax(1) == labels[indices]
            summary[name]["ece_before_calibration"] = expected_calibration_error(before.max(1), hits)
        summary |= yield from self._conclude_target(images, by_split, classes, val, temperature)
        sources = {item.path for item in catalog.items}
        for path, why in images.unreadable.items():
            if path in sources:
                left_out[path] = why
        final = {
            "train": images.readable(by_split["train"]),
            "val": images.readable(by_split["val"]),
            "test": test,
        }
        if self.held_out:
            summary["val"]["cross_validated"] = True
        self._write_predictions(
            images, classes, {"val": (val, val_logits), "test": (test, test_logits)}, temperature
        )
        computed, took = trainer.context.feed.computed, trainer.context.feed.seconds
        trained = (
            trainer.at.trained_images / trainer.at.trained_seconds if trainer.at.trained_seconds else 0.0
        )
        summary = {
            "reason": "stopped" if stopped else "finished",
            "run": self.run.name,
            "strategy": self.run.strategy,
            "backbone": self.run.backbone,
            "device": self.machine.name,
            "precision": self.machine.precision,
            "seed": int(getattr(self.options, "seed", 0)),
            "seconds": round(self._seconds(), 3),
            "images_per_second": round(trained or (computed / took if took else 0.0), 1),
            "counts": _counts(catalog, final, left_out, sources & images.unreadable.keys()),
            "left_out": [{"path": path, "reason": why} for path, why in sorted(left_out.items())],
            "conflicts": [list(paths) for _, paths in catalog.conflicts],
            "classes": list(classes),
            "epochs": trainer.at.epoch,
            "steps": trainer.at.step,
            "best_epoch": trainer.at.best_epoch,
            "stopped_early": trainer.at.early,
            "temperature": temperature,
            "data_fingerprint": self.fingerprint,
            "notices": list(dict.fromkeys(self.told)),
            **summary,
        }
        saving.result()
        self.folder.write_summary(summary)
        remove_checkpoint(self.folder.path)
        self.store.trim()  # now that nothing of this run is needed any more
        reason: Reason = "stopped" if stopped else "finished"
        text = "stopped early; what was learned is kept" if stopped else ""
        yield RunEnded(reason, text, str(self.folder.path), summary["seconds"], summary)

    def _conclude_target(
        self,
        images: Images,
        by_split: Mapping[str, np.ndarray],
        classes: tuple[str, ...],
        val: np.ndarray,
        temperature: float,
    ) -> Generator[Event, None, dict[str, Any]]:
        """Answer for the target's images, write that down, and only then ask for the report by their labels."""
        trainer = self.trainer
        assert trainer is not None and trainer.context.feed is not None
        if not len(by_split["target"]):
            return {}
        yield from trainer.context.feed.fill(
            by_split["report"][:0], by_split["report"], self._words_at_the_end, "evaluating the target images"
        )
        chosen = images.readable(by_split["report"])
        probabilities = softmax(trainer.logits(chosen, exact=True), temperature)
        items = [images.items[i] for i in chosen]
        self.folder.write_target_predictions(
            Predictions(
                paths=[item.path for item in items],
                hashes=[item.hash for item in items],
                groups=[""] * len(items),
                splits=["target"] * len(items),
                labels=[""] * len(items),
                predicted=[classes[i] for i in probabilities.argmax(1)],
                probabilities=probabilities,
                classes=classes,
            )
        )
        seen, logits = trainer.outputs(val)
        outputs = trainer.judged(seen.numpy(), logits.numpy())
        adaptation.save_outputs(self.folder, outputs)
        told = yield from adaptation.conclude(
            self.project,
            self.folder,
            self.run,
            dataclasses.asdict(self.options),
            self.fingerprint,
            outputs,
        )
        shares = np.bincount(probabilities.argmax(1), minlength=len(classes)) / max(1, len(chosen))
        left_out = self.target_left_out | {
            path: why for path, why in images.unreadable.items() if Path(path).is_absolute()
        }
        told |= {
            "n": len(chosen),
            "left_out": [{"path": path, "reason": why} for path, why in sorted(left_out.items())],
            "shares": dict(zip(classes, (round(float(share), 4) for share in shares), strict=True)),
            "agreement": trainer.selection.agreement,
        }
        return {"target": told}

    def _save_weights(self, metadata: Mapping[str, Any]) -> None:
        """Write what was learned; and keep the backbone for the next run, if it was built for this one."""
        trainer = self.trainer
        assert trainer is not None and trainer.context.feed is not None
        network, feed = trainer.network, trainer.context.feed
        # Modules that a strategy added for its loss (a domain classifier, say) end with the training.
        learned = {
            name: tensor
            for name, tensor in network.state_dict().items()
            if name.startswith(("backbone.", "head."))
        }
        if isinstance(network.backbone, Kept):
            network.backbone.check()
        save_weights(self.folder.path / WEIGHTS_FILE, learned, metadata)
        if self.keeper is not None and feed.cut.is_whole and self.resume_from is None:
            self.keeper.put(network.backbone, network.feature_width, self.backbone_hash, feed.prefix)

    def _words_at_the_end(self) -> Iterator[Event]:
        assert self.trainer is not None
        try:
            yield from self.trainer.poll()
        except Halt as halt:
            if halt.word != "stop":  # what was learned is being kept already
                raise

    def _compare_precision(self, images: Images, val: np.ndarray, logits: np.ndarray) -> Iterator[Event]:
        """Reduced precision must not cost accuracy: say how many predictions float32 throughout would change.

        Measured once for what is in the feature store; runs that only read it later say what was found then.
        """
        trainer = self.trainer
        assert trainer is not None and trainer.context.feed is not None
        feed, precision = trainer.context.feed, self.machine.precision
        if precision == "float32":
            return
        if feed.cut.is_empty:
            yield Notice(f"trained in {precision}, evaluated in float32")
            return
        known = feed.compared()
        if known is not None and not feed.computed:
            changed, checked = known
            yield Notice(
                f"computed in {precision}; when these features were computed, float32 throughout would have changed "
                f"{changed} of {checked} validation predictions",
                "warning" if changed > 1 else "info",
            )
            return
        if not len(val):
            return
        number = min(COMPARED_IN_FLOAT32, len(val))
        chosen = np.unique(np.linspace(0, len(val) - 1, number).astype(int))
        files = [images.file(int(index)) for index in val[chosen]]
        try:
            prepared = np.stack([prepare(decode(file, needed_side(feed.how)), feed.how) for file in files])
        except (Undecodable, OSError):  # the files have changed or gone since
            return
        trainer.network.eval()
        with torch.inference_mode():
            batch = normalise(torch.from_numpy(prepared).to(self.machine.device), feed.how)
            exact = trainer.network(batch).float().cpu().numpy()
        changed = int((exact.argmax(1) != logits[chosen].argmax(1)).sum())
        feed.remember_compared(changed, len(chosen))
        yield Notice(
            f"computed in {precision}; float32 throughout would change {changed} of {len(chosen)} "
            "validation predictions that were checked",
            "warning" if changed > 1 else "info",
        )

    def _write_predictions(
        self,
        images: Images,
        classes: tuple[str, ...],
        results: dict[str, tuple[np.ndarray, np.ndarray]],
        temperature: float,
    ) -> None:
        indices = np.concatenate([indices for indices, _ in results.values()])
        probabilities = softmax(np.concatenate([logits for _, logits in results.values()]), temperature)
        items = [images.items[i] for i in indices]
        self.folder.write_predictions(
            Predictions(
                paths=[item.path for item in items],
                hashes=[item.hash for item in items],
                groups=[item.group or "" for item in items],
                splits=[name for name, (rows, _) in results.items() for _ in rows],
                labels=[classes[images.labels[i]] for i in indices],
                predicted=[classes[i] for i in probabilities.argmax(1)],
                probabilities=probabilities,
                classes=classes,
            )
        )

    # ------------------------------------------------------------------------------------------- facts

    def _facts(self, catalog: Catalog, classes: tuple[str, ...], target: str) -> dict[str, Any]:
        """What travels with the weights, enough to use them anywhere. `target`: what the target's images are known by."""
        self.fingerprint = catalog.fingerprint + (f"+{target}" if target else "")
        if self.resume_from is not None and self.resume_from.numbers.get("fingerprint") != self.fingerprint:
            raise UserError(
                f"the images have changed since the run {self.run.name} was interrupted, so it cannot be resumed exactly; "
                "start it again with --fresh"
            )
        return {
            "schema": 1,
            "run": self.run.name,
            "strategy": self.run.strategy,
            "options": dataclasses.asdict(self.options),
            "backbone": self.run.backbone,
            "architecture": self.backbone.architecture,
            "classes": list(classes),
            "preprocessing": self.backbone.preprocessing().to_dict(),
            "temperature": 1.0,
            "data_fingerprint": self.fingerprint,
            "versions": versions(),
        }

    def _run_file(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": self.run.name,
            "strategy": self.run.strategy,
            "backbone": self.run.backbone,
            **({"weights_file": self.weights_file} if self.weights_file else {}),
            "device": self.run.device,
            "options": facts["options"],
            "model": {name: facts[name] for name in ("architecture", "classes", "preprocessing")},
            "data": {"source": str(self.project.data.source), "fingerprint": facts["data_fingerprint"]},
            "split": dataclasses.asdict(self.project.split),
            "versions": facts["versions"],
        }

    def _machine_in_words(self) -> str:
        return f"{self.machine.device.type} in {self.machine.precision}"

    def _seconds(self) -> float:
        return self.seconds_before + time.perf_counter() - self.started


def _counts(
    catalog: Catalog,
    by_split: Mapping[str, np.ndarray],
    left_out: Mapping[str, str],
    unreadable: Collection[str],
) -> dict[str, int]:
    """found = used + left_out, and used = train + val + test."""
    sizes = {name: len(indices) for name, indices in by_split.items()}
    used = len(catalog.items) - len(unreadable)
    return {"found": used + len(left_out), "used": used, "left_out": len(left_out), **sizes}


def versions() -> dict[str, str]:
    """Of this program and of what computes for it."""
    found = {"xferstudio": __version__, "python": platform.python_version()}
    for name in ("torch", "timm", "numpy", "pillow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
