"""Serving the dashboard, working the queue, and looking whether all is well."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from monitor.cli.root import open_home, settings

app = typer.Typer()


@app.command()
def demo(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve only.")] = False,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8501,
) -> None:
    """Loads three made models with half a year of batches, and serves the dashboard."""
    from monitor.api.serving import check_free

    check_free("127.0.0.1", port)
    from monitor.jobs import demo as story
    from monitor.models.runners import nursery

    store = open_home()
    print("Registering three models and receiving their batches …", flush=True)
    for sentence in story.load(store):
        print(f"  {sentence}", flush=True)
    store.close()
    nursery.end()
    # A process of its own has none of what the demo needed in memory.
    browser = [] if no_browser else ["--browser"]
    command = [sys.executable, "-m", "monitor", "serve", "--port", str(port), *browser]
    os.execv(sys.executable, command)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8501,
    without_login: Annotated[
        bool, typer.Option("--without-login", help="Let others in without signing in.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Open a browser, too.")] = False,
) -> None:
    """Serves the dashboard and keeps a worker running."""
    from monitor.api import serving

    found = settings()
    said = {"without_login": found.without_login or without_login}
    serving.serve(found.model_copy(update=said), host=host, port=port, browser=browser)


@app.command()
def work(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Stop when nothing is left to do.")
    ] = False,
    name: Annotated[str | None, typer.Option(hidden=True)] = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Works the queue: scores batches, joins labels, sends messages."""
    from monitor.jobs.memory import choose_arrows, settle

    choose_arrows()
    from monitor.jobs.worker import work as work_queue

    settle()
    done = work_queue(settings(), until_idle=until_idle, name=name, parent=parent)
    print(f"{done} jobs done.")


@app.command()
def doctor() -> None:
    """Looks at database, worker, files, channels and versions, and says what to do."""
    from monitor.jobs.doctor import examine

    findings = examine(settings())
    for finding in findings:
        print(("ok    " if finding.ok else "WRONG ") + finding.sentence)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
