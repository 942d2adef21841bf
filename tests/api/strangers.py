"""What strangers can make a server spend: memory, connections, disk, time. Each resource has its own server, so that one fault cannot hide another."""

import http.client
import json
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import harness
from harness import Workspace, wait_until
from rows import Rows

HEAD = b"Host: holdfast\r\n"


def memory_mib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def connect(server, address="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", server.api_port), timeout=30, source_address=(address, 0))


def begin_body(server, length, sent, address="127.0.0.1", token=None):
    """A connection with the first `sent` bytes of a body of `length`."""
    peer = connect(server, address)
    token_line = f"X-Vault-Token: {token}\r\n".encode() if token else b""
    peer.sendall(b"POST /v1/sys/unseal HTTP/1.1\r\n" + HEAD + token_line + f"Content-Length: {length}\r\n\r\n".encode())
    try:
        peer.sendall(b" " * sent)
    except OSError:
        pass  # the server has refused it by now
    return peer


def answer_of(peer):
    received = b""
    try:
        while b"\r\n\r\n" not in received and (part := peer.recv(65536)):
            received += part
    except OSError:
        pass
    return received


def bodies(rows):
    """The class: memory of request bodies: half-sent, complete, and parsed. Looked at: heads, bodies of all sizes, JSON, forms, uploads."""
    server = rows.server
    client = server.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    before = memory_mib(server)

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    flood = [begin_body(server, 60_000, 50_000) for _ in range(3000)]  # 150 MB, each body small
    time.sleep(1)
    grown = memory_mib(server) - before  # 40 MiB is the share; the connections themselves need at most 30 more
    if not harness.has_sanitizer():
        rows.check("small half-sent bodies stay within the strangers' share", grown < 96, grown)
    begun = time.monotonic()
    status, _ = client.raw("PUT", "kv/a", {"a": "y" * 900_000})
    rows.check("a client with a token is served beside them", status == 204 and time.monotonic() - begun < 2, status)
    other = begin_body(server, 64_000, 64_000, "127.0.0.2")
    rows.check("another address is answered beside them", b" 400 " in answer_of(other)[:20])
    other.close()

    large = begin_body(server, 30_000_000, 12_000_000)
    answer = answer_of(large)
    rows.check("a large body of a stranger gets 503", b" 503 " in answer[:20], answer[:100])
    rows.check("with Retry-After", b"Retry-After: 1" in answer, answer[:300])
    large.close()
    mine = begin_body(server, 12_000_000, 12_000_000, token=server.root_token)
    answer = answer_of(mine)
    rows.check("the same body is taken from a token's owner", b" 400 " in answer[:20], answer[:100])
    mine.close()

    slow = begin_body(server, 50_000, 100)
    begun = time.monotonic()
    answer = answer_of(slow)
    took = time.monotonic() - begun
    rows.check("a slow body is cut with 408", b" 408 " in answer[:20], answer[:100])
    rows.check("after ten seconds", 8 < took < 14, took)
    slow.close()
    for peer in flood:
        peer.close()
    if not harness.has_sanitizer():
        rows.check("memory comes back", wait_until(lambda: memory_mib(server) - before < 40, 12, "memory to come back"), memory_mib(server) - before)


