"""A new bot's package: its tests pass at once, it installs, and nothing that was there is touched."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import new
from agent.cli.app import app
from agent.cli.new import Template, rendered

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["new", *arguments])
    return result.exit_code, result.output, result.exception


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(where: Path) -> Path:
    """A fresh virtual environment that sees the packages of this one; its python."""
    venv.create(where, with_pip=False)
    site = next(where.glob("lib/python*/site-packages"))
    (site / "outer.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return where / "bin" / "python"


@pytest.mark.processes
@pytest.mark.timeout(300)
@pytest.mark.parametrize("template", list(Template))
def test_a_new_package_is_green_at_once(template: Template, tmp_path: Path) -> None:
    """As it stands, and installed under its name; its code is typed and tidy."""
    assert invoke("pizza-bot", "-t", template)[0] == 0
    package = tmp_path / "pizza-bot"
    assert "passed" in run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)
    python = str(environment(tmp_path / "env"))
    pip = ["pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index", "-e", "."]
    run(python, "-m", *pip, cwd=package)
    run(python, "-c", "from agent import load; assert load('pizza-bot').name == 'pizza-bot'", cwd=tmp_path)
    run(sys.executable, "-m", "ruff", "check", "--no-cache", ".", cwd=package)
    run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".", cwd=package)
    run(sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "templates"), cwd=package)


def test_it_has_all_that_a_package_needs(tmp_path: Path) -> None:
    """And no word of the template is left in it."""
    assert invoke("pizza")[0] == 0
    files = {str(file.relative_to(tmp_path / "pizza")) for file in (tmp_path / "pizza").rglob("*") if file.is_file()}
    assert files >= {
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "pizza/__init__.py",
        "pizza/py.typed",
        "pyproject.toml",
        "tests/test_conversations.py",
    }
    for template in Template:
        assert not [place for place, text in rendered("pizza", template) if "{{n" in text or "{{m" in text]
    assert list(tmp_path.iterdir()) == [tmp_path / "pizza"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Pizza", "is no name for a package"),
        ("../pizza", "is no name for a package"),
        ("pizza--bot", "is no name for a package"),
        ("1pizza", "is no name for a package"),
        ("class", "means something else"),
        ("json", "means something else"),
        ("agent", "means something else"),
        ("typer", "a module called 'typer' is installed already"),
        ("echo", "a bot called 'echo' is installed already"),
    ],
)
def test_a_bad_name_is_refused(name: str, told: str, tmp_path: Path) -> None:
    """With its reason; nothing is written."""
    code, output, _ = invoke(name)
    assert code == 2
    assert told in " ".join(output.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path: Path) -> None:
    """Without --force nothing is written; with it, what is missing is, and nothing is changed or deleted."""
    (tmp_path / "pizza").mkdir()
    (tmp_path / "pizza" / "README.md").write_text("mine")
    (tmp_path / "pizza" / "other").write_text("mine too")
    _, _, error = invoke("pizza")
    assert "pizza/ is there already" in str(error)
    assert len(list((tmp_path / "pizza").iterdir())) == 2
    code, output, _ = invoke("pizza", "--force")
    assert code == 0
    assert "kept pizza/README.md" in output
    assert (tmp_path / "pizza" / "README.md").read_text() == "mine"
    assert (tmp_path / "pizza" / "other").read_text() == "mine too"
    assert (tmp_path / "pizza" / "pizza" / "__init__.py").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "pizza"]


def test_a_file_of_that_name_is_refused_even_with_force(tmp_path: Path) -> None:
    """It is not replaced by a directory."""
    (tmp_path / "pizza").write_text("mine")
    _, _, error = invoke("pizza", "--force")
    assert "pizza/ is there already; choose another name." in str(error)
    assert (tmp_path / "pizza").read_text() == "mine"


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full in the middle of it."""
    written = Path.write_text

    def full(self: Path, text: str, **more: str) -> int:
        if self.name == "README.md":
            raise OSError(28, "No space left on device")
        return written(self, text, **more)

    monkeypatch.setattr(Path, "write_text", full)
    _, _, error = invoke("pizza")
    assert "pizza/ cannot be written: No space left on device" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_what_a_template_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is missing."""
    monkeypatch.setattr(new, "find_spec", lambda name: None)
    assert "pip install 'connect-chat-agent[llm]'" in invoke("shop", "-t", "llm")[1]


@pytest.mark.processes
def test_the_templates_are_in_the_wheel(tmp_path: Path) -> None:
    """Else the command would work in this checkout only."""
    pytest.importorskip("hatchling")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = Path(new.__file__).parent / "templates"
    assert names >= {f"agent/cli/templates/{file.relative_to(templates)}" for file in templates.rglob("*.tmpl")}
