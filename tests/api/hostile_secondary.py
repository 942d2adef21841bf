"""A performance secondary that an attacker controls: what it can get from the primary over the connection for forwarded requests.

It has a true secondary's certificate and lies about its client: it claims root's policies, or a path that no client asked for. The primary does what is
shared and what the named policies allow. It does nothing else, and continues unchanged.
"""

import json
import struct
import sys

from cluster_port import connect, identity_of
from harness import Workspace, wait_until
from protobuf import field, fields


class Secondary:
    def __init__(self, server, identity):
        self.connection = connect(server, protocol="hf_forward_v1", identity=identity)
        self.connection.settimeout(30)
        self.count = 0

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            assert part, "the primary has closed the connection"
            data += part
        return data

    def ask(self, operation, path, data=None, policies=("root",)):
        """Status and data or errors of the answer to a forwarded request; policies None: without a token."""
        self.count += 1
        text = json.dumps(data or {})
        message = field(1, self.count) + field(2, f"request-{self.count}") + field(3, operation) + field(4, path) + field(5, text) + field(6, text)
        if policies is not None:
            message += field(12, field(1, "accessor") + b"".join(field(2, policy) for policy in policies) + field(3, "root"))
        self.connection.sendall(struct.pack("<IB", len(message), 17) + message)
        length, kind = struct.unpack("<IB", self._read(5))
        answer = list(fields(self._read(length)))
        assert kind == 18, (kind, answer)
        status = dict(answer).get(3, 0)
        errors = [value.decode() for number, value in answer if number == 11]
        return (status or 200), errors or dict(answer).get(6, b"").decode()


REFUSED = [
    # of the node
    ("update", "sys/seal"), ("update", "sys/step-down"), ("update", "sys/rotate"), ("update", "sys/rotate/keyring"), ("delete", "sys/rekey/backup"),
    ("read", "sys/metrics"), ("read", "sys/config/state/sanitized"), ("read", "sys/internal/counters/tokens"),
    ("read", "sys/storage/raft/snapshot"), ("update", "sys/storage/raft/snapshot-force"),
    ("update", "sys/storage/raft/snapshot-auto/config/a"), ("read", "sys/storage/raft/configuration"),
    # of replication
    ("update", "sys/replication/performance/primary/demote"), ("update", "sys/replication/performance/primary/disable"),
    ("update", "sys/replication/performance/primary/secondary-token"), ("delete", "sys/replication/performance/primary/paths-filter/hostile"),
    ("update", "sys/replication/dr/primary/enable"), ("read", "sys/replication/links"),
    # of the primary's tokens
    ("update", "auth/token/create"), ("update", "auth/token/create-orphan"), ("read", "auth/token/lookup-self"), ("list", "auth/token/accessors"),
    ("update", "auth/token/revoke"), ("update", "sys/leases/revoke-prefix/auth"), ("update", "sys/revoke-prefix/auth"), ("read", "cubbyhole/a"),
    ("update", "sys/wrapping/wrap"), ("update", "sys/capabilities-self"),
    # of its local mounts
    ("delete", "sys/mounts/own"), ("update", "sys/mounts/own/tune"), ("read", "sys/mounts"), ("read", "sys/mounts/own"),
    ("delete", "sys/audit/own"),
    # of data that a filter holds back
    ("delete", "sys/mounts/hidden"), ("update", "sys/mounts/hidden/tune"), ("delete", "sys/auth/hidden"), ("update", "sys/auth/hidden/tune"),
]