def values(rows):
    """The class: short text that becomes many values. JSON, forms and queries have the same limits, and the refusal names the limit."""
    owner = rows.token
    for name, body, part in (("elements", {"a": [0] * 10_001}, "max_json_array_element_count = 10000"),
                             ("keys", {str(at): 1 for at in range(10_001)}, "max_json_object_entry_count = 10000"),
                             ("string", {"a": "y" * 1_048_577}, "max_json_string_value_length = 1048576"),
                             ("tokens", {str(at): [0] * 9_000 for at in range(60)}, "max_json_token = 500000")):
        answer = rows.row("PUT kv/a", 400, body=body, name=name)
        rows.check(f"{name}: the limit is named", part in str(answer), answer)
    rows.row("PUT kv/a", 400, body=b'{"a":1,"a":2}', name="repeated key")
    rows.row("PUT kv/a", 400, body=b'{"a":1,"\\u0061":2}', name="repeated key, written in another way")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = rows.row("PUT kv/a", 400, body=b"&".join(b"k%d=1" % at for at in range(10_001)), headers=form, name="form")
    rows.check("form: the limit is named", "max_json_object_entry_count" in str(answer), answer)
    rows.row("PUT kv/f", 204, None, body=b"a=1&a=2", headers=form)
    rows.check("a form's repeated field is a list", rows.row("GET kv/f", 200).get("data") == {"a": ["1", "2"]})
    deep = b'{"a":' + b"[" * 480 + b"]" * 480 + b"}"
    rows.row("PUT kv/deep", 204, None, body=deep)
    wrapped = rows.row("GET kv/deep", 200, headers={"X-Vault-Wrap-TTL": "60s"})
    unwrapped = rows.row("POST sys/wrapping/unwrap", 200, token=wrapped["wrap_info"]["token"])
    rows.check("a deep value survives storing and wrapping", str(unwrapped.get("data", {}).get("a")).count("[") == 480)
    rows.token = owner


def uploads(rows):
    """The class: bytes on the disk before the server knows that their sender is allowed to send them."""
    server = rows.server
    folder = server.directory / "data" / "uploads"
    rows.check("uploads lie beside the data", folder.is_dir() and (folder.stat().st_mode & 0o777) == 0o700)
    peer = connect(server)
    peer.sendall(b"POST /v1/sys/storage/raft/snapshot HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\nContent-Length: 100000000\r\n\r\n")
    answer = answer_of(peer)
    rows.check("no upload without a token", b" 403 " in answer[:20], answer[:100])
    peer.close()
    (folder / "upload-left").write_bytes(b"left")
    server.stop()
    server.start()
    server.unseal()
    rows.check("leftovers go at the start", not list(folder.iterdir()), list(folder.iterdir()))


