"""How a server starts: the flags that images, charts and units pass, log files, templates, refused settings, and what a raft node reports about itself.

Class: a start obeys all its settings, or ends with a message and status 1. It never aborts, and never becomes another kind of server than the configured
one. Looked at: all flags of `server`, the environment, and the files, folders and sockets that the start uses."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import BINARY, SLOWNESS, Cli, Client, Workspace, free_port, wait_until


class Start:
    """Starts programs and collects failures."""

    def __init__(self, base):
        self.base = pathlib.Path(base)
        self.count = 0
        self.failures = []
        self.running = []

    def folder(self):
        self.count += 1
        path = self.base / f"s{self.count}"
        path.mkdir()
        return path

    def config(self, folder, extra="", storage='storage "inmem" {}', listener=""):
        port, cluster = free_port(), free_port()
        path = folder / "holdfast.hcl"
        path.write_text(f'{storage}\nlistener "tcp" {{\n  address = "127.0.0.1:{port}"\n  cluster_address = "127.0.0.1:{cluster}"\n'
                        f'  tls_disable = 1\n  {listener}\n}}\ndisable_mlock = true\n{extra}\n')
        return path, f"http://127.0.0.1:{port}"

    def spawn(self, folder, *words, **variables):
        environment = dict(os.environ, HOME=str(folder), **variables)
        out, err = open(folder / "out", "wb"), open(folder / "err", "wb")
        process = subprocess.Popen([BINARY, "server", *map(str, words)], stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=folder, env=environment)
        self.running.append(process)
        return process

    def starts(self, what, folder, address, *words, scheme_ca=None, **variables):
        process = self.spawn(folder, *words, **variables)
        client = Client(address, None, scheme_ca)
        try:
            wait_until(lambda: process.poll() is not None or client.raw("GET", "sys/seal-status")[0] == 200, 20, what)
        finally:
            client.close()
        if process.poll() is not None:
            self.failures.append(f"{what}: ended with {process.returncode}: {(folder / 'err').read_text()[-400:]}")
        return process

    def is_refused(self, what, folder, part, *words, **variables):
        process = self.spawn(folder, *words, **variables)
        try:
            process.wait(20 * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.failures.append(f"{what}: it started")
            process.kill()
            process.wait()
            return
        said = (folder / "err").read_text(errors="replace")
        if process.returncode != 1 or part not in said or "terminate called" in said:
            self.failures.append(f"{what}: status {process.returncode} with: {said[-400:]}, which must be 1 with {part!r}")

    def expect(self, what, saw, right):
        if saw != right:
            self.failures.append(f"{what}: {saw!r}, which must be {right!r}")

    def stop(self, process):
        process.terminate()
        try:
            self.expect("the status of a server that was stopped", process.wait(20 * SLOWNESS), 0)
        except subprocess.TimeoutExpired:
            process.kill()
            self.failures.append("a server did not stop")
        self.running.remove(process)

    def finish(self):
        for process in self.running:
            process.kill()
            process.wait()
        for failure in self.failures:
            print("FAIL  " + failure)
        assert not self.failures, f"{len(self.failures)} starts were wrong"


def dev_flags(start):
    """Only flags that cannot mean anything else make a dev server."""
    folder = start.folder()
    path, address = start.config(folder, storage=f'storage "file" {{ path = "{folder}/data" }}')
    other = free_port()
    process = start.starts("dev flags beside a configuration", folder, address, f"-config={path}", "-dev-root-token-id=root", "-dev-no-store-token",
                           f"-dev-listen-address=127.0.0.1:{other}", VAULT_DEV_ROOT_TOKEN_ID="root")
    client = Client(address, None, None)
    start.expect("storage", client.read("sys/seal-status")["storage_type"], "file")
    client.close()
    start.expect("a warning", "-dev-root-token-id has no effect" in (folder / "err").read_text(), True)
    start.stop(process)
    start.is_refused("no configuration", start.folder(), "Must specify at least one config path", "-dev-listen-address=127.0.0.1:1", "-dev-root-token-id=x")
    start.is_refused("an absent configuration of a dev server", start.folder(), "no such file", "-dev", "-dev-no-store-token", "-config=none.hcl")
    start.is_refused("an unknown flag", start.folder(), "flag provided but not defined: -devv", "-devv")
    start.is_refused("recovery", start.folder(), "no recovery mode", "-recovery", "-config=x")

    for flag in ("-dev", "-dev-ha", "-dev-kv-v1", "-dev-no-kv", "-dev-transactional"):
        folder, port = start.folder(), free_port()
        empty = folder / "config"
        empty.mkdir()
        address = f"http://127.0.0.1:{port}"
        process = start.starts(flag, folder, address, f"-config={empty}", flag, "-dev-root-token-id=root", f"-dev-listen-address=127.0.0.1:{port}")
        client = Client(address, "root", None)
        wait_until(lambda: client.raw("GET", "sys/health")[0] == 200, 10, flag)
        mounts = wait_until(lambda: client.read("sys/mounts"), 10, "mounts")["data"]
        wait_until(lambda: flag == "-dev-no-kv" or "secret/" in client.read("sys/mounts")["data"], 10, "secret/")
        start.expect(f"{flag}: kv", "secret/" in client.read("sys/mounts")["data"], flag != "-dev-no-kv")
        client.close()
        start.stop(process)


def dev_tls(start):
    folder, port = start.folder(), free_port()
    process = start.spawn(folder, "-dev", "-dev-tls", "-dev-root-token-id=root", f"-dev-listen-address=127.0.0.1:{port}", "-dev-tls-san=vault.example")
    text = wait_until(lambda: re.search(r"VAULT_CACERT='([^']+)'", (folder / "out").read_text()), 20, "the authority's file")
    authority = pathlib.Path(text.group(1))
    start.expect("mode of the key", oct((authority.parent / "vault-key.pem").stat().st_mode & 0o777), "0o600")
    client = Client(f"https://127.0.0.1:{port}", "root", str(authority))
    start.expect("TLS by the generated authority", client.raw("GET", "sys/health")[0], 200)
    client.close()
    names = subprocess.run(["openssl", "x509", "-in", authority.parent / "vault-cert.pem", "-noout", "-ext", "subjectAltName", "-issuer"], capture_output=True, text=True).stdout
    start.expect("names", all(name in names for name in ("DNS:localhost", "DNS:vault.example", "IP Address:127.0.0.1")), True)
    start.stop(process)
    start.expect("the files afterwards", authority.parent.exists(), False)

    own = start.folder()
    start.is_refused("a folder that is not there", own, "no such folder", "-dev-tls", "-dev-tls-cert-dir=absent", f"-dev-listen-address=127.0.0.1:{free_port()}")


def logging_flags(start):
    for extra, words, variables in (('log_format = "json"', [], {}), ("", ["-log-format=json"], {}), ('log_format = "standard"', [], {"VAULT_LOG_FORMAT": "json"})):
        folder = start.folder()
        path, address = start.config(folder, extra)
        process = start.starts("JSON log", folder, address, f"-config={path}", *words, **variables)
        lines = wait_until(lambda: (folder / "err").read_text().splitlines(), 10, "a line")
        start.expect(f"the log {words} {variables}", "@message" in json.loads(lines[-1]), True)
        start.stop(process)

    for name, file in (("logs/", "logs/vault.log"), ("logs", "logs/vault.log"), ("plain", "plain.log"), ("x.txt", "x.txt")):
        for as_flag in (False, True):
            folder = start.folder()
            (folder / "logs").mkdir()
            path, address = start.config(folder, "" if as_flag else f'log_file = "{folder}/{name}"')
            process = start.starts(f"log file {name}", folder, address, f"-config={path}", *([f"-log-file={folder}/{name}"] if as_flag else []))
            wait_until(lambda: (folder / file).exists() and (folder / file).stat().st_size > 0, 10, file)
            wait_until(lambda: "serving" in (folder / "err").read_text(), 10, "the same log on standard error")
            (folder / file).rename(folder / "moved")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: (folder / file).exists(), 10, "the file again after SIGHUP")
            start.stop(process)

    # The server reads the log level again. A broken file changes nothing.
    for text, is_written in (('log_level = "info"', True), ("broken (", False)):
        folder = start.folder()
        path, address = start.config(folder, 'log_level = "error"')
        process = start.starts("log level", folder, address, f"-config={path}")
        content = pathlib.Path(path).read_text()
        pathlib.Path(path).write_text(content.replace('log_level = "error"', text))
        process.send_signal(signal.SIGHUP)
        if not is_written:
            wait_until(lambda: "cannot be read again" in (folder / "err").read_text(), 10, "the fault in the log")
        time.sleep(0.3)
        start.stop(process)
        start.expect(f"the end in the log after {text}", "stopping" in (folder / "err").read_text(), is_written)

    folder = start.folder()
    path, address = start.config(folder)
    process = start.starts("combined logs", folder, address, f"-config={path}", "-combine-logs", "-exit-on-core-shutdown", "-disable-gated-logs",
                           "-log-rotate-duration=24h", "-log-rotate-bytes=1000000", "-log-rotate-max-files=3", "-log-level=debug")
    wait_until(lambda: "serving" in (folder / "out").read_text(), 10, "the log on standard output")
    start.expect("the log on standard error", (folder / "err").read_text(), "")
    start.stop(process)

    folder = start.folder()
    path, _ = start.config(folder)
    start.is_refused("a log file below nothing", folder, "cannot write the log file", f"-config={path}", f"-log-file={folder}/no/such/x.log")
    for word in ("-log-level=loud", "-log-format=xml", "-log-rotate-bytes=many", "-log-rotate-duration=soon", "-log-rotate-max-files=x"):
        start.is_refused(word, folder, word.split("=")[0], f"-config={path}", word)


def refused(start):
    """Files, folders and sockets that the start needs and cannot use."""
    def case(what, part, **options):
        folder = start.folder()
        path, _ = start.config(folder, **options)
        start.is_refused(what, folder, part, f"-config={path}")

    folder = start.folder()
    (folder / "file").write_text("x")
    case("storage below a file", "cannot create", storage=f'storage "file" {{ path = "{folder}/file/data" }}')
    case("storage in /proc", "cannot create", storage='storage "file" { path = "/proc/holdfast" }')
    case("storage that cannot be written", "cannot be written", storage='storage "file" { path = "/proc/self" }')
    case("log file that is a device's folder", "cannot write the log file", extra='log_file = "/proc/x/"')
    case("pid file below nothing", "cannot write pid_file", extra=f'pid_file = "{folder}/no/such/pid"')
    case("pid file that is a folder", "cannot write pid_file", extra=f'pid_file = "{folder}"')
    case("template", '"GetPublicIPs" is not known', extra='api_addr = "http://{{ GetPublicIPs }}:1"')
    case("three nodes", "three nodes would become three clusters",
         storage=f'storage "raft" {{\n path = "{folder}/r"\n retry_join {{ leader_api_addr = "http://vault-1:8200" }}\n}}')
    certificate = folder / "c.pem"
    certificate.write_text("no certificate")
    path = folder / "tls.hcl"
    path.write_text(f'storage "inmem" {{}}\nlistener "tcp" {{\n address = "127.0.0.1:{free_port()}"\n tls_cert_file = "{certificate}"\n tls_key_file = "{certificate}"\n}}\n'
                    "disable_mlock = true\n")
    start.is_refused("a certificate that is none", folder, "tls.hcl:2", f"-config={path}")

    folder = start.folder()
    path, address = start.config(folder)
    process = start.starts("the first of two", folder, address, f"-config={path}")
    second = start.folder()
    start.is_refused("a port that is taken", second, "ddress already in use", f"-config={path}")
    start.stop(process)

    for what, text in (("binary", b"\0\1\2\xff" * 100), ("deep", b"a {" * 200), ("huge", b"# x\n" * 400_000), ("empty", b""), ("JSON list", b"[]")):
        folder = start.folder()
        path = folder / "x.hcl"
        path.write_bytes(text)
        start.is_refused(f"a {what} file", folder, "Error starting the server", f"-config={path}")
    start.is_refused("a folder without files", start.folder(), "no configuration files found", f"-config={start.folder()}")


def raft(start):
    """A node with raft storage reports the same leader everywhere. With another storage there is no HA."""
    for storage, is_ha in (("raft", True), ("file", False)):
        folder = start.folder()
        path, address = start.config(folder, extra="", storage=f'storage "{storage}" {{\n path = "{folder}/data"\n}}',
                                     listener="telemetry { unauthenticated_metrics_access = true }")
        process = start.starts(storage, folder, address, f"-config={path}", VAULT_RAFT_NODE_ID="pod-7")
        client = Client(address, None, None)
        status, body = client.raw("GET", "sys/leader")[:2]
        start.expect(f"{storage}: sys/leader while sealed", status, 503 if is_ha else 200)
        start.expect("metrics while sealed", client.raw("GET", "sys/metrics?format=prometheus")[0], 200)
        start.expect("joining while sealed", client.raw("POST", "sys/storage/raft/join", {"leader_api_addr": "http://x:1"})[0], 400)
        made = client.write("sys/init", {"secret_shares": 1, "secret_threshold": 1})
        client.write("sys/unseal", {"key": made["keys_base64"][0]})
        client.close()
        client = Client(address, made["root_token"], None)
        wait_until(lambda: client.raw("GET", "sys/health")[0] == 200, 20, "unsealed")
        leader = client.read("sys/leader")
        start.expect(f"{storage}: ha_enabled, is_self", [leader["ha_enabled"], leader["is_self"]], [is_ha, is_ha])
        if is_ha:
            nodes = client.read("sys/ha-status")["data"]["nodes"]
            start.expect("one address everywhere", {leader["leader_address"], nodes[0]["api_address"]}, {address})
            start.expect("active since", leader["active_time"] > "2020", True)
            peers = client.read("sys/storage/raft/configuration")["data"]["config"]["servers"]
            start.expect("node id of the environment", [peers[0]["node_id"], peers[0]["leader"]], ["pod-7", True])
            start.expect("autopilot", client.read("sys/storage/raft/autopilot/configuration")["data"]["cleanup_dead_servers"], False)

            class Here:
                pass
            here = Here()
            here.address, here.ca_file, here.root_token = address, None, made["root_token"]
            cli = Cli(here, folder / "home")
            cli.run("vault operator raft join http://vault-1:8200", expect=2)
            start.expect("why it cannot join", "three nodes would become three clusters" in cli.last_error, True)
            start.expect("status", json.loads(cli.run("vault status -format=json"))["ha_enabled"], True)
            start.expect("members", address in cli.run("vault operator members"), True)
            start.expect("state", "pod-7" in cli.run("vault operator raft autopilot state"), True)
            cli.run("vault operator raft autopilot get-config")
            cli.run("vault operator raft autopilot set-config -last-contact-threshold=10s")
            cli.run("vault operator raft autopilot set-config -last-contact-threshold=1h", expect=2)
            cli.run("vault operator raft remove-peer pod-7", expect=2)
        client.close()
        start.stop(process)

    folder = start.folder()
    path, address = start.config(folder, extra="telemetry { prometheus_retention_time = 0 }", listener="telemetry { unauthenticated_metrics_access = true }")
    process = start.starts("prometheus off", folder, address, f"-config={path}")
    client = Client(address, None, None)
    status, body = client.raw("GET", "sys/metrics?format=prometheus")[:2]
    start.expect("prometheus off", [status, "prometheus is not enabled" in str(body)], [400, True])
    start.expect("JSON all the same", client.raw("GET", "sys/metrics")[0], 200)
    client.close()
    start.stop(process)


def main():
    with Workspace() as space:
        start = Start(space.path)
        try:
            for part in (dev_flags, dev_tls, logging_flags, refused, raft):
                began = time.monotonic()
                part(start)
                print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            start.finish()


if __name__ == "__main__":
    sys.exit(main())
