"""A project file survives people, moves, older versions and two writers, and tells all its faults at once."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xferstudio import project as module
from xferstudio.api import UserError
from xferstudio.project import (
    SCHEMA,
    Project,
    ProjectError,
    Run,
    add_run,
    create,
    file_mutex,
    load,
    name_fault,
    remove_run,
    set_target,
    write_atomic,
)

GOOD = """\
# My apples, photographed in May
schema = 1
name = "Apples"
colour = "red"   # nobody knows this key

[data]
source = "photos"

[split]
val = 0.1
test = 0.3
seed = 7

[runs.extract]   # the quick one
strategy = "extract"
backbone = "embedded:efficientnet_lite0"

[runs.extract.options]
seed = 1
"""


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two classes beside the place of the project."""
    folder = tmp_path / "photos"
    for label in ("ripe", "rotten"):
        (folder / label).mkdir(parents=True)
        for number in range(4):
            (folder / label / f"{number}.jpg").write_bytes(f"{label} {number}".encode())
    return folder


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path, text: str) -> dict[str, str]:
    """The faults of this text, by key."""
    with pytest.raises(ProjectError) as caught:
        load(written(folder, text))
    for fault in caught.value.faults:
        assert fault.file == str(folder / "project.toml")
        assert fault.what
        assert fault.remedy
    assert str(caught.value).count("\n") == len(caught.value.faults) - 1
    return {fault.key: f"{fault.what}; {fault.remedy}" for fault in caught.value.faults}


# ---- reading


def test_a_project_is_read_by_its_folder_and_by_its_file(tmp_path):
    folder = written(tmp_path / "p", GOOD)
    project = load(folder)
    assert project == load(folder / "project.toml")
    assert (project.name, project.data.source) == ("Apples", "photos")
    assert (project.split.val, project.split.test, project.split.seed) == (0.1, 0.3, 7)
    assert project.runs == (Run("extract", "extract", "embedded:efficientnet_lite0", {"seed": 1}),)
    assert project.runs_folder == folder / "runs"


def test_reading_does_not_touch_the_file(tmp_path):
    folder = written(tmp_path, GOOD)
    load(folder)
    assert (folder / "project.toml").read_text() == GOOD
    assert [path.name for path in folder.iterdir()] == ["project.toml"]


def test_all_faults_are_told_at_once_with_their_keys(tmp_path):
    told = faults(
        tmp_path,
        'schema = 1\nname = 3\n[data]\nformat = "zip"\n[split]\nval = "many"\ntest = -0.5\nseed = 1.5\n'
        '[runs.a]\nstrategy = 1\n[runs."b c"]\nstrategy = "x"\nbackbone = "y"\noptions = 3\n[runs.A]\n'
        'strategy = "x"\nbackbone = "y"\ndevice = true\n',
    )
    assert set(told) == {
        "name",
        "data.source",
        "data.format",
        "split.val",
        "split.test",
        "split.seed",
        "runs.a.strategy",
        "runs.a.backbone",
        "runs.b c",
        "runs.b c.options",
        "runs.A",
        "runs.A.device",
    }


@pytest.mark.parametrize(
    ("split", "key"),
    [
        ("val = 1", "split.val"),
        ("val = nan", "split.val"),
        ("test = inf", "split.test"),
        ("test = true", "split.test"),
        ("val = 0.5\ntest = 0.5", "split.val + split.test"),
        ("seed = -1", "split.seed"),
        ("folds = 1", "split.folds"),
        ("folds = true", "split.folds"),
        ("folds = 1000", "split.folds"),
    ],
)
def test_shares_seeds_and_folds_out_of_range_are_faults(tmp_path, split, key):
    assert list(faults(tmp_path, f'schema = 1\n[data]\nsource = "x"\n[split]\n{split}\n')) == [key]


@pytest.mark.parametrize("key", ["data", "split", "runs", "defaults"])
def test_a_value_where_a_table_is_due_is_a_fault(tmp_path, key):
    head = f"schema = 1\n{key} = 3\n" + ("" if key == "data" else '[data]\nsource = "x"\n')
    assert key in faults(tmp_path, head)


