"""Making the sample data again: ``python sample_data/generate.py [--check] [STORY …]``.

Without ``--check`` the files beside this script are replaced; with it they are made in a temporary
folder and compared byte for byte.  Files written by hand (``spec.toml``) are left alone.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from made import claims, credit, tickets
from made.files import write_model, write_parquet
from made.story import WEEKS, Story
from threadpoolctl import threadpool_limits

HOME = Path(__file__).parent
STORIES = {story.name: story for story in (credit.STORY, tickets.STORY, claims.STORY)}
LIBRARIES = ("joblib", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")
MADE_WITH = "made_with.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done, 1 when ``--check`` finds a file that differs."""
    parser = argparse.ArgumentParser(description="Make the sample data again, byte for byte.")
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    parser.add_argument("stories", nargs="*", metavar="story", help=", ".join(STORIES))
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.stories) - set(STORIES)
    if unknown:
        parser.error(f"no story called {min(unknown)!r}: there is {', '.join(STORIES)}")
    stories = [STORIES[name] for name in chosen.stories or STORIES]
    # One thread, so that sums are always taken in the same order.
    with threadpool_limits(1):
        if chosen.check:
            return check(stories)
        write(stories, HOME)
    return 0


def write(stories: Sequence[Story], home: Path) -> None:
    for story in stories:
        write_story(story, home / story.name)
        print(f"{story.name}: made")
    (home / MADE_WITH).write_text(json.dumps(made_with(), indent=2) + "\n")


def write_story(story: Story, folder: Path) -> None:
    """Every file of one data set but its spec."""
    for name in ("batches", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    model = story.train()
    write_model(model, folder / story.model_file)
    write_parquet(story.reference(model), folder / "reference.parquet")
    for week in range(1, WEEKS + 1):
        write_parquet(story.batch(week), folder / "batches" / f"week-{week:02}.parquet")
    for week in range(1, story.labelled + 1):
        write_parquet(story.labels(week), folder / "labels" / f"week-{week:02}.parquet")
    if story.one_more_week:
        write_parquet(story.batch(WEEKS + 1), folder / "one_more_week.parquet")


def check(stories: Sequence[Story]) -> int:
    """Name every file that is not what would be written now."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        write(stories, made)
        different = [p for p in _files(made) if not _same(HOME / p, made / p)]
        different += [Path(story.name, p) for story in stories for p in _left_over(story, made)]
    for path in different:
        print(f"differs: {path}", file=sys.stderr)
    return 1 if different else 0


def made_with() -> dict[str, str]:
    """What decides the bytes beside this code: other versions may write other files."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in LIBRARIES}}


def _files(folder: Path) -> list[Path]:
    return sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())


def _left_over(story: Story, made: Path) -> list[Path]:
    """Parquet files that lie there and would not be written."""
    here = {p for p in _files(HOME / story.name) if p.suffix == ".parquet"}
    return sorted(here - set(_files(made / story.name)))


def _same(a: Path, b: Path) -> bool:
    return a.exists() and filecmp.cmp(a, b, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
