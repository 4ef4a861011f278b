"""The commands: thin, with heavy imports only where a command needs them."""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from monitor.errors import FairwatchError, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from monitor.alerts.rule_changes import RuleChange, Step
    from monitor.settings import Settings
    from monitor.store.engine import Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Is the model still accurate, has its world changed, does it treat groups alike?",
)
model_app = typer.Typer(no_args_is_help=True, help="Models and their versions.")
batch_app = typer.Typer(no_args_is_help=True, help="Batches of rows.")
labels_app = typer.Typer(no_args_is_help=True, help="Labels that come late.")
notify_app = typer.Typer(no_args_is_help=True, help="Channels for messages.")
rules_app = typer.Typer(no_args_is_help=True, help="Rules as code.")
app.add_typer(rules_app, name="rules")
app.add_typer(model_app, name="model")
app.add_typer(batch_app, name="batch")
app.add_typer(labels_app, name="labels")
app.add_typer(notify_app, name="notify")

Format = Literal["table", "json", "csv"]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json or csv.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return when it is done.")]
SHOWN = (
    "model", "version", "batch", "starts_at", "ends_at", "metric", "feature", "attribute", "group",
    "value", "low", "high", "n", "verdict", "reason",
)  # fmt: skip
# What a number is explained by a year later; for scripts, as a terminal is too narrow.
COUNTS = ("denominator", "family", "rule_version")
BEHIND = (
    "denominator", "method", "p", "family", "window", "reference", "baseline", "limit_low",
    "limit_high", "rule_version",
)  # fmt: skip


def main() -> None:
    """Exit code 0 on success, 1 on a refusal with its sentence on stderr, 2 on wrong usage."""
    try:
        app()
    except FairwatchError as error:
        _refuse(str(error))
    except BrokenPipeError:
        sys.exit(0)


def _refuse(sentence: str) -> NoReturn:
    print(f"fairwatch: {sentence}", file=sys.stderr)
    sys.exit(1)


def _store() -> Store:
    from monitor.store.engine import open_store

    return open_store(_settings())


def _settings() -> Settings:
    from pydantic import ValidationError

    from monitor.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"FAIRWATCH_{first['loc'][0]}".upper()
        _refuse(f"{name} is {first['input']!r}: {first['msg'].lower()}.")


@app.command()
def demo(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve only.")] = False,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8501,
) -> None:
    """Loads three made models with half a year of batches, and serves the dashboard."""
    from monitor.api.serving import check_free

    check_free("127.0.0.1", port)
    from monitor.jobs import demo as story

    store = _store()
    print("Registering three models and receiving their batches …", flush=True)
    for sentence in story.load(store):
        print(f"  {sentence}", flush=True)
    store.close()
    _serve(host="127.0.0.1", port=port, browser=not no_browser)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8501,
) -> None:
    """Serves the dashboard and keeps a worker running."""
    _serve(host=host, port=port, browser=False)


def _serve(*, host: str, port: int, browser: bool) -> None:
    from monitor.api.serving import serve

    serve(host=host, port=port, browser=browser)


@app.command()
def work(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Stop when nothing is left to do.")
    ] = False,
    name: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Works the queue: scores batches, joins labels, sends messages."""
    from monitor.jobs.worker import work as work_queue

    done = work_queue(_settings(), until_idle=until_idle, name=name)
    print(f"{done} jobs done.")


@model_app.command("add")
def model_add(
    spec: Annotated[Path, typer.Argument(help="The spec, a TOML file.")],
    trust: Annotated[
        bool, typer.Option("--trust", help="Allow this pickle to be run: it can run any code.")
    ] = False,
    challenger: Annotated[
        bool, typer.Option("--challenger", help="Beside the champion, not in its place.")
    ] = False,
) -> None:
    """Registers a model, or a new version of one."""
    from monitor.jobs.register import register
    from monitor.models.spec_file import read_spec
    from monitor.terms import Stage

    stage = Stage.CHALLENGER if challenger else Stage.CHAMPION
    added = register(_store(), read_spec(spec), who=_who(), trust=trust, stage=stage)
    print(added.sentence)
    for note in added.notes:
        print(f"  {note}")


@model_app.command("promote")
def model_promote(
    model: str,
    version: Annotated[int, typer.Option(help="The version's number.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")] = "",
) -> None:
    """Makes a version the champion: a challenger, or an earlier one again."""
    from monitor.clock import utc_now
    from monitor.store.stages import promote

    print(promote(_store(), model, version, who=_who(), reason=reason, now=utc_now()))


@batch_app.command("add")
def batch_add(
    model: str,
    file: Path,
    name: Annotated[str | None, typer.Option(help="The batch's name.")] = None,
    period: Annotated[
        str | None, typer.Option(help="START/END, for example 2026-11-02/2026-11-09.")
    ] = None,
    wait: Wait = False,
) -> None:
    """Receives a file of rows; with a timestamp column it is split by the model's cadence."""
    from monitor.jobs.intake import receive
    from monitor.jobs.periods import parse_period
    from monitor.store.frames import cadence_of

    store = _store()
    when = parse_period(period, cadence=cadence_of(store, model)) if period else None
    receipt = receive(
        store,
        model,
        _existing(file),
        name=file.name,
        source="command",
        batch_name=name,
        period=when,
    )
    _tell(store, receipt.sentence, receipt.report.notes, receipt.jobs, wait)