def test_a_misspelt_key_is_told_with_the_right_one_and_a_strange_one_is_kept(tmp_path):
    text = GOOD.replace('strategy = "extract"', 'stratgy = "extract"').replace("[split]", "[splt]")
    told = faults(tmp_path, text)
    assert "`strategy`" in told["runs.extract.stratgy"]
    assert "`split`" in told["splt"]
    assert "colour" not in told


def test_broken_toml_is_told_with_line_and_column(tmp_path):
    told = faults(tmp_path, 'schema = 1\nname = "Apples\n')
    assert list(told) == ["line 2, column 15"]


def test_a_key_that_stands_twice_is_told(tmp_path):
    told = faults(tmp_path, 'schema = 1\nname = "a"\nname = "b"\n')
    assert "name" in next(iter(told.values()))


def test_text_that_is_not_utf8_is_told_with_its_line(tmp_path):
    (tmp_path / "project.toml").write_bytes(b'schema = 1\nname = "\xe4pfel"\n')
    with pytest.raises(ProjectError, match=r"line 2: this is not UTF-8"):
        load(tmp_path)


def test_a_byte_order_mark_from_a_windows_editor_is_no_fault(tmp_path):
    (tmp_path / "project.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(tmp_path).name == "Apples"


def test_no_project_a_folder_in_its_place_and_a_file_for_a_folder_are_told(tmp_path):
    with pytest.raises(ProjectError, match="xferstudio new"):
        load(tmp_path)
    with pytest.raises(ProjectError, match="no project here"):
        load(tmp_path / "nowhere")
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(ProjectError, match="a project is a folder"):
        load(tmp_path / "a.jpg")
    (tmp_path / "p" / "project.toml").mkdir(parents=True)
    with pytest.raises(ProjectError, match="this is a folder"):
        load(tmp_path / "p")


def test_an_unknown_run_is_told_with_those_that_there_are(tmp_path):
    project = load(written(tmp_path, GOOD))
    assert project.run("extract").strategy == "extract"
    with pytest.raises(UserError, match=r"its runs are extract\. Did you mean 'extract'"):
        project.run("extrakt")


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.one_of(st.booleans(), st.integers(-9, 9), st.floats(), st.text(max_size=4)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["name", "data", "source", "split", "val", "runs", "strategy", "sample", "path", "x"]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=12,
    )
)
def test_no_content_whatever_causes_anything_but_a_project_or_its_faults(raw):
    raw = raw if isinstance(raw, dict) else {"data": raw}
    found: object
    try:
        found = module._checked(Path("/p/project.toml"), raw)
    except ProjectError as error:
        found = error.faults
    assert isinstance(found, Project) or (isinstance(found, list) and found)


# ---- names


@pytest.mark.parametrize("name", ["a", "extract-2", "LP_ft.v2", "_x", "a" * 80, "console"])
def test_names_that_every_system_allows_are_good(name):
    assert name_fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a b",
        "ä",
        "con",
        "NUL.txt",
        "Com1",
        "a" * 81,
        "-x",
        ".x",
        "x.",
        "a:b",
        "a\n",
    ],
)
def test_names_that_some_system_refuses_are_faults(name):
    assert name_fault(name)


# ---- versions


def test_a_newer_schema_is_refused_with_a_sentence_and_left_alone(tmp_path):
    text = GOOD.replace("schema = 1", f"schema = {SCHEMA + 1}").replace("val = 0.1", "val = 'new meaning'")
    told = faults(tmp_path, text)
    assert list(told) == ["schema"]
    assert "newer version" in told["schema"]
    assert "update xferstudio" in told["schema"]
    assert (tmp_path / "project.toml").read_text() == text


@pytest.mark.parametrize("schema", ["true", '"1"', "1.0", "-1"])
def test_a_schema_that_is_no_number_is_a_fault(tmp_path, schema):
    assert list(faults(tmp_path, f"schema = {schema}\n")) == ["schema"]


