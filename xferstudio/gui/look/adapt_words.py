"""Texts of the engine and of the first-party plugins on domain adaptation, to be translated with the window's own."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP

ADAPT_TEXTS = (
    # Strategies.
    QT_TRANSLATE_NOOP("Engine", "Source only (baseline)"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Learns from the labelled images alone and is then asked about the others. Every adaptation is "
        "measured against it: adapting may help, and it may do harm.",
    ),
    QT_TRANSLATE_NOOP("Engine", "AdaBN: statistics of the target"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Learns from the labelled images, then replaces what batch norm knows of brightness, contrast and "
        "the like with what it is in the other domain. Quick and careful; take it first, or where the "
        "other domain has few images.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Deep CORAL: alike in mean and covariance"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Makes mean and covariance of the features alike in both domains. Simple and steady; take it for a "
        "moderate shift, such as another camera or light.",
    ),
    QT_TRANSLATE_NOOP("Engine", "DAN: alike in distribution"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Makes the distributions of the features alike, measured with kernels of several widths (MMD). "
        "Steadier than the adversarial methods; takes both domains to hold the classes in about equal "
        "shares.",
    ),
    QT_TRANSLATE_NOOP("Engine", "JAN: alike in features and predictions"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "As DAN, but features and predictions are made alike together, so that classes meet their like.",
    ),
    QT_TRANSLATE_NOOP("Engine", "AFN: longer features"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Lets the features of both domains grow longer step by step, since features of unfamiliar images "
        "are short, and wants sure predictions. Bears target domains that lack some of the classes.",
    ),
    QT_TRANSLATE_NOOP("Engine", "DANN: features that hide the domain"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A second network tries to tell the domains apart, and the features learn to deceive it. Strong "
        "for large shifts with enough images; takes both domains to hold the classes in about equal shares.",
    ),
    QT_TRANSLATE_NOOP("Engine", "CDAN: as DANN, class by class"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "As DANN, but the second network also sees what is predicted, so that the domains meet class by "
        "class. Mostly better than DANN where there are several classes.",
    ),
    QT_TRANSLATE_NOOP("Engine", "CDAN+E: as CDAN, sure images first"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "As CDAN, and images of which the model is sure count more, so that doubtful ones mislead less.",
    ),
    QT_TRANSLATE_NOOP("Engine", "MCD: two classifiers that agree"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Two classifiers seek images of the other domain on which they disagree, and the features learn to "
        "make them agree. Respects the borders between classes; can do harm where the shift is large.",
    ),
    QT_TRANSLATE_NOOP("Engine", "MDD: no better judge to be found"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A second classifier seeks to agree on the labelled images and to disagree on the others; the "
        "features learn to leave it no chance. Among the strongest for large shifts.",
    ),
    QT_TRANSLATE_NOOP("Engine", "MCC: classes that are not confused"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Wants predictions on the other domain that do not waver between two classes. Aligns nothing by "
        "force, so it bears classes in other shares or missing ones; a good first choice.",
    ),
    QT_TRANSLATE_NOOP("Engine", "BNM: sure and diverse predictions"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Wants predictions on the other domain that are sure, and of all classes. Simple; larger batches "
        "help where there are many classes.",
    ),
    QT_TRANSLATE_NOOP("Engine", "SHOT: the target alone"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Learns from the labelled images, then sees none of them any more: the classifier stays as it is, "
        "and the features of the other domain learn to fit it. Strong where the classes stand apart; bears "
        "classes in other shares.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Self-training: believe the sure ones"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Learns from the labelled images, then also from those of the other domain of which it is surest, "
        "in each class, more of them with every epoch. Take it where the model is often right already.",
    ),
    # Names of options, losses and measures.
    QT_TRANSLATE_NOOP("Engine", "head epochs"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Where stages learn: for how many epochs bottleneck and classifier learn alone before; 0: all at once.",
    ),
    QT_TRANSLATE_NOOP("Engine", "trade off"),
    QT_TRANSLATE_NOOP("Engine", "bottleneck"),
    QT_TRANSLATE_NOOP("Engine", "entropy"),
    QT_TRANSLATE_NOOP("Engine", "step"),
    QT_TRANSLATE_NOOP("Engine", "steps"),
    QT_TRANSLATE_NOOP("Engine", "margin"),
    QT_TRANSLATE_NOOP("Engine", "temperature"),
    QT_TRANSLATE_NOOP("Engine", "pseudo"),
    QT_TRANSLATE_NOOP("Engine", "target epochs"),
    QT_TRANSLATE_NOOP("Engine", "first share"),
    QT_TRANSLATE_NOOP("Engine", "last share"),
    QT_TRANSLATE_NOOP("Engine", "inverse"),
    QT_TRANSLATE_NOOP("Engine", "classification"),
    QT_TRANSLATE_NOOP("Engine", "domain"),
    QT_TRANSLATE_NOOP("Engine", "disagreement"),
    QT_TRANSLATE_NOOP("Engine", "disparity"),
    QT_TRANSLATE_NOOP("Engine", "class confusion"),
    QT_TRANSLATE_NOOP("Engine", "nuclear norm"),
    QT_TRANSLATE_NOOP("Engine", "correlation"),
    QT_TRANSLATE_NOOP("Engine", "discrepancy"),
    QT_TRANSLATE_NOOP("Engine", "joint discrepancy"),
    QT_TRANSLATE_NOOP("Engine", "feature norm"),
    QT_TRANSLATE_NOOP("Engine", "information"),
    QT_TRANSLATE_NOOP("Engine", "pseudo-labels"),
    QT_TRANSLATE_NOOP("Engine", "believed"),
    # Phases of training.
    QT_TRANSLATE_NOOP("Engine", "adapting"),
    QT_TRANSLATE_NOOP("Engine", "labelled images"),
    QT_TRANSLATE_NOOP("Engine", "statistics of the target"),
    QT_TRANSLATE_NOOP("Engine", "target"),
    QT_TRANSLATE_NOOP("Engine", "both domains"),
    # Tasks.
    QT_TRANSLATE_NOOP("Engine", "evaluating the target images"),
    # Help on options.
    QT_TRANSLATE_NOOP(
        "Engine",
        "How the rate falls: as half a cosine to nothing; as (1 + 10 p) to the power of -0.75, where p is "
        "the share of the steps that are done, to a sixth; or not at all.",
    ),
    QT_TRANSLATE_NOOP("Engine", "How often every labelled image is seen."),
    QT_TRANSLATE_NOOP("Engine", "Images of each domain per optimizer step."),
    QT_TRANSLATE_NOOP("Engine", "Step size for bottleneck and classifier; the backbone takes a fraction."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "How many of the last stages learn, besides the bottleneck and the classifier: 0 none, on features "
        "that are computed once (fast); -1 the whole network.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Not used: nothing is adapted."),
    QT_TRANSLATE_NOOP("Engine", "Width of the layer before the classifier, where the domains are compared."),
    QT_TRANSLATE_NOOP("Engine", "Rate of the backbone as a share of that."),
    QT_TRANSLATE_NOOP("Engine", "Let the backbone's batch-norm statistics follow the new images."),
    QT_TRANSLATE_NOOP("Engine", "Let the backbone's batch-norm statistics follow the images."),
    QT_TRANSLATE_NOOP("Engine", "Weight of what draws the domains together."),
    QT_TRANSLATE_NOOP("Engine", "Weight of the longer features."),
    QT_TRANSLATE_NOOP("Engine", "Weight of sure predictions on the target."),
    QT_TRANSLATE_NOOP("Engine", "How much longer features shall get."),
    QT_TRANSLATE_NOOP("Engine", "Weight of the disagreement of the two classifiers."),
    QT_TRANSLATE_NOOP("Engine", "How much more the features learn from it than the classifiers."),
    QT_TRANSLATE_NOOP("Engine", "How much the source counts against the target."),
    QT_TRANSLATE_NOOP("Engine", "Softens the predictions that are compared."),
    QT_TRANSLATE_NOOP("Engine", "Weight of sure and diverse predictions."),
    QT_TRANSLATE_NOOP("Engine", "Weight of the labels that the model gives the target."),
    QT_TRANSLATE_NOOP("Engine", "How often every image of the target is seen."),
    QT_TRANSLATE_NOOP("Engine", "Share of the target that is believed at first."),
    QT_TRANSLATE_NOOP("Engine", "Share of the target that is believed at last."),
    QT_TRANSLATE_NOOP("Engine", "Epochs with both domains."),
    # Verdicts on the target, and what they are made of.
    QT_TRANSLATE_NOOP("Engine", "helped"),
    QT_TRANSLATE_NOOP("Engine", "no evidence"),
    QT_TRANSLATE_NOOP("Engine", "negative transfer"),
    QT_TRANSLATE_NOOP("Engine", "source accuracy"),
    QT_TRANSLATE_NOOP("Engine", "confidence"),
    QT_TRANSLATE_NOOP("Engine", "clusters"),
    QT_TRANSLATE_NOOP("Engine", "weighted risk"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "No sign could be computed for both models, so nothing is known about the target.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine", "labels of a few target images would tell more than the signs (xferstudio audit)"
    ),
    QT_TRANSLATE_NOOP("Engine", "There are too few models or signs to say how far the signs agree."),
    QT_TRANSLATE_NOOP("Engine", "No adaptation looks better than not adapting at all."),
    QT_TRANSLATE_NOOP("Engine", "No target image is labelled yet, so nothing is measured."),
    # How far the domains are apart.
    QT_TRANSLATE_NOOP(
        "Engine",
        "The domains may share only some of their classes. Forcing them into alignment then hurts: images "
        "are pulled to classes that they do not belong to.",
    ),
    QT_TRANSLATE_NOOP("Engine", "The source has fewer than two classes, so there is nothing to tell apart."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The domains may not share all classes, so prefer strategies that do not force them into "
        "alignment; leave dan and dann.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The shares of the classes seem to differ, so prefer strategies that do not align the domains as a "
        "whole; leave dan and dann, which would trade classes for one another.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The domains look so much alike that adapting has little to win; the source model may do as it is.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The domains are far apart and seem to hold the same classes in like shares, which is what "
        "strategies that align class by class need.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The domains are moderately apart, so the simple strategies that match means and covariances are "
        "worth trying first.",
    ),
    QT_TRANSLATE_NOOP("Engine", "fewer than two classes have training images that can be read"),
    QT_TRANSLATE_NOOP("Engine", "none of the images of the target domain can be read"),
)
"""Whole texts."""

ADAPT_PATTERNS = (
    # What is told of the target at the end of a run.
    QT_TRANSLATE_NOOP(
        "Engine",
        "by the target's own labels, read after the model was chosen: {accuracy} % right ({low} to {high} "
        "%) of {count} images",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{count} images of the target are of classes that the labelled images lack; no model can name them",
    ),
    QT_TRANSLATE_NOOP("Engine", "against {run}, by the labels: {label}. {why}"),
    QT_TRANSLATE_NOOP("Engine", "against {run}, by signs that need no labels: {label}. {why}"),
    QT_TRANSLATE_NOOP(
        "Engine",
        "whether adapting helped is not known: there is no finished run of {run} with the same budget",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{run} was added to the project: the same without adapting, to measure {other} against",
    ),
    QT_TRANSLATE_NOOP("Engine", "{run} has no baseline to be measured against: {why}"),
    QT_TRANSLATE_NOOP("Engine", "the report by the target's labels could not be made: {why}"),
    QT_TRANSLATE_NOOP("Engine", "the report by the target's labels could not be made ({why})"),
    # Verdicts by signs.
    QT_TRANSLATE_NOOP(
        "Engine",
        "By the signs, adapting helped: compared with source-only and beyond chance, {why}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "By the signs, adapting did harm: compared with source-only and beyond chance, {why}. Keep source-only.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "No evidence that adapting helped: {why}, but the model lost accuracy on the source domain, where "
        "it can be measured.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "No evidence that adapting helped or hurt: compared with source-only and beyond chance, {why}.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The adapted model gives nearly all target images the same few answers, unlike source-only: it has "
        "collapsed. Do not use it ({why}).",
    ),
    QT_TRANSLATE_NOOP("Engine", "nothing improved and nothing worsened"),
    QT_TRANSLATE_NOOP("Engine", "nothing worsened and nothing improved"),
    QT_TRANSLATE_NOOP("Engine", "nothing improved, nothing worsened"),
    QT_TRANSLATE_NOOP("Engine", "nothing improved and {others} worsened"),
    QT_TRANSLATE_NOOP("Engine", "{others} worsened and nothing improved"),
    QT_TRANSLATE_NOOP("Engine", "nothing improved, {others} worsened"),
    QT_TRANSLATE_NOOP("Engine", "{signs} improved and nothing worsened"),
    QT_TRANSLATE_NOOP("Engine", "nothing worsened and {signs} improved"),
    QT_TRANSLATE_NOOP("Engine", "{signs} improved, nothing worsened"),
    QT_TRANSLATE_NOOP("Engine", "{signs} improved and {others} worsened"),
    QT_TRANSLATE_NOOP("Engine", "{others} worsened and {signs} improved"),
    QT_TRANSLATE_NOOP("Engine", "{signs} improved, {others} worsened"),
    QT_TRANSLATE_NOOP("Engine", "{signs} improved"),
    # Runs side by side on the target.
    QT_TRANSLATE_NOOP(
        "Engine",
        "{run} is the only run on the target, so there is nothing to choose; run source-only beside it.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Too close to call by the signs between {runs}: they rank alike."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Too close to call by the signs between {runs}, for the signs disagree; {run} is first by a little.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "Too close to call by the signs between {runs}, for their ranks are close; "
        "{run} is first by a little.",
    ),
    QT_TRANSLATE_NOOP("Engine", "By the signs, take {run}."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The signs largely agree on the order of the models (Kendall's W is {value}).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The signs agree in part on the order of the models (Kendall's W is {value}).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The signs hardly agree on the order of the models (Kendall's W is {value}), so the choice is a "
        "weak one; labelling a few target images would tell more.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{run} ranks before it, but does harm by the signs."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "By the labels of the target, {run} has the highest accuracy, {value} points above {other}.",
    ),
    QT_TRANSLATE_NOOP("Engine", "By the labels of the target, {run} has the highest accuracy."),
    QT_TRANSLATE_NOOP("Engine", "On other images or classes, and so not compared: {runs}."),
    # How far the domains are apart.
    QT_TRANSLATE_NOOP(
        "Engine",
        "With {images} of the source and {label} of the target, how far the domains are apart cannot be "
        "measured; it takes at least {count} of each.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A simple classifier tells the two domains apart {value} times in 100: they look rather alike "
        "(A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A simple classifier tells the two domains apart {value} times in 100: they look somewhat "
        "different (A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A simple classifier tells the two domains apart {value} times in 100: they look very different "
        "(A-distance {distance}, between {low} and {high}; 0 is alike, 2 is nothing in common).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "A test for any difference of the two (MMD, p = {value}) finds none beyond chance.",
    ),
    QT_TRANSLATE_NOOP("Engine", "A test for any difference of the two (MMD, p = {value}) finds one."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "As far as can be told without labels, the class {most} moved most ({value} times the spread "
        "within a class) and {least} least ({other} times).",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "The classes seem to have other shares in the target: {name} about {value} in place of {other}. "
        "This is an estimate.",
    ),
    QT_TRANSLATE_NOOP("Engine", "{why} Rather take one of {names}."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{why} The domains may share only some of their classes. Forcing them into alignment then hurts: "
        "images are pulled to classes that they do not belong to.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{why} About {value} of the target images form groups that are near no class of the source; they "
        "may show something that the source does not have, or a class that looks quite different there.",
    ),
    QT_TRANSLATE_NOOP("Engine", "Hardly any target image seems to be of the class {name}."),
    QT_TRANSLATE_NOOP("Engine", "Hardly any target image seems to be of the classes {names}."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "About {value} of the target images form groups that are near no class of the source; they may "
        "show something that the source does not have, or a class that looks quite different there.",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "With only {images} of the target, strategies that need just its means and variances are the safe "
        "ones.",
    ),
    # Mistakes that the user can mend.
    QT_TRANSLATE_NOOP(
        "Engine",
        "{name} names no target domain, the images that it could be carried to; name their folder: {command}",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{path} holds the labelled images themselves; name the folder of the images from the other domain.",
    ),
    QT_TRANSLATE_NOOP("Engine", "The target cannot be written to {file}; write it there by hand."),
    QT_TRANSLATE_NOOP("Engine", "The name of {path} is not valid text (UTF-8); rename it."),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{run} has not answered for the images of the target: only adaptations and source-only do, in a "
        "project with a target",
    ),
    QT_TRANSLATE_NOOP(
        "Engine",
        "{file}, which holds the labels of an audit, cannot be read ({why}); put back a copy of it, or "
        "delete it to label anew",
    ),
)
"""Texts with names and figures in them. Those that begin with a part of their own stand before those that they hold."""

ROWS = ("signs", "others", "runs")
"""What stands for one of these is a row of names, such as "a, b and c"."""
