"""Real clusters for the console to show: the lab, or server processes of a test's own."""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))

import harness  # noqa: E402
from harness import Client, Workspace  # noqa: E402,F401


class Lab:
    """`holdfast lab`: a primary and a secondary of each kind, in sync, behind certificates of their own."""

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="holdfast-gui-")
        self.path = pathlib.Path(self._directory.name)
        self._process = subprocess.Popen([harness.BINARY, "lab", "-format=json"], stdout=subprocess.PIPE, text=True)
        self.clusters = json.loads(self._process.stdout.readline())["clusters"]
        self.ca_file = self.path / "ca.pem"
        self.ca_file.write_text("".join(pathlib.Path(c["ca_file"]).read_text() for c in self.clusters))
        self.token_file = self.path / "token"
        self.token_file.write_text(self.clusters[0]["root_token"])
        return self

    @property
    def names(self):
        return [cluster["name"] for cluster in self.clusters]

    def client(self, index):
        cluster = self.clusters[index]
        return Client(cluster["api_addr"], cluster["root_token"], cluster["ca_file"])

    def options(self):
        """What makes the console connect to it."""
        connect = [word for cluster in self.clusters for word in ("--connect", cluster["api_addr"])]
        return [*connect, "--ca", self.ca_file, "--token-file", self.token_file]

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()
        self._directory.cleanup()


def operator_token(server, token):
    """Makes a root token of this very id, so that one token file does for several clusters."""
    client = server.client()
    client.write("auth/token/create", {"id": token, "policies": ["root"], "no_parent": True})
    client.close()


def options_for(servers, directory, token, tls=None):
    """What makes the console connect to these servers, all with one token."""
    token_file = pathlib.Path(directory) / "console-token"
    token_file.write_text(token)
    connect = [word for server in servers for word in ("--connect", server.address)]
    return [*connect, "--token-file", token_file, *(["--ca", tls["ca"]] if tls else [])]
