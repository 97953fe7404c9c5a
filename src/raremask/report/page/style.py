"""The style of the page: one column on a phone, two on a desk; light or dark as the reader's system is."""

__all__ = ["DARK", "LIGHT", "style"]

# Okabe and Ito (2008), told apart with any colour vision; text in them keeps 4.5 to 1 (WCAG 2.2, AA) on its paper.
LIGHT = {
    "paper": "#ffffff",
    "card": "#f5f6f7",
    "ink": "#1d2125",
    "quiet": "#575f67",
    "grid": "#dfe3e6",
    "edge": "#8a929a",
    "link": "#0b5cad",
    "blue": "#0072b2",
    "orange": "#d98200",
    "green": "#008a65",
    "vermillion": "#d55e00",
    # From the input of a model to its output: viridis without its ends that its paper would hide.
    "ramp-0": "#8fc43c",
    "ramp-1": "#3aa873",
    "ramp-2": "#22868c",
    "ramp-3": "#32648e",
    "ramp-4": "#453f82",
    "ramp-5": "#3d0951",
}
DARK = {
    "paper": "#14171a",
    "card": "#1e2226",
    "ink": "#e9ecef",
    "quiet": "#a5adb5",
    "grid": "#33393f",
    "edge": "#767f88",
    "link": "#7ab8f5",
    "blue": "#56b4e9",
    "orange": "#f0a830",
    "green": "#2fc296",
    "vermillion": "#ff8040",
    "ramp-0": "#c2ee7c",
    "ramp-1": "#86d549",
    "ramp-2": "#4ac16d",
    "ramp-3": "#35a3a0",
    "ramp-4": "#5b8cc4",
    "ramp-5": "#9a7fd1",
}

_RULES = """
* { box-sizing: border-box; }
html { color-scheme: light dark; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1120px; padding: 16px; overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 8px 0 4px; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid var(--grid); }
h3 { font-size: 1.05rem; line-height: 1.35; margin: 20px 0 4px; }
p { margin: 8px 0; max-width: 46rem; }
a { color: var(--link); }
.quiet, figcaption small, td small { color: var(--quiet); }
.verdict { font-size: 1.15rem; line-height: 1.45; }
.numbers { display: flex; flex-wrap: wrap; gap: 8px; margin: 16px 0; padding: 0; list-style: none; }
.numbers li { flex: 1 1 100px; background: var(--card); border-radius: 8px; padding: 10px 12px; }
.numbers b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.numbers small { display: block; color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: 6px 0; }
code { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--card); border-radius: 6px; padding: 10px 12px; margin: 6px 0 16px; white-space: pre-wrap; }
pre span { display: inline-block; max-width: 100%; }
.steps { padding-left: 1.4rem; }
.steps li { margin: 12px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem; }
caption { text-align: left; color: var(--quiet); padding: 16px 0 6px; }
.facts caption { color: var(--ink); font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--grid); }
th { font-weight: 600; }
.scores td, .scores thead th + th { text-align: right; font-variant-numeric: tabular-nums; padding: 6px 0 6px 8px; }
.scores { max-width: 46rem; }
.scores small { display: block; white-space: nowrap; font-size: 0.78rem; }
.scores tbody th { font-weight: 400; }
.facts th { width: 34%; font-weight: 400; color: var(--quiet); }
.facts small { display: block; }
details { margin: 12px 0; }
summary { cursor: pointer; padding: 6px 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 24px; }
figure { margin: 0; }
.plot { max-width: 540px; min-width: 0; }
figcaption { margin: 0 0 6px; font-size: 0.94rem; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, "DejaVu Sans", sans-serif; }
svg .tick, svg .axis, svg .note { fill: var(--quiet); }
svg .tick { font-size: 11px; }
svg .axis { fill: var(--ink); }
svg .note { fill: var(--ink); font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
svg .grid { stroke: var(--grid); }
svg .floor { stroke: var(--edge); }
svg .line, svg .cross { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .dashed { stroke-dasharray: 5 4; }
svg .lead { fill: none; stroke-width: 0.75; }
svg .unseen { fill-opacity: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0; padding: 0; list-style: none;
  font-size: 0.88rem; }
.legend li { display: flex; align-items: center; }
.chip { flex: none; display: inline-block; width: 14px; height: 14px; margin-right: 6px; border-radius: 3px;
  border: 1px solid var(--edge); }
.example { margin: 20px 0 32px; }
.example .pictures { display: grid; grid-template-columns: 3fr 1fr; grid-template-rows: repeat(3, auto); gap: 4px 6px; }
.example .pictures > :first-child { grid-row: span 3; }
.example .pictures > :not(:first-child) img { max-height: 49vh; }
.example .picture { position: relative; display: block; min-width: 0; }
.example .picture span { position: absolute; left: 0; bottom: 0; padding: 0 6px; font-size: 0.75rem; line-height: 1.5;
  color: #fff; background: #000c; }
.example img { display: block; width: 100%; height: auto; max-height: 150vh; object-fit: contain;
  background: var(--card); }
.example img.dots { image-rendering: pixelated; }
.example figcaption b { font-weight: 600; }
footer { margin: 48px 0 16px; color: var(--quiet); font-size: 0.88rem; }
@media (max-width: 640px) {
  .example .pictures { grid-template-columns: repeat(3, 1fr); grid-template-rows: none; }
  .example .pictures > :first-child { grid-row: auto; grid-column: span 3; }
  .scores { font-size: 0.88rem; }
}
@media print { .example, .plot { break-inside: avoid; } }
"""


def style():
    """The style sheet, as text."""
    dark = "@media (prefers-color-scheme: dark) { :root { " + _variables(DARK) + " } }"
    return ":root { " + _variables(LIGHT) + " }\n" + dark + _RULES


def _variables(colours):
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
