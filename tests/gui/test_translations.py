"""Every visible text can be translated, the Chinese translation is whole, and the pages hold both languages."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import PySide6
import pytest
from finished_runs import make_project, make_run
from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabBar,
)

from xferstudio.gui.data.adding import class_fault
from xferstudio.gui.frame import app as starting
from xferstudio.gui.frame.new_project import NewProject
from xferstudio.gui.frame.window import WORK, Window
from xferstudio.gui.look import engine_words, theme, words
from xferstudio.gui.look.help import About, Shortcuts
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Catalogue
from xferstudio.gui.train.outcome import SummaryCard

ROOT = Path(__file__).parents[2]
GUI = ROOT / "xferstudio" / "gui"
SOURCE = GUI / "translations" / "xferstudio_zh_CN.ts"
FILES = sorted(GUI.rglob("*.py"))
TREES = {file.name: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
TOOLS = Path(PySide6.__file__).parent
ENDING = ".exe" if sys.platform == "win32" else ""

# ---------------------------------------------------------------------------------------- the code

TRANSLATING = {"tr", "translate", "QT_TRANSLATE_NOOP", "engine_text"}
SHOWN = {
    "setText": (0,), "set_text": (0,), "setWindowTitle": (0,), "setTitle": (0,), "setToolTip": (0,),
    "setStatusTip": (0,), "setWhatsThis": (0,), "setPlaceholderText": (0,), "setAccessibleName": (0,),
    "setAccessibleDescription": (0,), "setPrefix": (0,), "setSuffix": (0,), "setSpecialValueText": (0,),
    "setHorizontalHeaderLabels": (0,), "setVerticalHeaderLabels": (0,), "setHeaderLabels": (0,),
    "setHeaderData": (2,), "setTabText": (1,), "setItemText": (1,), "showMessage": (0,), "setLabelText": (0,),
    "addTab": (1, 2), "addItem": (0,), "addItems": (0,), "addAction": (0, 1), "addMenu": (0,),
    "QLabel": (0,), "QPushButton": (0,), "QToolButton": (0,), "QCheckBox": (0,), "QRadioButton": (0,),
    "QGroupBox": (0,), "QAction": (0, 1), "QMenu": (0,), "QListWidgetItem": (0,), "QTableWidgetItem": (0,),
    "label": (0,), "button": (0,), "tool": (1,), "Elided": (0,), "EmptyState": (1, 2, 3), "ask": (1, 2),
    "show_message": (0,), "show_note": (0,),
}  # fmt: skip
"""Calls that show a text, and which of their arguments do."""
EMITTED = {"note", "message"}
"""Signals of the studio whose first argument is shown."""

NAMES = {"xferstudio", "{} – xferstudio", "English", "简体中文", "file:{}"}
"""The program's name, names of languages in themselves, the id of a backbone."""

NO_SENTENCES = {
    " Labels of a few target images would tell more.",  # cut off, of verdicts of earlier versions
    "negative transfer", "no evidence", "transfer helped",  # words of the protocol
    "Transfer helped: ", "Negative transfer: ", "No evidence that transfer helped or hurt. ",
    "was not sorted", "no label", "the same content as", "in the same group",  # looked for in the engine's words
    "go on",  # a key of a table
    "domain accuracy", "xferstudio audit",  # a name of the protocol, a command
    "{} cannot be written", "the command cannot be started: {}",  # told in a sentence of its caller
    "not in a class folder", "not an image file ({})", "no ending",  # shown through engine_text, like the scan's
    "a reader failed", "there is no icon %r",  # for the log
    "0123456789.,-+eE ",  # letters that a number may hold
    "1px solid {}", "2px solid {}",  # of a style sheet
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC",  # fonts
    "xferstudio check-plugin {}",  # a command
}  # fmt: skip
"""Texts of several words that nobody is shown as they are."""


