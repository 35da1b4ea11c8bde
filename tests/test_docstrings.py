"""What a room offers is documented: every parameter, what comes back, and what is raised."""

import ast
import importlib
import inspect
import re
import textwrap

import pytest

ROOMS = (
    "color",
    "metrics",
    "layers",
    "engines",
    "data",
    "images",
    "video",
    "video.colormnet",
    "mobile",
    "quality",
    "cry",
)


def offered():
    for room in ROOMS:
        module = importlib.import_module(f"course_lib.{room}")
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if callable(found):
                yield pytest.param(found, id=f"{room}.{name}")


def sections(text):
    """{title: content} of a numpydoc docstring."""
    parts = re.split(r"^(\w+)\n-{3,}$", inspect.cleandoc(text), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section):
    """The names that a section describes, one or more a line: ``a, b : int``."""
    heads = [line.split(" : ")[0] for line in section.splitlines() if line and not line.startswith(" ")]
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def missing(found, text):
    """What the docstring `text` of a function, or of a class and its constructor, doesn't say."""
    has, problems = sections(text), []
    parameters = list(inspect.signature(found).parameters)
    listed = documented(has.get("Parameters", ""))
    said = listed | documented(has.get("Attributes", ""))
    problems += [f"parameter {name}" for name in parameters if name not in said]
    problems += [f"no parameter {name}" for name in sorted(listed - set(parameters))]
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(found))).body
    if isinstance(tree, ast.ClassDef):
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        problems += [f"what {f.name} raises" for f in functions if raises(f) and not said_to_raise(f, has)]
    else:
        gives = any(isinstance(node, ast.Return | ast.Yield) and node.value for node in ast.walk(tree))
        if gives and not {"Returns", "Yields"} & has.keys():
            problems.append("what is returned")
        if raises(tree) and "Raises" not in has:
            problems.append("what is raised")
    return problems


def raises(function):
    """Whether a public function raises anything itself; private ones are said by those that call them."""
    public = not function.name.startswith("_") or function.name == "__init__"
    return public and any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(function))


def said_to_raise(method, of_class):
    """Whether a method's docstring, or its class's, says what is raised."""
    return "Raises" in of_class or "Raises" in sections(ast.get_docstring(method) or "")


@pytest.mark.parametrize("found", offered())
def test_everything_is_said(found):
    assert found.__doc__, "no docstring"
    assert missing(found, found.__doc__) == []


def test_a_gap_is_found():
    def area(width, height):
        """The area.

        Parameters
        ----------
        width, depth : int
        """
        if width < 0:
            raise ValueError(width)
        return width * height

    assert missing(area, area.__doc__) == [
        "parameter height",
        "no parameter depth",
        "what is returned",
        "what is raised",
    ]
