import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from newsbot.composing.compose import Composer
from newsbot.errors import ComposeError, Mistake
from newsbot.model import Article, Summary
from newsbot.ports import Capabilities

from .samples import CASES, TELEGRAM, X, article, summary


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a template; returns its name."""

    def put(source: str, name: str = "own.html.j2") -> str:
        (tmp_path / name).write_text(source, "utf-8")
        return name

    return put


def check(folder: Path, name: str, capabilities: Capabilities = TELEGRAM) -> list[Mistake]:
    return Composer(folder).check(name, capabilities)


def render(
    folder: Path, name: str, of: Article, capabilities: Capabilities = TELEGRAM, text: Summary | None = None
) -> list[str]:
    composer = Composer(folder)
    draft = composer.compose(
        of,
        text or Summary(()),
        channel="main",
        kind="k",
        capabilities=capabilities,
        template=name,
        source="site",
    )
    return [part.text for part in draft.parts]


@pytest.mark.parametrize(("capabilities", "template"), CASES)
def test_the_packages_own_templates_have_no_mistake(capabilities: Capabilities, template: str) -> None:
    assert Composer().check(template, capabilities) == []


def test_the_newsrooms_folder_comes_before_the_package(tmp_path: Path, write: Callable[..., str]) -> None:
    write("Ours: {{ title }}", "x.txt.j2")
    assert render(tmp_path, "x.txt.j2", article(), X) == ["Ours: Title"]
    assert render(tmp_path / "none", "x.txt.j2", article(), X) == ["Title\n\nhttps://example.org/1"]


def test_a_changed_template_is_read_again(tmp_path: Path, write: Callable[..., str]) -> None:
    composer = Composer(tmp_path)
    for words in ("Before", "After, longer"):
        name = write(words)
        time.sleep(0.02)  # file times are as fine as the file system's clock
        draft = composer.compose(
            article(), Summary(()), channel="c", kind="k", capabilities=TELEGRAM, template=name
        )
        assert draft.parts[0].text == words


@pytest.mark.parametrize(
    ("source", "line", "says", "mend"),
    [
        ("<b>\n{{ titel }}</b>", 2, "there is no titel", "title?"),
        ("{% if false %}{{ nothing }}{% endif %}x", 1, "there is no nothing", "docs/templates.md"),
        ("x\n\n{{ title | uper }}", 3, "No filter named 'uper'", "upper?"),
        ("x\n{% if title %}", 2, "nexpected end of template", ""),
        ("x\n{{ title }", 2, "unexpected '}'", ""),
        ("a\n<p>{{ title }}</p>", 2, "does not take <p>", ""),
        ("a\n<a onclick='x' href='y'>z</a>", 2, "does not take onclick", ""),
        ("a\n<b>z", 2, "never closed", ""),
        ("a\n</i>", 2, "closes nothing", ""),
        ("a\nb &nbsp; c", 2, "&nbsp;", ""),
        ("a\n1 < 2", 2, "&lt;", ""),
        ("a\n{{ title.upper() }}", 2, "only range", "filter"),
        ("a\n{{ title | fit | upper }}", 2, "fit must come last", "fit }}"),
        ("a\n{{ tags }}", 2, "list can't be printed", ""),
        ("a\n{{ title | safe }}", 2, "No filter named 'safe'", ""),
        ("{% include 'x' %}", 1, "include is not allowed", ""),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "macro is not allowed", ""),
        ("{% autoescape false %}{{ title }}{% endautoescape %}", 1, "is not allowed", ""),
        ("a\n{{ text }}", 2, "4096 fit", "Fit it: {{ text | fit }}."),
        ("a\n" + "{{ link }}" * 200, 2, "4096 fit", "shorten it, or leave it out"),
        ("{# nothing #}", None, "empty", "title"),
        ("x\n{{ 1 / 0 }}", 2, "division by zero", ""),
    ],
)
def test_a_mistake_names_file_line_and_mend(
    tmp_path: Path, write: Callable[..., str], source: str, line: int | None, says: str, mend: str
) -> None:
    mistakes = check(tmp_path, write(source))
    assert mistakes
    assert mistakes[0].file == str(tmp_path / "own.html.j2")
    assert mistakes[0].line == line
    assert says in mistakes[0].message
    assert mend in mistakes[0].mend
    assert "\n" not in str(mistakes[0])


def test_every_unknown_name_is_reported_at_once(tmp_path: Path, write: Callable[..., str]) -> None:
    assert [m.line for m in check(tmp_path, write("{{ one }}\n{{ two }}\n{{ title }}"))] == [1, 2]


def test_a_missing_template_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ComposeError, match=r"telegam.html.j2: there is no such .* telegram.html.j2\?"):
        render(tmp_path, "telegam.html.j2", article())
    assert "outside" in check(tmp_path, "../x.j2")[0].message


def test_html_is_not_sent_to_a_channel_of_plain_text(tmp_path: Path, write: Callable[..., str]) -> None:
    assert "plain text" in check(tmp_path, write("<b>x</b>"), X)[0].message


def test_plain_text_is_sent_as_such_to_a_channel_of_html(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write("{{ title }}", "own.txt.j2")
    draft = Composer(tmp_path).compose(
        article(title="<b>1 & 2</b>"),
        Summary(()),
        channel="c",
        kind="k",
        capabilities=TELEGRAM,
        template=name,
    )
    assert draft.parts[0].text == "<b>1 & 2</b>"
    assert draft.parts[0].parse_mode is None
    assert draft.parts[0].length == 12


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'A' * 300000000 }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}x",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = a | replace('x', 'xx') %}" * 40 + "{{ a }}",
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 'x'.ljust(10 ** 9) }}",
        "{{ range(10 ** 9) | list | join('x' * 100000) }}",
        "{{ range(1000000000) | join(title) }}",
        "{% for c in text %}{{ text }}{% endfor %}",
        "x" * 70_000,
    ],
)
def test_a_bomb_is_a_mistake_within_a_second(tmp_path: Path, write: Callable[..., str], source: str) -> None:
    start = time.perf_counter()
    assert check(tmp_path, write(source))
    assert time.perf_counter() - start < 1


def test_no_injected_template_reaches_anything(
    tmp_path: Path, write: Callable[..., str], shared_file: Callable[[str], Path]
) -> None:
    """What answers is text without a trace of Python or of this machine, or a mistake in one line."""
    for source in json.loads(shared_file("bad-inputs/lists/ssti.json").read_text("utf-8")):
        name = write(source, "own.txt.j2")
        try:
            [text] = render(tmp_path, name, article(), X)
        except ComposeError:
            continue
        assert text == source.replace("{{4*4}}", "16").strip()


def test_a_feeds_template_syntax_is_text(
    tmp_path: Path, write: Callable[..., str], shared_file: Callable[[str], Path]
) -> None:
    name = write("{{ title | fit }}", "own.txt.j2")
    for source in json.loads(shared_file("bad-inputs/lists/ssti.json").read_text("utf-8")):
        if len(source) > 200:
            continue
        [text] = render(tmp_path, name, article(title=source), X)
        assert text.replace("\u200b", "") == " ".join(source.split())


def test_values_are_there_in_the_newsrooms_words(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write(
        "{{ author | upper }}|{{ author | default('Staff') }}|{{ source }}|{{ channel }}|"
        "{{ tags | map('hashtag') | join(' ') }}|{{ published_at | date('%d.%m.') }}|#our @own example.org"
    )
    of = article(tags=("Town planning", "a@b"), title=None)
    assert render(tmp_path, name, of) == ["|Staff|site|main|#TownPlanning #Ab||#our @own example.org"]


def test_categories_are_told_from_tags(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write(
        "{{ categories | join(', ') }}|"
        "{{ tags | reject('in', categories) | map('hashtag') | select | join(' ') }}"
    )
    of = article(tags=("City news", "Sea ferry", "Island"), categories=("City news",))
    assert render(tmp_path, name, of) == ["City news|#SeaFerry #Island"]
    assert render(tmp_path, name, article(tags=("Island",))) == ["|#Island"]


def test_a_line_of_three_dashes_starts_the_next_part(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write(
        "{{ title | fit }}\n---\n{{ summary | fit(12) }}\n ---\n{{ summary | fit }}\n\n{{ link }}\n---\n"
    )
    of = article(title="A\n---\nB", text="---")
    parts = render(tmp_path, name, of, TELEGRAM, summary("First one.", "Second one."))
    assert parts == ["A --- B", "First one.", "Second one.\n\nhttps://example.org/1"]


def test_a_kind_without_threads_takes_one_part(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write("{{ title | fit }}\n---\n{{ link }}")
    [mistake] = check(tmp_path, name, replace(TELEGRAM, threads=False))
    assert mistake.message == "makes 2 parts, and the channel's posts have one."


def test_blank_lines_close_up_where_a_value_is_missing(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write("\n{{ author }}\n\n{{ title }}  \n\n{{ excerpt }}\n\n{{ link }}\n\n")
    assert render(tmp_path, name, article()) == ["Title\n\nhttps://example.org/1"]


def test_values_are_escaped_once_and_markup_is_not(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write('<a href="{{ link }}">{{ "<&>" ~ title }}</a> {{ title | fit(4) }}')
    of = article(title='a<b>"&', url="https://example.org/?a=1&b=2")
    assert render(tmp_path, name, of) == [
        '<a href="https://example.org/?a=1&amp;b=2">&lt;&amp;&gt;a&lt;b&gt;&quot;&amp;</a> a&lt;b…'
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ title }}{% if author %} by {{ author }}{% endif %}\n{{ link }}", "Title by A. B.\nLINK"),
        ("{% if author %}By {{ author }}.{% endif %}\n{{ link }}", "By A. B..\nLINK"),
        ("{% if author %}\nBy {{ author }}.\n{% endif %}\n{{ link }}", "By A. B..\nLINK"),
        ("{% for tag in tags %}{{ tag }} {% endfor %}\n{{ link }}", "Sea Harbour\nLINK"),
        ("{% for tag in tags %}\n- {{ tag }}\n{% endfor %}\n{{ link }}", "- Sea\n- Harbour\nLINK"),
        ("a\n  {% if title %}  {# a note #} \nb\n  {% endif %}  \nc", "a\nb\nc"),
        ("a {# a note #}\nb", "a\nb"),
        ("a\n{# a\nlong note #}\nb", "a\nb"),
        ("a {% if title -%}\n b\n{%- endif %}\nc", "a bc"),
        ("a {% if title +%}\nb{% endif %}\nc", "a\nb\nc"),
        ("{% raw %}{% if x %}{% endraw %}\nb", "{% if x %}\nb"),
        ("{% set a = '%}' %}\nb", "b"),
        ("a\r\n{% if title %}\r\nb{% endif %}\r\nc\r\n", "a\nb\nc"),
    ],
)
def test_a_line_of_tags_alone_is_none_and_every_other_line_keeps_its_end(
    tmp_path: Path, write: Callable[..., str], source: str, text: str
) -> None:
    (shown,) = render(tmp_path, write(source, "own.txt.j2"), article(author="A. B.", tags=("Sea", "Harbour")))
    assert shown == text.replace("LINK", "https://example.org/1")


def test_lines_keep_their_numbers_whatever_line_ends_are_kept(
    tmp_path: Path, write: Callable[..., str]
) -> None:
    name = write("{% if title %}  \n{{ title }} {% endif %}\n{# a\nnote #} \n{{ nothing }}", "own.txt.j2")
    (mistake,) = check(tmp_path, name)
    assert mistake.line == 5


@pytest.mark.parametrize(
    ("source", "line", "key", "mend"),
    [
        ("{{ title | fit }}\n\n{{ text }}\n{{ link }}", 3, "text", "{{ text | fit }}"),
        ("{{ title }}\n{{ link }}", 1, "title", "{{ title | fit }}"),
        ("{{ summary }}\n{{ text | truncate(9000) }}\n{{ author }}", 2, "text", "{{ text | fit }}"),
        ("{{ title | fit }}\n{% for t in range(300) %}\n{{ author }}\n{% endfor %}", 3, "author", "| fit"),
        ("{% for one in articles %}\n{{ one.title or one.link }}\n{% endfor %}", 2, "one.title", ""),
        ("{{ title if title else link }}", 1, "title", ""),
    ],
)
def test_what_makes_a_post_too_long_is_named_with_its_line(
    tmp_path: Path, write: Callable[..., str], source: str, line: int, key: str, mend: str
) -> None:
    name = write(source, "own.txt.j2")
    long = article(title="Long headlines " * 40, text="A sentence. " * 900, author="A. Writer")
    with pytest.raises(ComposeError) as caught:
        render(tmp_path, name, long, X)
    told = str(caught.value)
    assert f"own.txt.j2:{line}: {key}: is " in told
    assert mend in told


def test_only_the_part_that_is_too_long_is_blamed(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write("{{ text | fit }}\n---\n{{ author }}\n---\n{{ title }}", "own.txt.j2")
    long = article(title="Long headlines " * 20, text="A sentence. " * 900, author="Writer " * 30)
    with pytest.raises(ComposeError, match=r"own\.txt\.j2:5: title: .* Fit it: \{\{ title \| fit"):
        render(tmp_path, name, long, X)


def test_a_template_that_is_too_long_itself_is_blamed_itself(
    tmp_path: Path, write: Callable[..., str]
) -> None:
    name = write("{{ title }}\n" + "Read more with us. " * 30, "own.txt.j2")
    (mistake, *_) = check(tmp_path, name, X)
    assert "of it are the template's own words" in mistake.message


def test_a_template_knows_the_breaking_lane(tmp_path: Path, write: Callable[..., str]) -> None:
    name = write("{% if breaking %}BREAKING: {% endif %}{{ title }}")
    composer = Composer(tmp_path)
    assert composer.check(name, TELEGRAM) == []
    texts = [
        composer.compose(
            article(),
            Summary(()),
            channel="c",
            kind="k",
            capabilities=TELEGRAM,
            template=name,
            breaking=breaking,
        )
        .parts[0]
        .text
        for breaking in (True, False)
    ]
    assert texts == ["BREAKING: Title", "Title"]


def test_a_template_is_tried_in_both_lanes(tmp_path: Path, write: Callable[..., str]) -> None:
    (mistake,) = check(tmp_path, write("{{ title | fit }}{% if breaking %}\n{{ 1 // 0 }}{% endif %}"))
    assert mistake.line == 2
    (mistake,) = check(tmp_path, write("{{ breaking }}"))
    assert "ask for it: {% if breaking %}" in mistake.message


def test_every_unknown_name_of_a_line_is_said_in_one_round(tmp_path: Path, write: Callable[..., str]) -> None:
    mistakes = check(
        tmp_path, write("{{ titel | uper | lowr }} {{ sumary }}\n{% if title is nmber %}x{% endif %}")
    )
    assert sorted((mistake.line, mistake.message, mistake.mend) for mistake in mistakes) == [
        (1, "No filter named 'lowr'.", "Did you mean lower?"),
        (1, "No filter named 'uper'.", "Did you mean upper?"),
        (1, "there is no sumary.", "Did you mean summary?"),
        (1, "there is no titel.", "Did you mean title?"),
        (2, "No test named 'nmber'.", "Did you mean number?"),
    ]


def test_every_unknown_attribute_is_said_in_one_round(tmp_path: Path, write: Callable[..., str]) -> None:
    source = (
        "{{ title.foo }} {{ title['bar'] | upper }} {% if link.host %}x{% endif %} {{ titel }}\n"
        "{% for a in articles %}{{ a.titel }}{{ a.lnk | upper }}{{ loop.indx }}{{ a.title }}{% endfor %}\n"
        "{{ (articles | first).autor }} {{ articles[0].link }} {{ articles[0].url }}"
    )
    mistakes = check(tmp_path, write(source))
    assert sorted((mistake.line, mistake.message) for mistake in mistakes) == [
        (1, "link has no host."),
        (1, "there is no titel."),
        (1, "title has no bar."),
        (1, "title has no foo."),
        (2, "a has no lnk."),
        (2, "a has no titel."),
        (2, "loop has no indx."),
        (3, "articles has no autor."),
        (3, "articles has no url."),
    ]
    mends = {mistake.message: mistake.mend for mistake in mistakes}
    assert mends["a has no lnk."] == "Did you mean link?"
    assert mends["loop has no indx."] == "Did you mean index?"


def test_everything_that_cannot_be_printed_is_said_in_one_round(
    tmp_path: Path, write: Callable[..., str]
) -> None:
    source = "{{ tags }} {{ categories }}\n{{ breaking }}\n{% set one = tags %}{{ one.foo }} {{ one.bar }}"
    assert sorted(
        (mistake.line, mistake.message.partition(";")[0]) for mistake in check(tmp_path, write(source))
    ) == [
        (1, "a list can't be printed"),
        (2, "true or false can't be printed"),
        (3, "'list object' has no attribute 'bar'."),
        (3, "'list object' has no attribute 'foo'."),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{{ title }}{% if title.foo is defined %}x{% endif %}",
        "{% set title = articles | first %}{{ title.title }}",
        "{% for title in articles %}{{ title.title | fit }}{% endfor %}",
        "{% for one in articles | reverse %}{{ one.title | fit }}{{ loop.index }}{% endfor %}",
        "{% for a in tags %}{{ a }}{% endfor %}{% for a in articles %}{{ a.title | fit }}{% endfor %}",
    ],
)
def test_an_attribute_that_may_be_there_is_no_mistake(
    tmp_path: Path, write: Callable[..., str], source: str
) -> None:
    assert check(tmp_path, write(source)) == []
