"""Pictures as data: what there is, who trains on what, and the one way from a file to pixels."""

from xferstudio.data.augment import AUGMENTATIONS, Augmentation, augmented
from xferstudio.data.catalog import Catalog, Item, LeftOut, cache_folder, find_images, scan
from xferstudio.data.dataset import Dataset, Target, as_target, read_dataset, read_target
from xferstudio.data.decode import (
    Undecodable,
    central_box,
    decode,
    missing_reader,
    needed_side,
    prepare,
    readable_extensions,
    seen_box,
    upright_size,
)
from xferstudio.data.edits import EDITS_FILE, Edits
from xferstudio.data.loader import load_images
from xferstudio.data.split import SPLITS, Leak, assign, fold_of, leaks

__all__ = [
    "AUGMENTATIONS",
    "EDITS_FILE",
    "SPLITS",
    "Augmentation",
    "Catalog",
    "Dataset",
    "Edits",
    "Item",
    "Leak",
    "LeftOut",
    "Target",
    "Undecodable",
    "as_target",
    "assign",
    "augmented",
    "cache_folder",
    "central_box",
    "decode",
    "find_images",
    "fold_of",
    "leaks",
    "load_images",
    "missing_reader",
    "needed_side",
    "prepare",
    "read_dataset",
    "read_target",
    "readable_extensions",
    "scan",
    "seen_box",
    "upright_size",
]