def nodes():
    """Every node of every module of the window, with the name of its file."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            yield file, node


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts(node: ast.AST):
    """Literal texts that an argument may become, without those that are translated."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Call):
        # text.format(...) and mark.join(...) show the text itself; other calls are looked at by themselves.
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
            yield from texts(node.func.value)
            for argument in node.args:
                yield from texts(argument)
    elif isinstance(node, (ast.IfExp, ast.BoolOp, ast.BinOp, ast.List, ast.Tuple, ast.ListComp)):
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else ast.iter_child_nodes(node)
        for part in parts:
            yield from texts(part)


def has_words(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2,}", re.sub(r"\{\w*\}", "", text)))


def test_what_is_shown_goes_through_tr():
    found = []
    for file, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        places = SHOWN.get(name, ())
        if name == "emit" and isinstance(node.func.value, ast.Attribute) and node.func.value.attr in EMITTED:
            places = (0,)
        for place in places:
            if place < len(node.args):
                for text in texts(node.args[place]):
                    if has_words(text) and text not in NAMES:
                        found.append(f"{file}:{node.lineno}: {text!r}")
    assert not found, "\n".join(found)


def test_no_sentence_is_left_out():
    """Texts of two words and more that reach the window by a variable."""
    aside: set[ast.AST] = set()
    for _, node in nodes():
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(node.value)  # a docstring
        if isinstance(node, ast.JoinedStr):
            aside.update(node.values)
        known = TRANSLATING | {"setStyleSheet", "debug", "info", "warning", "error", "UserError"}
        if isinstance(node, ast.Call) and name_of(node) in known:
            aside.update(part for each in node.args for part in ast.walk(each))
    found = []
    for file, node in nodes():
        if node in aside or not isinstance(node, (ast.Constant, ast.JoinedStr)):
            continue
        for text in texts(node):
            if ";" in text and "{" in text:  # a style sheet
                continue
            if re.search(r"[^\W\d_]{2,}[,.:;]? [^\W\d_]{2,}", text) and text not in NO_SENTENCES:
                found.append(f"{file}:{node.lineno}: {text!r}")
    assert not found, "\n".join(found)


def test_tr_gets_whole_literal_texts():
    """lupdate sees nothing else; what varies is put in by format() afterwards."""
    found = []
    for file, node in nodes():
        if isinstance(node, ast.Call) and name_of(node) in TRANSLATING - {"engine_text"}:
            first = 0 if name_of(node) == "tr" else 1
            varies = file in ("words.py", "domain_words.py", "app.py") and name_of(node) == "translate"
            if not varies and not all(isinstance(part, ast.Constant) for part in node.args[: first + 1]):
                found.append(f"{file}:{node.lineno}")
    assert not found, "\n".join(found)


