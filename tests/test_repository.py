"""What the repository tells its host and its visitors is held against what it is."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
WRITTEN = sorted(path for path in (*GITHUB.rglob("*"), ROOT / "SECURITY.md") if path.is_file())


def load(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # values as written: `on` is no bool


def targets(text: str) -> set[str]:
    """Return the Makefile's targets that shell lines call."""
    lines = re.findall(r"^\s*(?:run: )?make ([^#\n]+)", text, re.MULTILINE)
    return {word for line in lines for word in line.split() if "=" not in word and word != "setup"}


def test_the_workflow_calls_the_targets_of_ci_run_on_each_python_beside_both_databases() -> None:
    text = (GITHUB / "workflows/ci.yml").read_text("utf-8")
    assert targets(text) == {"lint", "types", "test", "dates"}
    assert targets(text) == targets((ROOT / ".ci/run").read_text("utf-8"))
    job = load(GITHUB / "workflows/ci.yml")["jobs"]["test"]
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    supported = [each.rpartition(" ")[2] for each in classifiers if re.search(r":: 3\.\d+$", each)]
    assert job["strategy"]["matrix"]["python"] == supported
    assert job["strategy"]["matrix"]["may-fail"] == ["false"]
    assert job["strategy"]["matrix"]["include"] == [{"python": "3.14", "may-fail": "true"}]
    assert job["continue-on-error"] == "${{ matrix.may-fail }}"
    assert set(job["services"]) == {"postgres", "mariadb"}
    for variable in ("NEWSBOT_TEST_POSTGRES", "NEWSBOT_TEST_MARIADB"):
        assert re.search(r"@127\.0\.0\.1:(\d+)", job["env"][variable]), variable


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_forms_have_what_the_host_asks_of_them(name: str) -> None:
    form = load(GITHUB / "ISSUE_TEMPLATE" / f"{name}.yml")
    assert form["name"]
    assert form["description"]
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in asked]
    assert len(ids) == len(set(ids)) > 2
    assert all(field["attributes"]["label"] for field in asked)
    assert any(field.get("validations", {}).get("required") == "true" for field in asked)


def test_updates_are_proposed_for_pip_and_for_actions() -> None:
    proposed = load(GITHUB / "dependabot.yml")
    assert proposed["version"] == "2"
    assert {each["package-ecosystem"] for each in proposed["updates"]} == {"pip", "github-actions"}


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_no_address_of_a_person_or_a_registry_is_invented(path: Path) -> None:
    text = path.read_text("utf-8")
    for found in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text):
        assert found.endswith("@127.0.0.1"), found
    assert re.findall(r"https?://\S+", text) == []


def test_the_threat_model_names_modules_that_there_are() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+/(?:[\w/]+\.py|(?:\w+/)*))`", text)) - {"requirements/"}
    assert len(named) > 15
    assert [name for name in named if not (ROOT / "src/newsbot" / name).exists()] == []
