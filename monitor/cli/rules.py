"""Rules as code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.printing import show_table
from monitor.cli.root import FormatOption, existing, open_home, refuse, who

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.alerts.rule_changes import RuleChange, Step

rules_app = typer.Typer(no_args_is_help=True, help="Rules as code.")
OnlyModel = Annotated[str | None, typer.Option("--model", help="Only this model's rules.")]
Prune = Annotated[bool, typer.Option("--prune", help="Switch off what the file does not have.")]
RulesFile = Annotated[Path, typer.Argument(help="A YAML file, as `rules export` writes it.")]


@rules_app.command("list")
def rules_list(
    model: Annotated[str | None, typer.Argument()] = None, format: FormatOption = "table"
) -> None:
    """Lists the rules, those switched off included."""
    from monitor.jobs.rule_files import in_words, table

    show_table((in_words if format == "table" else table)(open_home(), model), format)


@rules_app.command("export")
def rules_export(
    file: Annotated[Path | None, typer.Argument(help="Left out: to the terminal.")] = None,
    model: OnlyModel = None,
) -> None:
    """Writes the rules to a YAML file."""
    from monitor.jobs.rule_files import export

    text = export(open_home(), model)
    if file is None:
        print(text, end="")
    else:
        file.write_text(text, encoding="utf-8")
        print(f"Rules written to {file}.")


@rules_app.command("diff")
def rules_diff(file: RulesFile, model: OnlyModel = None, prune: Prune = False) -> None:
    """Says what applying the file would change: + added, ~ changed, - switched off, ? left."""
    from monitor.jobs.rule_files import compare, read

    store = open_home()
    _print_changes(compare(store, read(store, _text(file), model), missing=_missing(prune)))


@rules_app.command("apply")
def rules_apply(
    file: RulesFile,
    model: OnlyModel = None,
    prune: Prune = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Makes the rules those of the file, after saying what that changes; all of it or nothing."""
    from monitor.clock import utc_now
    from monitor.jobs.rule_files import apply, compare, read

    store = open_home()
    wanted, missing = read(store, _text(file), model), _missing(prune)
    if not _print_changes(compare(store, wanted, missing=missing)):
        return
    if not yes and not typer.confirm("Make it so?"):
        refuse("Nothing was changed.")
    apply(store, wanted, who=who(), now=utc_now(), note=f"From {file.name}.", missing=missing)
    print("Done; the next batch is judged by these rules.")


def _missing(prune: bool) -> Step:
    from monitor.alerts.rule_changes import Step

    return Step.SWITCH_OFF if prune else Step.LEAVE


def _text(file: Path) -> str:
    try:
        return existing(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} is not text in UTF-8.")


def _print_changes(found: Mapping[str, Sequence[RuleChange]]) -> bool:
    """Whether any of them is more than to leave a rule as it is."""
    for model, changes in found.items():
        print(model)
        for one in changes:
            print(f"  {one.step} {one.sentence}")
    changed = any(one.step != "?" for changes in found.values() for one in changes)
    if not changed:
        print("Nothing to change.")
    return changed