def test_contexts_are_classes_or_are_written_out():
    """tr() looks under the names of the object's class and its bases: a context of another name is never found."""
    classes = {
        node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    written = {
        node.args[0].value
        for _, node in nodes()
        if isinstance(node, ast.Call) and name_of(node) in ("translate", "QT_TRANSLATE_NOOP")
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert {context for context, *_ in messages(SOURCE)} <= classes | written


# --------------------------------------------------------------------------------- the translation


def messages(file: Path) -> dict[tuple[str, str, str], ElementTree.Element]:
    """Context, source and comment of each message, with its translation."""
    return {
        (
            context.findtext("name", ""),
            message.findtext("source", ""),
            message.findtext("comment", ""),
        ): message.find("translation")
        for context in ElementTree.parse(file).getroot().findall("context")
        for message in context.findall("message")
    }


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder that holds the translation as Qt reads it."""
    folder = tmp_path_factory.mktemp("translations")
    target = folder / f"{SOURCE.stem}.qm"
    subprocess.run([TOOLS / f"lrelease{ENDING}", "-silent", SOURCE, "-qm", target], check=True, timeout=60)
    return folder


def test_the_translation_is_up_to_date(tmp_path):
    copy = Path(shutil.copy(SOURCE, tmp_path))
    command = [
        TOOLS / f"lupdate{ENDING}",
        "-silent",
        "-no-obsolete",
        "-locations",
        "none",
        *FILES,
        "-ts",
        copy,
    ]
    subprocess.run(command, check=True, timeout=120)
    now, before = set(messages(copy)), set(messages(SOURCE))
    assert now - before == set(), "new texts: `make translations`, then translate them"
    assert before - now == set(), "texts that are gone: `make translations`"


def test_the_translation_is_whole():
    for (context, source, _), translation in messages(SOURCE).items():
        assert translation.get("type") is None, f"{context}: {source}"
        assert (translation.text or "").strip(), f"{context}: {source}"


def test_translations_keep_what_the_program_puts_in():
    for (context, source, _), translation in messages(SOURCE).items():
        where, made = f"{context}: {source!r}", translation.text
        assert sorted(re.findall(r"\{\w*\}", source)) == sorted(re.findall(r"\{\w*\}", made)), where
        made.format(**dict.fromkeys(re.findall(r"\{(\w+)\}", made), "x"))
        assert source.count("\t") == made.count("\t"), where
        assert source.partition("\t")[2] == made.partition("\t")[2], where  # keys of a menu
        assert bool(re.search(r"&\w", source)) == bool(re.search(r"\(&[A-Z]\)", made)), where
        assert re.findall(r"\*\.\w+", source) == re.findall(r"\*\.\w+", made), where  # kinds of files
        assert source.endswith("…") == made.endswith("…"), where


def test_translations_use_chinese_punctuation():
    han = r"[\u4e00-\u9fff]"
    wrong = [
        translation.text
        for translation in messages(SOURCE).values()
        if re.search(rf"{han}[,;:?!]|{han}\.(?!\w)|[,;:?!]{han}", translation.text)
    ]
    assert not wrong


# ------------------------------------------------------------------------------ words of the engine

SAME = {"adamw", "sgd", "mlp", "knn", "float32", "bfloat16", "float16"}
"""Choices of options that are names everywhere."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """What the installed plugins offer."""
    place = tmp_path_factory.mktemp("catalogue")
    done = subprocess.run(
        [sys.executable, "-m", "xferstudio", "catalogue", "--json"],
        env={**os.environ, "XFERSTUDIO_CACHE": str(place)},
        stdout=subprocess.PIPE,
        timeout=300,
        check=True,
    )
    line = json.loads(done.stdout.splitlines()[-1])
    return Catalogue(line["backbones"], line["strategies"], line["exporters"], line["plugins"]["loaded"], [])


def first_party(catalogue, kind):
    ours = [plugin["adds"] for plugin in catalogue.loaded if plugin["distribution"] == "xferstudio"]
    ids = {each for adds in ours for each in adds[kind]}
    assert ids
    return [entry for entry in getattr(catalogue, kind) if entry["id"] in ids]


def test_texts_of_the_first_party_plugins_are_listed(catalogue):
    said = set()
    for entry in (*first_party(catalogue, "strategies"), *first_party(catalogue, "exporters")):
        said |= {entry["label"], entry["summary"]}
        for option in entry["options"]:
            said |= {option["name"].replace("_", " "), option["help"], *map(str, option["choices"] or ())}
    assert said - {""} - SAME - set(engine_words.TEXTS) == set()


def engine_texts():
    """Texts in the sources of the engine and of the plugins, {} where something is put in."""
    sources = [
        file
        for folder in ("xferstudio", "plugins")
        for file in (ROOT / folder).rglob("*.py")
        if GUI not in file.parents and "tests" not in file.parts
    ]
    found = {"the command cannot be started: {}"}  # the window says so for the engine
    for file in sources:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for text in texts(node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else ():
                found.add(text)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)  # the name of an option
    return found


def test_listed_sentences_are_those_of_the_engine():
    """A sentence that was changed in the engine would no longer be found."""
    said = "\n".join(engine_texts()).replace("_", " ")
    gone = []
    for text in map(str, (*engine_words.TEXTS, *engine_words.PATTERNS)):
        # The engine puts some of them together from parts, at such places.
        ends = r"\{\w+\}|, (?:or )?|; |: |\. | \(|\)| - "
        ends += r"| (?:points|with a|is|are|lie|held out for|export with|in the class(?:es)?|a copy of|copies of)\b"
        ends = r", for |they look | source-only | and |" + ends
        parts = [part.strip() for part in re.split(ends, text)]
        gone += [
            f"{part!r} of {text!r}" for part in parts if len(part) > 12 and part.replace("_", " ") not in said
        ]
    assert not gone, "\n".join(gone)


@pytest.mark.parametrize("module", ["engine", "data"])
def test_notices_of_the_engine_are_listed(module):
    missing = []
    for file in (ROOT / "xferstudio" / module).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node) in ("Notice", "LeftOut") and node.args:
                place = 0 if name_of(node) == "Notice" else 1
                for text in texts(node.args[place]):
                    shape = re.sub(r"\{\}", "7", text)
                    known = text in engine_words.TEXTS or any(
                        pattern.fullmatch(shape) for _, pattern in words._patterns()
                    )
                    if has_words(text) and not known and text not in TOGETHER:
                        missing.append(f"{file.name}:{node.lineno}: {text}")
    assert not missing, "\n".join(missing)


TOGETHER = {"{} left out: {}{}", "; batch norm sees the smaller parts"}
"""Notices whose first words are put in, and the end of another."""


# --------------------------------------------------------------------------------------- the window


@pytest.fixture
def speak(qapp, compiled, monkeypatch):
    """speak(language): the program speaks it until the test ends."""
    installed: list[QTranslator] = []
    font, locale = QApplication.font(), QLocale()
    monkeypatch.setattr(starting, "TRANSLATIONS", compiled)

    def begin(language: str) -> None:
        installed.extend(starting.translate(qapp, QLocale(language)))
        theme.apply(qapp)
        assert len(installed) == (0 if language == "en" else 2)

    yield begin
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(locale)
    qapp.setFont(font)
    theme.apply(qapp)


def rested(window) -> bool:
    """Whether all pages have ended what they do; each is asked to."""
    return [page for page in window.pages.values() if not page.let_go()] == []


@pytest.fixture
def pages(qtbot, studio, catalogue, tmp_path, monkeypatch):
    """make(): each page of a window on a project with runs, one after another, as (name, window)."""
    project = make_project(tmp_path)
    make_run(project, "good", 2)
    make_run(project, "bad", 20)
    make_run(project, "zero", 30, strategy="scratch")
    make_run(project, "broken", 0, reason="failed")
    (project.folder / "exports").mkdir()
    (project.folder / "exports" / "good.onnx").write_bytes(b"0")
    real = commands.command_line
    monkeypatch.setattr(
        commands,
        "command_line",
        lambda *arguments: real(*arguments) if arguments[0] == "scan" else [sys.executable, "-c", ""],
    )
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)
    made: list[Window] = []

    def make():
        window = Window(studio)
        made.append(window)
        qtbot.addWidget(window)
        window.resize(1024, 700)
        window.show()
        window.begin()
        qtbot.wait(50)
        yield "start", window
        studio.catalogue = catalogue
        studio.catalogue_changed.emit()
        window.open(str(project.folder))
        studio.look()
        qtbot.waitUntil(lambda: studio.pictures is not None, timeout=60_000)
        for name in (*WORK, "plugins"):
            window.go(name)
            qtbot.wait(400)
            yield name, window
        for run in studio.runs:
            window.go("train", str(run.path))
            qtbot.wait(400)
            yield run.name, window
        window.go("compare")
        window.page("compare").choose([run.path for run in studio.runs])
        tabs = window.page("compare").tabs
        for place in range(tabs.count()):
            tabs.setCurrentIndex(place)
            qtbot.wait(300)
            yield f"compare, {tabs.tabText(place)}", window

    yield make
    for window in made:
        if window._message is not None:
            window._message.accept()
        qtbot.waitUntil(lambda w=window: rested(w), timeout=15_000)
        window.leave()


LATIN = frozenset(
    re.findall(
        r"\w+",
        "xferstudio English CPU GPU MB kB GB px ms ECE RGB EXIF PNG SVG CSV "
        "ONNX PyTorch timm torch export config json model safetensors uint onnx "
        "EfficientNet Lite apache auto Mixup CutMix SP mlp knn cpu bfloat float sgd adamw "
        "Ctrl Shift Tab Esc Enter Delete Del Up Down "
        "pets cat dog good bad zero broken "
        "extract fine tune scratch lp ft first party embedded efficientnet lite "
        "Apache License",
    )
)
"""Names of programs, formats, units and keys, and what the test's project is made of."""


def shown(window):
    """Texts that stand in the window and in its menus."""
    for child in (
        window.findChildren((QLabel, QAbstractButton, QGroupBox, QLineEdit, QTabBar)) if False else ()
    ):
        yield child
    for kind in (QLabel, QAbstractButton, QLineEdit, QGroupBox, QTabBar):
        for child in window.findChildren(kind):
            if not child.isVisible():
                continue
            if isinstance(child, QTabBar):
                yield from (child.tabText(place) for place in range(child.count()))
            elif isinstance(child, QLineEdit):
                yield child.placeholderText()
            elif isinstance(child, QGroupBox):
                yield child.title()
            else:
                yield child.text()
            yield child.toolTip()
            yield child.accessibleName()
    for action in window.findChildren(QAction):
        if not type(action.parent()).__module__.startswith("pyqtgraph"):  # its own menus are switched off
            yield action.text()


def foreign(text: str) -> list[str]:
    text = re.sub(r"\S*[/\\]\S*", "", text)  # paths
    text = re.sub(r"\S+\.(onnx|png|jpg|toml|json)\b", "", text)  # names of files
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in LATIN]


def test_every_page_speaks_chinese(pages, speak):
    speak("zh_CN")
    found = {}
    for name, window in pages():
        for text in shown(window):
            if foreign(text):
                found.setdefault(text, name)
    assert found == {}


def test_dialogs_speak_chinese(qtbot, studio, speak):
    speak("zh_CN")
    window = Window(studio)
    qtbot.addWidget(window)
    window.show_shortcuts()
    sheet = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Shortcuts) and w.isVisible())
    for dialog in (sheet, About(window), NewProject(studio, window)):
        dialog.show()
        found = [text for text in shown(dialog) if foreign(text)]
        assert found == []
        assert not any(re.search(r"\(\w\)", text) for text in shown(dialog) if dialog is sheet)
        dialog.close()
    window.leave()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_text_is_cut_off(pages, speak, language):
    speak(language)
    found = []
    for name, window in pages():
        assert (window.width(), window.height()) == (1024, 700), name  # fits into a small screen
        for area in window.findChildren(QScrollArea):
            scrolls = area.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if area.isVisible() and not scrolls and area.widget().width() > area.viewport().width():
                found.append(f"{name}: {area.accessibleName()} is cut off at the right")
        for child in (*window.findChildren(QLabel), *window.findChildren(QPushButton)):
            if not child.isVisible() or not child.text():
                continue
            elided = child.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
            if isinstance(child, QLabel) and (child.wordWrap() or elided):
                continue
            if child.width() < child.minimumSizeHint().width():
                found.append(
                    f"{name}: {child.text()!r} has {child.width()} of {child.minimumSizeHint().width()}"
                )
    assert not found, "\n".join(found)


