"""What a right configuration gives."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator

from newsbot.channels.settings import ChannelSettings
from newsbot.config import Config, load
from newsbot.errors import ConfigError, Mistake

BASE = """\
sources:
  site: {kind: feed, url: "https://example.org/"}
channels:
  screen: {kind: console}
"""

Read = Callable[[str], Config]
Mistakes = Callable[[str], list[Mistake]]


def channel(keys: str) -> str:
    return f"{BASE}  other: {{kind: console, {keys}}}\n"


def test_all_that_is_not_written_has_its_default(read: Read, tmp_path: Path) -> None:
    config = read(BASE)
    assert config.database == f"sqlite:///{tmp_path / 'newsbot.db'}"
    assert (config.timezone, config.language) == (ZoneInfo("UTC"), "en")
    assert not config.network.allow_private
    assert config.templates == tmp_path / "templates"
    source, screen = config.sources["site"], config.channels["screen"]
    assert (source.every, source.backfill, source.channels) == (timedelta(minutes=5), 0, ())
    assert (screen.approval, screen.languages, screen.template) == ("one", (), None)
    assert screen.schedule.expire == timedelta(hours=24)
    assert getattr(config.summarizer, "kind", None) == "extract"


def test_the_values_are_frozen(read: Read) -> None:
    config = read(BASE)
    with pytest.raises(ValueError, match="frozen"):
        config.language = "ur"


def test_sources_and_channels_keep_the_order_of_the_file(read: Read) -> None:
    text = "channels: {z: {kind: console}, a: {kind: console}}\nsources: {s: {kind: folder, path: x}}\n"
    assert list(read(text).channels) == ["z", "a"]


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("sqlite:///news.db", "sqlite:///{folder}/news.db"),
        ("sqlite:////var/lib/news.db", "sqlite:////var/lib/news.db"),
        ("sqlite:///data/news.db?timeout=9", "sqlite:///{folder}/data/news.db?timeout=9"),
        ("postgresql://u:p@host/news", "postgresql://u:p@host/news"),
        ("postgresql+psycopg://u:p@host/news", "postgresql+psycopg://u:p@host/news"),
    ],
)
def test_a_sqlite_file_is_found_from_the_folder_of_the_configuration(
    read: Read, tmp_path: Path, written: str, opened: str
) -> None:
    assert read(f"{BASE}database: {written}\n").database == opened.format(folder=tmp_path)


@pytest.mark.parametrize("url", ["mysql://h/n", "news.db", "sqlite:news.db", "postgresql://", "sqlite://"])
def test_other_databases_are_refused(mistakes: Mistakes, url: str) -> None:
    assert [it.key for it in mistakes(f"{BASE}database: {url}\n")] == ["database"]


def test_a_password_in_the_database_stays_out_of_what_is_printed(read: Read) -> None:
    config = read(f"{BASE}database: postgresql://u:hunter2@host/news\n")
    assert "hunter2" not in repr(config)


def test_a_relative_path_starts_at_the_folder_of_the_configuration(read: Read, tmp_path: Path) -> None:
    config = read(BASE.replace("kind: feed", "kind: folder").replace("url:", "path:").replace("https://", ""))
    assert getattr(config.sources["site"], "path", None) == tmp_path / "example.org"


def test_a_relative_name_of_the_file_itself_gives_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text(BASE)
    monkeypatch.chdir(tmp_path)
    assert load(Path("config.yaml"), environ={}).folder == tmp_path


def test_words_that_older_yaml_takes_for_truths_and_times_stay_words(read: Read) -> None:
    config = read(channel("languages: [no, en], schedule: {quiet: 23:00-06:30, gap: 0s}"))
    assert config.channels["other"].languages == ("no", "en")
    assert str(config.channels["other"].schedule.quiet) == "23:00-06:30"


@pytest.mark.parametrize("truth", ["true", "True", '"${YES:-true}"', "yes", "on"])
def test_a_truth_may_be_written_in_several_ways(read: Read, truth: str) -> None:
    assert read(f"{BASE}network: {{allow_private: {truth}}}\n").network.allow_private


def test_anchors_and_merges_share_keys(read: Read) -> None:
    config = read(
        "sources:\n"
        "  s: {kind: folder, path: x, channels: &both [a, b]}\n"
        "  t: {kind: folder, path: y, channels: *both}\n"
        "channels:\n"
        "  a: &usual {kind: console, approval: none, languages: [ur]}\n"
        "  b: {<<: *usual, languages: [en]}\n"
    )
    assert config.sources["t"].channels == ("a", "b")
    assert (config.channels["b"].approval, config.channels["b"].languages) == ("none", ("en",))


def test_what_unfolds_without_end_is_refused_at_once(mistakes: Mistakes) -> None:
    levels = "".join(f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    [mistake] = mistakes(f"k0: &a0 [x]\n{levels}")
    assert "too many values" in mistake.message


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000, "a: " + "[" * 60 + "]" * 60])
def test_what_is_nested_without_end_is_refused(mistakes: Mistakes, text: str) -> None:
    assert "nested too deeply" in mistakes(text)[0].message


# ---------------------------------------------------------------- from elsewhere


def test_a_value_comes_from_the_environment_wherever_it_stands(read: Read) -> None:
    schedule = "schedule: {gap: ${SHORT}, expire: ${EMPTY:-2h}}"
    keys = f'approval: ${{UNSET:-none}}, languages: ["${{UNSET:-ur}}", en], {schedule}'
    other = read(channel(keys)).channels["other"]
    assert (other.approval, other.languages) == ("none", ("ur", "en"))
    assert (other.schedule.gap, other.schedule.expire) == (timedelta(minutes=5), timedelta(hours=2))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a$$b", "a$b"),
        ("$${TOKEN}", "${TOKEN}"),
        ("a$b$", "a$b$"),
        ("x-${SHORT}-${SHORT}-y", "x-5m-5m-y"),
        ("${EMPTY:-}x", "x"),
        ("${UNSET:-a:-b}", "a:-b"),
        ("'$${SHORT}'", "${SHORT}"),
        ("\"${SHORT:-'x'}\"", "5m"),
        ("${SHORT} # comment ${UNSET}", "5m"),
        ("file:template.name", "from-a-file.j2"),
        ("file:${UNSET:-template}.name", "from-a-file.j2"),
    ],
)
def test_substitution(read: Read, tmp_path: Path, written: str, value: str) -> None:
    (tmp_path / "template.name").write_text("from-a-file.j2\r\n")
    text = f"{BASE}  other:\n    kind: console\n    template: {written}\n"
    assert read(text).channels["other"].template == value


def test_nothing_in_the_environment_changes_the_shape_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"{BASE}  other: {{kind: console, template: ${{X}}}}\n")
    hostile = 'a, approval: none}\n"${TOKEN}" # file:/etc/passwd'
    config = load(tmp_path / "config.yaml", environ={"X": hostile})
    assert config.channels["other"].template == hostile
    assert config.channels["other"].approval == "one"


@pytest.mark.parametrize(
    "written", ["file:nobody", "file:", "file:.", "file:large", "file:a\\0b", "file:latin1"]
)
def test_a_file_that_gives_no_value_is_a_mistake_that_names_it(
    mistakes: Mistakes, tmp_path: Path, written: str
) -> None:
    (tmp_path / "large").write_text("x" * 70_000)
    (tmp_path / "latin1").write_bytes(b"\xe9\xff")
    [mistake] = mistakes(channel(f'template: "{written}"'))
    assert (mistake.key, mistake.line) == ("channels.other.template", 5)
    assert "file" in mistake.message


def test_an_address_with_the_scheme_file_is_not_read(mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    found = mistakes(BASE.replace("https://example.org/", f"file://{tmp_path}/secret"))
    assert [it.key for it in found] == ["sources.site.url"]
    assert "hunter2" not in str(found[0])


# ---------------------------------------------------------------- the file itself


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml: is not there\. Write one with newsbot init"):
        load(tmp_path / "config.yaml", environ={})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path, environ={})


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a: 1\nb: \xff\n", 2, "is not UTF-8 here"),
        (BASE.encode("utf-16"), 1, "is not UTF-8 here"),
        (b"a: 1\n\nb: \x00\n", 3, "control character"),
        (b"x" * 1_000_001, None, "larger than 1 MB"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, line: int | None, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        load(path, environ={})
    assert line in [mistake.line for mistake in caught.value.mistakes if words in str(mistake)]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert load(tmp_path / "config.yaml", environ={}).channels


# ---------------------------------------------------------------- kinds of one's own


class OwnSettings(ChannelSettings):
    """A channel kind that another package brings; its validators are careless."""

    key: SecretStr
    place: str = ""
    options: dict[str, int] = Field(default={})
    spare: SecretStr | None = None

    @field_validator("key", mode="before")
    @classmethod
    def _quote_it(cls, value: str) -> str:
        if value.startswith("bad"):
            raise ValueError(f"{value!r} is no key: write {value} better")
        return value

    @field_validator("place")
    @classmethod
    def _break(cls, value: str) -> str:
        if value == "nowhere":
            raise ZeroDivisionError(value)
        return value


class OwnChannel:
    Settings = OwnSettings


class NoChannel:
    Settings = BaseModel


HERE = f"{__name__}:OwnChannel"


def own(keys: str) -> str:
    return f'{BASE}  own: {{kind: "{HERE}", {keys}}}\n'


def test_a_kind_of_ones_own_is_checked_by_its_own_settings(read: Read, mistakes: Mistakes) -> None:
    settings = read(own("key: abcd, options: {a: 1}")).channels["own"]
    assert isinstance(settings, OwnSettings)
    assert settings.options == {"a": 1}
    [mistake] = mistakes(own("key: abcd, options: {a: b}"))
    assert str(mistake).endswith(":5: channels.own.options.a: must be a whole number.")


@pytest.mark.parametrize("keys", ["key: bad-hunter2", 'key: "${BAD}"', 'key: abcd, spare: " "'])
def test_a_secret_is_not_shown_even_where_its_own_validator_quotes_it(tmp_path: Path, keys: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(own(keys))
    with pytest.raises(ConfigError) as caught:
        load(path, environ={"BAD": "bad-hunter2"})
    assert "hunter2" not in str(caught.value)
    assert [it.key.rpartition(".")[2] for it in caught.value.mistakes] in (["key"], ["spare"])


def test_a_validator_that_breaks_is_a_mistake(mistakes: Mistakes) -> None:
    [mistake] = mistakes(own("key: abcd, place: nowhere"))
    assert (mistake.key, mistake.message) == ("channels.own", "could not be checked (ZeroDivisionError).")


def test_a_kind_needs_settings_of_the_right_sort(mistakes: Mistakes) -> None:
    [mistake] = mistakes(f'{BASE}  own: {{kind: "{__name__}:NoChannel"}}\n')
    assert "Derive them from newsbot.channels.settings.ChannelSettings" in mistake.mend


# ---------------------------------------------------------------- what need not be there, what must be


ABSENT = """\
database: sqlite:///${DATABASE}
sources:
  cms: {kind: feed, url: "${CMS_URL}"}
