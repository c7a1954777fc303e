"""The loader of templates, which finds them in the newsroom's folder or in newsbot's, and renders them.

Jinja2's `trim_blocks` drops the line end behind every ``{% ... %}``, even at the end of a line of text: ``{{
title }}{% if author %} by {{ author }}{% endif %}`` would be joined to the next line. This module changes
that: a line of nothing but tags prints no line, and every other line keeps its line end.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, Self

from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError

from newsbot.composing.environment import (
    MAX_TEXT,
    METER,
    NOTED,
    PrintedValue,
    RenderMeter,
    TemplateEnvironment,
)
from newsbot.errors import Mistake
from newsbot.files import read_file_bytes

__all__ = ["PART", "CompiledTemplate", "TemplateLoader", "TemplateMistake"]

_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*(?P<raw>[-+]?%\})"
    r"|\{%.*?(?P<block>[-+]?%\})|\{#.*?(?P<comment>[-+]?#\})|\{\{.*?\}\}",
    re.DOTALL,
)
_LINE_END = re.compile(r"[ \t]*(?:(?=\n)|\Z)")


def _keep_line_ends(source: str) -> str:
    """Write ``+%}`` at the end of each tag that ends a template's line of text.

    Jinja2 then keeps the line end. Line numbers do not change. Blanks around tags that are alone on their
    line are removed.
    """
    pieces: list[str] = []
    # The variable `blanks` has the indices in `pieces` of the blanks between the tags of a line; it is None
    # if the line has text.
    blanks: list[int] | None = []
    at = 0
    for tag in _TAG.finditer(source):
        between = source[at : tag.start()]
        if "\n" in between:
            blanks = []
        if blanks is not None:
            blanks.append(len(pieces))
            if between.rpartition("\n")[2].strip() or not (tag["block"] or tag["comment"]):
                blanks = None
        pieces += between, tag[0]
        at = tag.end()
        mark = tag["raw"] or tag["block"] or tag["comment"]
        end = _LINE_END.match(source, at)
        if not mark or mark[0] in "-+" or not end:
            continue
        if blanks is None:
            pieces[-1] = f"{tag[0].removesuffix(mark)}+{mark}"
            continue
        at = end.end()
        for each in blanks:
            pieces[each] = pieces[each].rstrip(" \t")
    return "".join([*pieces, source[at:]])


MAX_SOURCE = 65_536
# A template's file may have at most this many bytes: four for each character, and three for a byte order
# mark.
_LARGEST = 4 * MAX_SOURCE + 3

_VARIABLES = tuple(
    """
    articles author breaking categories channel excerpt kind language lead link published_at source
    standfirst summary tags text title updated_at
    """.split()  # noqa: SIM905  This form is easier to read.
)

PART = "\x1e"
"""The character that replaces a template's line ``---``, which separates two parts of a thread.

The values of an article have no control characters, so no article can produce this character.
"""

_SEPARATOR = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.Assign, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul,
    nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.And, nodes.Or, nodes.Not,
    nodes.Compare, nodes.Operand, nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Tuple, nodes.Call,
    nodes.Keyword, nodes.List,
)  # fmt: skip
MEMBER = ("author", "link", "title")
"""The attributes of each entry of the template variable ``articles``."""

_LOOP = (
    "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem",
    "previtem", "revindex", "revindex0",
)  # fmt: skip
_PICKS = ("first", "last")
_SAME_ENTRIES = ("list", "reject", "reverse", "select", "sort", "unique")
_FIT_PARENTS = (nodes.Output, nodes.CondExpr)
_HOW = "docs/templates.md lists what a template can use."


class TemplateMistake(Exception):  # noqa: N818  The name says what the newsroom wrote, not what failed.
    """The error that a template is wrong.

    ``mistakes`` have the file, the line and the proposed fix of each mistake.
    """

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes

    @classmethod
    def for_file(cls, file: str, message: str, mend: str, line: int | None = None) -> Self:
        """Return the error for a single mistake in a template's file."""
        return cls(Mistake(file, line, "", message, mend))


