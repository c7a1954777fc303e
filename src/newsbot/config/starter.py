"""Write the files of `newsbot init`: a first config.yaml, and the templates, which people may change."""

import re
import unicodedata
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import yaml

__all__ = ["ZoneChoice", "starter_config", "write_starter"]


_WORDPRESS = """
  # The site is a WordPress. Where newsbot may read its database, what is published, edited and taken offline
  # is noticed within seconds, with its tags, photo and author: docs/wordpress.md. In place of the feed:
  # cms:
  #   kind: database
  #   url: ${CMS_URL}                 # mysql://newsbot:PASSWORD@HOST/DATABASE, of a user that may only read
  #   preset: wordpress
"""


class ZoneChoice(NamedTuple):
    """A time zone that `newsbot init` can write into config.yaml: ``name`` is its IANA name, and ``origin``
    says in words where the choice comes from.
    """

    name: str
    origin: str


def write_starter(
    folder: Path,
    *,
    site_url: str | None = None,
    feed_url: str | None = None,
    name: str | None = None,
    languages: Sequence[str] = (),
    allow_private: bool = False,
    is_wordpress: bool = False,
    zone: ZoneChoice | None = None,
) -> dict[Path, bool]:
    """Write config.yaml and templates/ into ``folder``, which is created if needed.

    Return for each file whether it is new; a file that existed before is not changed.

    The known facts about the newsroom's site are filled in: ``name`` in words, ``languages`` as codes (also
    like ``en-GB``). If there are several languages, none becomes the newsroom's own. For a site that runs
    WordPress, a comment shows a source that reads the site's database.

    Raises:
        OSError: a file can't be written.
    """
    text = starter_config(feed_url or site_url, name, languages)
    if zone:
        comment = f"how times are read and shown; {zone.origin}"
        text = _replace_line(text, "timezone: UTC", f"timezone: {zone.name}", comment)
    if is_wordpress:
        text = text.replace("\nchannels:", f"{_WORDPRESS}\nchannels:", 1)
    if allow_private:
        text += "\nnetwork: {allow_private: true}        # the site is on a private address\n"
    contents = {Path("config.yaml"): text.encode()}
    for each in sorted(_find_shipped_file("templates").iterdir(), key=lambda each: each.name):
        if each.is_file():
            contents[Path("templates", each.name)] = each.read_bytes()
    return {folder / path: _create_file(folder / path, content) for path, content in contents.items()}


def starter_config(url: str | None = None, name: str | None = None, languages: Sequence[str] = ()) -> str:
    """Return the text of a first config.yaml, with one source's address and name, and with the newsroom's
    language.
    """
    text = _find_shipped_file("starter/config.yaml", "config.yaml").read_text("utf-8")
    if url:
        text = _replace_line(text, "    url: https://example.org/", f"    url: {_quote_yaml(url)}")
    if slug := _make_slug(name or ""):
        text = _replace_line(text, "  site:", f"  {slug}:")
    codes = [code[0] for each in languages if (code := re.match(r"[a-z]{2}(?![a-z])", each.lower()))]
    if len(codes) == 1:
        text = _replace_line(text, "language: en", f"language: {codes[0]}")
    elif codes:
        text = _replace_line(text, "language: en", "# language: en")
    return text


def _replace_line(text: str, old: str, new: str, comment: str = "") -> str:
    """Replace the line of ``text`` that begins with ``old`` by ``new``; replace the line's comment too if
    ``comment`` is given.

    The comment stays in its column if there is room.
    """
    pattern = rf"^{re.escape(old)}(?P<space> *)(?P<comment>#.*)?$"

    def line(found: re.Match[str]) -> str:
        column = len(old) + len(found["space"]) - 1
        told = f"# {comment}" if comment else found["comment"]
        return f"{new:<{column}} {told}" if told else new

    return re.sub(pattern, line, text, count=1, flags=re.MULTILINE)


def _quote_yaml(value: str) -> str:
    """Return a value as YAML text, quoted if needed, with its dollar signs doubled.

    A single dollar sign could begin a ``${NAME}``.
    """
    value = value.replace("$", "$$")
    if re.fullmatch(r"https?://[\w./?=&%+~-]+", value, re.ASCII):
        return value
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=len(value) * 10).strip()


def _make_slug(name: str) -> str:
    """Return a source's name for config.yaml, made of a site's name: ``Der Spiegel: Politik`` becomes
    ``der-spiegel-politik``.

    Return "" if no Latin letter or digit is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")


def _find_shipped_file(*names: str) -> Traversable:
    """Return the path of a file or folder that ships with newsbot, in the installed package or in a source
    checkout.
    """
    package = files("newsbot")
    inside = package.joinpath(names[0])
    if inside.is_file() or inside.is_dir():
        return inside
    return Path(str(package)).parents[1] / names[-1]


def _create_file(path: Path, content: bytes) -> bool:
    """Create a file with ``content``; if the file exists, return False and change nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