OLD = """\
# From the first days
name = "Old"
[data]
source = "photos"
[[run]]
name = "a"
strategy = "extract"  # quick
backbone = "x:y"
[run.options]
seed = 2
[[run]]
name = "b"
strategy = "fine-tune"
backbone = "x:y"
"""


def test_an_old_project_is_migrated_with_its_comments_and_a_backup_kept(tmp_path):
    project = load(written(tmp_path, OLD))
    assert project.runs == (Run("a", "extract", "x:y", {"seed": 2}), Run("b", "fine-tune", "x:y"))
    text = (tmp_path / "project.toml").read_text()
    assert text.startswith("# From the first days\nschema = 1\n")
    assert "# quick" in text
    assert (tmp_path / "project.toml.schema0.bak").read_text() == OLD
    assert load(tmp_path) == project


def test_an_earlier_backup_is_never_overwritten(tmp_path):
    load(written(tmp_path, OLD))
    again = OLD.replace("Old", "Older")
    load(written(tmp_path, again))
    assert (tmp_path / "project.toml.schema0.bak").read_text() == OLD
    assert (tmp_path / "project.toml.schema0.2.bak").read_text() == again


def test_an_old_project_with_faults_is_told_and_left_alone(tmp_path):
    text = OLD.replace('source = "photos"', "")
    assert list(faults(tmp_path, text)) == ["data.source"]
    assert (tmp_path / "project.toml").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["project.toml"]


def test_two_old_runs_of_one_name_are_told(tmp_path):
    assert "two runs are named a" in faults(tmp_path, OLD.replace('"b"', '"a"'))["schema"]


# ---- writing


def test_a_project_is_made_with_all_that_was_asked_for(tmp_path, photos):
    market = tmp_path / "market"
    shutil.copytree(photos / "ripe", market)
    project = create(
        tmp_path / "Apples",
        data=photos,
        backbone="timm:x",
        val=0.1,
        test=0.25,
        seed=3,
        folds=5,
        target=market,
    )
    assert project == load(tmp_path / "Apples")
    assert (project.name, project.default_backbone) == ("Apples", "timm:x")
    assert (project.split.val, project.split.test, project.split.seed, project.split.folds) == (
        0.1,
        0.25,
        3,
        5,
    )
    assert (project.data.source, project.data.target) == ("../photos", "../market")
    assert project.data_path() == photos
    assert project.target_path() == market
    assert len(project.data.sample) == 5


@pytest.mark.parametrize("place", [".", "ripe", ".."])
def test_the_labelled_images_are_no_target_nor_what_stands_among_them_or_around(tmp_path, photos, place):
    with pytest.raises(UserError, match="holds the labelled images themselves"):
        create(tmp_path / "Apples", data=photos, target=photos / place)
    assert not (tmp_path / "Apples").exists()
    project = create(tmp_path / "Apples", data=photos)
    with pytest.raises(UserError, match="holds the labelled images themselves"):
        set_target(project, photos / place)


def test_a_project_is_not_made_over_another_nor_without_data_nor_with_bad_shares(tmp_path, photos):
    create(tmp_path / "p", data=photos)
    before = (tmp_path / "p" / "project.toml").read_text()
    with pytest.raises(UserError, match=r"a project in .* already"):
        create(tmp_path / "p", data=photos)
    assert (tmp_path / "p" / "project.toml").read_text() == before
    with pytest.raises(UserError, match="no folder or table"):
        create(tmp_path / "q", data=tmp_path / "nowhere")
    with pytest.raises(ProjectError, match=r"split\.val \+ split\.test"):
        create(tmp_path / "q", data=photos, val=0.6, test=0.5)
    assert not (tmp_path / "q").exists()


