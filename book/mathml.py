"""Formulas as MathML, which browsers draw themselves: no script, nothing loaded from elsewhere."""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def _mathml(node: nodes.Element, display: str) -> str:
    try:
        return convert(node.astext().strip(), display=display)
    except Exception as error:
        logger.warning("can't read the formula %r: %s", node.astext(), error, location=node)
        return ""


def visit_math(self, node: nodes.math) -> None:
    """A formula in a line."""
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def visit_displaymath(self, node: nodes.math_block) -> None:
    """A formula in a block, which scrolls by itself on a narrow screen."""
    self.body.append(f'<div class="formula" tabindex="0">{_mathml(node, "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer as `mathml`."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
