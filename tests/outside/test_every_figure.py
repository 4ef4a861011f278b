"""No published figure is left without a test that bears its name."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.outside.figures import FIGURES, beside_this_checkout

pytestmark = beside_this_checkout


COLLECT = ("--collect-only", "-q", "-o", "addopts=--import-mode=importlib")


def test_every_published_figure_has_a_test_of_its_name():
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", *COLLECT, "-p", "no:cacheprovider", "."],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    ids = Counter(re.findall(r"\[(.+)\]$", listed.stdout, re.M))
    assert [name for name in FIGURES if ids[name] != 1] == []
