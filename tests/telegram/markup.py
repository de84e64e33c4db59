"""HTML and MarkdownV2, parsed into plain text and entities, or refused as Telegram refuses them."""

import html
import re
from dataclasses import dataclass, field
from typing import NoReturn

from tests.telegram.values import Json, Violation

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
}  # fmt: skip
_HTML = re.compile(r"<(?P<end>/?)(?P<tag>[a-zA-Z-]*)(?P<rest>[^<>]*)>|&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot);|.", re.S)
_HREF = re.compile(r"""\s+href\s*=\s*(?:"([^"]*)"|'([^']*)')\s*""")
_MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_MARKDOWN = re.compile(
    r"\\(?P<escaped>[\x01-\x7e])|```(?P<pre>(?:\\.|[^\\`])*)```|`(?P<code>(?:\\.|[^\\`])+)`"
    r"|(?P<mark>\|\||__|[*_~])|\]\((?P<url>(?:\\.|[^\\)])+)\)|.",
    re.S,
)
_RESERVED = set("_*[]()~`>#+-=|{}.!")


@dataclass
class _Builder:
    """Plain text so far, the entities that ended and those still open: (mark, type, offset, further fields)."""

    text: str = ""
    entities: list[Json] = field(default_factory=list)
    open: list[tuple[str, str, int, Json]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.text.encode("utf-16-le")) // 2

    def begin(self, mark: str, kind: str, **fields: str) -> None:
        self.open.append((mark, kind, self.length, fields))

    def end(self, **fields: str) -> None:
        _, kind, offset, more = self.open.pop()
        if self.length > offset:
            self.entities.append({"type": kind, "offset": offset, "length": self.length - offset} | more | fields)


def parse(text: str, parse_mode: str) -> tuple[str, list[Json]]:
    """The plain text and its entities.

    Raises:
        Violation: the markup is not well formed, or the mode is neither HTML nor MarkdownV2.
    """
    parsers = {"html": _html, "markdownv2": _markdown}
    if parse_mode.lower() not in parsers:
        raise Violation(f"unsupported parse_mode: {parse_mode!r}, the emulator knows HTML and MarkdownV2")
    built = parsers[parse_mode.lower()](text)
    if built.open:
        _refuse(f"can't find end of the entity that began with {built.open[-1][0]!r}")
    return built.text, sorted(built.entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _html(text: str) -> _Builder:
    built = _Builder()
    for token in _HTML.finditer(text):
        if token["tag"] is None:
            if token[0] == "<":
                _refuse(f"unsupported start tag at offset {token.start()}; write &lt; for <")
            built.text += html.unescape(token[0])
        elif token["end"]:
            if not built.open or built.open[-1][0] != token["tag"].lower():
                _refuse(f'unmatched end tag at offset {token.start()}: found "{token[0]}"')
            built.end()
        else:
            _start_tag(built, token)
    return built


def _start_tag(built: _Builder, token: re.Match[str]) -> None:
    tag = token["tag"].lower()
    if token[0].lower() == "<blockquote expandable>":
        return built.begin(tag, "expandable_blockquote")
    href = _HREF.fullmatch(token["rest"])
    if tag not in _TAGS or (tag == "a") != bool(href) or (tag != "a" and token["rest"].strip()):
        _refuse(f'unsupported start tag "{token[0]}" at offset {token.start()}')
    built.begin(tag, _TAGS[tag], **({"url": html.unescape(href[1] or href[2] or "")} if href else {}))


def _markdown(text: str) -> _Builder:
    built = _Builder()
    for token in _MARKDOWN.finditer(text):
        top = built.open[-1][0] if built.open else ""
        if token["escaped"]:
            built.text += token["escaped"]
        elif token["pre"] is not None or token["code"]:
            built.begin("`", "code" if token["code"] else "pre")
            built.text += re.sub(r"\\(.)", r"\1", token["code"] or re.sub(r"^\w*\n", "", token["pre"]))
            built.end()
        elif token["mark"]:
            if top == token["mark"]:
                built.end()
            else:
                built.begin(token["mark"], _MARKS[token["mark"]])
        elif token["url"] and top == "[":
            built.end(url=re.sub(r"\\(.)", r"\1", token["url"]))
        else:
            _plain(built, token)
    if built.open and built.open[-1][0] == ">":
        built.end()
    return built


def _plain(built: _Builder, token: re.Match[str]) -> None:
    top = built.open[-1][0] if built.open else ""
    if token[0] == "[":
        built.begin("[", "text_link")
    elif token[0] == ">" and (not built.text or built.text.endswith("\n")):
        built.begin(">", "blockquote")
    elif token[0][0] in _RESERVED:
        _refuse(f"character {token[0][0]!r} is reserved and must be escaped with the preceding '\\'")
    else:
        if token[0] == "\n" and top == ">":
            built.end()
        built.text += token[0]


def _refuse(reason: str) -> NoReturn:
    raise Violation(f"can't parse entities: {reason}")