def test_a_class_speaks_as_its_bases_do(qtbot, speak):
    """PySide looks up the texts of a base class under the name of that class, too."""
    speak("zh_CN")

    class Mine(SummaryCard):
        pass

    card = Mine()
    qtbot.addWidget(card)
    assert card.buttons["export"].text() == "导出模型"


def test_words_outside_of_classes_are_translated(qapp, speak):
    speak("zh_CN")
    assert words.state("running") == "运行中"
    assert words.seconds(200) == "3 分 20 秒"
    assert class_fault("") == "请填写类别名称。"


def test_sentences_of_the_engine_are_translated_with_what_they_hold(qapp, speak):
    warning = "With 48 images in 12 groups the accuracy is only known to lie somewhere between 70% and 91%; "
    warning += "more labelled images would narrow that."
    assert words.engine_text(warning) == warning
    speak("zh_CN")
    told = words.engine_text(warning)
    assert told.startswith("只有 48 张图像（12 组）") and "70% 到 91%" in told
    assert words.engine_text("computing features") == "正在计算特征"
    assert words.engine_text("Cannot write /a/{b}: the disk is full; free some space and try again.") == (
        "无法写入 /a/{b}：磁盘已满，请腾出空间后重试。"
    )
    assert (
        words.engine_text("Negative transfer: b is 3.1 points less accurate than training from scratch (a). ")
        != ""
    )
    for text in ("", "a sentence of another plugin", "12 apples"):
        assert words.engine_text(text) == text


