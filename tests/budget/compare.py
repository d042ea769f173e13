"""Instructions per packet by function, from callgrind_annotate, beside the recorded ones."""

import os
import re
import sys
from pathlib import Path

PKTS = 4096  # BUDGET_PKTS in budget.c
TOLERANCE = 1.03
COUNTS_FD = 3  # where tests/run.sh reads how many passed and failed
FUNCTIONS = ("budget_policer_take", "budget_policer_take_burst", "budget_policer_srtcm",
             "budget_shaper_queued", "budget_turn", "stage_rx", "stage_police", "stage_parse",
             "stage_route", "stage_rewrite", "stage_headers_load", "stage_shape_pass", "stage_tx")
DROP_FUNCTIONS = ("budget_drop",)  # of a run of its own, or the stages' counts would be of both
LINE = re.compile(r"^\s*([\d,]+) \(.*?\)\s+\S*?:(\w+)(?:\.\w+)*(?: \[.*)?$")


def counts(path: Path, functions: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in path.read_text().splitlines():
        match = LINE.match(line)
        if match and match[2] in functions:
            # beside the whole stands a line for each file that code was inlined from
            count = int(match[1].replace(",", "")) / PKTS
            found[match[2]] = max(found.get(match[2], 0.0), count)
    return found


def recorded(path: Path) -> dict[str, float]:
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return {words[0]: float(words[1]) for words in lines if words}


def write(path: Path, found: dict[str, float]) -> None:
    text = "# Instructions per packet: Debian's gcc 12, -march=x86-64-v3. See run.sh.\n"
    path.write_text(text + "".join(f"{name:<28}{found[name]:8.2f}\n" for name in found))


def main() -> int:
    record = "--record" in sys.argv
    turns, drops, target = (Path(name) for name in sys.argv[-3:])
    names = FUNCTIONS + DROP_FUNCTIONS
    counted = counts(turns, FUNCTIONS) | counts(drops, DROP_FUNCTIONS)
    missing = [name for name in names if name not in counted]
    if missing:
        print(f"not counted: {', '.join(missing)}; was it inlined or renamed?")
        return 1
    found = {name: counted[name] for name in names}
    if record:
        write(target, found)
    budget = recorded(target)
    failed = 0
    for name in names:
        limit = budget.get(name, 0.0) * TOLERANCE
        good = found[name] <= limit
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name:<28}{found[name]:8.2f} instructions per packet, "
              f"recorded {budget.get(name, 0.0):.2f}, at most {limit:.2f}")
    if "--counts" in sys.argv:
        os.write(COUNTS_FD, f"{len(names) - failed} {failed}\n".encode())
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
