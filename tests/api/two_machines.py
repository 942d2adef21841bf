"""Two machines: two network namespaces with one cable between them. The tutorials' steps, with the sample configurations of the package.

The class: it works on loopback and not between two machines, because a cluster gives out an address that leads its reader back to itself. Clusters give out:

- the API address in activation tokens
- the cluster address in bundles and links
- both in lists of members, epoch statements, sys/leader, ha-status, config/state/sanitized and texts for clients

What holds: cluster_addr comes from api_addr. If neither is known, the server, the token and the error say so. Needs root and network namespaces. Without
them the test is skipped, which is no pass.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from harness import BINARY, wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


class Machine:
    """A network namespace with an address, and a server in it."""

    def __init__(self, space, name, address, ca=None):
        self.space, self.name, self.address, self.ca = space, name, address, ca
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"holdfast-{name}-"))
        self.scheme = "https" if ca else "http"
        self.process = self.token = None
        self.keys = []

    def run(self, command, expect=0, token=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "VAULT_ADDR": f"{self.scheme}://127.0.0.1:8200",
                       **({"VAULT_CACERT": self.ca} if self.ca else {}), **({"VAULT_TOKEN": token or self.token} if token or self.token else {})}
        script = f'holdfast() {{ "{BINARY}" "$@"; }}\n' + command
        done = subprocess.run(["ip", "netns", "exec", self.space, "bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
        assert expect is None or done.returncode == expect, f"{self.name}$ {command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.error = done.stderr
        return done.stdout

    def json(self, command):
        return json.loads(self.run(command))

    def start(self, config, environment=None):
        (self.folder / "holdfast.hcl").write_text(config)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.space, BINARY, "server", f"-config={self.folder}/holdfast.hcl"], stdout=log, stderr=log,
                                            env={"PATH": os.environ["PATH"], **(environment or {})})
        wait_until(lambda: self.run("holdfast status", expect=None) and self.process.poll() is None, 20, f"{self.name} to answer: {self.log()}")
        return self

    def initialize(self):
        made = self.json("holdfast operator init -key-shares=1 -key-threshold=1 -format=json")
        self.token, self.keys = made["root_token"], made["unseal_keys_b64"]
        self.unseal()
        return self

    def unseal(self):
        for key in self.keys:
            self.run(f"holdfast operator unseal {key}")

    def status(self, kind):
        return self.json(f"holdfast read -format=json sys/replication/{kind}/status")["data"]

    def log(self):
        path = self.folder / "log"
        return path.read_text()[-3000:] if path.exists() else ""

    def stop(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Cable:
    """Two namespaces and the cable between them. Everything is removed at the end of the block."""

    def __enter__(self):
        tag = f"{random.randrange(16**5):05x}"
        self.spaces = [f"hf{tag}a", f"hf{tag}b"]
        self.addresses = ["10.77.0.1", "10.77.0.2"]
        self.machines = []
        try:
            for space in self.spaces:
                self.ip("netns", "add", space)
            self.ip("link", "add", f"v{tag}a", "netns", self.spaces[0], "type", "veth", "peer", "name", f"v{tag}b", "netns", self.spaces[1])
            for space, device, address in zip(self.spaces, (f"v{tag}a", f"v{tag}b"), self.addresses):
                self.ip("-n", space, "address", "add", f"{address}/24", "dev", device)
                self.ip("-n", space, "link", "set", device, "up")
                self.ip("-n", space, "link", "set", "lo", "up")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            self.__exit__(None, None, None)
            print(f"skipped: no network namespaces here ({getattr(error, 'stderr', error)})")
            sys.exit(SKIPPED)
        return self

    def ip(self, *words, check=True):
        return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)

    def machine(self, at, name, ca=None):
        self.machines.append(Machine(self.spaces[at], name, self.addresses[at], ca))
        return self.machines[-1]

    def __exit__(self, kind, value, trace):
        for machine in self.machines:
            machine.stop()
            if kind is not None and kind is not SystemExit:
                print(f"--- log of {machine.name}\n{machine.log()}", file=sys.stderr)
        for space in self.spaces:
            self.ip("netns", "del", space, check=False)


def certificates(folder, names):
    """An authority, and a certificate with the address for each name. Returns the paths."""
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, cwd=folder)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("openssl", "req", "-x509", *curve, "-days", "30", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    for name, address in names.items():
        run("openssl", "req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (folder / "san").write_text(f"subjectAltName=IP:127.0.0.1,IP:{address}\n")
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "san", "-out", f"{name}.pem")
        os.chmod(folder / f"{name}.key", 0o600)
    return str(folder / "ca.pem")


def in_sync(primary, secondary, kind):
    a, b = primary.status(kind), secondary.status(kind)
    return b.get("state") == "stream-wals" and b.get("connection_state") == "ready" and a["merkle_root"] == b["merkle_root"]


def join(primary, secondary, kind, more=""):
    primary.run(f"holdfast write -f sys/replication/{kind}/primary/enable")
    token = wait_until(lambda: primary.run(f"holdfast write -field=wrapping_token sys/replication/{kind}/primary/secondary-token id=beta", expect=None), 10, "a token").strip()
    secondary.run(f"holdfast write sys/replication/{kind}/secondary/enable token={token} {more}")
    secondary.keys = primary.keys
    wait_until(lambda: in_sync(primary, secondary, kind), 20, "the stream")


def check_addresses(primary, secondary):
    """No address that one machine gives to the other leads back to the reader."""
    told = primary.run("holdfast read -format=json sys/config/state/sanitized; holdfast read -format=json sys/replication/status")
    told += secondary.run("holdfast read -format=json sys/replication/status", token="none")
    for machine in (primary, secondary):
        assert f"{machine.address}:8200" in told and f"{machine.address}:8201" in told, told
    assert "127.0.0.1:8201" not in told and "127.0.0.1:8200" not in told, told


def sample_of_help():
    """The configuration in `holdfast server -help`, with folders and names of this test."""
    text = subprocess.run([BINARY, "server", "-help"], capture_output=True, text=True).stdout
    found = re.search(r"^      storage \".*?^      api_addr = .*?$", text, re.M | re.S)
    assert found, text
    return found[0]


def performance_with_the_sample_of_help(cable):
    print("performance: the sample of `server -help`, with TLS")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-tls-"))
    ca = certificates(folder, dict(zip(("alpha", "beta"), cable.addresses)))
    machines = []
    for at, name in enumerate(("alpha", "beta")):
        machine = cable.machine(at, name, ca)
        config = sample_of_help().replace("/var/lib/holdfast", f"{machine.folder}/data").replace("/etc/holdfast/tls.crt", f"{folder}/{name}.pem")
        config = config.replace("/etc/holdfast/tls.key", f"{folder}/{name}.key").replace("vault.example", machine.address)
        machines.append(machine.start(config + "\ndisable_mlock = true\n").initialize())
    primary, secondary = machines
    primary.run("holdfast secrets enable -path=kv -version=1 kv && holdfast kv put -mount=kv a x=1")
    secondary.run("holdfast write sys/replication/performance/secondary/enable token=x primary_api_addr=10.77.0.1:8200", expect=2)
    primary.run("holdfast write -f sys/replication/performance/primary/enable")
    token = wait_until(lambda: primary.run("holdfast write -field=wrapping_token sys/replication/performance/primary/secondary-token id=wrong", expect=None), 10, "a token").strip()
    secondary.run(f"holdfast write sys/replication/performance/secondary/enable token={token}", expect=2)  # without the authority
    for said in ("https://10.77.0.1:8200/v1/sys/wrapping/unwrap", "signed by unknown authority", "ca_file", "holdfast replication preflight https://10.77.0.1:8200"):
        assert said in secondary.error, secondary.error
    primary.run("holdfast write -f sys/replication/performance/primary/disable")
    join(primary, secondary, "performance", f"ca_file={ca}")
    check_addresses(primary, secondary)
    for machine in machines:
        assert "no redirect address" not in machine.log() and "which only this machine reaches" not in machine.log(), machine.log()
    for machine in machines:
        machine.stop()


def disaster_recovery_with_the_sample_of_the_installer(cable):
    print("disaster recovery: installer/two-machines")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-tls-"))
    ca = certificates(folder, dict(zip(("alpha", "beta"), cable.addresses)))
    environment = dict(line.split("=", 1) for line in (SOURCE / "installer/two-machines/holdfast.env").read_text().splitlines() if line and not line.startswith("#"))
    machines = []
    for at, (name, file) in enumerate((("alpha", "primary"), ("beta", "secondary"))):
        machine = cable.machine(at, name, ca)
        config = (SOURCE / f"installer/two-machines/{file}.hcl").read_text()
        for given, used in (("/var/lib/holdfast", str(machine.folder)), ("/etc/holdfast.d/tls/cert.pem", f"{folder}/{name}.pem"),
                            ("/etc/holdfast.d/tls/key.pem", f"{folder}/{name}.key"), (f"{name}.example.com", machine.address)):
            assert given in config, (file, given)
            config = config.replace(given, used)
        machines.append(machine.start(config + "\ndisable_mlock = true\n", environment).initialize())
    primary, secondary = machines
    seen = secondary.run(f"holdfast replication preflight -target-ca-cert={ca} https://10.77.0.1:8200")
    assert "Result: fail" not in seen, seen
    primary.run("holdfast secrets enable -path=kv -version=1 kv && holdfast kv put -mount=kv a x=1")
    join(primary, secondary, "dr", f"ca_file={ca}")
    check_addresses(primary, secondary)
    drawn = primary.run("holdfast topology")
    assert "10.77.0.2:8200" in drawn, drawn
    for machine in machines:
        assert " [WARN] " not in machine.log() or "api_addr" not in machine.log(), machine.log()
        machine.stop()


def nobody_knows_an_address(cable):
    print("a primary that knows no address of its own says so")
    machine = cable.machine(0, "lost")
    machine.start(f'storage "leveldb" {{\n  path = "{machine.folder}/data"\n}}\nlistener "tcp" {{\n  address = "0.0.0.0:8200"\n  tls_disable = true\n}}\ndisable_mlock = true\n').initialize()
    for said in ("no redirect address", "derived as https://127.0.0.1:8201 from 0.0.0.0:8201"):
        assert said in machine.log(), machine.log()
    machine.run("holdfast write -f sys/replication/performance/primary/enable")
    made = wait_until(lambda: machine.json("holdfast write -format=json sys/replication/performance/primary/secondary-token id=s"), 10, "a token")
    assert any("No redirect address set in Vault so none could be encoded in the token." in text for text in made["warnings"]), made
    assert any("which only this machine reaches" in text for text in made["warnings"]), made
    other = cable.machine(1, "other")
    other.start(f'storage "leveldb" {{\n  path = "{other.folder}/data"\n}}\nlistener "tcp" {{\n  address = "0.0.0.0:8200"\n  tls_disable = true\n}}\ndisable_mlock = true\n').initialize()
    token = made["wrap_info"]["token"]
    other.run(f"holdfast write sys/replication/performance/secondary/enable token={token}", expect=2)
    assert "primary_api_addr must be provided" in other.error, other.error
    other.run(f"holdfast write sys/replication/performance/secondary/enable token={token} primary_api_addr=http://10.77.0.1:8200", expect=2)
    for said in ("The cluster address that was dialled is https://127.0.0.1:8201", "leads back to this machine", "holdfast replication preflight"):
        assert said in other.error, other.error


def main():
    for scenario in (performance_with_the_sample_of_help, disaster_recovery_with_the_sample_of_the_installer, nobody_knows_an_address):
        with Cable() as cable:
            scenario(cable)
    print("done")


if __name__ == "__main__":
    main()