channels:
  tg: {kind: telegram, token: "${NOBODY}", chat: "@example"}
  x:
    kind: x
    consumer_key: ${NOBODY}
    consumer_secret: file:nobody
    access_token: ${NOBODY}
    access_token_secret: ${NOBODY}
    budget: {month_usd: 50}
"""


def test_without_secrets_the_rest_of_the_configuration_can_be_had(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(ABSENT)
    config = load(tmp_path / "config.yaml", environ={"DATABASE": "n.db"}, secrets=False)
    assert config.database == f"sqlite:///{tmp_path}/n.db"
    assert {name: it.kind for name, it in config.channels.items()} == {"tg": "telegram", "x": "x"}
    assert "month_usd=Decimal('50')" in repr(config.channels["x"])
    assert config.sources["cms"].kind == "feed"


def test_what_is_absent_is_told_where_it_is_needed_and_the_rest_is_as_written(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        """\
sources:
  cms: {kind: database, url: "${CMS_URL}", preset: wordpress, channels: [tg], rules: [{drop: {title: ad}}]}
  drop: {kind: folder, path: .}
channels:
  tg: {kind: telegram, token: "${TOKEN}", chat: "${CHAT}", approval: two, schedule: {gap: 5m}}
  x: {kind: console}
"""
    )
    config = load(tmp_path / "config.yaml", environ={}, secrets=False)
    tg, cms = config.channels["tg"], config.sources["cms"]
    assert (tg.kind, tg.approval, tg.schedule.gap, tg.target) == (
        "telegram",
        "two",
        timedelta(minutes=5),
        None,
    )
    assert (cms.channels, len(cms.rules)) == (("tg",), 1)
    config.need("sources", ["drop", "nowhere"])
    config.need("channels", ["x"])
    with pytest.raises(ConfigError) as caught:
        config.need("sources", config.sources)
    [mistake] = caught.value.mistakes
    assert (mistake.line, mistake.key) == (2, "sources.cms.url")
    assert "CMS_URL is not set" in mistake.message
    with pytest.raises(ConfigError) as caught:
        config.need("channels", config.channels)
    assert [it.key for it in caught.value.mistakes] == ["channels.tg.token", "channels.tg.chat"]


WORDS = """\
timezone: asia/karachi
language: EN
sources:
  cms: {kind: Database, url: "sqlite:///cms.db", preset: WordPress}
  site: {kind: FEED, url: "https://example.org/", full_text: Page}
