"""Sphinx's settings. The source tree that they are for is put together by `book.site`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # autodoc imports course_lib, Sphinx the extension below

from tools.syllabus import load  # noqa: E402

project = load().title
author = "The authors of From Gray to Color"
copyright = f"{author}. Text and figures CC BY 4.0, code MIT"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "book.mathml"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"  # the notebooks are executed already, and say what came out
nb_render_markdown_format = "myst"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_typehints = "none"  # the docstrings say it, with shapes and units
autodoc_member_order = "bysource"
add_module_names = False
toc_object_entries_show_parents = "hide"
default_role = "py:obj"  # `name` in a docstring links where there is such a name
napoleon_google_docstring = False
napoleon_use_param = (
    False  # as parameters, words such as "frames" in a type would become links to any attribute of that name
)
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "sphinx_book_theme"
html_title = project
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = ["player.js", "sidebar.js"]
html_favicon = "static/icon.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # a page opened from disk may not read others to quote them
html_context = {
    "default_mode": "auto"
}  # light or dark as the reader's system is, until the button says otherwise
html_theme_options = {
    "logo": {"text": project},
    "home_page_in_toc": True,
    "show_navbar_depth": 2,
    "use_download_button": False,
    "navbar_persistent": [],  # the sidebar has the search already
    "search_bar_text": "Search",
    "footer_content_items": ["copyright.html"],
}
