"""The side panel as pieces: switches, the comparison, and the state of each of newsbot's posts."""

from typing import Any

from newsbot.sandbox.page.comparison import Comparison
from newsbot.sandbox.page.live import Piece
from newsbot.sandbox.page.newsroom import Newsroom
from newsbot.sandbox.page.rendering import Templates
from newsbot.sandbox.page.richtext import script
from newsbot.sandbox.page.switches import SWITCHES, Switch, Switchboard

__all__ = ["Panel"]

_PLATFORMS = ("telegram", "x")


class Panel:
    """``newsroom`` None: there is no service whose posts could be shown."""

    def __init__(
        self,
        switchboard: Switchboard,
        comparison: Comparison,
        newsroom: Newsroom | None,
        templates: Templates,
    ) -> None:
        self._switchboard = switchboard
        self._comparison = comparison
        self._newsroom = newsroom
        self._render = templates.render

    def lists(self) -> dict[str, list[Piece]]:
        lists = {"switches": [self._switch(switch) for switch in SWITCHES], "tally": [self._tally()]}
        if self._newsroom:
            lists["posts"] = [self._post(post) for post in self._newsroom.posts]
        return lists

    def _switch(self, switch: Switch) -> Piece:
        on = {platform: self._switchboard.is_on(platform, switch.name) for platform in _PLATFORMS}
        key = f"switch-{switch.name}"
        html = {"key": key, "switch": switch, "on": on}
        return Piece(key, tuple(on.values()), lambda: self._render("switch.html.j2", **html))

    def _tally(self) -> Piece:
        tallies = self._comparison.tallies()
        became = self._newsroom.became(self._comparison.text()) if self._newsroom else ""
        html = {"tallies": tallies, "became": became}
        return Piece("tally-both", (tallies, became), lambda: self._render("tally.html.j2", **html))

    def _post(self, post: dict[str, Any]) -> Piece:
        key = f"post-{post['id']}"
        mark = (post["state"], post["attempts"], post["due_at"], str(post["error"]), len(post["receipts"]))
        title = post["article"]["title"] or post["article"]["url"] or "(no title)"
        command = self._newsroom.command if self._newsroom else "newsbot"
        values = {"key": key, "post": post, "title": title, "lang": script(title), "command": command}
        return Piece(key, mark, lambda: self._render("post.html.j2", **values))
