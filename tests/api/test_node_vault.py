"""Starts a server for test_node_vault.js, which calls it with an independent client."""

import os
import pathlib
import shutil
import subprocess
import sys

from harness import Workspace

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("HOLDFAST_NODE_MODULES", HERE.parent.parent / "build/npm/node_modules"))


def main():
    node = shutil.which("node") or shutil.which("nodejs")
    assert node, "Node.js is not installed: apt install nodejs, or run installer/test"
    assert (MODULES / "node-vault/package.json").exists(), (
        f"node-vault is not in {MODULES}: npm install --prefix build/npm node-vault, or run installer/test")
    with Workspace() as space:
        server = space.server("node-vault")
        environment = dict(os.environ, NODE_VAULT_ROOT=str(MODULES))
        subprocess.run([node, str(HERE / "test_node_vault.js"), server.address], env=environment, check=True, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
