"""Which runs compute on this machine's devices, told from one process to another."""

import json

from xferstudio.occupied import Use, claim, give_back, uses, using


def notices(folder):
    return sorted((folder / "occupied").glob("*.json"))


def test_a_device_is_claimed_once_and_free_again_when_it_was_given_back(tmp_path, monkeypatch):
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path))
    notice = claim("cuda", tmp_path / "pears", "first")
    taken = claim("cuda:0", tmp_path / "apples", "second")
    assert isinstance(taken, Use) and (taken.run, taken.project) == ("first", str(tmp_path / "pears"))
    other = claim("cuda:1", tmp_path / "apples", "second")
    assert other.is_file()
    give_back(notice)
    assert claim("cuda:0", tmp_path / "apples", "third").is_file()


def test_a_run_knows_better_than_who_began_it_which_device_it_uses(tmp_path, monkeypatch):
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path))
    assert claim("", tmp_path / "pears", "first").is_file()
    assert isinstance(claim("cpu", tmp_path / "apples", "second"), Use)  # it may be any device
    with using("cuda:0", tmp_path / "pears", "first"):
        assert [use.device for use in uses()] == ["cuda:0"]
        assert claim("cpu", tmp_path / "apples", "second").is_file()


def test_what_the_dead_have_left_and_what_other_machines_do_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path))
    with using("cpu", tmp_path, "living"):
        (living,) = uses()
        texts = {
            "dead": json.dumps({**vars(living), "run": "dead", "started": living.started - 1000}),
            "far": json.dumps({**vars(living), "run": "far", "host": "another"}),
            "torn": '{"device": "cp',
        }
        for name, text in texts.items():
            (tmp_path / "occupied" / f"{name}.json").write_text(text)
        assert uses() == [living]
        assert {file.stem for file in notices(tmp_path)} & set(texts) == {"far", "torn"}
    assert uses() == []


def test_a_folder_that_cannot_be_written_only_costs_the_notice(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path / "file"))
    assert claim("cpu", tmp_path, "a") is None
    with using("cpu", tmp_path, "a"):
        assert uses() == []
