"""The split: stratified, seeded, stable, and never the same content or group on both sides."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xferstudio.api import UserError
from xferstudio.data import Item, assign, fold_of, leaks
from xferstudio.project import SplitSpec


def item(name, label="a", split=None, group=None, content=None):
    return Item(f"{name}.png", label, split, None, group, content or f"hash of {name}", 1)


def many(count, label="a", **facts):
    return [item(f"{label}{number}", label, **facts) for number in range(count)]


def shares(items, splits):
    table = defaultdict(Counter)
    for one, split in zip(items, splits, strict=True):
        table[one.label][split] += 1
    return table


some_items = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 30),  # content
        st.one_of(st.none(), st.sampled_from("pqrstuv")),  # group
        st.sampled_from([None, None, None, "train", "val", "test"]),
    ),
    min_size=1,
    max_size=60,
).map(
    lambda rows: [
        item(str(n), label, split, group, str(c)) for n, (label, c, group, split) in enumerate(rows)
    ]
)
specs = st.builds(
    SplitSpec,
    val=st.sampled_from([0.0, 0.1, 0.2, 0.4]),
    test=st.sampled_from([0.0, 0.15, 0.3]),
    seed=st.integers(0, 3),
)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), specs)
def test_every_class_has_the_wanted_shares_up_to_rounding(sizes, spec):
    items = [one for number, size in enumerate(sizes) for one in many(size, f"class{number}")]
    splits, _ = assign(items, spec, {})
    for number, size in enumerate(sizes):
        counts = shares(items, splits)[f"class{number}"]
        for split, share in (("val", spec.val), ("test", spec.test)):
            if size >= 3 and share > 0:
                assert counts[split] >= 1
            if size >= 5:  # smaller classes favour train
                assert abs(counts[split] - share * size) <= 0.5 + 1e-9 or counts[split] == 1
            assert share > 0 or counts[split] == 0
        assert counts["train"] >= 1


@pytest.mark.parametrize(
    ("size", "expected"), [(1, (1, 0, 0)), (2, (2, 0, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (10, (6, 2, 2))]
)
def test_small_classes_favour_train(size, expected):
    counts = Counter(assign(many(size), SplitSpec(), {})[0])
    assert (counts["train"], counts["val"], counts["test"]) == expected


@given(some_items, specs)
def test_units_are_never_torn_unless_an_explicit_split_tears_them(items, spec):
    items = [replace(one, split=None) for one in items]
    splits, _ = assign(items, spec, {})
    for trait in ("hash", "group"):
        sides = defaultdict(set)
        for one, split in zip(items, splits, strict=True):
            if getattr(one, trait) is not None:
                sides[getattr(one, trait)].add(split)
        assert all(len(side) == 1 for side in sides.values())
    assert leaks(items, splits) == []


@given(some_items, specs)
def test_without_what_leaks_nothing_stands_on_both_sides(items, spec):
    splits, _ = assign(items, spec, {})
    gone = {leak.index for leak in leaks(items, splits)}
    sides = defaultdict(set)
    for index, (one, split) in enumerate(zip(items, splits, strict=True)):
        if index not in gone:
            sides["content", one.hash].add(split)
            if one.group:
                sides["group", one.group].add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert all(splits[index] != "test" for index in gone)


@given(some_items, specs)
def test_explicit_val_and_test_are_never_touched_and_explicit_train_is_only_cut(items, spec):
    splits, _ = assign(items, spec, {})
    named = {one.split for one in items}
    for one, split in zip(items, splits, strict=True):
        if one.split in ("val", "test"):
            assert split == one.split
        elif one.split == "train":
            assert split == "train" or split not in named


@given(some_items, some_items, specs, st.randoms(use_true_random=False))
def test_adding_pictures_never_moves_an_old_one(old, new, spec, shuffle):
    old = [replace(one, split=None) for one in old]
    new = [replace(one, path="new" + one.path, split=None) for one in new]
    splits, ledger = assign(old, spec, {})
    together = old + new
    shuffle.shuffle(together)
    later, ledger_later = assign(together, spec, ledger)
    now = dict(zip((one.path for one in together), later, strict=True))
    assert [now[one.path] for one in old] == splits
    assert ledger.items() <= ledger_later.items()


@given(some_items, specs, st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(items, spec, shuffle):
    splits = dict(zip((one.path for one in items), assign(items, spec, {})[0], strict=True))
    shuffle.shuffle(items)
    assert dict(zip((one.path for one in items), assign(items, spec, {})[0], strict=True)) == splits


def test_growing_by_single_pictures_keeps_the_wanted_shares():
    items, ledger = [], {}
    for number in range(100):
        items.append(item(str(number)))
        splits, ledger = assign(items, SplitSpec(), ledger)
    counts = Counter(splits)
    assert abs(counts["val"] - 20) <= 1
    assert abs(counts["test"] - 20) <= 1


def test_a_picture_that_went_and_came_back_has_its_old_split():
    items = many(40)
    splits, ledger = assign(items, SplitSpec(), {})
    _, ledger = assign(items[20:], SplitSpec(), ledger)
    assert assign(items, SplitSpec(), ledger)[0] == splits


def test_another_seed_or_other_fractions_start_afresh():
    items = many(100)
    splits, ledger = assign(items, SplitSpec(), {})
    other, both = assign(items, SplitSpec(seed=1), ledger)
    assert other != splits
    assert Counter(assign(items, SplitSpec(val=0.3, test=0.0), both)[0]) == {"train": 70, "val": 30}
    assert assign(items, SplitSpec(), both)[0] == splits


def test_nonsense_in_the_ledger_is_ignored():
    items = many(10)
    splits, ledger = assign(items, SplitSpec(), {})
    assert assign(items, SplitSpec(), dict.fromkeys(ledger, "elsewhere"))[0] == splits


def test_a_missing_val_is_cut_from_explicit_train_and_test_stays():
    items = many(50, split="train") + many(30, "b", split="train") + many(40, "c", split="test")
    splits, _ = assign(items, SplitSpec(val=0.2, test=0.2), {})
    assert shares(items, splits) == {
        "a": {"train": 40, "val": 10},
        "b": {"train": 24, "val": 6},
        "c": {"test": 40},
    }
    assert set(assign(items, SplitSpec(val=0.0, test=0.2), {})[0]) == {"train", "test"}


def test_a_train_copy_of_a_held_out_file_is_reported_and_the_held_out_one_kept():
    items = [
        *many(10, split="train"),
        item("copy", split="train", content="x"),
        item("original", split="test", content="x"),
        item("middle", split="val", content="x"),
        item("friend", split="train", group="g"),
        item("held", split="val", group="g"),
    ]
    splits, _ = assign(items, SplitSpec(), {})
    found = {leak.path: leak.reason for leak in leaks(items, splits)}
    assert found == {
        "copy.png": "the same content as original.png, which is held out for test",
        "middle.png": "the same content as original.png, which is held out for test",
        "friend.png": "in the same group (g) as held.png, which is held out for val",
    }


def test_a_row_without_a_split_follows_its_explicit_copy():
    items = [*many(10), item("known", split="test", content="x"), item("free", content="x")]
    assert assign(items, SplitSpec(), {})[0][-1] == "test"


def test_a_huge_group_goes_to_train_and_the_small_ones_are_held_out():
    for name in "pqrstuvwxyz":
        items = [item(str(n), group=name) for n in range(100)] + [
            item("u", group="u2"),
            item("v", group="v2"),
        ]
        assert Counter(assign(items, SplitSpec(), {})[0]) == {"train": 100, "val": 1, "test": 1}


def test_groups_of_ten_come_near_the_wanted_shares():
    items = [item(f"{g}-{n}", group=f"group {g}") for g in range(30) for n in range(10)]
    assert Counter(assign(items, SplitSpec(), {})[0]) == {"train": 180, "val": 60, "test": 60}


def test_a_picture_without_a_label_is_refused():
    with pytest.raises(ValueError, match="no label"):
        assign([item("x", None)], SplitSpec(), {})


@given(some_items, st.integers(2, 5), st.integers(0, 3))
def test_folds_keep_units_whole_and_do_not_depend_on_order(items, folds, seed):
    try:
        chosen = fold_of(items, folds, seed)
    except UserError:
        assert len({one.group or one.hash for one in items}) < 2 * folds
        return
    for trait in ("hash", "group"):
        sides = defaultdict(set)
        for one, fold in zip(items, chosen, strict=True):
            if getattr(one, trait) is not None:
                sides[getattr(one, trait)].add(fold)
        assert all(len(side) == 1 for side in sides.values())
    turned = fold_of(items[::-1], folds, seed)[::-1]
    assert turned == chosen
    assert set(chosen) <= set(range(folds))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(2, 6))
def test_folds_are_even_in_every_class_and_in_all(sizes, folds):
    items = [one for number, size in enumerate(sizes) for one in many(size, f"class{number}")]
    if len(items) < folds:
        return
    chosen = fold_of(items, folds, 0)
    for number, size in enumerate(sizes):
        counts = Counter(f for one, f in zip(items, chosen, strict=True) if one.label == f"class{number}")
        assert max(counts.values()) - (min(counts.values()) if len(counts) == folds else 0) <= 1
        assert sum(counts.values()) == size
    whole = Counter(chosen)
    assert max(whole.values()) - min(whole[f] for f in range(folds)) <= 1


def test_folds_depend_on_the_seed_and_need_enough_pictures():
    items = many(30)
    assert fold_of(items, 3, 0) == fold_of(items, 3, 0) != fold_of(items, 3, 1)
    with pytest.raises(UserError, match="fewer folds"):
        fold_of(items[:2], 3, 0)


def test_many_pictures_are_split_in_proportion():
    rng = random.Random(0)
    items = [item(str(n), rng.choice("abcdefgh")) for n in range(20_000)]
    splits, _ = assign(items, SplitSpec(), {})
    assert Counter(splits)["train"] == pytest.approx(12_000, abs=8)
