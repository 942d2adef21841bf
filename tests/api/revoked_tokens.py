"""Batch tokens of a revoked member count nowhere, also after a change of primary that came before the lists of keys arrived everywhere.

    P ── performance ──> S, which is revoked
    ├── performance ──> F
    └─── dr ──> D
"""

import json
import sys

from harness import Workspace, wait_in_sync, wait_until
from rows import Rows
from topologies import attach, root_token

EVERYTHING = 'path "*" { capabilities = ["create", "read", "update", "sudo"] }'


def fleet(space, names):
    """The clusters with the first one as the primary of all others; the one named d is a DR secondary. With a DR operation token for it."""
    p, *others = (space.server(name).initialize() for name in names)
    client = p.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    client.write("kv/a", {"v": "1"})
    client.write("sys/policies/acl/all", {"policy": EVERYTHING})
    operation = None
    for other in others:
        kind = "dr" if other.name.startswith("d") else "performance"
        attach(p, other, kind, other.name)
        if kind == "dr":
            operation = root_token(other, p.keys, "operation")
        else:
            other.root_token = root_token(other, p.keys)
    for other in others:
        wait_in_sync(p, other, "dr" if other.name.startswith("d") else "performance")
    return p, *others, operation


def token_of(server):
    return server.client().write("auth/token/create-orphan", {"type": "batch", "policies": ["all"], "ttl": "1h"})["auth"]["client_token"]


def status(server, token):
    return server.client(token).raw("GET", "kv/a")[0]


def refused(rows, what, servers, tokens):
    for server in servers:
        for token in tokens:
            found = status(server, token)
            rows.check(f"{what}: a token of the revoked member at {server.name}", found == 403, found)


def writes(server):
    return server.client().raw("POST", "kv/a", {"v": "2"})[0] == 204


def after_a_switchover(space):
    """The revocation and the switchover come in the same moment."""
    a, b, s, _ = fleet(space, ("a", "b", "s"))
    rows, token = Rows(a), token_of(s)
    wait_until(lambda: status(b, token) == 200, 10, "the member's tokens to count")
    client = a.client()
    client.write("sys/replication/performance/primary/revoke-secondary", {"id": "s"})
    wait_until(lambda: client.raw("POST", "sys/replication/performance/primary/switchover", {"secondary_id": "b"})[0] < 300, 20, "the switchover")
    wait_until(lambda: writes(b), 30, "b to be the primary")
    wait_until(lambda: a.client().replication("performance")["mode"] == "secondary", 30, "a to follow")
    refused(rows, "after a switchover", (a, b), (token, token_of(s)))
    rows.finish()


def after_a_failover(space):
    """The DR secondary was off when the member was revoked. It learns of it from the members that follow it."""
    p, d, s2, f, operation = fleet(space, ("p", "d", "s2", "f"))
    rows, token = Rows(p), token_of(s2)
    wait_until(lambda: status(f, token) == 200, 10, "the member's tokens to count")

    def has_the_list(kind):
        """Without it the promoted cluster could not prove that it has the right to lead."""
        code, body = d.client().raw("GET", f"sys/replication/{kind}/trust?dr_operation_token={operation}")
        return code == 200 and json.loads(body)["data"]["generation"] == p.client().read(f"sys/replication/{kind}/trust")["data"]["generation"]

    wait_until(lambda: has_the_list("performance") and has_the_list("dr"), 10, "d to have the lists of members")
    d.kill()
    p.client().write("sys/replication/performance/primary/revoke-secondary", {"id": "s2"})

    def is_known(server):
        return server.client().read("sys/replication/performance/trust")["data"]["revoked_count"] > 0

    # What only the lost primary knew is lost with it. One member knows it.
    wait_until(lambda: is_known(f) and status(p, token) == 403 and status(f, token) == 403, 10, "the revocation at f")
    p.kill()
    d.start()
    d.unseal(p.keys)
    d.client().write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation, "force": True})
    d.root_token = p.root_token
    wait_until(lambda: writes(d), 30, "d to be the primary")
    wait_until(lambda: is_known(d) and is_known(f), 40, "both to know the revocation")
    refused(rows, "after a failover", (d, f), (token, token_of(s2)))
    rows.finish()


def revoked_first_and_compromised_later(space):
    """What turns out later about a member that was revoked already has the same effect."""
    x, y, _ = fleet(space, ("x", "y"))
    rows = Rows(x)
    rows.row("POST sys/replication/performance/primary/revoke-secondary", 200, body={"id": "y"})
    rows.row("POST sys/replication/performance/primary/revoke-secondary", 400, body={"id": "nobody", "compromised": True})
    rows.row("POST sys/replication/performance/primary/revoke-secondary", 200, {"data": {"rekey_required": True, "revoked": "y", "new_term": True}},
             {"id": "y", "compromised": True})
    rows.finish()


def main():
    for run in (after_a_switchover, after_a_failover, revoked_first_and_compromised_later):
        with Workspace() as space:
            run(space)


if __name__ == "__main__":
    sys.exit(main())
