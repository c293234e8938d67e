"""How the plots and the page of a build look: colours for light and dark, fonts, and the page's style sheet."""

from __future__ import annotations

from typing import Any

INK, BLUE, RED, GREY = "#22303c", "#2b6cb0", "#c2410c", "#94a3b8"
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.facecolor": "none",
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text, drawn by the reader's own fonts
    "svg.hashsalt": "brickwork",  # the same run draws the same file
}
# Comes with matplotlib, and has no Chinese; the others are those of the usual systems.
FONT = "DejaVu Sans"
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB", "Heiti SC",
    "STHeiti", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP",
)  # fmt: skip
# What the plots are drawn in, by the name that it has in the style sheet, which knows a dark one too.
COLOURS = {INK: "ink", BLUE: "blue", RED: "red", GREY: "grey"}
SHEET = f"""
:root {{ color-scheme: light dark; --paper: #fff; --quiet: #526071; --line: #e2e8f0;
  --ink: {INK}; --blue: {BLUE}; --red: {RED}; --grey: {GREY} }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: #111821; --quiet: #a9b7c7; --line: #2b3746;
  --ink: #e8ecf2; --blue: #86b9f7; --red: #f6a772; --grey: #7b8ba0 }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 75rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: clamp(1.5rem, 6vw, 2rem); line-height: 1.2; text-wrap: balance }}
h2 {{ margin: 2.5rem 0 .5rem }}
.plots {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 2rem }}
figure {{ margin: 0; min-width: 0; display: flex; flex-direction: column }}
figcaption {{ margin-bottom: .5rem; font-size: 14px; color: var(--quiet) }}
figcaption strong {{ display: block; font-size: 16px; color: var(--ink) }}
figure > div {{ margin-top: auto }}
.wide {{ grid-column: 1 / -1 }}
svg {{ display: block; width: 100%; height: auto; overflow: visible }}
svg * {{ stroke-linejoin: round; stroke-linecap: butt }}
svg text {{ font-family: system-ui, sans-serif !important }}
table {{ border-collapse: collapse; font-size: 14px }}
td, th {{ border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left;
  vertical-align: top }}
td:not(:last-child), th {{ word-break: keep-all }}
.number {{ font-variant-numeric: tabular-nums }}
"""
