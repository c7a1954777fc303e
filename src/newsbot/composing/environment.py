"""The Jinja2 sandbox in which templates run, with further limits on what a template can do.

Templates get plain values, few filters and no calls. The sandbox itself would allow ``'A' * 300000000`` and
nested loops. In newsbot no expression makes more than `MAX_TEXT` characters, and all loops of a template
together have at most `MAX_STEPS` steps. The filter `fit` prints a token in place of a text, because the room
for the text is known only when the rest of the post's part is rendered.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from itertools import islice
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, pass_context, pass_eval_context
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from newsbot.composing.safety import escape_html, make_hashtag

__all__ = [
    "MAX_TEXT",
    "METER",
    "NOTED",
    "TOKEN",
    "PrintedValue",
    "RenderMeter",
    "SummaryText",
    "TemplateEnvironment",
]

MAX_TEXT = 100_000
MAX_STEPS = 10_000
MAX_NUMBER = 10**18
METER = " meter"
"""The name under which Jinja2's context has the record of a rendering (`RenderMeter`) and the filter that
counts the steps of loops.

The name begins with a space, so no template can use it.
"""

NOTED = " noted"
"""The name of the filter that records the values that a template prints.

The name begins with a space, so no template can use it.
"""

TOKEN = re.compile("\x02(?P<kind>[st])(?P<budget>[0-9]*)\x1f(?P<text>[^\x03]*)\x03")
"""The pattern of the token that the filter `fit` prints in place of a text that is fitted later.

``kind`` is ``s`` for the summary, ``t`` for a text to cut between words. ``budget`` is the length that the
template gives in ``fit(...)``.
"""

_FILTERS = (
    "abs", "capitalize", "count", "first", "float", "int", "join", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "replace", "reverse", "round", "select", "sort", "title",
    "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip


class PrintedValue(NamedTuple):
    """A value that a template printed, with the place where the template printed it.

    ``part`` is the number of the post's part (message) that shows the value, and ``line`` the number of the
    template's line that prints it. ``name`` is the name of the value in the template, or "". ``text`` is what
    was printed.
    """

    part: int
    line: int
    name: str
    text: str


@dataclass(slots=True)
class RenderMeter:
    """The record of one rendering of a template, which limits loops and explains posts that are too long.

    ``steps`` counts the steps of all loops so far, and ``part`` the parts (messages) of the post so far.
    ``printed`` are the values that the template printed without ``fit``. ``unprintable`` has the line and the
    reason for each value that can't be printed, so that all mistakes are reported together.
    """

    steps: int = 0
    part: int = 0
    printed: list[PrintedValue] = field(default_factory=list)
    unprintable: list[tuple[int, str]] = field(default_factory=list)


class SummaryText(str):
    """The type of the template variable `summary`, which stands for the article's summary.

    The summary is fitted into the post even where a template prints it without ``fit``.
    """

    __slots__ = ()


def _check_bounds(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise SecurityError(f"an expression makes over {MAX_TEXT} characters")
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise SecurityError(f"an expression makes a number over {MAX_NUMBER}")
    return value


def _require_plain_value(value: Any) -> Any:
    """Return a text or number that a template prints unchanged, and "" for None.

    Raises:
        SecurityError: The value is true, false or a list; printing nested lists could take endless time.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        raise SecurityError("true or false can't be printed; ask for it: {% if breaking %}")
    if isinstance(value, str | int | float):
        return value
    raise SecurityError(f"a {type(value).__name__} can't be printed; join it: {{{{ tags | join(', ') }}}}")


@pass_eval_context
def _finalize(context: EvalContext, value: Any) -> Any:
    if isinstance(value, StrictUndefined):
        return str(value)
    if isinstance(value, SummaryText):
        return _make_token("s", None, "")
    value = _require_plain_value(value)
    if context.autoescape and not hasattr(value, "__html__"):
        return Markup(escape_html(str(value)))  # noqa: S704  The text is escaped, by the entities that Telegram knows.
    return _check_bounds(value)


def _make_token(kind: str, budget: int | None, text: str) -> str:
    return Markup(f"\x02{kind}{'' if budget is None else budget}\x1f{text}\x03")  # noqa: S704  The text of the token is escaped when it is fitted into the post.


def _mark_fitted(value: Any, budget: int | None = None) -> str:
    """Return the token that ``{{ summary | fit(300) }}`` prints; 300 is the text's greatest length.

    When the post is filled, the token is replaced: by whole sentences of the summary, or for another text by
    as many of its words as fit, with an ellipsis.
    """
    if budget is not None and (not isinstance(budget, int) or budget < 0):
        raise SecurityError("fit takes a length: fit(300)")
    if isinstance(value, SummaryText):
        return _make_token("s", budget, "")
    text = str(_require_plain_value(value))
    return _make_token("t", budget, text) if text else ""