channels:
  tg:
    kind: Telegram
    token: "1:a"
    chat: "@example"
    approval: One
    languages: [Ur, EN]
    on_edit: Flag
    read_back: OFF
    digest: {at: "18:00", days: [Mon, TUE]}
    rules: [{drop: {language: UR}}]
desk:
  token: "1:b"
  people: {111: Admin, 222: {role: EDITOR}}
  sounds: [Card]
  breaking: {approval: NONE, skips: [Gap]}
summarizer: {kind: Extract}
"""


def test_a_word_that_is_one_of_a_few_may_be_written_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(WORDS)
    (tmp_path / "lower.yaml").write_text(WORDS.lower().replace("asia/karachi", "Asia/Karachi"))
    any_case, lower = (load(tmp_path / name, environ={}) for name in ("config.yaml", "lower.yaml"))
    assert any_case == lower
    assert (any_case.channels["tg"].kind, any_case.desk and any_case.desk.people[111].role) == (
        "telegram",
        "admin",
    )


def test_a_word_that_is_none_of_a_few_is_a_mistake_beside_those_in_another_case(tmp_path: Path) -> None:
    text = WORDS.replace("approval: One", "approval: Tow").replace("kind: FEED", "kind: Fed")
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", environ={})
    assert [(it.key, it.mend) for it in caught.value.mistakes] == [
        ("sources.site.kind", "Did you mean feed?"),
        ("channels.tg.approval", "Did you mean two?"),
    ]


@pytest.mark.parametrize(
    ("environ", "added", "key"),
    [({}, "", "database"), ({"DATABASE": "n.db"}, "  y: {kind: telgram, token: x}\n", "channels.y.kind")],
)
def test_without_secrets_other_mistakes_are_mistakes(
    tmp_path: Path, environ: dict[str, str], added: str, key: str
) -> None:
    (tmp_path / "config.yaml").write_text(ABSENT + added)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", environ=environ, secrets=False)
    assert [it.key for it in caught.value.mistakes] == [key]


def _sources(*entries: str) -> str:
    lines = "".join(f"  s{n}: {entry}\n" for n, entry in enumerate(entries))
    return f"sources:\n{lines}channels: {{screen: {{kind: console}}}}\n"


def test_a_folder_that_is_missing_and_a_private_feed_are_named_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    text = _sources(
        "{kind: folder, path: there}",
        "{kind: folder, path: missing}",
        '{kind: feed, url: "http://localhost:8000/feed"}',
        '{kind: feed, url: "https://10.1.2.3/feed"}',
        '{kind: feed, url: "http://169.254.169.254/feed"}',
        '{kind: feed, url: "https://example.org/feed"}',
        '{kind: feed, url: "http://[/feed"}',
    )
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", environ={}, places=True)
    found = {it.key: it for it in caught.value.mistakes}
    assert list(found) == ["sources.s1.path", "sources.s2.url", "sources.s3.url", "sources.s4.url"]
    assert found["sources.s1.path"].line == 3
    assert "allow_private" in found["sources.s2.url"].mend
    assert "allow_private" not in found["sources.s4.url"].mend
    assert len(load(tmp_path / "config.yaml", environ={}).sources) == 7


def test_a_private_feed_is_no_mistake_where_private_addresses_are_allowed(tmp_path: Path) -> None:
    text = _sources('{kind: feed, url: "http://127.0.0.1:8000/feed"}') + "network: {allow_private: true}\n"
    (tmp_path / "config.yaml").write_text(text)
    assert load(tmp_path / "config.yaml", environ={}, places=True).network.allow_private


def test_rules_are_checked_at_load_with_line_and_mend(tmp_path: Path) -> None:
    text = """