@pytest.mark.parametrize(
    ("text", "words_in_it"),
    [
        (
            "No image here is of the classes ants, bees and 3 more, so how well they are recognised is not known.",
            ["ants、bees和另外3个"],
        ),
        (
            "2 files cannot be read and are left out: a/1.png: the file is missing; b: 2.png: no label; "
            "and 4 more, in summary.json",
            ["a/1.png：文件不存在；b: 2.png：没有标签", "另外4个", "summary.json"],
        ),
        (
            "The ONNX file FAILS the comparison with the app on 20 files: it names another class for 2 files; "
            "a probability differs by 0.300, and 0.001 is allowed. Do not rely on it.",
            ["类别不同；概率相差 0.300"],
        ),
    ],
)
def test_lists_in_sentences_of_the_engine_are_translated_too(qapp, speak, text, words_in_it):
    assert words.engine_text(text) == text  # in English nothing is changed
    speak("zh_CN")
    told = words.engine_text(text)
    for part in words_in_it:
        assert part in told
    assert not {"and", "more", "file", "is", "in"} & set(re.findall("[a-z]+", told.replace("summary", "")))


LETTER = re.compile(r"&(\w)")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_two_entries_of_a_menu_or_dialog_share_a_letter(qtbot, studio, speak, monkeypatch, language):
    speak(language)
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)
    window = Window(studio)
    qtbot.addWidget(window)
    dialog = NewProject(studio, window)
    texts = [[action.text() for action in menu.actions()] for menu in window._menus]
    texts.append([menu.title() for menu in window._menus])
    texts.append([label.text() for label in dialog.findChildren(QLabel) if label.buddy() is not None])
    assert all(len(place) > 1 for place in texts)
    for place in texts:
        letters = [found[1].lower() for text in place if (found := LETTER.search(text.replace("&&", "")))]
        assert len(letters) == len(set(letters)), place
    dialog.close()
    window.leave()