def _format_date(value: Any, form: str = "%Y-%m-%d %H:%M") -> str:
    """Format a time for ``{{ published_at | date("%d %b") }}``; return "" if the article has no time."""
    return datetime.fromisoformat(str(value)).strftime(form) if value else ""


def _join_values(value: Iterable[Any], separator: str = "") -> str:
    """Join a template's texts and numbers without escaping them; printing the result escapes it."""
    items = [str(_require_plain_value(item)) for item in value]
    if sum(map(len, items)) + len(str(separator)) * len(items) > MAX_TEXT:
        raise SecurityError(f"an expression makes over {MAX_TEXT} characters")
    return str(separator).join(items)


def _replace_text(value: Any, old: str, new: str) -> str:
    text = str(_require_plain_value(value))
    if len(text) + text.count(str(old)) * len(str(new)) > MAX_TEXT:
        raise SecurityError(f"an expression makes over {MAX_TEXT} characters")
    return text.replace(str(old), str(new))


def _apply_default(value: Any, other: Any = "") -> Any:
    """Return ``other`` if the value is missing, as in ``{{ author | default("Staff") }}``, else the value."""
    return other if value is None or value == "" else value


def _make_lenient_filter(name: str) -> Callable[..., Any]:
    """Return Jinja2's filter ``name``, changed so that the filter treats None as an empty text."""
    original = FILTERS[name]
    place = 1 if hasattr(original, "jinja_pass_arg") else 0

    @wraps(original)
    def lenient(*arguments: Any, **named: Any) -> Any:
        values = list(arguments)
        values[place] = "" if values[place] is None else values[place]
        return original(*values, **named)

    return lenient


@pass_context
def _count_steps(context: Context, value: Iterable[Any]) -> Iterator[Any]:
    """Yield the items of a template's ``for`` loop, and count them as steps of the template's loops.

    Raises:
        SecurityError: All loops of the template together have more than `MAX_STEPS` steps.
    """
    meter: RenderMeter = context.parent[METER]
    for item in value:
        meter.steps += 1
        if meter.steps > MAX_STEPS:
            raise SecurityError(f"its loops go round more than {MAX_STEPS} times")
        yield item


@pass_context
def _record_printed(context: Context, value: Any, line: int, name: str) -> Any:
    """Record a value that a template prints without the filter ``fit``, and return the value.

    If such a value makes a post too long, the error message names the value. For a value that can't be
    printed, record the line and the reason, and return "".
    """
    meter: RenderMeter = context.parent[METER]
    try:
        str(value) if isinstance(value, StrictUndefined) else _require_plain_value(value)
    except (SecurityError, UndefinedError) as error:
        meter.unprintable.append((line, str(error).rstrip(".")))
        return ""
    shown = isinstance(value, str | int | float) and not isinstance(value, SummaryText | bool)
    if shown and not TOKEN.match(str(value)):
        meter.printed.append(PrintedValue(meter.part, line, name, str(value)))
    return value


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """The Jinja2 sandbox in which templates run, with only a few of Jinja2's filters, calls and nodes."""

    intercepted_binops = frozenset({"*", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            autoescape=lambda name: bool(name) and str(name).endswith(".html.j2"),
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self.globals = {"range": lambda *bounds: list(islice(range(*bounds), MAX_STEPS + 1))}
        self.filters = {name: _make_lenient_filter(name) for name in _FILTERS} | {
            "d": _apply_default,
            "date": _format_date,
            "default": _apply_default,
            "fit": _mark_fitted,
            "hashtag": lambda value: make_hashtag(str(_require_plain_value(value))),
            "join": _join_values,
            "replace": _replace_text,
            METER: _count_steps,
            NOTED: _record_printed,
        }

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply a template's ``*``, ``+`` or ``%`` to two numbers, or ``+`` to two texts.

        Raises:
            SecurityError: The values are of another type, or the result is too large.
        """
        numbers = all(isinstance(side, int | float) for side in (left, right))
        texts = operator == "+" and all(isinstance(side, str) for side in (left, right))
        if not (numbers or texts):
            raise SecurityError(f"{operator} takes numbers")
        return _check_bounds(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read an attribute; only attributes of ``loop`` are allowed."""
        return type(obj).__name__ == "LoopContext" and super().is_safe_attribute(obj, attr, value)
