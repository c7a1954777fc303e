"""What `newsbot init` writes can be used as it is."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbot.config import Config, load
from newsbot.config.starter import starter_config, write_starter

SECRETS = {
    "TELEGRAM_TOKEN": "123456789:AAE-this-is-the-token",
    "X_CONSUMER_KEY": "a-key",
    "X_CONSUMER_SECRET": "a-secret",
    "X_ACCESS_TOKEN": "a-token",
    "X_ACCESS_TOKEN_SECRET": "another",
}
REPOSITORY = Path(__file__).parents[2]


def loaded(folder: Path, text: str) -> Config:
    (folder / "config.yaml").write_text(text, "utf-8")
    return load(folder / "config.yaml", environ=SECRETS)


def url(config: Config) -> Any:
    [source] = config.sources.values()
    return str(getattr(source, "url", None))


def test_it_is_right_as_soon_as_its_secrets_are_set(tmp_path: Path) -> None:
    config = loaded(tmp_path, starter_config())
    assert {channel.kind for channel in config.channels.values()} == {"telegram", "x"}
    assert {channel.approval for channel in config.channels.values()} == {"one"}


def test_it_is_the_one_at_the_top_of_the_repository() -> None:
    assert starter_config() == (REPOSITORY / "config.yaml").read_text("utf-8")


def test_it_and_the_templates_are_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "room"
    first = write_starter(folder)
    assert folder / "config.yaml" in first
    templates = {folder / "templates" / each.name for each in (REPOSITORY / "templates").iterdir()}
    assert templates <= set(first)
    assert all(first.values())
    (folder / "config.yaml").write_text("mine")
    second = write_starter(folder, feed_url="https://example.com/feed")
    assert second == dict.fromkeys(first, False)
    assert (folder / "config.yaml").read_text() == "mine"


def test_a_name_that_is_a_folder_or_a_dead_link_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").symlink_to(tmp_path / "nowhere")
    assert not write_starter(tmp_path)[tmp_path / "config.yaml"]


def test_what_is_known_of_a_site_is_filled_in(tmp_path: Path) -> None:
    text = starter_config("https://example.com/feed.xml?a=1&b=$2", "The Daily: Städte & Ämter", ["de-AT"])
    config = loaded(tmp_path, text)
    assert list(config.sources) == ["the-daily-stadte-amter"]
    assert url(config) == "https://example.com/feed.xml?a=1&b=$2"
    assert config.language == "de"
    assert text.count("#") == starter_config().count("#")  # the comments are still there


def test_of_two_languages_neither_is_the_newsrooms(tmp_path: Path) -> None:
    text = starter_config("https://example.com/feed", "The Daily", ["en", "ur"])
    assert "\n# language: en " in text
    assert loaded(tmp_path, text).language == "en", "the default"


def test_the_feed_is_named_rather_than_the_page(tmp_path: Path) -> None:
    write_starter(tmp_path, site_url="https://example.com/", feed_url="https://example.com/feed")
    assert url(load(tmp_path / "config.yaml", environ=SECRETS)) == "https://example.com/feed"


@pytest.mark.parametrize("name", ["", "日本語", "---", "${TOKEN}", "a: b # c"])
def test_a_name_without_letters_leaves_the_starters_own(tmp_path: Path, name: str) -> None:
    [source] = loaded(tmp_path, starter_config(name=name)).sources
    assert source in {"site", "token", "a-b-c"}


@given(
    path=st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=30), name=st.text(max_size=30)
)
@example(path="\uf8f0\uf8f1", name="")
def test_no_address_and_no_name_breaks_the_file(
    tmp_path_factory: pytest.TempPathFactory, path: str, name: str
) -> None:
    address = f"https://example.com/{path}"
    config = loaded(tmp_path_factory.mktemp("site"), starter_config(address, name, [name]))
    assert url(config) == address
