"""What holds for the whole checkout: docs that describe what is, migrations, no stray paths."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from bench.__main__ import beside
from opsconsole.access import registry
from tests.tour import PICTURES

ROOT = Path(__file__).resolve().parent.parent
OWN = ("opsconsole", "staffing", "bookings")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text() for name in names)


DOCS = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_target_of_make_is_in_the_readme():
    targets = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.M)[1].split()

    readme = read("README.md")

    assert [target for target in targets if f"make {target}" not in readme] == []


def test_ci_runs_nothing_that_the_readme_does_not_have():
    lines = read(".ci/run").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]

    assert commands
    for command in commands:
        assert f"```\n{command}\n```" in read("README.md")


def test_every_environment_variable_is_in_the_operations_page():
    settings = read("opsconsole/settings.py")
    variables = set(re.findall(r'env\.\w+\(\s*"(\w+)"', settings)) | {"DATABASE_URL"}

    page = read("docs/operations.md")

    assert len(variables) > 8
    assert [name for name in variables if f"`{name}`" not in page] == []


def test_every_command_of_ours_is_in_the_operations_page():
    ours = [name for name, app in get_commands().items() if str(app).startswith(OWN)]

    page = read("docs/operations.md")

    assert "import_properties" in ours
    assert [name for name in ours if f"manage.py {name}" not in page] == []


def test_the_access_page_names_every_scope():
    labels = {model._meta.label for model in registry._scopes}

    named = set(re.findall(r"^\| `(\w+\.\w+)` \|", read("docs/access.md"), re.M))

    assert named == labels


@pytest.mark.parametrize("page", DOCS)
def test_every_path_in_the_docs_exists(page):
    paths = re.findall(
        r"`((?:opsconsole|staffing|bookings|tests|docs|fixtures|bin)/[\w./-]*)`", read(page)
    )
    links = re.findall(r"\]\((?!http)([\w./-]+)\)", read(page))

    missing = [path for path in paths if not (ROOT / path).exists()]
    broken = [link for link in links if not ((ROOT / page).parent / link).exists()]

    assert (missing, broken) == ([], [])


@pytest.mark.parametrize("page", DOCS)
def test_every_dotted_name_in_the_docs_exists(page):
    from importlib import import_module

    for name in re.findall(r"`((?:opsconsole|staffing|bookings)\.[\w.]+\.[A-Z]\w+)`", read(page)):
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute), name


def test_every_module_class_and_public_function_of_the_machinery_says_what_it_is_for():
    silent = []
    for path in tracked_files():
        inside = path.relative_to(ROOT).parts[0] in OWN and "migrations" not in path.parts
        if path.suffix != ".py" or not inside or not path.read_text().strip():
            continue
        tree = ast.parse(path.read_text())
        definitions = [n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
        public = [node for node in definitions if not node.name.startswith("_")]
        for node in [tree, *public]:
            if not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}")

    assert silent == []


def imported_by(source: str) -> set[str]:
    """Every module that a file imports or names in an import, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def for_tests(source: str) -> list[str]:
    """What of that is for tests alone."""
    named = (*(f"{name}." for name in FOR_TESTS),)
    return sorted(name for name in imported_by(source) if f"{name}.".startswith(named))


FOR_TESTS = ("django.test", "unittest", "pytest", "tests")


def test_the_product_imports_nothing_that_is_for_tests():
    paths = [path for path in tracked_files() if path.relative_to(ROOT).parts[0] in OWN]
    sources = {path: path.read_text() for path in paths if path.suffix == ".py"}

    found = {str(path): named for path, text in sources.items() if (named := for_tests(text))}

    assert len(sources) > 400
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pytest",
        "import unittest.mock as mock",
        "from django import test",
        "def f():\n    from django.test import Client",
        "def f():\n    import tests.factories",
        "from unittest.mock import patch",
    ],
)
def test_what_is_for_tests_is_found_wherever_it_is_imported(line):
    assert for_tests(line)
    assert not for_tests("from django.http import HttpRequest\nimport testing, pytester")


def test_no_file_names_a_path_of_a_machine_or_the_host_of_an_index():
    strange = re.compile(
        r"(?<!\w)/home/\w|/root/|/Users/\w|/work/\w|pypi\.org|pythonhosted|registry\.npmjs|deb\.debian"
    )
    found = []
    for path in tracked_files():
        if path == Path(__file__).resolve() or path.suffix in {".png", ".ico"}:
            continue
        if match := strange.search(path.read_text(errors="ignore")):
            found.append(f"{path.relative_to(ROOT)}: {match[0]}")

    assert found == []


