"""``python -m monitor`` is the command ``fairwatch``."""

import sys

from monitor import cli


def main() -> None:
    """The command; one that opens many models in a process that begins anew (``cli.afresh``)."""
    command = sys.argv[1:]
    if command[:1] in (["work"], ["demo"]) and "--help" not in command:
        from monitor.cli import afresh

        afresh.begin(command)
    cli.main()


if __name__ == "__main__":
    main()
