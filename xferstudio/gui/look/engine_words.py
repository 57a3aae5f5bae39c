"""Texts of the engine and of the first-party plugins, listed so that they are translated with the window's own."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP

from xferstudio.gui.look.adapt_words import ADAPT_PATTERNS, ADAPT_TEXTS

TEXTS = (
    *ADAPT_TEXTS,
    # Strategies.
    QT_TRANSLATE_NOOP("Engine", "Extract features"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Keeps the pretrained network as it is and learns only a small classifier on what it sees. Fast, "
        "hard to overfit: start here, and stay here with fewer than about 200 images.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Fine-tune"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Fits the classifier first, then lets the last layers adjust gently to your images. Take it with "
        "a few hundred images or more, when extracting features is not good enough.",
    ),
    QT_TRANSLATE_NOOP("Engine", "From scratch (baseline)"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Trains the same network without its pretrained weights. Not meant to win: it shows whether "
        "transfer helped at all.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Linear probe, then fine-tune"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Trains the classifier on the frozen network, then lets the last stages adjust too.",
    ),
    # Names of options.
    QT_TRANSLATE_NOOP("Engine", "head"),
    QT_TRANSLATE_NOOP("Engine", "strength"),
    QT_TRANSLATE_NOOP("Engine", "folds"),
    QT_TRANSLATE_NOOP("Engine", "neighbours"),
    QT_TRANSLATE_NOOP("Engine", "hidden"),
    QT_TRANSLATE_NOOP("Engine", "dropout"),
    QT_TRANSLATE_NOOP("Engine", "epochs"),
    QT_TRANSLATE_NOOP("Engine", "batch size"),
    QT_TRANSLATE_NOOP("Engine", "epoch steps"),
    QT_TRANSLATE_NOOP("Engine", "learning rate"),
    QT_TRANSLATE_NOOP("Engine", "weight decay"),
    QT_TRANSLATE_NOOP("Engine", "seed"),
    QT_TRANSLATE_NOOP("Engine", "views"),
    QT_TRANSLATE_NOOP("Engine", "augment"),
    QT_TRANSLATE_NOOP("Engine", "balance"),
    QT_TRANSLATE_NOOP("Engine", "precision"),
    QT_TRANSLATE_NOOP("Engine", "optimizer"),
    QT_TRANSLATE_NOOP("Engine", "warmup"),
    QT_TRANSLATE_NOOP("Engine", "schedule"),
    QT_TRANSLATE_NOOP("Engine", "clip"),
    QT_TRANSLATE_NOOP("Engine", "label smoothing"),
    QT_TRANSLATE_NOOP("Engine", "mixup"),
    QT_TRANSLATE_NOOP("Engine", "cutmix"),
    QT_TRANSLATE_NOOP("Engine", "ema"),
    QT_TRANSLATE_NOOP("Engine", "patience"),
    QT_TRANSLATE_NOOP("Engine", "cache"),
    QT_TRANSLATE_NOOP("Engine", "stages"),
    QT_TRANSLATE_NOOP("Engine", "backbone rate"),
    QT_TRANSLATE_NOOP("Engine", "layer decay"),
    QT_TRANSLATE_NOOP("Engine", "gradual"),
    QT_TRANSLATE_NOOP("Engine", "l2 sp"),
    QT_TRANSLATE_NOOP("Engine", "head first"),
    QT_TRANSLATE_NOOP("Engine", "batch norm"),
    QT_TRANSLATE_NOOP("Engine", "probe epochs"),
    QT_TRANSLATE_NOOP("Engine", "strategy"),
    QT_TRANSLATE_NOOP("Engine", "device"),
    # Choices of options; those that are names of algorithms and number formats stay as they are.
    QT_TRANSLATE_NOOP("Engine", "logistic"),
    QT_TRANSLATE_NOOP("Engine", "prototype"),
    QT_TRANSLATE_NOOP("Engine", "none"),
    QT_TRANSLATE_NOOP("Engine", "flip"),
    QT_TRANSLATE_NOOP("Engine", "standard"),
    QT_TRANSLATE_NOOP("Engine", "strong"),
    QT_TRANSLATE_NOOP("Engine", "weights"),
    QT_TRANSLATE_NOOP("Engine", "auto"),
    QT_TRANSLATE_NOOP("Engine", "cosine"),
    QT_TRANSLATE_NOOP("Engine", "constant"),
    QT_TRANSLATE_NOOP("Engine", "sampling"),
    # Help on options.
    QT_TRANSLATE_NOOP(
        "Engine",
        "logistic: best for most; mlp: for many images; knn, prototype: for very few images a class.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Pull of the logistic head towards zero; 0 chooses it by cross-validation."),
    QT_TRANSLATE_NOOP("Engine", "Folds of that cross-validation."),
    QT_TRANSLATE_NOOP("Engine", "Neighbours that vote (knn); 0 chooses their number."),
    QT_TRANSLATE_NOOP("Engine", "Width of the hidden layer (mlp)."),
    QT_TRANSLATE_NOOP("Engine", "Share of hidden values dropped in training (mlp)."),
    QT_TRANSLATE_NOOP("Engine", "How often the mlp sees every image."),
    QT_TRANSLATE_NOOP("Engine", "Images per step of the mlp."),
    QT_TRANSLATE_NOOP("Engine", "Step size of the mlp."),
    QT_TRANSLATE_NOOP("Engine", "Pull of the mlp's weights towards zero."),
    QT_TRANSLATE_NOOP("Engine", "Seeds folds, initial weights and order."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Augmented versions of each image that are added to the training set; 4 gain about a point of "
        "accuracy and take about five times the time.",
    ),
    QT_TRANSLATE_NOOP("Engine", "What an augmented version may change."),
    QT_TRANSLATE_NOOP("Engine", "weights: rare classes count more, for unequal classes."),
    QT_TRANSLATE_NOOP("Engine", "Arithmetic of the network."),
    QT_TRANSLATE_NOOP("Engine", "How often every training image is seen after the head is fitted."),
    QT_TRANSLATE_NOOP("Engine", "Images per optimizer step."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Least steps in an epoch: where there are too few images for so many, they are passed several times.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Step size for the head; layers below take a fraction."),
    QT_TRANSLATE_NOOP("Engine", "Seeds initial weights, order and augmentation."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Augmented versions of each image that are computed once and reused, besides the plain one; 0: "
        "none; -1: fresh augmentation in every epoch (slower, the frozen layers run every time).",
    ),
    QT_TRANSLATE_NOOP("Engine", "Pull of the weights towards zero."),
    QT_TRANSLATE_NOOP("Engine", "Update rule."),
    QT_TRANSLATE_NOOP("Engine", "Share of each phase in which the rate rises."),
    QT_TRANSLATE_NOOP("Engine", "Largest norm of the gradient; 0 does not clip."),
    QT_TRANSLATE_NOOP("Engine", "Share of the label given to all classes."),
    QT_TRANSLATE_NOOP("Engine", "Strength of mixing pairs of samples; 0 is off."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Strength of pasting patches between samples; 0 is off. Where samples are no maps (tokens), mixup"
        " takes its place.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "For unequal classes: weigh rare classes more in the loss, or draw them more often.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Decay of the moving average of the weights; 0 is off."),
    QT_TRANSLATE_NOOP("Engine", "Epochs without improvement before stopping early; 0 never stops."),
    QT_TRANSLATE_NOOP("Engine", "Compute the frozen layers once per image and keep the result."),
    QT_TRANSLATE_NOOP("Engine", "How many of the last stages learn; -1: the whole network."),
    QT_TRANSLATE_NOOP("Engine", "Rate of the last stage as a share of the head's."),
    QT_TRANSLATE_NOOP("Engine", "Each stage learns at this share of the one above."),
    QT_TRANSLATE_NOOP("Engine", "Unfreeze one stage after another instead of all at once."),
    QT_TRANSLATE_NOOP("Engine", "Pull of the backbone towards its pretrained weights."),
    QT_TRANSLATE_NOOP("Engine", "Fit the head on frozen features before anything else learns."),
    QT_TRANSLATE_NOOP("Engine", "Let batch-norm statistics follow the new images."),
    QT_TRANSLATE_NOOP("Engine", "How often every training image is seen."),
    QT_TRANSLATE_NOOP("Engine", "Step size for all layers."),
    QT_TRANSLATE_NOOP("Engine", "Epochs of fine-tuning, after the probe."),
    QT_TRANSLATE_NOOP("Engine", "Epochs in which the classifier alone learns."),
    QT_TRANSLATE_NOOP("Engine", "Last stages that are fine-tuned; -1: the whole network."),
    QT_TRANSLATE_NOOP("Engine", "Their rate as a share of the classifier's."),
    # Exporters.
    QT_TRANSLATE_NOOP("Engine", "ONNX file"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "One file that runs without PyTorch, in most languages: raw RGB pixels of any size in, class "
        "probabilities out; resizing and class names are inside.",
    ),
    QT_TRANSLATE_NOOP("Engine", "timm folder"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A folder with config.json and model.safetensors that timm loads as a pretrained model of your "
        "classes; for timm's own networks with a linear head.",
    ),
    QT_TRANSLATE_NOOP("Engine", "torch.export program"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "For PyTorch, from the version that wrote it on: images that are resized already (uint8, N x "
        "height x width x 3) in, class probabilities out, any number at once; how to resize stands in the"
        " extra file xferstudio.json.",
    ),
    # Phases of training, groups of parameters, losses.
    QT_TRANSLATE_NOOP("Engine", "last stages"),
    QT_TRANSLATE_NOOP("Engine", "all layers"),
    QT_TRANSLATE_NOOP("Engine", "linear probe"),
    QT_TRANSLATE_NOOP("Engine", "fine-tune"),
    QT_TRANSLATE_NOOP("Engine", "train"),
    QT_TRANSLATE_NOOP("Engine", "backbone"),
    QT_TRANSLATE_NOOP("Engine", "all"),
    QT_TRANSLATE_NOOP("Engine", "loss"),
    QT_TRANSLATE_NOOP("Engine", "task"),
    QT_TRANSLATE_NOOP("Engine", "log10 strength"),
    QT_TRANSLATE_NOOP("Engine", "l2-sp"),
    # Ways to resize.
    QT_TRANSLATE_NOOP("Engine", "bilinear"),
    QT_TRANSLATE_NOOP("Engine", "bicubic"),
    QT_TRANSLATE_NOOP("Engine", "lanczos"),
    QT_TRANSLATE_NOOP("Engine", "nearest"),
    QT_TRANSLATE_NOOP("Engine", "box"),
    # Tasks.
    QT_TRANSLATE_NOOP("Engine", "looking through the images"),
    QT_TRANSLATE_NOOP("Engine", "computing features"),
    QT_TRANSLATE_NOOP("Engine", "computing features (augmented versions)"),
    QT_TRANSLATE_NOOP("Engine", "reading images"),
    QT_TRANSLATE_NOOP("Engine", "evaluating the validation images"),
    QT_TRANSLATE_NOOP("Engine", "evaluating the test images"),
    QT_TRANSLATE_NOOP("Engine", "comparing with the app"),
    # Why images are left out.
    QT_TRANSLATE_NOOP("Engine", "no label"),
    QT_TRANSLATE_NOOP("Engine", "excluded by you"),
    QT_TRANSLATE_NOOP("Engine", "hidden file"),
    QT_TRANSLATE_NOOP("Engine", "hidden folder, not entered"),
    QT_TRANSLATE_NOOP("Engine", "folder of a project, not entered"),
    QT_TRANSLATE_NOOP("Engine", "empty file"),
    QT_TRANSLATE_NOOP("Engine", "broken link"),
    QT_TRANSLATE_NOOP("Engine", "not a regular file"),
    QT_TRANSLATE_NOOP("Engine", "link to a folder that is catalogued already"),
    QT_TRANSLATE_NOOP("Engine", "not in a class folder"),
    QT_TRANSLATE_NOOP("Engine", "not an image file (no ending)"),
    QT_TRANSLATE_NOOP("Engine", "the same content as"),
    QT_TRANSLATE_NOOP("Engine", "in the same group"),
    QT_TRANSLATE_NOOP("Engine", "row without a path"),
    QT_TRANSLATE_NOOP("Engine", "row with more cells than the header"),
    QT_TRANSLATE_NOOP("Engine", "file with a name that is not valid text; rename it"),
    QT_TRANSLATE_NOOP("Engine", "folder with a name that is not valid text; rename it"),
    QT_TRANSLATE_NOOP("Engine", "not an image: it is a film"),
    QT_TRANSLATE_NOOP("Engine", "not an image: a Git LFS pointer, the picture itself was not downloaded"),
    QT_TRANSLATE_NOOP("Engine", "not an image: it is a PDF document"),
    QT_TRANSLATE_NOOP("Engine", "not an image: it holds only zeros"),
    QT_TRANSLATE_NOOP("Engine", "not an image: it is a web page or an XML file"),
    QT_TRANSLATE_NOOP("Engine", "not an image: it is a text file"),
    QT_TRANSLATE_NOOP("Engine", "not an image: no known picture format"),
    QT_TRANSLATE_NOOP("Engine", "damaged: the beginning of the picture cannot be read"),
    QT_TRANSLATE_NOOP("Engine", "damaged: the file is cut short"),
    QT_TRANSLATE_NOOP("Engine", "damaged: the HEIC picture cannot be read"),
    QT_TRANSLATE_NOOP("Engine", "damaged: the AVIF picture cannot be read"),
    QT_TRANSLATE_NOOP("Engine", "the file is missing"),
    QT_TRANSLATE_NOOP("Engine", "no permission to read the file"),
    QT_TRANSLATE_NOOP("Engine", "not enough memory to decode it"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "HEIC pictures need the package pillow-heif (pip install xferstudio[formats])",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "HEIF pictures need the package pillow-heif (pip install xferstudio[formats])",
    ),
    QT_TRANSLATE_NOOP("Engine", "AVIF pictures need Pillow 11.3 or newer (pip install --upgrade pillow)"),
    # Why a file cannot be written.
    QT_TRANSLATE_NOOP("Engine", "the disk is full; free some space and try again"),
    QT_TRANSLATE_NOOP("Engine", "your disk quota is used up; free some space and try again"),
    QT_TRANSLATE_NOOP("Engine", "permission is denied; choose a folder that you may write to"),
    QT_TRANSLATE_NOOP("Engine", "the disk is read-only; choose a folder on another disk"),
    QT_TRANSLATE_NOOP("Engine", "its folder does not exist; make the folder first"),
    QT_TRANSLATE_NOOP("Engine", "a part of its path is a file and not a folder; choose another place"),
    QT_TRANSLATE_NOOP("Engine", "there is a folder of that name; remove or rename it"),
    QT_TRANSLATE_NOOP("Engine", "the name is too long; choose a shorter one"),
    # Notices and notes.
    QT_TRANSLATE_NOOP(
        "Engine",
        "cross-validation is done; now the final model is trained on all of these images",
    ),
    QT_TRANSLATE_NOOP("Engine", "this network has no feature map that shows where it looks"),
    QT_TRANSLATE_NOOP(
        "Engine", "No run was trained from scratch, so nothing here says whether transfer helped."
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Each recipe was trained once. The verdicts are about these trained models; other seeds give "
        "somewhat other ones.",
    ),
)
"""Whole texts."""

PATTERNS = (
    *ADAPT_PATTERNS,
    QT_TRANSLATE_NOOP("Engine", "{run} was stopped early, so nothing is judged against it."),
    # Backbones.
    QT_TRANSLATE_NOOP("Engine", "{name} (comes with the program)"),
    # Phases of training, groups of parameters.
    QT_TRANSLATE_NOOP("Engine", "last {number} stages"),
    QT_TRANSLATE_NOOP("Engine", "stage {number}"),
    QT_TRANSLATE_NOOP("Engine", "{why} (no decay)"),
    # Why images are left out.
    QT_TRANSLATE_NOOP("Engine", "the same content as {path}, which is held out for val"),
    QT_TRANSLATE_NOOP("Engine", "the same content as {path}, which is held out for test"),
    QT_TRANSLATE_NOOP("Engine", "in the same group ({group}) as {path}, which is held out for val"),
    QT_TRANSLATE_NOOP("Engine", "in the same group ({group}) as {path}, which is held out for test"),
    QT_TRANSLATE_NOOP("Engine", "not an image file ({ending})"),
    QT_TRANSLATE_NOOP("Engine", "not in a split folder ({splits})"),
    QT_TRANSLATE_NOOP("Engine", "{why} (row {row} of {table})"),
    QT_TRANSLATE_NOOP("Engine", "listed twice, in rows {row} and {again} of {table}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "listed twice, in rows {row} and {again} of {table}, there as {first}, here as {second}; the "
        "first counts",
    ),
    QT_TRANSLATE_NOOP("Engine", "folder that cannot be read: {why}"),
    QT_TRANSLATE_NOOP("Engine", "the file cannot be read: {why}"),
    QT_TRANSLATE_NOOP("Engine", "cannot be read: {why}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "too large to be decoded safely: {width} × {height} pixels, the limit is {limit} million",
    ),
    QT_TRANSLATE_NOOP("Engine", "too large to be decoded safely: the limit is {limit} million pixels"),
    QT_TRANSLATE_NOOP("Engine", "damaged: {why}"),
    # Notices.
    QT_TRANSLATE_NOOP("Engine", "{count} images are left out because a copy of them is held out"),
    QT_TRANSLATE_NOOP("Engine", "1 image stands in two classes with the same content: {paths}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{count} images stand in two classes with the same content: {paths}; and {more} more, in "
        "summary.json",
    ),
    QT_TRANSLATE_NOOP("Engine", "{count} images stand in two classes with the same content: {paths}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "too few images to hold some out for the test in the class {names}: how well they are recognised "
        "is never tested",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "too few images to hold some out for the test in the classes {names}: how well they are "
        "recognised is never tested",
    ),
    QT_TRANSLATE_NOOP("Engine", "the folder {name} holds no pictures"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the folders {names} hold no class folders, so their pictures have no labels",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "all pictures are in the one folder {name}, which has folders inside: is that the one to open?",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the split cannot be written down, so images added later may change it: {why}",
    ),
    QT_TRANSLATE_NOOP("Engine", "1 file cannot be read and is left out: {path}: {why}"),
    QT_TRANSLATE_NOOP("Engine", "{count} files cannot be read and are left out: {files}"),
    QT_TRANSLATE_NOOP("Engine", "nothing is computed once: {why}; the whole network runs in every step"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "stopped early: no improvement for {count} epochs; epoch {best} was the best",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "a batch of {wanted} does not fit into memory: each step is split into parts of {count} images, "
        "with the same effective batch size",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "out of memory at step {step}: each step is now split into parts of {count} images, with the same"
        " effective batch size; batch norm sees the smaller parts",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "out of memory at step {step}: each step is now split into parts of {count} images, with the same"
        " effective batch size",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{fault} at step {step}: back to step {back}, on with a rate 10 times smaller",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the settings of the run {run} have changed since {folder}, so it starts afresh",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "interrupted on {machine}, resumed on {other}: the run goes on from there, but not to the last "
        "digit as if it had never been interrupted",
    ),
    QT_TRANSLATE_NOOP("Engine", "cross-validation: fold {fold} of {folds}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "stopped in fold {fold} of {folds}: the model of this fold is kept, which has not seen the images"
        " held out in it",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "computed in {precision}; float32 throughout would change {changed} of {count} validation "
        "predictions that were checked",
    ),
    QT_TRANSLATE_NOOP("Engine", "trained in {precision}, evaluated in float32"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "computed in {precision}; when these features were computed, float32 throughout would have "
        "changed {changed} of {count} validation predictions",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "features are computed by {means}; on {count} images they differ from float32 by {moved} (limit "
        "{limit})",
    ),
    QT_TRANSLATE_NOOP("Engine", "no heat map can be made: {why}"),
    QT_TRANSLATE_NOOP("Engine", "no heat map could be made: {why}"),
    # Counts and faults inside other texts.
    QT_TRANSLATE_NOOP("Engine", "below {limit}"),
    QT_TRANSLATE_NOOP("Engine", "{count} images in {groups} groups"),
    QT_TRANSLATE_NOOP("Engine", "{count} images"),
    QT_TRANSLATE_NOOP("Engine", "1 image"),
    QT_TRANSLATE_NOOP("Engine", "{count} files"),
    QT_TRANSLATE_NOOP("Engine", "{count} files (fewer than {minimum}: there are no more that can be read)"),
    QT_TRANSLATE_NOOP("Engine", "{count} files ({ties} in a tie of the two best classes)"),
    QT_TRANSLATE_NOOP("Engine", "1 file"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "it names another class for {files}; a probability differs by {difference}, and {limit} is allowed",
    ),
    QT_TRANSLATE_NOOP("Engine", "it names another class for {files}"),
    QT_TRANSLATE_NOOP("Engine", "a probability differs by {difference}, and {limit} is allowed"),
    QT_TRANSLATE_NOOP("Engine", "it could not answer for {files} ({example})"),
    QT_TRANSLATE_NOOP("Engine", "export as {why}"),
    # Exports.
    QT_TRANSLATE_NOOP("Engine", "Writing {name}."),
    QT_TRANSLATE_NOOP("Engine", "The {label} is NOT proven: there was no image file to compare it on."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The {label} FAILS the comparison with the app on {files}: {why}. Do not rely on it.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The {label} agrees with the app on all of {files}; the largest difference of a probability is "
        "{difference}.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{files} could not be read and took no part in the comparison."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "With {means} instead, {same} of {files} get the same class, and probabilities differ by up to "
        "{difference}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The app itself read {files} at a reduced scale, as it does with large JPEG files; this alone "
        "changes its probabilities by up to {difference}.",
    ),
    # Verdicts.
    QT_TRANSLATE_NOOP(
        "Engine",
        "With {images} the accuracy is only known to lie somewhere between {low} and {high}; more "
        "labelled images would narrow that.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{run}: With {images} the accuracy is only known to lie somewhere between {low} and {high}; more "
        "labelled images would narrow that.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "No image here is of the class {names}, so how well it is recognised is not known.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "No image here is of the classes {names}, so how well they are recognised is not known.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{why} No image here is of the class {names}, so how well it is recognised is not known.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{why} No image here is of the classes {names}, so how well they are recognised is not known.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Of the {count} test images {copies} is a copy of others. The figures of each run count all "
        "{all}; runs are compared on the {different} different ones.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Of the {count} test images {copies} are copies of others. The figures of each run count all "
        "{all}; runs are compared on the {different} different ones.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Of the {count} validation images {copies} is a copy of others. The figures of each run count all"
        " {all}; runs are compared on the {different} different ones.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Of the {count} validation images {copies} are copies of others. The figures of each run count "
        "all {all}; runs are compared on the {different} different ones.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The verdicts are corrected for looking at {count} pairs (Holm), so a difference must be clearer "
        "than between two runs alone. The intervals are of each pair for itself.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{a} and {b} were measured on different images: only the {count} common ones are compared.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The labels of {count} images changed between {a} and {b}; these images are left out of their "
        "comparison.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{a} and {b} know different classes, so one had a harder task than the other.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Transfer helped: {why}"),
    QT_TRANSLATE_NOOP("Engine", "Negative transfer: {why}"),
    QT_TRANSLATE_NOOP("Engine", "No evidence that transfer helped or hurt. {why}"),
    QT_TRANSLATE_NOOP("Engine", "{b} is {points} points more accurate than training from scratch ({a})."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{b} is {points} points less accurate than training from scratch ({a}). These pretrained weights "
        "do not suit these images, or the settings hurt them.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{a} and {b} share no measured images, so they cannot be compared."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{b} is better than {a}: {points} points more accurate on {images} (between {low} and {high} "
        "points).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{b} is worse than {a}: {points} points less accurate on {images} (between {low} and {high} points).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{images} are too little to tell {a} and {b} apart, whatever the outcome; measure on more.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Too close to call: {a} and {b} are right on exactly the same of {images}."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Too close to call: {b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may "
        "lie between {low} and {high} points.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Too close to call: {b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may "
        "lie between {low} and {high} points, yet among {count} comparisons one like it can be chance.",
    ),
    # Mistakes that the user can mend.
    QT_TRANSLATE_NOOP(
        "Engine",
        "Cannot write {path}: {parent} is a file and not a folder; choose another place.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Cannot write {path}: {why}."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the feature store {path} cannot be written ({why}); free some space (`xferstudio cache clear` "
        "empties the store), or give it another place with the environment variable XFERSTUDIO_CACHE",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the feature store {path} cannot be written ({why}); give it another place with the environment "
        "variable XFERSTUDIO_CACHE",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the weights {path} are not those that the run {run} was made for: their content has changed, or "
        "is damaged. Put the right file back; or, if the change is wanted, add a run that takes the "
        "weights as they are now: {command}",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the weights {path} of the run {run} are not there, and not elsewhere near the project either. "
        "Put them back, or write their new place behind `backbone =` under [runs.{same}] in {file}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "There is no data at {path} ({why}). Check the path, or plug in the drive it is on.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} is one picture. Give the folder that holds the pictures, or a table of them.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} is neither a folder nor a table. Give a folder of pictures, or a .csv or .parquet.",
    ),
    QT_TRANSLATE_NOOP("Engine", "The folder {path} cannot be read: {why}."),
    QT_TRANSLATE_NOOP("Engine", "There is no folder or table {path}; name the place where the images are."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "There is a project in {path} already; add runs to it, or choose another folder.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{path} is a file; choose another name for the project folder."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Another program has been busy with {path} for {seconds} s; try again later.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The data of {name} is not at {path}, and not in {places} either. Put it back, or write its new "
        "place behind `{key} =` under [data] in {file}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The data of {name} is not at {path}, and not in {places} either. There is one of that name, but "
        "with other files. Put it back, or write its new place behind `{key} =` under [data] in {file}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path}, which holds your changes to the images, cannot be read ({why}); put back a copy of it, "
        "or delete it to go on without these changes.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path}, which holds the split, cannot be read ({why}); put back a copy of it, or delete it to "
        "split anew (then images may change sides, and older runs cannot be compared fairly)",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "there are no images in {path} ({files}). Put the images of each class into a folder named after "
        "it, such as photos/ants/1.jpg and photos/bees/2.jpg, and name the folder above them (photos); or"
        " give a table with the columns path and label.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "there are no images in {path}. Put the images of each class into a folder named after it, such "
        "as photos/ants/1.jpg and photos/bees/2.jpg, and name the folder above them (photos); or give a "
        "table with the columns path and label.",
    ),
    QT_TRANSLATE_NOOP("Engine", "all images of {path} are excluded; take some of them back"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} holds {count} images but no classes; put the images of each class into a folder named "
        "after it, or give a table with the columns path and label",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "training needs images of at least two classes; with these data and this split there are {count} "
        "({names}). Put each class into a folder of its own, or make val and test smaller in [split]",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "after leaving out the files that cannot be read, fewer than two classes have training images",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "out of memory at step {step}, even with one image at a time ({why}); take a smaller backbone, "
        "train fewer stages, or close other programs",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "out of memory while the head was fitted on the features of {count} images ({why}); take fewer "
        "views or images, or close other programs",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the checkpoint in {path} cannot be written ({why}); free some space and run again: the run goes "
        "on from its last whole checkpoint",
    ),
    QT_TRANSLATE_NOOP("Engine", "the run {run} is running in another process"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The run {run} is being run by another process already (pid {count}); wait for it, or stop it first.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine", "The run {run} cannot be taken out of {file}; delete its table there by hand."
    ),
    QT_TRANSLATE_NOOP("Engine", "the run {run} is finished already; --fresh starts it again"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the images have changed since the run {run} was interrupted, so it cannot be resumed exactly; "
        "start it again with --fresh",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the device cuda was asked for, but this torch sees no CUDA device; use --device cpu or auto",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "the device mps was asked for, but this machine has none; use --device cpu or auto",
    ),
    QT_TRANSLATE_NOOP("Engine", "there is no device {device}: this machine has {count} CUDA devices"),
    QT_TRANSLATE_NOOP("Engine", "float16 arithmetic needs a GPU; take bfloat16 or float32 on this device"),
    QT_TRANSLATE_NOOP("Engine", "timm knows no model {name}"),
    QT_TRANSLATE_NOOP("Engine", "there is no weights file or folder {path}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} exists already; choose another name for the export, or remove what is there.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} is a folder that no export made, so it is not overwritten; choose another name.",
    ),
    QT_TRANSLATE_NOOP("Engine", "The run {path} has no learned weights yet; let it finish first."),
    QT_TRANSLATE_NOOP("Engine", "There is no model {path}; name a run folder or an exported ONNX file."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} is no model that can predict here; name a run folder or an exported ONNX file.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{path} is not an ONNX file, or it is damaged ({why}); export it again."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} was not exported by xferstudio: it does not say how images are prepared or what its "
        "classes are called, and neither is guessed. Make one with `xferstudio export … --to onnx`.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{path} is a file; name a folder to sort into."),
    QT_TRANSLATE_NOOP("Engine", "the command cannot be started: {why}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The plugin {plugin} gave no usable backbone for {backbone}: it {fault}; update {same}, or choose"
        " another backbone.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The plugin {plugin} failed when asked for the backbone {backbone} ({fault}); update {same}, or "
        "choose another backbone.",
    ),
    QT_TRANSLATE_NOOP("Engine", "this run's backbone is not a network of timm; export with `onnx` instead"),
)
"""Texts with names and figures in them; what stands for one of PARTS is a text that is translated too."""

PARTS = ("why", "label", "images", "files", "difference")

LISTS = ("names", "paths", "files")
"""What stands for one of these is a list of names, some with a reason behind them."""
