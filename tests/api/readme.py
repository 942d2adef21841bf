"""The commands of README.md, as they are printed, in order, in one shell.

The class: a first example that does not work. It could occur in every block of the page that somebody copies. What holds: each block marked `sh` runs
here without an error, and the failover that they show has happened. The one other block names what CI runs (installer/test)."""

import os
import pathlib
import re
import subprocess
import sys

from harness import BINARY, SLOWNESS, Workspace

PAGE = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def main():
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) >= 3, "the blocks were not found"
    unmarked = re.findall(r"^```\n(.*?)^```", re.sub(r"^```sh\n.*?^```", "", page, flags=re.M | re.S), re.M | re.S)
    assert all(line.startswith("installer/") for block in unmarked for line in block.splitlines()), "a block of commands is not marked sh"
    with Workspace() as space:
        programs = space.path / "build" / "release" / "bin"
        programs.mkdir(parents=True)
        (programs / "holdfast").symlink_to(BINARY)
        environment = {"PATH": os.environ["PATH"], "HOME": str(space.path), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", "\n".join(blocks)], cwd=space.path, env=environment, capture_output=True, text=True,
                              timeout=120 * SLOWNESS, check=False)
        print(done.stdout, done.stderr)
        assert done.returncode == 0, f"exit {done.returncode}"
        assert re.search(r"^text\s+hello$", done.stdout, re.M), "the secret was not read after the failover"
        last = done.stdout[done.stdout.rindex("lab-dr  "):]
        assert "performance primary (running), DR primary (running)" in last, last
        assert "lab-perf" in last, "the performance secondary does not follow"


if __name__ == "__main__":
    sys.exit(main())