def test_adding_a_run_keeps_comments_order_and_unknown_keys(tmp_path):
    project = load(written(tmp_path, GOOD))
    options = {"seed": 1, "augment": 'a "b"', "rate": 1e-5, "on": True, "layers": [1, 2], "deep": {"er": 1}}
    run = Run("tune", "lp-ft", "timm:x", options, "cpu")
    more = add_run(project, run)
    assert more.run("tune") == run
    assert more == load(tmp_path)
    assert (tmp_path / "project.toml").read_text().startswith(GOOD.rstrip())


def test_a_run_added_keeps_what_was_edited_by_hand_meanwhile(tmp_path):
    project = load(written(tmp_path, GOOD))
    written(tmp_path, GOOD.replace("seed = 7", "seed = 8  # better"))
    assert add_run(project, Run("b", "s", "x")).split.seed == 8
    assert "seed = 8  # better" in (tmp_path / "project.toml").read_text()


def test_a_run_of_a_missing_plugin_survives_load_and_save(tmp_path):
    strange = GOOD + '\n[runs.alien]\nstrategy = "from-mars"\nbackbone = "mars:1"\nwish = "kept"\n'
    strange += "[runs.alien.options]\nx.y = 1\n"
    project = add_run(load(written(tmp_path, strange)), Run("b", "s", "x"))
    assert project.run("alien").options == {"x": {"y": 1}}
    assert 'wish = "kept"' in (tmp_path / "project.toml").read_text()


@pytest.mark.parametrize("name", ["extract", "EXTRACT"])
def test_a_run_of_a_taken_name_is_refused(tmp_path, name):
    project = load(written(tmp_path, GOOD))
    with pytest.raises(UserError, match="already"):
        add_run(project, Run(name, "s", "x"))
    with pytest.raises(UserError, match=r"folder|name"):
        add_run(project, Run("../x", "s", "x"))
    assert (tmp_path / "project.toml").read_text() == GOOD


@pytest.mark.parametrize(
    "runs",
    [
        '[runs.a]\nstrategy = "s"\nbackbone = "b"\n[runs.a.options]\nx = 1\n',
        'runs.a = {strategy = "s", backbone = "b"}\n',
        '[runs]\na = {strategy = "s", backbone = "b"}\n',
    ],
)
def test_a_run_is_taken_out_whatever_way_it_is_written_and_may_come_back(tmp_path, runs):
    data = '[data]\nsource = "x"  # the photos\n'
    text = "schema = 1\n" + (runs + data if runs.startswith("runs") else data + runs)
    project = load(written(tmp_path, text))
    two = add_run(project, Run("b", "s", "x"))
    one = remove_run(two, "a")
    assert [run.name for run in one.runs] == ["b"]
    none = remove_run(one, "b")
    assert none.runs == () and none == load(tmp_path)
    assert 'source = "x"  # the photos' in (tmp_path / "project.toml").read_text()
    assert add_run(none, project.run("a")).run("a") == project.run("a")


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_taking_out_a_run_keeps_the_comments_around_it(tmp_path, name):
    text = (
        'schema = 1\n# of a\n[runs.a]\nstrategy = "s"\nbackbone = "b"\n\n# of b\n[runs.b]\nstrategy = "s"\n'
    )
    text += 'backbone = "b"\n[runs.b.options]\nx = 1\n# of the data\n[data]\nsource = "x"\n# of c\n[runs.c]\n'
    text += 'strategy = "s"\nbackbone = "b"\n# the end\n'
    remove_run(load(written(tmp_path, text)), name)
    now = (tmp_path / "project.toml").read_text()
    assert [line for line in now.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]
    assert f"[runs.{name}" not in now


def test_taking_out_a_run_keeps_what_was_edited_by_hand_meanwhile_and_knows_no_other(tmp_path):
    project = load(written(tmp_path, GOOD))
    written(tmp_path, GOOD.replace("seed = 7", "seed = 8  # better"))
    with pytest.raises(UserError, match="Did you mean 'extract'"):
        remove_run(project, "extrac")
    assert remove_run(project, "extract").split.seed == 8
    assert "seed = 8  # better" in (tmp_path / "project.toml").read_text()


