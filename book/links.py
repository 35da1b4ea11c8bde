"""Markdown for the book: "lesson 07", "exercise 07" and `rgb_to_lab` lead to their pages, folded answers read as Markdown."""

import re
from collections.abc import Mapping

# What a link must not be put into: code, formulas, links and tags that are there already, and headings.
_LEFT_ALONE = (
    r"^(?P<fence>```+|~~~+)[\s\S]*?^(?P=fence)[ \t]*$",
    r"^#+ .*$",
    r"<summary>[\s\S]*?</summary>",
    r"<[^<>]+>",
    r"\$\$[\s\S]+?\$\$",
    r"\$[^$\n]+\$",
    r"!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])",
)
_CODE = r"(?P<code>`+[^`]+`+)"
_MENTION = r"\b(?P<kind>[Ll]esson|[Ee]xercise)s?\s+\d\d\b(?:(?:,|,? and|,? or| to)\s+\d\d\b)*"
_TOKEN = re.compile("|".join((*_LEFT_ALONE, _CODE, _MENTION)), re.MULTILINE)
_NUMBERS = re.compile(r"(?:(?:[Ll]esson|[Ee]xercise)s?\s+)?(\d\d)\b")
_FOLDED = re.compile(r"<details>\s*(<summary>[\s\S]*?</summary>)([\s\S]*?)</details>")


def linked(text: str, pages: Mapping[tuple[str, str], str], names: Mapping[str, str] | None = None) -> str:
    """Markdown with a link for each lesson and exercise that has a page, and for each public name in backticks.

    Parameters
    ----------
    text : str
        Markdown. Code blocks, formulas, headings and links stay as they are.
    pages : mapping
        From ("lesson" or "exercise", number of two digits) to the page's path in the source tree, such as
        ``/1_images/03_soft_encoding.ipynb``. A number that isn't there stays plain text.
    names : mapping, optional
        From a name as the prose writes it to its full one, for links into the API pages.
    """

    def replace(match: re.Match) -> str:
        if match["code"]:
            name = match["code"].strip("`")
            return f"{{py:obj}}`{name} <{names[name]}>`" if names and name in names else match[0]
        if match["kind"]:
            kind = match["kind"].lower()
            return _NUMBERS.sub(lambda number: _link(number, pages.get((kind, number[1]))), match[0])
        return match[0]

    return _TOKEN.sub(replace, text)


def _link(number: re.Match, page: str | None) -> str:
    return f"[{number[0]}]({page})" if page else number[0]


def unfolded(text: str) -> str:
    """Markdown whose `<details>` hold Markdown too: blank lines around the answer make it a paragraph of its own."""
    return _FOLDED.sub(lambda match: f"<details>{match[1]}\n\n{match[2].strip()}\n\n</details>", text)


def toctree(entries: list[str], *, caption: str = "") -> str:
    """What makes pages the children of this one: they stand in the sidebar, not in the text."""
    options = [":hidden:", *[f":caption: {caption}"] * bool(caption)]
    return "\n".join([":::{toctree}", *options, "", *entries, ":::"])