def main():
    with Workspace() as space:
        primary = space.server("primary").initialize()
        root = primary.client()
        root.write("sys/mounts/secret", {"type": "kv"})
        root.write("sys/mounts/hidden", {"type": "kv"})
        root.write("sys/mounts/own", {"type": "kv", "local": True})
        root.write("sys/auth/hidden", {"type": "userpass"})
        root.write("sys/audit/own", {"type": "file", "local": True, "options": {"file_path": str(space.path / "audit.log")}})
        for path in ("secret/a", "hidden/a", "own/a"):
            root.write(path, {"is": "precious"})
        root.write("sys/policies/acl/reader", {"policy": 'path "secret/*" { capabilities = ["read"] }'})
        root.write("sys/policies/acl/writer", {"policy": 'path "secret/*" { capabilities = ["create", "update"] }'})
        root.write("sys/replication/performance/primary/enable")
        wait_until(lambda: root.replication("performance")["mode"] == "primary", 20, "the primary")
        identity = identity_of(space, root, "performance", "hostile")
        root.write("sys/replication/performance/primary/paths-filter/hostile", {"mode": "deny", "paths": ["hidden/", "auth/hidden/"]})
        mounts, methods = root.read("sys/mounts"), root.read("sys/auth")
        hostile = Secondary(primary, identity)

        print("what is shared is done, as the policies allow it", flush=True)
        assert hostile.ask("create", "secret/b", {"is": "written"})[0] in (200, 204)
        assert hostile.ask("create", "secret/c", {"is": "written"}, ["writer"])[0] in (200, 204)
        assert root.read("secret/b")["data"] == root.read("secret/c")["data"] == {"is": "written"}
        for policies in (["reader"], ["nobody has written it"], [], None):
            answer = hostile.ask("update", "secret/a", {"is": "gone"}, policies)
            assert answer[0] == 403, (policies, answer)
        root.write("sys/policies/acl/writer", {"policy": 'path "secret/*" { capabilities = ["read"] }'})
        assert hostile.ask("update", "secret/a", {"is": "gone"}, ["writer"])[0] == 403  # the primary removed the right, even if the secondary has not received that

        print("nothing else is", flush=True)
        for operation, path in REFUSED:
            answer = hostile.ask(operation, path, {"description": "hostile"})
            assert answer[0] == 403, (operation, path, answer)
        for path, data in (("sys/remount", {"from": "hidden", "to": "seen"}), ("sys/remount", {"from": "own", "to": "seen"}),
                           ("sys/remount", {"from": "auth/hidden", "to": "auth/seen"}), ("sys/mounts/new", {"type": "kv", "local": True}),
                           ("sys/audit/new", {"type": "file", "local": True, "options": {"file_path": str(space.path / "other.log")}})):
            answer = hostile.ask("update", path, data)
            assert answer[0] == 403, (path, data, answer)
        for operation, path in (("read", "own/a"), ("update", "own/a"), ("read", "hidden/a"), ("update", "hidden/a"), ("list", "hidden/"), ("update", "auth/hidden/users/u"), ("update", "auth/hidden/login/u"),
                                ("update", "sys/rekey/init"), ("update", "sys/generate-root/attempt"), ("update", "sys/init"), ("update", "sys/raw/a")):
            answer = hostile.ask(operation, path, {"password": "p"})
            assert answer[0] in (403, 404, 405) and "precious" not in str(answer), (operation, path, answer)

        print("less is done within a bound", flush=True)
        at = "sys/replication/performance/primary/forwarding"
        root.write("sys/policies/acl/edge", {"policy": 'path "secret/edge-*" { capabilities = ["create", "update"] }'})
        for bad in ({}, {"policies": []}, {"policies": ["edge", "root"]}):
            assert root.raw("POST", f"{at}/hostile", bad)[0] == 400, bad
        root.write(f"{at}/hostile", {"policies": "edge"})
        assert root.read(f"{at}/hostile")["data"] == {"policies": ["edge"]} and root.call("LIST", at)["data"] == {"keys": ["hostile"]}
        assert hostile.ask("create", "secret/edge-1", {"is": "written"})[0] in (200, 204)
        for operation, path, data in (("update", "secret/a", {"is": "gone"}), ("update", "sys/policies/acl/edge", {"policy": 'path "*" { capabilities = ["sudo"] }'}),
                                      ("update", "sys/mounts/new", {"type": "kv"}), ("delete", f"{at}/hostile", {}), ("update", f"{at}/hostile", {"policies": "default"})):
            answer = hostile.ask(operation, path, data)
            assert answer[0] == 403, (path, answer)
        assert root.raw("DELETE", f"{at}/hostile")[0] == 204 and root.raw("GET", f"{at}/hostile")[0] == 404
        assert hostile.ask("create", "secret/e", {"is": "written"})[0] in (200, 204)

        print("the primary is as it was", flush=True)
        assert root.read("sys/mounts")["data"] == mounts["data"] and root.read("sys/auth")["data"] == methods["data"]
        for path in ("secret/a", "hidden/a", "own/a"):
            assert root.read(path)["data"] == {"is": "precious"}, path
        assert root.read("sys/key-status")["data"]["term"] == 1
        assert root.replication("performance")["mode"] == "primary"
        assert root.read("sys/replication/performance/primary/paths-filter/hostile")["data"]["paths"] == ["auth/hidden/", "hidden/"]
        lines = [json.loads(line) for line in (space.path / "audit.log").read_text().splitlines()]
        told = {line["request"]["path"] for line in lines if line["request"].get("replication_cluster") == "hostile"}
        assert {path for _, path in REFUSED} <= told, {path for _, path in REFUSED} - told

        print("revoked, it is not heard any more", flush=True)
        root.write("sys/replication/performance/primary/revoke-secondary", {"id": "hostile"})
        for again in (lambda: hostile.ask("create", "secret/d", {"is": "written"}), lambda: Secondary(primary, identity).ask("create", "secret/d", {"is": "written"})):
            try:
                again()
            except (OSError, AssertionError):
                continue
            raise AssertionError("a revoked secondary was answered")
        assert root.raw("GET", "secret/d")[0] == 404
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
