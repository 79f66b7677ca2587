"""The program `postrider`: hands the arguments to the command line with the doors it may open."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command; give the exit code."""
    from app.cli.main import run
    from app.wiring import entrances

    return run(sys.argv[1:], entrances())


if __name__ == "__main__":
    sys.exit(main())
