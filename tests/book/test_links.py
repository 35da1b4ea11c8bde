"""Links in prose, and answers that unfold."""

import pytest

from book.links import linked, unfolded

PAGES = {
    ("lesson", "03"): "/1/03.ipynb",
    ("lesson", "04"): "/1/04.ipynb",
    ("exercise", "03"): "/exercises/03.ipynb",
}
NAMES = {"rgb_to_lab": "course_lib.color.rgb_to_lab"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You need lesson 03.", "You need [lesson 03](/1/03.ipynb)."),
        ("lesson\n03", "[lesson\n03](/1/03.ipynb)"),
        ("**Lesson 03** begins", "**[Lesson 03](/1/03.ipynb)** begins"),
        ("lessons 03, 04 and 05", "[lessons 03](/1/03.ipynb), [04](/1/04.ipynb) and 05"),
        ("exercise 03, *encode*", "[exercise 03](/exercises/03.ipynb), *encode*"),
        ("lessons 03 and 04", "[lessons 03](/1/03.ipynb) and [04](/1/04.ipynb)"),
        ("lesson 05 isn't there", "lesson 05 isn't there"),
        ("`rgb_to_lab` and `v ** 2`", "{py:obj}`rgb_to_lab <course_lib.color.rgb_to_lab>` and `v ** 2`"),
    ],
)
def test_prose_is_linked(text, expected):
    assert linked(text, PAGES, NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "`make lesson N=03` or `lesson 03`",
        "```python\n# lesson 03\n```",
        "# After lesson 03",
        "[lesson 03](https://example.org)",
        "$lesson 03$ and $$lesson 03$$",
        "<summary>Why lesson 03?</summary>",
        "lesson 2003",
    ],
)
def test_code_headings_formulas_and_links_stay(text):
    assert linked(text, PAGES, NAMES) == text


def test_a_folded_answer_is_markdown_again():
    folded = unfolded("<details><summary>Why?</summary>\nBecause of *this*.</details>\n\nMore.")
    assert folded == "<details><summary>Why?</summary>\n\nBecause of *this*.\n\n</details>\n\nMore."