@pytest.mark.parametrize("command", ["reset_db", "resetmigrations"])
def test_what_wipes_a_database_refuses_a_named_one(command, settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setitem(os.environ, "DATABASE_URL", "postgres://somewhere/else")

    with pytest.raises(CommandError, match="DATABASE_URL is set"):
        call_command(command)


@pytest.mark.parametrize("command", ["reset_db", "resetmigrations"])
def test_what_wipes_a_database_refuses_outside_development(command, settings, monkeypatch):
    settings.DEBUG = False
    monkeypatch.delitem(os.environ, "DATABASE_URL")

    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command(command)


def test_migrations_written_by_hand_say_so():
    by_hand = [
        path
        for path in tracked_files()
        if path.parent.name == "migrations"
        and "Generated by Django" not in path.read_text()
        and path.name != "__init__.py"
    ]

    assert len(by_hand) == 11
    for path in by_hand:
        assert path.read_text().startswith("# Written by hand: kept by resetmigrations.")


SLEEPS = ("sleep", "wait_for_timeout")
LOOKS_AT_ONCE = (
    "all_inner_texts",
    "all_text_contents",
    "get_attribute",
    "inner_html",
    "inner_text",
    "input_value",
    "is_checked",
    "is_disabled",
    "is_editable",
    "is_enabled",
    "is_hidden",
    "is_visible",
    "text_content",
    "url",
)


def hasty(source: str) -> list[str]:
    """What a browser test says of a page that may not have answered yet."""
    found = []
    for node in ast.walk(ast.parse(source)):
        named = getattr(node, "attr", None) or getattr(node, "id", None)
        if named in SLEEPS or getattr(node, "value", None) == "networkidle":
            found.append(ast.unparse(node))
        for part in ast.walk(node.test) if isinstance(node, ast.Assert) else ():
            code = ast.unparse(part)
            is_count = getattr(part, "attr", None) == "count" and ".objects" not in code
            if is_count or getattr(part, "attr", None) in LOOKS_AT_ONCE:
                found.append(code)
    return found


def test_browser_tests_wait_for_what_they_expect():
    """A page answers in its own time: `expect(…)` waits for it, a sleep or a look does not."""
    files = [path for path in tracked_files() if "tests/browser" in path.as_posix()]

    found = {path.name: hasty(path.read_text()) for path in files if path.suffix == ".py"}

    assert len(found) > 20
    assert {name: looks for name, looks in found.items() if looks} == {}


@pytest.mark.parametrize(
    "line",
    [
        "assert page.get_by_text('Saved').is_visible()",
        "assert not dialog.is_visible()",
        "assert stops.count() == 1",
        "assert page.get_by_label('Name').input_value() == 'Elm'",
        "assert 'Elm' in page.locator('main').inner_text()",
        "assert page.url == base",
        "page.wait_for_timeout(300)",
        "time.sleep(1)",
        "sleep(1)",
        "page.wait_for_load_state('networkidle')",
    ],
)
def test_a_look_at_once_in_a_browser_test_would_be_found(line):
    assert hasty(f"def test_it(page):\n    {line}")


def test_what_waits_or_asks_the_database_is_no_look_at_once():
    calm = """
        expect(page.get_by_text("Saved")).to_be_visible()
        assert Plan.objects.filter(status="draft").count() == 1
        assert faults == [], page.url
    """

    assert hasty(textwrap.dedent(calm)) == []


def test_every_bench_can_be_started():
    """Types are not checked there, so that what they measure may move without their notice."""
    names = [f"bench.{path.stem}" for path in (ROOT / "bench").glob("*.py") if path.stem[0] != "_"]
    imported = f"import django; django.setup(); import {', '.join(names)}"

    subprocess.run(
        [sys.executable, "-c", imported],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "bench.settings", "DEBUG": "1"},
        check=True,
    )


@pytest.mark.parametrize(
    ("named", "measured"),
    [
        ("postgres://u:p%40@host:5432/console", "postgres://u:p%40@host:5432/bench_console"),
        (
            "postgres://u@%2FA%2Fb:5432/x?sslmode=off",
            "postgres://u@%2FA%2Fb:5432/bench_x?sslmode=off",
        ),
    ],
)
def test_a_bench_measures_beside_the_database_that_is_named(named, measured):
    assert beside(named) == measured


def test_the_tour_shows_the_pictures_that_its_script_takes():
    shown = set(re.findall(r"\(tour/([\w-]+)\.png\)", read("docs/tour.md")))

    assert shown == {picture.name for picture in PICTURES}
    assert shown == {path.stem for path in (ROOT / "docs" / "tour").glob("*.png")}