def connections(space, failures):
    """The class: file descriptors that strangers use up. The process can open only 300 files."""
    server = harness.Server("few-files", space.path)
    space.servers.append(server)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    log = open(server.log_path, "ab")
    server.process = subprocess.Popen([harness.BINARY, "server", f"-config={server.config}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                      cwd=server.directory, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300)))
    wait_until(server._answers, 30, "an answer")
    server.initialize()
    rows = Rows(server)
    client = server.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    silent = []
    for _ in range(500):
        try:
            silent.append(connect(server))
        except OSError:
            break
    begun = time.monotonic()
    for number in range(40):
        status, _ = server.client().raw("PUT", f"kv/{number}", {"a": "y" * 200_000})
        rows.check("a write on a new connection", status == 204, status)
    rows.check("without waiting", time.monotonic() - begun < 10, time.monotonic() - begun)
    begun = time.monotonic()
    silent[-1].settimeout(20)
    try:
        rows.check("a silent connection is closed", silent[-1].recv(1) == b"")
    except OSError as error:
        rows.check("a silent connection is closed", isinstance(error, ConnectionResetError), error)
    rows.check("after the header time-out", time.monotonic() - begun < 16, time.monotonic() - begun)
    [peer.close() for peer in silent]
    finish(rows, failures)


def listeners(space, failures):
    """The class: a listener key that narrows access is obeyed, or the start is refused with file, line and key."""
    for key in ('chroot_namespace = "ns1"', 'role = "metrics_only"', 'proxy_protocol_behavior = "deny_unauthorized"',
                'x_forwarded_for_authorized_addrs = "proxy.example"', 'tls_cipher_suites = "TLS_NONE"', 'max_json_depth = 100000',
                'custom_response_headers { "9xx" = { "X-A" = ["b"] } }'):
        name = key.split()[0]
        server = harness.Server("refused-" + name, space.path)
        text = server.config.read_text().replace("tls_disable = true", "tls_disable = true\n  " + key)
        server.config.write_text(text)
        if name == "tls_cipher_suites":
            continue  # needs TLS; tst_tls has it
        run = subprocess.run([harness.BINARY, "server", f"-config={server.config}"], capture_output=True, text=True, timeout=20, cwd=server.directory)
        if run.returncode == 0 or name not in run.stdout + run.stderr or "holdfast.hcl:" not in run.stdout + run.stderr:
            failures.append(f"{name}: {run.returncode} {run.stdout[-300:]} {run.stderr[-300:]}")
    server = harness.Server("redacted", space.path)
    space.servers.append(server)
    text = server.config.read_text().replace("tls_disable = true", "tls_disable = true\n  redact_addresses = true\n  redact_version = true\n  redact_cluster_name = true")
    server.config.write_text(text)
    server.start().initialize()
    rows = Rows(server)
    client = server.client()
    for path in ("sys/health", "sys/seal-status", "sys/leader"):
        answer = client.raw("GET", path)[1].decode()
        rows.check(f"{path} names no address", f":{server.api_port}" not in answer and f":{server.cluster_port}" not in answer, answer)
        rows.check(f"{path} names no version or cluster", '"redacted"' not in answer and json.loads(answer).get("version", "") == "", answer)
    finish(rows, failures)


def little_memory(space, failures):
    """The class: lack of memory ends or blocks the process. Large writes of a token's owner, with 600 MB of address space for everything:
    each is stored or refused, small ones are served afterwards, and the server stops in time."""
    server = harness.Server("little-memory", space.path)
    space.servers.append(server)
    server.config.write_text(server.config.read_text().replace("tls_disable = true", "tls_disable = true\n  max_json_string_value_length = 33554432"))
    log = open(server.log_path, "ab")
    server.process = subprocess.Popen([harness.BINARY, "server", f"-config={server.config}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                      cwd=server.directory, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20)))
    wait_until(server._answers, 30, "an answer")
    server.initialize()
    rows = Rows(server)
    server.client().write("sys/mounts/kv", {"type": "kv"})
    seen = []

    def write(number):
        for body in (b'{"a":"' + b"y" * 30_000_000 + b'"}', b'{' + b",".join(b'"k%d":"%s"' % (at, b"y" * 1_000_000) for at in range(30)) + b"}"):
            try:
                seen.append(server.client().raw("PUT", f"kv/large-{number}", body)[0])
            except (OSError, http.client.HTTPException) as error:
                seen.append(type(error).__name__)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    rows.check("the process lives", server.process.poll() is None, (seen, server.log_path.read_text()[-500:]))
    rows.check("no write waits without end", "TimeoutError" not in seen, seen)
    rows.check("a small write is stored afterwards", wait_until(lambda: server.client().raw("PUT", "kv/small", {"a": "b"})[0] == 204, 15, "a write"))
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(15)
    rows.check("it stops in time", time.monotonic() - begun < 10, time.monotonic() - begun)
    finish(rows, failures)


def the_end(space, failures):
    """The class: something delays the stop. A server that is starting, and a server with a request that does not end, both stop in time."""
    server = space.server("ending").initialize()
    peers = [begin_body(server, 60_000, 100) for _ in range(5)] + [connect(server)]
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(15)
    if time.monotonic() - begun > 10:
        failures.append(f"SIGTERM took {time.monotonic() - begun} s")
    [peer.close() for peer in peers]


def finish(rows, failures):
    try:
        rows.finish()
    except AssertionError as error:
        failures.append(f"{rows.server.name}: {error}")


def main():
    failures = []
    with Workspace() as space:
        rows = Rows(space.server("bodies").initialize())
        for group in (bodies, values, uploads):
            group(rows)
        finish(rows, failures)
        connections(space, failures)
        listeners(space, failures)
        if not harness.has_sanitizer():  # a sanitizer itself needs more address space than this part allows
            little_memory(space, failures)
        the_end(space, failures)
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
