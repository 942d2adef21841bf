"""Starts real Holdfast processes and calls them as clients do. Uses only the standard library and loopback addresses."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

BINARY = os.path.abspath(os.environ.get("HOLDFAST_BINARY", "build/release/bin/holdfast"))

# For a binary with sanitizers: a report in a server's log fails the test.
SANITIZER_OPTIONS = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
                     "TSAN_OPTIONS": "ignore_noninstrumented_modules=1:second_deadlock_stack=1"}
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")
for _name, _value in SANITIZER_OPTIONS.items():
    os.environ.setdefault(_name, _value)

# Sanitizers make a server several times slower. The build says by which factor tests wait longer.
SLOWNESS = float(os.environ.get("HOLDFAST_TEST_SLOWNESS", "1"))


def has_sanitizer():
    """Whether the program keeps freed memory on purpose, so that a look at its memory proves nothing."""
    program = pathlib.Path(BINARY).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


_ports_given = set()


def free_port():
    """A free port below the range for outgoing connections. A connection could use a port of that range before the server does."""
    while True:
        port = random.randrange(15000, 32000)
        if port in _ports_given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _ports_given.add(port)
        return port


def wait_until(condition, seconds=60, what="a condition"):
    """Returns the first true value of condition(), without needless sleep. `seconds` are for a build without sanitizers."""
    seconds *= SLOWNESS
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, http.client.HTTPException, ApiError) as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds:g} s for {what}" + (f"; last: {last}" if last else ""))


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Client:
    """One keep-alive connection to one cluster. Not for several threads at once."""

    def __init__(self, address, token=None, ca_file=None):
        self.address = address
        self.token = token
        self.ca_file = ca_file
        self._connection = None

    def _connect(self):
        parts = urllib.parse.urlsplit(self.address)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60 * SLOWNESS, context=context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=60 * SLOWNESS)

    def raw(self, method, path, body=None, headers=None):
        """(status, bytes); opens the connection again if the server has closed it."""
        all_headers = {"X-Vault-Request": "true"}
        if self.token:
            all_headers["X-Vault-Token"] = self.token
        all_headers.update(headers or {})
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        is_new = self._connection is None
        if is_new:
            self._connection = self._connect()
        try:
            self._connection.request(method, "/v1/" + path, body=data, headers=all_headers)
            reply = self._connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            if is_new or method not in ("GET", "LIST", "HEAD"):
                raise
            return self.raw(method, path, body, headers)

    def call(self, method, path, body=None, headers=None):
        status, text = self.raw(method, path, body, headers)
        answer = json.loads(text) if text else None
        if status >= 400:
            raise ApiError(status, answer)
        return answer

    def read(self, path):
        return self.call("GET", path)

    def write(self, path, body=None):
        return self.call("POST", path, body or {})

    def health(self):
        return json.loads(self.raw("GET", "sys/health?sealedcode=299&uninitcode=299&drsecondarycode=299")[1])

    def replication(self, kind):
        return self.read(f"sys/replication/{kind}/status")["data"]

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Server:
    """One `holdfast server` process with its own directory; it can be killed and started again."""

    def __init__(self, name, base, tls=None, extra="", storage=None):
        self.name = name
        self.directory = pathlib.Path(base) / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.api_port, self.cluster_port = free_port(), free_port()
        self.address = f"http{'s' if tls else ''}://127.0.0.1:{self.api_port}"
        self.cluster_address = f"https://127.0.0.1:{self.cluster_port}"
        self.ca_file = tls["ca"] if tls else None
        tls_lines = f'tls_cert_file = "{tls["cert"]}"\n  tls_key_file = "{tls["key"]}"' if tls else "tls_disable = true"
        self.config = self.directory / "holdfast.hcl"
        self.config.write_text(f"""
cluster_name = "{name}"
storage "leveldb" {{
  path = "{storage or self.directory / "data"}"
}}
listener "tcp" {{
  address = "127.0.0.1:{self.api_port}"
  cluster_address = "127.0.0.1:{self.cluster_port}"
  {tls_lines}
}}
api_addr = "{self.address}"
cluster_addr = "{self.cluster_address}"
disable_mlock = true
{extra}
""")
        self.log_path = self.directory / "server.log"
        self.process = None
        self.root_token = None
        self.keys = []

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BINARY, "server", f"-config={self.config}"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.directory)
        wait_until(self._answers, 30, f"{self.name} to answer")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log_path.read_text()[-3000:]}")
        client = self.client()
        try:
            return client.raw("GET", "sys/seal-status")[0] == 200
        finally:
            client.close()

    def client(self, token=None):
        return Client(self.address, token or self.root_token, self.ca_file)

    def initialize(self, shares=3, threshold=2):
        answer = self.client().write("sys/init", {"secret_shares": shares, "secret_threshold": threshold})
        self.keys, self.root_token = answer["keys_base64"], answer["root_token"]
        self.threshold = threshold
        self.unseal()
        return self

    def unseal(self, keys=None):
        client = self.client()
        for key in (keys or self.keys)[: self.threshold]:
            client.write("sys/unseal", {"key": key})
        wait_until(lambda: not client.read("sys/seal-status")["sealed"], 30, f"{self.name} to unseal")
        client.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def sanitizer_report(self):
        """The log from the first sanitizer report on, or None."""
        log = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        starts = [log.find(report) for report in SANITIZER_REPORTS if report in log]
        return log[max(0, min(starts) - 200):][:20000] if starts else None

    def stop(self):
        """Stops the process if it still runs. It must exit with 0, and must not have crashed before."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30 * SLOWNESS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.name} did not stop")
            assert self.process.returncode == 0, f"{self.name} ended with {self.process.returncode}"
        assert self.process.returncode >= 0 or self.process.returncode == -signal.SIGKILL, f"{self.name} crashed: {self.process.returncode}"