@pytest.mark.parametrize("runs", ["", "[runs]\n", 'runs = {a = {strategy = "s", backbone = "b"}}\n'])
def test_a_run_is_added_whatever_way_the_runs_are_written(tmp_path, runs):
    head, data = "schema = 1\n", '[data]\nsource = "x"\n'
    text = head + (runs + data if runs.startswith("runs") else data + runs)
    project = add_run(load(written(tmp_path, text)), Run("new", "s", "b", {"seed": 1}))
    assert project.run("new").options == {"seed": 1}
    assert load(tmp_path) == project


def test_two_processes_that_add_runs_lose_none(tmp_path):
    written(tmp_path, GOOD)
    code = (
        "import sys\nfrom xferstudio.project import *\n"
        "for n in range(8):\n    add_run(load(sys.argv[1]), Run(f'{sys.argv[2]}{n}', 's', 'b'))\n"
    )
    root = Path(__file__).parents[1]
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), letter], cwd=root) for letter in "xyz"
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(load(tmp_path).runs) == 1 + 24


def test_a_guard_is_waited_for_and_then_told(tmp_path):
    with (
        file_mutex(tmp_path / "g"),
        pytest.raises(UserError, match="Another program"),
        file_mutex(tmp_path / "g", 0.05),
    ):
        pass
    with file_mutex(tmp_path / "g", 0.05):
        pass


# ---- atomic files


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    write_atomic(tmp_path / "a.txt", "old")
    write_atomic(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "check the disk"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_tells_path_and_reason_and_keeps_the_old_file(
    tmp_path, monkeypatch, number, words, call
):
    write_atomic(tmp_path / "a.txt", "old")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UserError, match=words) as caught:
        write_atomic(tmp_path / "a.txt", "new")
    assert str(tmp_path / "a.txt") in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="folder does not exist"):
        write_atomic(tmp_path / "no" / "a.txt", "x")


def test_readers_never_see_a_part_of_a_file(tmp_path):
    path = tmp_path / "a.txt"
    texts = {letter * 200_000 for letter in "ab"}
    write_atomic(path, "a" * 200_000)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for text in texts:
                write_atomic(path, text)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(path.read_text() in texts for _ in range(200))
    finally:
        stop.set()
        writer.join()


# ---- data that moved


def test_data_far_away_is_written_as_an_absolute_path(tmp_path, photos):
    project = create(tmp_path / "a" / "b" / "c" / "p", data=photos)
    assert project.data.source == photos.as_posix()
    inside = tmp_path / "q" / "images"
    shutil.copytree(photos, inside)
    assert create(tmp_path / "q", data=inside).data.source == "images"


def test_a_project_moved_together_with_its_data_finds_it(tmp_path, photos):
    create(tmp_path / "p", data=photos)
    new = tmp_path / "elsewhere"
    new.mkdir()
    shutil.move(tmp_path / "p", new / "p")
    shutil.move(photos, new / "photos")
    assert load(new / "p").data_path() == new / "photos"


def test_data_moved_into_the_project_is_found_by_name_and_content(tmp_path, photos):
    project = create(tmp_path / "p", data=photos)
    shutil.move(photos, tmp_path / "p" / "photos")
    assert project.data_path() == tmp_path / "p" / "photos"


def test_a_project_moved_deeper_finds_data_under_its_parents_or_beside(tmp_path, photos):
    create(tmp_path / "p", data=photos)
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    shutil.move(tmp_path / "p", deep / "p")
    assert load(deep / "p").data_path() == photos
    (deep / "pictures").mkdir()
    shutil.move(photos, deep / "pictures" / "photos")
    assert load(deep / "p").data_path() == deep / "pictures" / "photos"


def test_a_path_from_another_system_is_found_by_its_last_parts(tmp_path, photos):
    text = GOOD.replace('"photos"', r"'C:\Users\Ann\photos'")
    assert load(written(tmp_path / "p", text)).data_path() == photos


