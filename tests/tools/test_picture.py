"""README's picture is the lesson's own."""

from tools import picture


def test_readme_shows_the_lessons_figure():
    assert picture.PICTURE.read_bytes() == picture.picture()


def test_readme_links_to_it():
    readme = (picture.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"]({picture.PICTURE.relative_to(picture.ROOT).as_posix()})" in readme
