"""The checks themselves: each finds what it is there to find."""

import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def run(script: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TESTS / script, *args], text=True, capture_output=True)


def tree(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """All folders that are checked, without a file."""
    for folder in ("policer", "shaper", "dataplane", "control/cli"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("name, include", [
    ("policer/a.c", "<rte_ether.h>"),
    ("policer/a.c", '"shaper/queue.h"'),
    ("policer/deep/a.h", "<netlink/netlink.h>"),
    ("shaper/a.c", '"dataplane/dp.h"'),
    ("shaper/a.c", "<rte_mbuf.h>"),
    ("dataplane/a.c", '"control/conf.h"'),
    ("dataplane/a.c", "<libconfig.h>"),
    ("control/a.c", '"dataplane/worker.h"'),
    ("control/a.c", "<rte_eal.h>"),
    ("control/cli/a.c", '"control/conf.h"'),
    ("control/cli/a.c", '"dataplane/dp.h"'),
    ("dataplane/a.c", '"tests/helper.h"'),
])
def test_upward_include_is_found(root: Path, name: str, include: str) -> None:
    tree(root, name, f"#include <stdint.h>\n  #  include {include}\n")
    done = run("check_layers.sh", root)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{name}:2:"), done.stdout


def test_downward_includes_are_allowed(root: Path) -> None:
    tree(root, "policer/a.c", '#include "policer/rate.h"\n#include <stdint.h>\n')
    tree(root, "shaper/a.c", '#include "policer/rate.h"\n')
    tree(root, "dataplane/a.c", '#include "shaper/queue.h"\n#include <rte_mbuf.h>\n')
    tree(root, "control/a.c", '#include "dataplane/dp_stats.h"\n#include <libconfig.h>\n')
    tree(root, "control/cli/a.c", '#include "control/api.h"\n#include <json-c/json.h>\n')
    done = run("check_layers.sh", root)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("folder", ["policer", "shaper", "dataplane", "control", "control/cli"])
def test_missing_folder_is_named(root: Path, folder: str) -> None:
    (root / folder).rename(root / "elsewhere")
    done = run("check_layers.sh", root)
    assert done.returncode == 2
    assert f"no folder {folder} " in done.stderr


def test_file_that_cannot_be_read_is_no_success(root: Path) -> None:
    """Root reads everything; a link that leads nowhere is what grep cannot read."""
    (root / "shaper" / "a.c").symlink_to(root / "nowhere")
    done = run("check_layers.sh", root)
    assert done.returncode == 2
    assert "a.c" in done.stderr


def test_sizes_at_the_limit_are_allowed(tmp_path: Path) -> None:
    body = "\n".join("\tx++;" for _ in range(57))
    file = tree(tmp_path, "a.c", f"void f(int x)\n{{\n{body}\n}}\n" + "\n" * 340)
    assert len(file.read_text().splitlines()) == 400
    done = run("check_sizes.sh", file)
    assert (done.returncode, done.stdout) == (0, "")


def test_long_function_and_long_file_are_found(tmp_path: Path) -> None:
    body = "\n".join("\tx++;" for _ in range(58))
    function = tree(tmp_path, "a.c", f"void f(int x)\n{{\n{body}\n}}\n")
    file = tree(tmp_path, "b.c", "\n" * 401)
    done = run("check_sizes.sh", function, file)
    assert done.returncode == 1
    assert "f() has 61 lines" in done.stdout and "b.c: 401 lines" in done.stdout


def test_junit_counts(tmp_path: Path) -> None:
    file = tree(tmp_path, "a.xml", "<t><testcase/><testcase><failure/></testcase>"
                "<testcase><skipped/></testcase><testcase/></t>")
    assert run("junit_count.py", file).stdout == "2 2\n"