def test_a_folder_of_the_same_name_with_other_content_is_not_taken(tmp_path, photos):
    project = create(tmp_path / "p", data=photos)
    shutil.rmtree(photos)
    (tmp_path / "p" / "photos").mkdir()
    (tmp_path / "p" / "photos" / "pear.jpg").write_bytes(b"pear")
    with pytest.raises(UserError) as caught:
        project.data_path()
    told = str(caught.value)
    assert "'../photos'" in told
    assert str(tmp_path / "p") in told
    assert "other files" in told
    assert "`source =`" in told
    assert str(tmp_path / "p" / "project.toml") in told


def test_data_is_known_again_after_some_images_were_removed(tmp_path, photos):
    project = create(tmp_path / "p", data=photos)
    (photos / project.data.sample[0][0]).unlink()
    shutil.move(photos, tmp_path / "p" / "photos")
    assert project.data_path() == tmp_path / "p" / "photos"


def test_without_a_sample_two_namesakes_are_not_guessed_between(tmp_path):
    project = load(written(tmp_path / "a" / "p", GOOD.replace('"photos"', '"../../../gone/photos"')))
    (tmp_path / "a" / "photos").mkdir()
    assert project.data_path() == tmp_path / "a" / "photos"
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError, match="several"):
        project.data_path()


def test_a_table_that_moved_is_known_by_its_content(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("path,label\na.jpg,x\n")
    project = create(tmp_path / "p", data=table)
    shutil.move(table, tmp_path / "p" / "labels.csv")
    assert project.data_path() == tmp_path / "p" / "labels.csv"


def test_a_project_inside_its_data_does_not_sample_itself(tmp_path, photos):
    project = create(photos / "0-project", data=photos)
    assert project.data.source == ".."
    assert not any(path.startswith("0-project") for path, _ in project.data.sample)
    assert project.data_path() == photos


@pytest.mark.parametrize(
    "text",
    [
        'schema = 1\nruns.a.strategy = "s"\nruns.a.backbone = "b"\n[data]\nsource = "x"\n',
        'schema = 1\n[runs.a]\nstrategy = "s"\nbackbone = "b"\n[data]\nsource = "x"\n[other]\ny = 1\n',
        'schema = 1\n[runs.a]\nstrategy = "s"\nbackbone = "b"\n[data]\nsource = "x"\n'
        '[runs.b]\nstrategy = "s"\nbackbone = "b"',
        'schema = 1\r\n[data]\r\nsource = "x"\r\n[runs]\r\n[runs.a]\r\nstrategy = "s"\r\nbackbone = "b"\r\n',
    ],
)
def test_a_run_is_added_to_files_in_any_order_or_refused_and_the_file_left_alone(tmp_path, text):
    (tmp_path / "project.toml").write_bytes(text.encode())
    before = load(tmp_path)
    try:
        after = add_run(before, Run("new", "s", "b", {"seed": 1}))
    except UserError:
        after = before
        assert (tmp_path / "project.toml").read_bytes() == text.encode()
    assert after.runs[: len(before.runs)] == before.runs
    assert load(tmp_path) == after


def test_options_that_no_file_can_hold_are_refused_with_a_sentence(tmp_path):
    project = load(written(tmp_path, GOOD))
    with pytest.raises(UserError, match="by hand"):
        add_run(project, Run("b", "s", "x", {"seed": object()}))
    assert (tmp_path / "project.toml").read_text() == GOOD


def test_whether_a_place_can_be_written_is_known_before_the_work_and_nothing_stays(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    module.check_writable(tmp_path / "new" / "folder" / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    for wrong in ("file/x.csv", "file/deeper/x.csv"):
        with pytest.raises(UserError, match="is a file and not a folder"):
            module.check_writable(tmp_path / wrong)


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="it takes a folder that nobody can write, as /proc"
)
def test_a_folder_that_cannot_be_written_is_told_before_the_work():
    with pytest.raises(UserError, match=r"Cannot write /proc/nope/x\.csv"):
        module.check_writable(Path("/proc/nope/x.csv"))
