"""Makes the stores of this folder. Run it with the program that is to make the stores: HOLDFAST_BINARY=<that program> make.py <folder>

The program of commit a60bf05 (version 0.1.0) made the stores in this folder. It is the last one whose stores have no format number.
../former_stores.py opens them. Every address is in the loopback network 127.0.83.0/24, because the stored links name them. Nothing in the
stores must expire, so tokens live for a hundred years.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import Server, wait_in_sync, wait_until

CENTURY = "876000h"
HOSTS = {"alone": 1, "p": 2, "s": 3, "dp": 4, "ds": 5}
READER = 'path "one/*" { capabilities = ["read", "list"] }\npath "two/*" { capabilities = ["read", "list"] }\npath "cubbyhole/*" { capabilities = ["read"] }'
ADMIN = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo", "patch"] }'


class PlacedServer(Server):
    """A server at the addresses that the stores name."""

    def __init__(self, name, base, host=None):
        super().__init__(name, base, extra=f'max_lease_ttl = "{CENTURY}"\ndefault_lease_ttl = "{CENTURY}"')
        host = f"127.0.83.{host or HOSTS[name]}"
        before = [self.address, f"127.0.0.1:{self.api_port}", self.cluster_address, f"127.0.0.1:{self.cluster_port}"]
        after = [f"http://{host}:18200", f"{host}:18200", f"https://{host}:18201", f"{host}:18201"]
        text = self.config.read_text()
        for old, new in zip(before, after):
            text = text.replace(old, new)
        self.config.write_text(text)
        self.address, self.cluster_address = after[0], after[2]


def fill(server, facts):
    """Stores one of everything that a store can hold. `facts` is what the test needs to find it again."""
    root = server.client()
    root.write("sys/mounts/one", {"type": "kv", "description": "first", "config": {"default_lease_ttl": "1h"}})
    root.write("sys/mounts/two", {"type": "kv", "options": {"version": "2"}})
    root.write("sys/mounts/here", {"type": "kv", "local": True})
    root.write("sys/mounts/odd%20", {"type": "kv"})  # a name that later programs refuse
    root.write("one/a/b", {"value": "first engine"})
    root.write("here/x", {"value": "local"})
    root.write("odd%20/x", {"value": "odd"})
    for number in (1, 2, 3):
        root.write("two/data/doc", {"data": {"number": number}})
    root.write("two/delete/doc", {"versions": [1]})
    root.write("two/destroy/doc", {"versions": [2]})
    root.write("two/metadata/doc", {"custom_metadata": {"owner": "tests"}, "max_versions": 7})
    root.write("sys/policies/acl/reader", {"policy": READER})
    root.write("sys/policies/acl/admin", {"policy": ADMIN})
    root.write("sys/auth/people", {"type": "userpass"})
    root.write("auth/people/users/ada", {"password": "lovelace", "token_policies": "reader"})
    root.write("auth/people/users/boss", {"password": "pw", "token_policies": "admin"})
    root.write("auth/token/roles/batch", {"allowed_policies": "reader", "orphan": True, "renewable": False, "token_type": "batch"})

    def token(**options):
        return root.write("auth/token/create", {"policies": ["reader"], "ttl": CENTURY, **options})["auth"]["client_token"]

    facts["child"] = token(display_name="child", meta={"for": "tests"})
    facts["orphan"] = token(no_parent=True)
    facts["five_uses"] = token(num_uses=5)
    facts["batch"] = root.write("auth/token/create/batch", {"ttl": CENTURY})["auth"]["client_token"]
    login = server.client("none")
    login.token = None
    facts["ada"] = login.write("auth/people/login/ada", {"password": "lovelace"})["auth"]["client_token"]
    server.client(facts["ada"])
    boss = login.write("auth/people/login/boss", {"password": "pw"})["auth"]["client_token"]
    facts["boss"] = boss
    server.client(boss).write("cubbyhole/mine", {"value": "cubby"})
    facts["wrapped"] = root.call("GET", "one/a/b", headers={"X-Vault-Wrap-TTL": CENTURY})["wrap_info"]["token"]
    root.write("sys/audit/everything", {"type": "file", "options": {"file_path": "discard"}})
    root.write("sys/rotate")
    root.write("one/after", {"value": "under the second term"})


def note(server, facts):
    facts.update(keys=server.keys, threshold=server.threshold, root=server.root_token)


def attach(primary, secondary, kind, name):
    client = primary.client()
    client.write(f"sys/replication/{kind}/primary/enable")
    wait_until(lambda: client.replication(kind)["mode"] == "primary", 20, "the primary")
    token = client.write(f"sys/replication/{kind}/primary/secondary-token", {"id": name})["wrap_info"]["token"]
    secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token})
    wait_in_sync(primary, secondary, kind)
    client.write(f"sys/replication/{kind}/primary/secondary-token", {"id": "never-came"})
    client.write("one/linked", {"value": kind})
    wait_in_sync(primary, secondary, kind)


def pack(servers, into, name):
    """Only the stores. Segments are mostly zeros, so the compression makes them small."""
    for server in servers:
        server.stop()
    base = servers[0].directory.parent
    archive = pathlib.Path(into) / f"{name}.tar.xz"
    members = [f"{server.name}/data/{part}" for server in servers for part in ("db", "log")]
    excluded = ["--exclude=LOG", "--exclude=LOG.old", "--exclude=LOCK"]
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", *excluded, "-cJf", archive, *members],
                   check=True, cwd=base, env=os.environ | {"XZ_OPT": "-9e"})


def main(into):
    facts = {}
    with tempfile.TemporaryDirectory(prefix="holdfast-stores-") as base:
        def server(name):
            facts[name] = {}
            return PlacedServer(name, base).start().initialize()

        alone = server("alone")
        fill(alone, facts["alone"])
        note(alone, facts["alone"])
        (pathlib.Path(into) / "alone.snap").write_bytes(alone.client().raw("GET", "sys/storage/raft/snapshot")[1])
        pack([alone], into, "alone")

        p, s = server("p"), server("s")
        fill(p, facts["p"])
        attach(p, s, "performance", "s")
        p.client().write("sys/replication/performance/primary/paths-filter/s", {"mode": "deny", "paths": ["two/"]})
        note(p, facts["p"])
        user = s.client("none")
        user.token = None
        facts["s"]["boss"] = wait_until(lambda: user.write("auth/people/login/boss", {"password": "pw"}), 30, "a login")["auth"]["client_token"]
        boss = s.client(facts["s"]["boss"])
        boss.write("sys/mounts/own", {"type": "kv", "local": True})
        boss.write("own/x", {"value": "of s"})
        boss.write("cubbyhole/mine", {"value": "at s"})
        boss.write("one/forwarded", {"value": "by s"})
        facts["s"]["batch"] = boss.write("auth/token/create/batch", {"ttl": CENTURY})["auth"]["client_token"]
        wait_until(lambda: boss.read("one/forwarded"), 30, "what was forwarded")
        facts["s"].update(keys=p.keys, threshold=p.threshold)
        pack([p, s], into, "performance")

        dp, ds = server("dp"), server("ds")
        fill(dp, facts["dp"])
        attach(dp, ds, "dr", "ds")
        note(dp, facts["dp"])
        facts["ds"].update(keys=dp.keys, threshold=dp.threshold)
        pack([dp, ds], into, "dr")
    pathlib.Path(into, "facts.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
