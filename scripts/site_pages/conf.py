"""How Sphinx renders the site; the pages themselves are written by build_site.py."""

import sys
from pathlib import Path

import jieba
from latex2mathml.converter import convert
from sphinx.locale import _ as of_sphinx
from sphinx.search import languages
from sphinx.search.zh import SearchChinese

sys.path.insert(
    0, str(Path(__file__).resolve().parents[2])
)  # the reference is read from the code of this checkout

project = "Brickwork 积木"
author = "the Brickwork authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
templates_path = ["templates"]
exclude_patterns = []

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
highlight_language = "none"  # what is merely indented is a table or a formula
default_role = "code"  # docstrings set names between single backticks
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
suppress_warnings = ["myst.header"]  # an exercise has its heading below that of any section
html_search_options = {"dict": str(Path(__file__).with_name("terms.txt"))}
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = "Brickwork 积木"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["sidebar-nav-bs"]}  # the theme's button to fold it away speaks no Chinese
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "Brickwork 积木"},
    "search_bar_text": "Search",  # in Chinese below
    "navbar_end": ["language-switch", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["licence"],
    "footer_end": [],
    "show_nav_level": 2,
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "back_to_top_button": False,
}


class Chinese(SearchChinese):
    """Words cut by jieba. The pages stem English words by the stemmer of this name; Sphinx 9.0 names another."""

    language_name = "English"


languages["zh"] = Chinese
jieba.setLogLevel("WARNING")


# Words of the theme that its own translation leaves in English.
CHINESE = {"Color mode": "颜色模式", "System Settings": "跟随系统", "Breadcrumb": "当前位置"}


def _chinese(message):
    return CHINESE.get(message) or of_sphinx(message)


def _formula(translator, node, display):
    """A formula as MathML, which browsers draw without a script or a font of ours."""
    translator.body.append(convert(node.astext(), display=display))
    from docutils import nodes

    raise nodes.SkipNode


def _speak(app, pagename, templatename, context, doctree):
    """Say in which language a page really is: one that is not translated yet is English among Chinese ones."""
    meta = context.get("meta") or {}
    ours = "zh" if app.config.language == "zh_CN" else "en"
    spoken = meta.get("shown_in", ours)
    context["language"] = {"zh": "zh-CN"}.get(spoken, spoken)
    context["other_language"] = "en" if ours == "zh" else "zh"
    if ours == "zh":
        context["theme_search_bar_text"], context["_"] = "搜索", _chinese


def setup(app):
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda translator, node: _formula(translator, node, "inline"), None),
        block_renderers=(lambda translator, node: _formula(translator, node, "block"), None),
    )
    app.connect("html-page-context", _speak)
