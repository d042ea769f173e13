"""The arguments that experiments have in common."""

import argparse
from pathlib import Path

from report import REPETITIONS_MIN


def parser(description: str | None, repetitions: int = REPETITIONS_MIN,
           of_what: str = "") -> argparse.ArgumentParser:
    """With --bin, --out and --repetitions."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--bin", type=Path, required=True, help="folder of the programs")
    made.add_argument("--out", type=Path, required=True, help="folder of the results")
    made.add_argument("--repetitions", type=int, default=repetitions,
                      help=f"{of_what}at least {REPETITIONS_MIN}")
    return made


def parse(made: argparse.ArgumentParser) -> argparse.Namespace:
    args = made.parse_args()
    if args.repetitions < REPETITIONS_MIN:
        made.error(f"--repetitions: at least {REPETITIONS_MIN}")
    return args
