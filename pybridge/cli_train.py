"""`xcheck train` and `xcheck tag`. Each imports what it needs by itself."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pybridge.errors import InputError
from pybridge.options import (
    INTERRUPTED,
    Hidden,
    JuliaExe,
    JuliaFile,
    OnlyFunctions,
    PythonFile,
    Scale,
    Seed,
    SideName,
    SkipUntagged,
    above_zero,
)

DONE, FAULTY = 0, 1


class OptimizerName(StrEnum):
    """What an update is."""

    ADAGRAD = "adagrad"
    SGD = "sgd"


class UnknownName(StrEnum):
    """What a word that the model has no row for becomes."""

    CLASSES = "classes"
    ONE = "one"


class FormatName(StrEnum):
    """How tagged sentences are printed."""

    TAGGED = "tagged"
    CONLLU = "conllu"


def train(
    sentences: Annotated[
        Path, typer.Argument(metavar="TRAIN", help="Tagged sentences: a file or a folder.")
    ],
    dev: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sentences that decide which epoch is kept; by default "
                     "a part of TRAIN is held back for it.", show_default=False),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sentences that are measured at the end; nothing is "
                     "chosen by them.", show_default=False),
    ] = None,
    side: Annotated[SideName, typer.Option(help="Who learns.")] = SideName.BOTH,
    hidden: Hidden = None,
    epochs: Annotated[int, typer.Option(min=1, help="At most so many epochs.")] = 10,
    patience: Annotated[
        int, typer.Option(min=0, help="Stop after so many epochs without a better accuracy on "
                          "dev; 0: never.")
    ] = 3,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of an update; 0.05 by default.", show_default=False)
    ] = None,
    optimizer: Annotated[
        OptimizerName | None,
        typer.Option(help="Adagrad by default.", show_default=False),
    ] = None,
    clip: Annotated[
        float | None,
        typer.Option(help="No entry of a gradient counts for more; 5 by default.",
                     show_default=False),
    ] = None,
    scale: Scale = None,
    min_count: Annotated[
        int | None,
        typer.Option(min=1, help="Words that come less often become <unk>; 2 by default.",
                     show_default=False),
    ] = None,
    unknown: Annotated[
        UnknownName | None,
        typer.Option(help="<unk> by ending, capital and digits, which is the default, or one "
                     "for all.", show_default=False),
    ] = None,
    lower: Annotated[
        bool | None,
        typer.Option("--lower/--no-lower", help="Whether words count as the same in capitals; "
                     "they do by default.", show_default=False),
    ] = None,
    hold_back: Annotated[
        float | None,
        typer.Option(help="Part of TRAIN that is held back where no --dev is; 0.1 by default, "
                     "0: none, and the last epoch is kept.", show_default=False),
    ] = None,
    seed: Seed = None,
    every: Annotated[
        int, typer.Option(min=1, max=1000, help="With both sides: updates between two comparisons.")
    ] = 100,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Write the model.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Go on where the run that saved this has ended."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the curves: a .png or an .svg.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON.")
    ] = None,
    julia_file: JuliaFile = None,
    python_file: PythonFile = None,
    julia_exe: JuliaExe = None,
    skip_untagged: SkipUntagged = False,
    only_functions: OnlyFunctions = False,
) -> None:  # fmt: skip
    """Train the tagger, on one side or on both in lockstep, and say how well it tags."""
    from pybridge.report import training
    from pybridge.train.prepare import Request
    from pybridge.train.session import Limits

    asked: dict[str, Any] = {
        "hidden": hidden,
        "learning_rate": above_zero("--learning-rate", learning_rate),
        "optimizer": optimizer and optimizer.value,
        "clip": above_zero("--clip", clip),
        "scale": above_zero("--scale", scale),
        "min_count": min_count,
        "unknown": unknown and unknown.value,
        "lower": lower,
        "hold_back": hold_back,
        "seed": seed,
    }
    if hold_back is not None and not 0 <= hold_back < 1:
        raise InputError(f"--hold-back {hold_back} is no part", "give a number from 0 to below 1")
    if save is not None and save.suffix != ".npz":
        raise InputError("a model is saved as .npz", "name it so for --save", file=save)
    sides = ("python", "julia") if side is SideName.BOTH else (side.value,)
    request = Request(
        train=sentences,
        dev=dev,
        test=test,
        sides=sides,
        settings={name: value for name, value in asked.items() if value is not None},
        limits=Limits(epochs, patience),
        every=every,
        resume=resume,
        julia=julia_file,
        python=python_file,
        julia_exe=julia_exe,
        only_functions=only_functions,
        skip_untagged=skip_untagged,
    )
    ended = training.run(request, training.Files(save, plot, json_file))
    if ended.broken:
        kept = f"the last good weights are in {save}" if save else "no --save was named for them"
        raise InputError(ended.broken, f"{kept}; train with a smaller --learning-rate")
    if ended.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(FAULTY if ended.fault else DONE)


def tag(
    model_file: Annotated[
        Path, typer.Argument(metavar="MODEL.npz", help="What `xcheck train --save` has written.")
    ],
    text: Annotated[
        str, typer.Argument(help="A sentence in quotes; or a file: .txt with a sentence a line, "
                            ".conllu, .tagged, .tsv.")
    ],
    form: Annotated[
        FormatName, typer.Option("--format", help="word/TAG, or CoNLL-U.")
    ] = FormatName.TAGGED,
    python_file: PythonFile = None,
) -> None:  # fmt: skip
    """Tag a sentence or a file with a trained model; unknown words are marked."""
    from pybridge.adapters.choose import PORT, choose
    from pybridge.configuration import DEFAULTS, Settings
    from pybridge.train import model_file as models
    from pybridge.train import tagging

    model = models.load(model_file)
    tagger = choose(None, python_file or PORT, Settings(DEFAULTS, {})).tagger
    found = tagging.tag(model, tagger, tagging.sentences_of(text))
    for sentence in found:
        shown = tagging.as_tagged if form is FormatName.TAGGED else tagging.as_conllu
        typer.echo(shown(sentence))
    if form is FormatName.TAGGED and any(any(sentence.unknown) for sentence in found):
        typer.echo(
            f"xcheck: {tagging.MARK} unknown: the word is not in the training part", err=True
        )
