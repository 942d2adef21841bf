"""The log of a running server over its API: sys/monitor, sys/loggers and `holdfast monitor`, plain and over TLS.

The class: an answer without an end outlives its client, or blocks the writers of the log. Each end of such an answer is tested: the client leaves, its
token ends, the server is sealed, the server stops. A listener above the limit is refused."""

import contextlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse

from harness import BINARY, ApiError, Cli, Workspace, wait_until

LISTENERS = 8


class Monitor:
    """One stream of the log. `lines` grows while read() is called."""

    def __init__(self, server, token, query=""):
        parts = urllib.parse.urlsplit(server.address)
        if parts.scheme == "https":
            self.connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=15, context=ssl.create_default_context(cafile=server.ca_file))
        else:
            self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=15)
        self.connection.request("GET", "/v1/sys/monitor" + query, headers={"X-Vault-Token": token})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def line(self):
        """The next line; empty at the end of the stream."""
        return self.answer.readline().decode()

    def ends_within(self, seconds):
        started = time.monotonic()
        while self.answer.readline():
            pass
        return time.monotonic() - started < seconds

    def is_silent_for(self, seconds):
        self.answer.fp.raw._sock.settimeout(seconds)
        try:
            return not self.answer.readline()
        except TimeoutError:
            return True

    def close(self):
        self.answer.close()
        self.connection.close()


def listening(server, token):
    """As a Monitor that waits for room: the server notices within a second that a client has left."""
    tried = []

    def has_room():
        tried.append(Monitor(server, token))
        if tried[-1].status == 503:
            tried.pop().close()
        return bool(tried)

    wait_until(has_room, 5, "room for a listener")
    return tried[0]


def set_level(client, level):
    client.write("sys/loggers", {"level": level})


def lines_arrive(server):
    root = server.client()
    with contextlib.closing(Monitor(server, server.root_token)) as plain, contextlib.closing(Monitor(server, server.root_token, "?log_level=error")) as errors, \
            contextlib.closing(Monitor(server, server.root_token, "?log_format=json")) as structured:
        assert plain.status == 200 and plain.answer.getheader("Content-Type").startswith("text/plain"), plain.status
        started = time.monotonic()
        set_level(root, "error")  # warns of itself
        assert "[WARN]  sys: the level of the log is changed logger=all level=error" in plain.line()
        assert time.monotonic() - started < 2, "a line took long"
        assert json.loads(structured.line())["level"] == "error"
        assert root.read("sys/loggers")["data"]["http"] == "error"
        root.call("DELETE", "sys/loggers")
        assert root.read("sys/loggers/core")["data"] == {"core": "info"}
        assert "as configured" in plain.line()
        # The log has the same lines, except those below its level.
        assert "the level of the log is changed" in server.log_path.read_text()
        assert errors.is_silent_for(1.5), "a line below its level was heard"


def few_listen(server):
    all_of_them = []

    def one_more_listens():
        heard = Monitor(server, server.root_token)
        (all_of_them.append if heard.status == 200 else Monitor.close)(heard)
        return len(all_of_them) == LISTENERS

    wait_until(one_more_listens, 10, "as many listeners as the limit allows")  # the server notices within a second that a client has left
    with contextlib.closing(Monitor(server, server.root_token)) as one_more:
        assert one_more.status == 503 and one_more.answer.getheader("Retry-After"), one_more.status
    all_of_them.pop().close()

    def has_room():
        with contextlib.closing(Monitor(server, server.root_token)) as again:
            return again.status == 200

    wait_until(has_room, 5, "room for a listener")
    for each in all_of_them:
        each.close()
    wait_until(has_room, 5, "room again")


def who_may_not(server):
    root = server.client()
    token = root.write("auth/token/create", {"policies": ["default"]})["auth"]["client_token"]
    with contextlib.closing(Monitor(server, token)) as refused:
        assert refused.status == 403, refused.status
    for path, method, body in (("sys/loggers", "POST", {"level": "debug"}), ("sys/loggers", "GET", None), ("sys/loggers", "DELETE", None)):
        try:
            server.client(token).call(method, path, body)
            raise AssertionError(f"{method} {path} was answered")
        except ApiError as error:
            assert error.status == 403, error
    root.write("sys/policies/acl/listener", {"policy": 'path "sys/monitor" { capabilities = ["read"] }'})
    token = root.write("auth/token/create", {"policies": ["listener"]})["auth"]["client_token"]
    with contextlib.closing(listening(server, token)) as heard:
        assert heard.status == 200, heard.status
        root.write("auth/token/revoke", {"token": token})
        assert heard.ends_within(10), "the stream of a revoked token continues"


def by_command(server, space):
    cli = Cli(server, space.path / "home")
    process = subprocess.Popen([BINARY, "monitor", "-log-level=debug"], env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    root = server.client()
    deadline = time.monotonic() + 10
    os.set_blocking(process.stdout.fileno(), False)
    text = ""
    while "the level of the log is changed" not in text:
        assert time.monotonic() < deadline, "the command prints nothing"
        set_level(root, "info")
        time.sleep(0.2)
        text += (process.stdout.read() or b"").decode()
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 0, process.returncode
    cli.run("vault monitor -log-level=odd", expect=1)
    token = root.write("auth/token/create", {"policies": ["default"]})["auth"]["client_token"]
    cli.run("vault monitor", expect=1, token=token)


def ends_of_the_server(server):
    with contextlib.closing(Monitor(server, server.root_token)) as heard:
        server.client().call("PUT", "sys/seal")
        assert heard.ends_within(10), "the stream of a sealed server continues"
    server.unseal()
    with contextlib.closing(Monitor(server, server.root_token)) as heard:
        started = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0 and time.monotonic() - started < 10, "a listener holds up the end"


def main():
    with Workspace() as space:
        for name, options in (("plain", {}), ("secure", {"tls": space.tls()})):
            server = space.server(name, **options).initialize()
            lines_arrive(server)
            few_listen(server)
            who_may_not(server)
            by_command(server, space)
            ends_of_the_server(server)
    print("all as it should be")


if __name__ == "__main__":
    sys.exit(main())