@labels_app.command("add")
def labels_add(model: str, file: Path, wait: Wait = False) -> None:
    """Receives a file of ids and labels, and joins it to the stored predictions."""
    from monitor.jobs.intake import receive_labels

    store = _store()
    receipt = receive_labels(store, model, _existing(file), name=file.name, source="command")
    _tell(store, receipt.sentence, receipt.report.notes, receipt.jobs, wait)
    if wait and receipt.jobs:
        print(_joined(store, model, receipt.batches[0]))


def _existing(file: Path) -> Path:
    if not file.exists():
        _refuse(f"There is no file {file}: check the path.")
    if not file.is_file():
        _refuse(f"{file} is a folder: name a file in it.")
    return file


def _tell(
    store: Store, sentence: str, notes: tuple[object, ...], jobs: tuple[int, ...], wait: bool
) -> None:
    print(sentence)
    for note in notes[:20]:
        print(f"  note: {getattr(note, 'sentence', note)}")
    if len(notes) > 20:
        print(f"  and {len(notes) - 20} more notes; `fairwatch batches` has them all")
    if wait and jobs:
        from monitor.jobs.waiting import wait_for

        errors = wait_for(store, jobs)
        if errors:
            _refuse(" ".join(dict.fromkeys(errors)))


def _joined(store: Store, model: str, name: str) -> str:
    from monitor.store import reads

    table = reads.batches(store, model)
    notes = table[(table["name"] == name) & (table["role"] == "labels")].iloc[0]["notes"]
    return (
        f"{notes['matched']:,} labels matched in {len(notes['batches'])} batches, "
        f"{notes['unmatched']:,} unmatched, {notes['duplicate_ids']:,} duplicate ids."
    )


@app.command()
def show(
    model: str,
    metric: Annotated[str | None, typer.Option(help="For example accuracy.")] = None,
    attribute: Annotated[str | None, typer.Option(help="A sensitive feature.")] = None,
    feature: Annotated[str | None, typer.Option(help="A column.")] = None,
    batch: Annotated[str, typer.Option(help="A batch's name, latest or all.")] = "latest",
    version: Annotated[int | None, typer.Option(help="Its number, for a challenger.")] = None,
    format: FormatOption = "table",
) -> None:
    """Shows measurements with their intervals, rows and verdicts."""
    from monitor.measures.catalogue import METRICS
    from monitor.store import reads
    from monitor.store.subjects import check_subject

    if metric is not None and metric not in METRICS:
        raise NotFound("metric", metric, tuple(get_close_matches(metric, METRICS, n=5)))
    store = _store()
    check_subject(store, model, version=version, attribute=attribute, feature=feature)
    table = reads.measurements(
        store,
        model,
        metric=metric,
        attribute=attribute,
        feature=feature,
        batch=batch,
        version=version,
    )
    if format == "table":
        _print(table[list(SHOWN)], format)
    else:
        _print(table[[*SHOWN, *BEHIND]].astype(dict.fromkeys(COUNTS, "Int64")), format)


@app.command()
def models(format: FormatOption = "table") -> None:
    """Lists the models, worst first."""
    from monitor.store import reads

    table = reads.models(_store())
    shown = [
        "model", "task", "version", "verdict", "why", "metric", "value", "low", "high",
        "drift_verdict", "gap_metric", "gap_attribute", "gap_group", "gap_value",
        "label_coverage", "last_batch", "last_ends_at", "rows", "open_incidents", "owner",
    ]  # fmt: skip
    _print(table[shown], format)


@app.command()
def batches(
    model: Annotated[str | None, typer.Argument()] = None, format: FormatOption = "table"
) -> None:
    """Lists batches, newest first."""
    from monitor.store import reads

    table = reads.batches(_store(), model)
    _print(table.drop(columns=["notes"] if format == "table" else []), format)


