"""Real clusters for the console: the lab, or separate server processes of a test."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))

import harness  # noqa: E402
from harness import Client, Workspace  # noqa: E402,F401


class Lab:
    """`holdfast lab`: a primary and a secondary of each type, in sync, with their own certificates."""

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
        """The arguments with which the console connects to it."""
        connect = [word for cluster in self.clusters for word in ("--connect", cluster["api_addr"])]
        return [*connect, "--ca", self.ca_file, "--token-file", self.token_file]

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()
        self._directory.cleanup()


def operator_token(server, token):
    """Makes a root token with this id, so that one token file fits several clusters."""
    client = server.client()
    client.write("auth/token/create", {"id": token, "policies": ["root"], "no_parent": True})
    client.close()


def options_for(servers, directory, token, tls=None):
    """The arguments with which the console connects to these servers, all with one token."""
    token_file = pathlib.Path(directory) / "console-token"
    token_file.write_text(token)
    connect = [word for server in servers for word in ("--connect", server.address)]
    return [*connect, "--token-file", token_file, *(["--ca", tls["ca"]] if tls else [])]


def put_mine(server, mount=True):
    """A secret that shows whose storage this is."""
    client = server.client()
    if mount:
        client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    harness.wait_until(lambda: client.raw("POST", "secret/data/mine", {"data": {"of": server.name}})[0] == 200, 30, "kv")
    client.close()


def follow(primary, secondary, kind):
    """Makes `secondary` follow `primary` over the API, and waits until it has the same data."""
    first, second = primary.client(), secondary.client()
    if first.replication(kind)["mode"] != "primary":
        first.write(f"sys/replication/{kind}/primary/enable")
        harness.wait_until(lambda: first.replication(kind)["mode"] == "primary", 30, "the primary")
    token = harness.wait_until(lambda: first.write(f"sys/replication/{kind}/primary/secondary-token",
                                                   {"id": secondary.name}), 30, "the token")["wrap_info"]["token"]
    body = {"token": token}
    if primary.ca_file:
        body["ca_file"] = primary.ca_file
    second.write(f"sys/replication/{kind}/secondary/enable", body)
    harness.wait_in_sync(primary, secondary, kind)
    secondary.keys = primary.keys
    first.close()
    second.close()


def generate_root(server):
    """Makes a root token from the key shares, as an operator of a performance secondary does."""
    client = server.client()
    attempt = client.call("PUT", "sys/generate-root/attempt", {})
    for key in server.keys[: server.threshold]:
        answer = client.call("PUT", "sys/generate-root/update", {"key": key, "nonce": attempt["nonce"]})
    encoded = answer["encoded_token"]
    raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    server.root_token = bytes(a ^ b for a, b in zip(raw, attempt["otp"].encode())).decode()
    client.close()
