"""A process of its own that makes a PDF of the document in a folder, with typst; see paper_press.py."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

DATA: Final = "data.json"
PDF: Final = "paper.pdf"
TEMPLATE: Final = "paper.typ"
NO_PRESS: Final = 4  # the exit code where there is no typst, or no font with Chinese

# What may be there, by system; the first that has an upright, not bold face is taken.
FONTS: Final = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "SimSun", "Songti SC", "STSong",
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "AR PL UMing CN", "Droid Sans Fallback",
)  # fmt: skip
_BOLD: Final = 600  # weights from here on


def main(folder: Path) -> int:
    """Make `paper.pdf` from `data.json` and the pictures beside it."""
    try:
        import typst
    except ImportError:  # there is no wheel for every machine
        return NO_PRESS
    if hasattr(os, "nice"):
        os.nice(19)  # the replies that people wait for go first; Windows is told so at the start
    fonts = typst.Fonts()
    there = {font.family for font in fonts.fonts() if font.weight < _BOLD and font.style == "normal"}
    chosen = next((name for name in FONTS if name in there), None)
    if chosen is None:
        return NO_PRESS
    source = folder / TEMPLATE
    shutil.copyfile(Path(__file__).with_name(TEMPLATE), source)
    typst.compile(source, folder / PDF, root=folder, font_paths=fonts, sys_inputs={"font": chosen})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