@app.command()
def jobs(format: FormatOption = "table") -> None:
    """Lists jobs, newest first."""
    from monitor.store import reads

    _print(reads.jobs(_store()), format)


@app.command()
def incidents(format: FormatOption = "table") -> None:
    """Lists incidents, open ones first."""
    from monitor.store import reads

    table = reads.incidents(_store())
    if format == "table":
        table = table[["id", "model", "state", "severity", "sentence", "since_at", "notified"]]
    _print(table, format)


@notify_app.command("test")
def notify_test(channel: str) -> None:
    """Sends one test message through a channel."""
    from monitor.jobs.trial import send_trial

    print(send_trial(_store(), channel))


@notify_app.command("add")
def notify_add(
    name: str,
    kind: Annotated[Literal["email", "slack", "webhook", "apprise", "folder"], typer.Argument()],
    setting: Annotated[
        list[str],
        typer.Option("--set", help="key=value; secrets as ${NAME}.", default_factory=list),
    ],
) -> None:
    """Adds or changes a channel."""
    from monitor.alerts.channels import validate_config
    from monitor.clock import utc_now
    from monitor.store import writes

    wrong = [item for item in setting if "=" not in item]
    if wrong:
        _refuse(f"Found --set {wrong[0]}, wanted key=value.")
    config = {key: _read(said) for key, _, said in (item.partition("=") for item in setting)}
    validate_config(kind, config)
    writes.save_channel(_store(), name=name, kind=kind, config=config, who=_who(), now=utc_now())
    print(f"Channel {name} saved; try it with `fairwatch notify test {name}`.")


OnlyModel = Annotated[str | None, typer.Option("--model", help="Only this model's rules.")]
Prune = Annotated[bool, typer.Option("--prune", help="Switch off what the file does not have.")]
RulesFile = Annotated[Path, typer.Argument(help="A YAML file, as `rules export` writes it.")]


@rules_app.command("list")
def rules_list(
    model: Annotated[str | None, typer.Argument()] = None, format: FormatOption = "table"
) -> None:
    """Lists the rules, those switched off included."""
    from monitor.jobs.rule_files import in_words, table

    _print((in_words if format == "table" else table)(_store(), model), format)


@rules_app.command("export")
def rules_export(
    file: Annotated[Path | None, typer.Argument(help="Left out: to the terminal.")] = None,
    model: OnlyModel = None,
) -> None:
    """Writes the rules to a YAML file."""
    from monitor.jobs.rule_files import export

    text = export(_store(), model)
    if file is None:
        print(text, end="")
    else:
        file.write_text(text, encoding="utf-8")
        print(f"Rules written to {file}.")


@rules_app.command("diff")
def rules_diff(file: RulesFile, model: OnlyModel = None, prune: Prune = False) -> None:
    """Says what applying the file would change: + added, ~ changed, - switched off, ? left."""
    from monitor.jobs.rule_files import compare, read

    store = _store()
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

    store = _store()
    wanted, missing = read(store, _text(file), model), _missing(prune)
    if not _print_changes(compare(store, wanted, missing=missing)):
        return
    if not yes and not typer.confirm("Make it so?"):
        _refuse("Nothing was changed.")
    apply(store, wanted, who=_who(), now=utc_now(), note=f"From {file.name}.", missing=missing)
    print("Done; the next batch is judged by these rules.")


def _missing(prune: bool) -> Step:
    from monitor.alerts.rule_changes import Step

    return Step.SWITCH_OFF if prune else Step.LEAVE


def _text(file: Path) -> str:
    try:
        return _existing(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _refuse(f"{file} is not text in UTF-8.")


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


@app.command()
def doctor() -> None:
    """Looks at database, worker, files, channels and versions, and says what to do."""
    from monitor.jobs.doctor import examine

    findings = examine(_settings())
    for finding in findings:
        print(("ok    " if finding.ok else "WRONG ") + finding.sentence)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _read(said: str) -> str | bool:
    """A setting as the page would save it: what is allowed is true or false."""
    return {"true": True, "false": False}.get(said.lower(), said)


def _who() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "command line"


def _print(table: pd.DataFrame, format: Format) -> None:
    if format == "json":
        rows = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15))
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    elif format == "csv":
        print(table.to_csv(index=False), end="")
    else:
        _print_table(table)


def _print_table(table: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    full = [name for name in table if table[name].notna().any() and (table[name] != "").any()]
    grid = Table(*[escape(str(name)) for name in full], box=None, header_style="bold")
    for row in table[full].itertuples(index=False):
        grid.add_row(*[escape(_cell(value)) for value in row])
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(grid if len(table) else "Nothing yet.")


def _cell(value: object) -> str:
    import pandas as pd

    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