def test_sentences_on_two_domains_are_translated_with_what_they_hold(qapp, speak):
    speak("zh_CN")
    sentences = [
        "A simple classifier tells the two domains apart 98 times in 100: they look very different (A-distance 1.92, "
        "between 1.80 and 2.00; 0 is alike, 2 is nothing in common).",
        "Hardly any target image seems to be of the class x. About 5% of the target images form groups that are near no "
        "class of the source; they may show something that the source does not have, or a class that looks quite different "
        "there. The domains may share only some of their classes. Forcing them into alignment then hurts: images are pulled to classes that they do not belong to. "
        "Rather take one of mcc, shot.",
        "against so, by signs that need no labels: helped. By the signs, adapting helped: compared with source-only and "
        "beyond chance, confidence and weighted risk improved and nothing worsened. Labels of a few target images would "
        "tell more.",
        "Too close to call by the signs between a, b and c, for the signs disagree; a is first by a little.",
        "With only 12 images of the target, strategies that need just its means and variances are the safe ones.",
    ]
    names = {"MMD", "mcc", "shot", "so", "source", "only", "A", "x", "a", "b", "c"}
    for sentence in sentences:
        told = words.engine_text(sentence)
        left = set(re.findall(r"[A-Za-z]+", told)) - names
        assert not left, told
    assert "1.92" in words.engine_text(sentences[0]) and "把握、加权风险变好" in words.engine_text(
        sentences[2]
    )


def test_each_listed_text_has_a_translation(qapp, speak):
    speak("zh_CN")
    for text in (*engine_words.TEXTS, *engine_words.PATTERNS):
        assert QCoreApplication.translate("Engine", str(text)) != text
