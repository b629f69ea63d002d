"""Rules of the house beyond the import linter: two modules for numba, small pages, no modality named in code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "core").rglob("*.py")])
MODALITIES = re.compile(r"^(brand|audience|platform|geo|creative|device)$")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def home_of(path: Path) -> str:
    """The module, or the package in `app/` that it belongs to."""
    return "/".join(path.relative_to(ROOT).parts[:2])


def imported_packages(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in found}


def test_numba_is_imported_by_the_kernels_only() -> None:
    kernels = ["core/sampler/kernels.py", "core/tabular/report/distance_kernels.py"]
    assert [name_of(p) for p in SOURCES if "numba" in imported_packages(p)] == kernels


def test_duckdb_is_imported_in_the_store_only() -> None:
    users = [name_of(p) for p in SOURCES if "duckdb" in imported_packages(p)]
    assert users
    assert all(name.startswith("core/store/") for name in users)


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "pages").glob("*.py")), ids=name_of)
def test_a_page_fits_on_a_screen_and_defines_no_class(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 120
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(text)))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_code_names_a_modality(path: Path) -> None:
    """Modalities come from the catalogue and the knowledge files: a name in the code would be one catalogue's."""
    literals = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in literals if MODALITIES.match(text)] == []


def test_the_cached_decorators_have_one_home_each() -> None:
    homes = {
        decorator: {
            name_of(p) if decorator == "cache_resource" else home_of(p)
            for p in SOURCES
            if f"@st.{decorator}" in p.read_text(encoding="utf-8")
        }
        for decorator in ("cache_data", "cache_resource")
    }
    assert homes == {
        "cache_data": {"app/queries"},
        "cache_resource": {"app/services.py", "app/components/stored_chart.py"},
    }