class Cli:
    """Runs `holdfast` commands, given as a shell would read them, against one server."""

    def __init__(self, server, home):
        self.server = server
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)

    def environment(self, token=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "VAULT_ADDR": self.server.address, "LC_ALL": "C.UTF-8"}
        environment.update({name: os.environ[name] for name in SANITIZER_OPTIONS})
        if self.server.ca_file:
            environment["VAULT_CACERT"] = self.server.ca_file
        token = token if token is not None else self.server.root_token
        if token:
            environment["VAULT_TOKEN"] = token
        return environment

    def run(self, command, expect=0, token=None, stdin=None, **variables):
        """`command` is shell text in which `vault` means this build's `holdfast`. Returns standard output."""
        script = f'vault() {{ "{BINARY}" "$@"; }}\n' + command
        environment = self.environment(token)
        environment.update(variables)
        result = subprocess.run(["bash", "-c", script], env=environment, input=stdin, capture_output=True, text=True, timeout=120 * SLOWNESS)
        if expect is not None and result.returncode != expect:
            raise AssertionError(f"$ {command}\nexit {result.returncode}, not {expect}\n{result.stdout}\n{result.stderr}")
        self.last_error, self.last_code = result.stderr, result.returncode
        return result.stdout

    def json(self, command, **options):
        return json.loads(self.run(command, **options))


def field(table, name):
    """The value of a row of the command line's Key/Value table."""
    for line in table.splitlines():
        if line.startswith(name):
            rest = line[len(name):]
            if rest[:1] in (" ", ":"):
                return rest.lstrip(": ").strip()
    raise AssertionError(f"no {name!r} in:\n{table}")


def put_secrets(server, count, prefix="secret/data/tutorial", threads=8, generation=0, token=None):
    """Writes `count` kv v2 secrets with several connections."""

    def part(start):
        client = server.client(token)
        for at in range(start, count, threads):
            client.write(f"{prefix}/{at}", {"data": {"value": f"secret-{generation}-{at}", "number": at}})
        client.close()

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))


def check_secrets(server, count, prefix="secret/data/tutorial", threads=8, generation=0, token=None):
    """Reads all of them and compares; returns how many were right, which must be `count`."""

    def part(start):
        client = server.client(token)
        right = 0
        for at in range(start, count, threads):
            data = client.read(f"{prefix}/{at}")["data"]["data"]
            assert data == {"value": f"secret-{generation}-{at}", "number": at}, (server.name, at, data)
            right += 1
        client.close()
        return right

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        right = sum(pool.map(part, range(threads)))
    assert right == count, (right, count)
    return right


def wait_in_sync(primary, secondary, kind, seconds=60):
    """Linked to this primary and no other, streaming, and both roots equal.

    It also checks the connection, because a secondary that has lost its primary still shows its last state and root.
    """
    left, right = primary.client(), secondary.client()

    def in_sync():
        a, b = left.replication(kind), right.replication(kind)
        if (a.get("mode"), b.get("mode")) != ("primary", "secondary"):
            return False
        advertised = {primary.cluster_address, a["primary_cluster_addr"]}
        is_linked = b.get("connection_state") == "ready" and len(b["primaries"]) == 1 and b["primaries"][0]["cluster_address"] in advertised
        return is_linked and b["state"] == "stream-wals" and a["merkle_root"] == b["merkle_root"]

    try:
        return wait_until(in_sync, seconds, f"{secondary.name} to follow {primary.name} ({kind})")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{primary.name}: {left.replication(kind)}\n{secondary.name}: {right.replication(kind)}") from None
    finally:
        left.close()
        right.close()


class Workspace:
    """A temporary directory and the processes in it; everything stops when the block ends."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-test-"))
        self.servers = []
        return self

    def server(self, name, **options):
        server = Server(name, self.path, **options)
        self.servers.append(server)
        return server.start()

    def tls(self):
        """A certificate authority and a server certificate for 127.0.0.1, made by the openssl program."""
        directory = self.path / "tls"
        directory.mkdir(exist_ok=True)
        run = lambda *words: subprocess.run(words, check=True, capture_output=True, cwd=directory)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "server.key", "-out", "server.csr")
        (directory / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "san", "-out", "server.pem")
        return {"ca": str(directory / "ca.pem"), "cert": str(directory / "server.pem"), "key": str(directory / "server.key")}

    def __exit__(self, kind, value, trace):
        failures = []
        for server in self.servers:
            try:
                server.stop()
            except AssertionError as error:
                failures.append(str(error))
            if report := server.sanitizer_report():
                failures.append(f"{server.name}: a sanitizer has reported\n{report}")
        if kind is not None or failures:
            for server in self.servers:
                print(f"--- log of {server.name}\n{server.log_path.read_text()[-4000:]}", file=sys.stderr)
        if not (kind or failures) or not os.environ.get("HOLDFAST_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)
        if failures:
            raise AssertionError("\n".join(failures))
        return False