sources:
  site:
    kind: folder
    path: .
    rules:
      - drop: {title: sponsored}
      - hold: {text: "/(/"}
      - hold: {titel: dead}
      - keep: {language: english}
      - drop: {title: a}
        hold: {title: b}
      - hold:
          older: soon
      - tag: {category: sport}
channels:
  c: {kind: console, approval: two, rules: [{drop: {title: "/dead"}}]}
"""
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "config.yaml", environ={})
    told = [str(mistake).partition("config.yaml:")[2] for mistake in refused.value.mistakes]
    assert [line.replace(". ", ".\n").splitlines() for line in told] == [
        [
            "8: sources.site.rules[1].hold.text: '/(/' is no regular expression (missing ) at position 1).",
            "Write it like /dead|killed/.",
        ],
        ["9: sources.site.rules[2].hold.titel: is no key here.", "Did you mean title?"],
        [
            "10: sources.site.rules[3].keep.language: is no language code.",
            "Write the two letters of ISO 639-1, like en or ur.",
        ],
        [
            "11: sources.site.rules[4]: must do one thing.",
            "Write one of keep, drop, hold and tag for each rule.",
        ],
        [
            "14: sources.site.rules[5].hold.older: 'soon' is not a duration.",
            "Write it like 90s, 5m, 24h or 7d.",
        ],
        [
            "15: sources.site.rules[6]: tag and as go together.",
            "Write tag with what to look for, and as with the tag.",
        ],
        [
            "17: channels.c.rules[0].drop.title: '/dead' begins a pattern that never ends.",
            "Write it like /dead|killed/.",
        ],
    ]
