"""An editor who comes by every half hour, looks at what needs a person, and never says what is not so."""

from datetime import timedelta
from random import Random

from newsbot.app.container import App
from newsbot.errors import InvalidTransition
from newsbot.ledger import ids
from newsbot.model import Post, PostState
from newsbot.newsroom.posts import ResumeMode
from tests.simulation.platform import Platform

__all__ = ["Editor"]

_MOVES = (timedelta(minutes=5), timedelta(hours=3), timedelta(hours=30))


class Editor:
    """``firm`` are the posts whose time a person set: rules don't move them."""

    def __init__(self, platform: Platform, chance: Random) -> None:
        self._platform = platform
        self._chance = chance
        self.firm: set[str] = set()
        self.did: dict[str, int] = {}
        self.touched: dict[str, float] = {}

    def visit(self, app: App, *, all_of_it: bool = False) -> None:
        """A round; with ``all_of_it`` nothing is left for the next one."""
        for post in app.ledger.posts.list_posts(
            states=(PostState.HELD, PostState.UNKNOWN, PostState.FAILED, PostState.SCHEDULED), limit=200
        ):
            if all_of_it or self._chance.random() < 0.5:
                self._look(app, post, all_of_it=all_of_it)
        resting = self._platform.paused()
        for name in app.config.channels:
            self._channel(app, name, paused=name in resting, all_of_it=all_of_it)

    def _look(self, app: App, post: Post, *, all_of_it: bool) -> None:
        try:
            match post.state:
                case PostState.HELD:
                    self._review(app, post, all_of_it=all_of_it)
                case PostState.UNKNOWN:
                    self._resolve(app, post)
                case PostState.FAILED if not all_of_it and self._chance.random() < 0.01:
                    self._did("retry", app.posts.retry(post.id, by="editor"))
                case PostState.SCHEDULED if not all_of_it and self._chance.random() < 0.05:
                    self._meddle(app, post)
                case _:
                    pass
        except InvalidTransition:
            pass  # the service was quicker

    def _did(self, what: str, _post: object) -> None:
        self.did[what] = self.did.get(what, 0) + 1

    def _review(self, app: App, post: Post, *, all_of_it: bool) -> None:
        if all_of_it or self._chance.random() < 0.9:
            self._did("approve", app.approvals.approve(post.id, "editor").post)
        else:
            self._did("cancel", app.posts.cancel(post.id, by="editor"))

    def _resolve(self, app: App, post: Post) -> None:
        """Looks whether it is out, once nothing can be under way any more."""
        if self._platform.may_arrive(ids.post_number(post.id)):
            return
        part = post.next_part
        if self._platform.out(post.channel, post.parts[part].text):
            self._did("sent", app.posts.resolve_sent(post.id, by="editor", remote_id=f"seen-{part}"))
        elif self._chance.random() < 0.8:
            self._did("not sent", app.posts.resolve_not_sent(post.id, by="editor"))
        else:
            self._did("skip", app.posts.skip(post.id, by="editor"))

    def _meddle(self, app: App, post: Post) -> None:
        what = self._chance.choice(["now", "move", "cancel"])
        if what == "now":
            app.posts.send_now(post.id, by="editor")
        elif what == "move":
            app.posts.move(post.id, app.clock.now() + self._chance.choice(_MOVES), by="editor")
        else:
            app.posts.cancel(post.id, by="editor")
        self._did(what, post)
        self.firm |= {post.id} if what != "cancel" else set()

    def _channel(self, app: App, name: str, *, paused: bool, all_of_it: bool) -> None:
        if paused:
            self.touched[name] = self._platform.elapsed()
        if paused and (all_of_it or self._chance.random() < 0.3):
            spread = self._chance.random() < 0.2
            drop = not spread and self._chance.random() < 0.2
            how: ResumeMode = "spread" if spread else "drop" if drop else "at once"
            self._did("resume", app.posts.resume(name, "editor", how))
        elif not paused and not all_of_it and self._chance.random() < 0.001:
            self._did("pause", app.posts.pause(name, by="editor"))
