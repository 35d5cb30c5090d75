"""The wheel, installed into a bare environment, does the main job in an empty folder.

Marked slow, because it builds a wheel and an environment: `pytest -m slow`.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cnncalc

ROOT = Path(__file__).resolve().parent.parent
DEPENDENCIES = {"click", "rich", "pyyaml", "numpy"}


def run(*command: str | Path, cwd: Path) -> str:
    """Return what a command prints; fails with what it said if it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the source distribution as an installer would."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a bare environment in which the wheel was installed."""
    folder = tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", wheel, cwd=folder)
    return python


@pytest.mark.slow
class TestWheel:
    def test_it_holds_the_package_the_specs_and_nothing_else(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
        for path in [*(ROOT / "cnncalc").rglob("*.py"), ROOT / "cnncalc" / "py.typed"]:
            assert path.relative_to(ROOT).as_posix() in names
        for path in (ROOT / "architectures").glob("*.yaml"):
            assert f"cnncalc/architectures/{path.name}" in names
        tops = {name.split("/")[0] for name in names}
        assert {top for top in tops if not top.endswith(".dist-info")} == {"cnncalc"}

    def test_it_asks_for_four_libraries(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
            metadata = archive.read(name).decode()
        wanted = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
        always = [line.split()[1] for line in wanted if "extra ==" not in line]
        assert {name.split(">")[0].lower() for name in always} == DEPENDENCIES

    def test_the_main_job_in_an_empty_folder(self, python: Path, tmp_path: Path) -> None:
        script = python.parent / "cnncalc"
        assert "60,965,224" in run(script, "summary", "alexnet", cwd=tmp_path)
        assert "60,965,224" in run(script, "summary", "alexnet.yaml", cwd=tmp_path)
        assert "138,357,544" in run(python, "-m", "cnncalc", "summary", "vgg16", cwd=tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_every_shipped_network_can_be_found(self, python: Path, tmp_path: Path) -> None:
        program = (
            "import cnncalc.language.library as l; print(l.folder());"
            "print(len(list(l.builtin_names())))"
        )
        folder, count = run(python, "-c", program, cwd=tmp_path).split()
        assert Path(folder).is_relative_to(python.parent.parent)
        from cnncalc.language.library import builtin_names

        assert int(count) == len(list(builtin_names()))

    def test_a_users_program_is_typed_by_the_installed_package(
        self, python: Path, tmp_path: Path
    ) -> None:
        script = tmp_path / "program.py"
        script.write_text((ROOT / "tests" / "user_script.py").read_text(encoding="utf-8"))
        options = ["--strict", "--python-executable", python, "--cache-dir", tmp_path / "cache"]
        assert "Success" in run(sys.executable, "-m", "mypy", *options, script, cwd=tmp_path)
        assert "params 82826" in run(python, script, cwd=tmp_path)


@pytest.fixture(scope="module")
def metadata() -> Any:
    place = ROOT / "docs" / "metadata.py"
    spec = importlib.util.spec_from_file_location("package_metadata", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestMetadata:
    """What an index shows, and what stands in several files."""

    README = "![a](docs/a.svg) [b](docs/b.md#c) [d](https://e) [f](#g)"

    def test_links_lead_to_the_repository_that_one_line_names(self, metadata: Any) -> None:
        there = "https://host/owner/cnncalc"
        assert metadata.for_an_index(self.README, there) == (
            f"![a]({there}/raw/main/docs/a.svg) [b]({there}/blob/main/docs/b.md#c) "
            "[d](https://e) [f](#g)"
        )
        assert set(metadata.urls(there)) == {"Repository", "Issues", "Changelog", "Documentation"}

    def test_without_one_they_are_words(self, metadata: Any) -> None:
        assert metadata.for_an_index(self.README, "") == " b [d](https://e) [f](#g)"
        assert metadata.urls("") == {}

    def test_the_files_beside_the_package_say_the_same_version(self) -> None:
        citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
        assert f"\nversion: {cnncalc.__version__}\n" in citation
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        assert f"\n## {cnncalc.__version__}" in changelog
        minor = cnncalc.__version__.rpartition(".")[0]
        assert f"({minor})" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