class CompiledTemplate(NamedTuple):
    """A template that was read from its file and compiled.

    ``html`` says that the template's values are escaped for HTML. ``names`` are the variables that the
    template uses. ``reads_summary`` says that the template uses the summary for more than to print it, such
    as a condition.
    """

    name: str
    source: str
    template: Template
    html: bool
    names: frozenset[str]
    reads_summary: bool

    def find_line(self, words: str) -> int | None:
        """Return the number, from 1, of the template's first line that contains ``words``; None if no line
        does.
        """
        at = self.source.find(words) if words else -1
        return None if at < 0 else self.source.count("\n", 0, at) + 1


# ---------------------------------------------------------------- the syntax that a template may use


def _nearest_name(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else _HOW


class _AttributeScope:
    """The attributes of each variable of a template; newsbot compares them with the attributes that the
    template reads, to find misspelled ones.

    The attributes of variables that the template itself sets are not known.
    """

    def __init__(self, tree: nodes.Template) -> None:
        self._known: dict[str, Collection[str] | None] = dict.fromkeys(_VARIABLES, ())
        self._known["loop"] = _LOOP
        for loop in tree.find_all(nodes.For):
            self._set_attributes(loop.target, self._entry_attributes(loop.iter))
        for assigned in tree.find_all(nodes.Assign):
            self._set_attributes(assigned.target, None)

    def _set_attributes(self, target: nodes.Node, attributes: Collection[str] | None) -> None:
        for name in (target, *target.find_all(nodes.Name)):
            if isinstance(name, nodes.Name):
                same = self._known.get(name.name, attributes) == attributes
                self._known[name.name] = attributes if same and isinstance(target, nodes.Name) else None

    def find_unknown(self, node: nodes.Node) -> tuple[str, Collection[str]] | None:
        """Return the attribute that a template's expression reads but that the expression's value does not
        have.

        The second returned item has the attributes that the value has. Return None if the value has the
        attribute that is read, or if the value's attributes are not known.
        """
        if isinstance(node, nodes.Getattr):
            asked = node.attr
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            asked = node.arg.value
        else:
            return None
        known = self._attributes_of(node.node)
        return (asked, known) if isinstance(asked, str) and known is not None and asked not in known else None

    def _attributes_of(self, node: nodes.Expr) -> Collection[str] | None:
        if isinstance(node, nodes.Name):
            return self._known.get(node.name)
        if isinstance(node, nodes.Getitem) or (isinstance(node, nodes.Filter) and node.name in _PICKS):
            return self._entry_attributes(node.node)
        return None

    def _entry_attributes(self, node: nodes.Node | None) -> Collection[str] | None:
        """Return the attributes that the entries of a template's list have; None if they are not known."""
        while isinstance(node, nodes.Filter) and node.name in _SAME_ENTRIES:
            node = node.node
        if not isinstance(node, nodes.Name) or self._known.get(node.name) is None:
            return None
        return MEMBER if node.name == "articles" else ()


class _TemplateInspector:
    """The inspector that finds forbidden syntax in a template, and inserts filters that enforce limits."""

    def __init__(
        self, name: str, tree: nodes.Template, filters: Collection[str], tests: Collection[str]
    ) -> None:
        self.name = name
        self.attributes = _AttributeScope(tree)
        self.known: Mapping[type[nodes.Node], Collection[str]] = {nodes.Filter: filters, nodes.Test: tests}
        self.mistakes: list[Mistake] = []

    def mistake(self, line: int, message: str, mend: str = _HOW) -> None:
        """Record a mistake in a line of the template; ``mend`` is the proposed fix."""
        self.mistakes.append(Mistake(self.name, line, "", message, mend))

    def inspect(self, node: nodes.Node) -> None:
        """Record the mistakes in a node of the template's syntax tree and in all nodes below it."""
        if not isinstance(node, _NODES):
            word = type(node).__name__.lower().replace("scope", "autoescape")
            line = next((n.lineno for n in (node, *node.find_all(nodes.Node)) if n.lineno), 1)
            self.mistake(line, f"{word} is not allowed in a template.")
            return
        for child in node.iter_child_nodes():
            self._inspect_child(node, child)
            self.inspect(child)

    def _inspect_child(self, node: nodes.Node, child: nodes.Node) -> None:
        if isinstance(child, nodes.Filter | nodes.Test) and child.name not in self.known[type(child)]:
            what, known = type(child).__name__.lower(), self.known[type(child)]
            self.mistake(child.lineno, f"No {what} named {child.name!r}.", _nearest_name(child.name, known))
            # The unknown name of a filter or test is replaced by a known one, because Jinja2 would stop at it
            # and not find further mistakes.
            child.name = next(iter(known))
        if isinstance(child, nodes.Filter) and child.name == "fit" and not isinstance(node, _FIT_PARENTS):
            self.mistake(child.lineno, "fit must come last.", "Write {{ title | upper | fit }}.")
        if isinstance(child, nodes.Call) and not _is_range(child):
            self.mistake(child.lineno, "only range(...) can be called.", "Use a filter: {{ title | upper }}.")
        if not isinstance(node, nodes.Call | nodes.Test):
            self._inspect_attribute(child)
        if isinstance(child, nodes.Assign) and (child.find(nodes.List) or child.find(nodes.Tuple)):
            self.mistake(child.lineno, "a list can't be set.")

    def _inspect_attribute(self, node: nodes.Node) -> None:
        if not isinstance(node, nodes.Getattr | nodes.Getitem) or not (
            unknown := self.attributes.find_unknown(node)
        ):
            return
        asked, known = unknown
        whole = f"{_expression_name(node.node) or 'this'} has no {asked}."
        mend = (
            _nearest_name(asked, known)
            if known
            else f"Write {{{{ {_expression_name(node.node) or 'title'} }}}}. {_HOW}"
        )
        self.mistake(node.lineno, whole, mend)

    @staticmethod
    def rewrite(tree: nodes.Template) -> None:
        """Insert the filters that count loop steps and record printed values into a template's syntax tree.

        The operator ``~`` is replaced by the filter ``join``.
        """
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = _filter_node(loop.iter, METER)
        for output in list(tree.find_all(nodes.Output)):
            output.nodes = [_wrap_printed(node) for node in output.nodes]
        for node in list(tree.find_all(nodes.Node)):
            for field, value in node.iter_fields():
                if isinstance(value, nodes.Concat):
                    setattr(node, field, _join_filter(value))
                elif isinstance(value, list):
                    value[:] = [_join_filter(v) if isinstance(v, nodes.Concat) else v for v in value]


def _is_range(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "range"


def _filter_node(node: nodes.Node, name: str, *arguments: object) -> nodes.Filter:
    line, environment = node.lineno, node.environment
    given = [nodes.Const(each, lineno=line, environment=environment) for each in arguments]
    return nodes.Filter(node, name, given, [], None, None, lineno=line, environment=environment)


def _wrap_printed(node: nodes.Expr) -> nodes.Expr:
    return (
        node
        if isinstance(node, nodes.TemplateData)
        else _filter_node(node, NOTED, node.lineno, _expression_name(node))
    )


def _expression_name(node: nodes.Node) -> str:
    """Return the name of the first variable or attribute in a template's expression (``title``,
    ``one.title``), or "" if the expression has none.
    """
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_expression_name(node.node)}.{node.attr}"
        case nodes.CondExpr():
            return _expression_name(node.expr1) or (_expression_name(node.expr2) if node.expr2 else "")
        case _:
            inner = next(node.iter_child_nodes(), None)
            return _expression_name(inner) if inner else ""


def _join_filter(concat: nodes.Concat) -> nodes.Filter:
    return _filter_node(
        nodes.List(concat.nodes, lineno=concat.lineno, environment=concat.environment), "join"
    )


class TemplateLoader:
    """The loader of templates, which looks in the newsroom's own folder first, then in newsbot's folders."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folders = [path for path in (folder, *_package_folders()) if path is not None]
        self._environment = TemplateEnvironment()
        self._pages: dict[str, tuple[tuple[str, int] | None, CompiledTemplate]] = {}

    def page(self, name: str) -> CompiledTemplate:
        """Return the compiled template ``name``; read the template's file again if the file has changed.

        Raises:
            TemplateMistake: The file does not exist, or the template is wrong.
        """
        cached = self._pages.get(name)
        version = self._find_version(name)
        if cached and version and cached[0] == version:
            return cached[1]
        page = self._read(self.find(name))
        self._pages[name] = (version, page)
        return page

    def _find_version(self, name: str) -> tuple[str, int] | None:
        """Return the path of the template's file and the time when it was changed; None if no file exists.

        This is called for every post, so it makes only one system call for each folder.
        """
        for folder in self.folders:
            path = f"{folder}/{name}"
            with suppress(OSError):
                return path, os.stat(path).st_mtime_ns  # noqa: PTH116  A Path object takes three times as long.
        return None

    def find(self, name: str) -> Path:
        """Return the path of a template's file in the newsroom's folder or in newsbot's.

        Raises:
            TemplateMistake: The file does not exist, or the name leads out of the folder.
        """
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise TemplateMistake.for_file(name, "is outside the templates folder.", "Name a file in it.")
        for folder in self.folders:
            if (folder / name).exists():
                return folder / name
        there = {path.name for folder in self.folders if folder.is_dir() for path in folder.glob("*.j2")}
        searched = " or ".join(str(folder) for folder in self.folders)
        mend = _nearest_name(name, sorted(there))
        raise TemplateMistake.for_file(name, f"there is no such template in {searched}.", mend)

    def _read(self, path: Path) -> CompiledTemplate:
        """Read the file of a template and compile the template.

        Raises:
            TemplateMistake: The template is wrong; the error has every mistake that shows without rendering.
        """
        try:
            data = read_file_bytes(path, _LARGEST)
            source = data.decode("utf-8-sig").replace("\r\n", "\n") if len(data) <= _LARGEST else ""
        except OSError as error:
            mend = "Put a template there that newsbot may read."
            raise TemplateMistake.for_file(str(path), f"can't be read: {error.strerror}.", mend) from None
        except UnicodeDecodeError as error:
            raise TemplateMistake.for_file(
                str(path), f"can't be read: {error}.", "Save it as UTF-8."
            ) from None
        if len(data) > _LARGEST or len(source) > MAX_SOURCE:
            raise TemplateMistake.for_file(str(path), f"is over {MAX_SOURCE} characters.", "Shorten it.")
        return self._compile(str(path), source)

    def _compile(self, name: str, source: str) -> CompiledTemplate:
        try:
            tree = self._environment.parse(_keep_line_ends(_SEPARATOR.sub(PART, source)), name, name)
            environment = self._environment
            filters = sorted(environment.filters.keys() - {METER, NOTED})
            inspector = _TemplateInspector(name, tree, filters, sorted(environment.tests))
            inspector.inspect(tree)
            names = meta.find_undeclared_variables(tree) - {"range"}
            inspector.mistakes += _unknown_names(name, source, names)
            if inspector.mistakes:
                raise TemplateMistake(*dict.fromkeys(inspector.mistakes))
            reads_summary = _reads_summary(tree)
            inspector.rewrite(tree)
            code = self._environment.compile(tree, name, name)
            template = Template.from_code(self._environment, code, dict(self._environment.globals))
            html = name.endswith(".html.j2")
            return CompiledTemplate(name, source, template, html, frozenset(names), reads_summary)
        except TemplateSyntaxError as error:
            raise TemplateMistake(self._syntax_mistake(name, error)) from None
        except (RecursionError, TemplateError, MemoryError, OverflowError) as error:
            raise TemplateMistake.for_file(
                name, f"can't be compiled: {_error_message(error)}.", _HOW
            ) from None

    def _syntax_mistake(self, name: str, error: TemplateSyntaxError) -> Mistake:
        message = (error.message or "can't be read").rstrip(".")
        unknown = re.match(r"No filter named '(.+)'", message)
        known = sorted(set(self._environment.filters) - {METER, NOTED})
        mend = _nearest_name(unknown[1], known) if unknown else _HOW
        return Mistake(name, error.lineno, "", f"{message}.", mend)

    def render(self, page: CompiledTemplate, values: Mapping[str, Any]) -> tuple[str, list[PrintedValue]]:
        """Render a template with ``values``; return the text and the values printed without ``fit``.

        The text has a `TOKEN` in place of each value that is fitted into the post later.

        Raises:
            TemplateMistake: The template fails on these values, or its output is too long.
        """
        pieces: list[str] = []
        size, meter = 0, RenderMeter()
        try:
            for piece in page.template.generate({**values, METER: meter}):
                size += len(piece)
                meter.part += piece.count(PART)
                if size > MAX_TEXT * 2:
                    raise SecurityError(f"it makes over {MAX_TEXT * 2} characters")  # noqa: TRY301  One handler turns every error into a mistake of the template.
                pieces.append(piece)
        except Exception as error:  # noqa: BLE001  Whatever error a template causes is the template's mistake.
            line = _find_error_line(error, page.name)
            message, mend = f"{_error_message(error)}.", _suggest_fix(error)
            raise TemplateMistake.for_file(page.name, message, mend, line) from None
        if meter.unprintable:
            mistakes = (Mistake(page.name, line, "", f"{why}.", _HOW) for line, why in meter.unprintable)
            raise TemplateMistake(*dict.fromkeys(mistakes))
        return "".join(pieces), meter.printed


def _reads_summary(tree: nodes.Template) -> bool:
    """Return whether a template uses the summary for more than to print it, as ``{{ summary | fit(...) }}``
    does.
    """
    shown = [node for output in tree.find_all(nodes.Output) for node in output.nodes]
    bare = [node.node if isinstance(node, nodes.Filter) and node.name == "fit" else node for node in shown]
    fitted = sum(isinstance(node, nodes.Name) and node.name == "summary" for node in bare)
    return sum(node.name == "summary" for node in tree.find_all(nodes.Name)) > fitted


def _unknown_names(name: str, source: str, names: Iterable[str]) -> Iterator[Mistake]:
    for unknown in sorted(set(names) - {*_VARIABLES}):
        found = re.search(rf"(?<![\w.'\"]){re.escape(unknown)}\b", source)
        line = source.count("\n", 0, found.start()) + 1 if found else None
        yield Mistake(name, line, "", f"there is no {unknown}.", _nearest_name(unknown, _VARIABLES))


def _error_message(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _suggest_fix(error: Exception) -> str:
    unknown = re.match(r"'(\w+)' is undefined", str(error)) if isinstance(error, UndefinedError) else None
    return _nearest_name(unknown[1], _VARIABLES) if unknown else _HOW


def _find_error_line(error: BaseException, name: str) -> int | None:
    """Return the line of the template ``name`` at which ``error`` was raised; None if no line is known.

    Jinja2 writes the template's lines into the error's traceback.
    """
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == name:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _package_folders() -> tuple[Path, ...]:
    """Return the folders of newsbot's own templates: in the installed package, or at a checkout's root."""
    package = Path(__file__).resolve().parent.parent
    return tuple(
        path for path in (package / "templates", package.parent.parent / "templates") if path.is_dir()
    )
