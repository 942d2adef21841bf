"""Replication sets as in production: a performance secondary that has its own DR secondary, two DR secondaries of one primary, and what happens to
all of them when both primaries die. Then the rights of a DR operation token.

    P ── performance ──> S ── dr ──> DS
    ├── performance ──> a secondary that uses only the addresses it was given
    ├─── dr ──> D1
    └─── dr ──> D2
"""

import json
import sys

import harness
from harness import ApiError, Workspace, wait_in_sync, wait_until
from rows import Rows


def attach(primary, secondary, kind, identifier):
    client = primary.client()
    if client.replication(kind)["mode"] == "disabled":
        client.write(f"sys/replication/{kind}/primary/enable")
        wait_until(lambda: client.replication(kind)["mode"] == "primary", 20, "the primary")
    token = client.write(f"sys/replication/{kind}/primary/secondary-token", {"id": identifier})["wrap_info"]["token"]
    secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token})
    wait_in_sync(primary, secondary, kind)
    secondary.root_token = None
    secondary.keys, secondary.threshold = primary.keys, primary.threshold


def root_token(server, keys, kind="generate-root"):
    """A root token, or a DR operation token, from the key shares."""
    base = "sys/generate-root" if kind == "generate-root" else "sys/replication/dr/secondary/generate-operation-token"
    client = server.client()
    started = client.call("POST", base + "/attempt", {})
    for key in keys:
        status = client.call("POST", base + "/update", {"key": key, "nonce": started["nonce"]})
        if status["complete"]:
            break
    import base64
    encoded = base64.b64decode(status["encoded_token"] + "===")
    return bytes(a ^ b for a, b in zip(encoded, started["otp"].encode())).decode()


def batch_for(client, name, paths, ttl="1h"):
    policy = "\n".join(f'path "{path}" {{ capabilities = ["update"] }}' for path in paths)
    client.write(f"sys/policies/acl/{name}", {"policy": policy})
    client.write(f"auth/token/roles/{name}", {"allowed_policies": name, "orphan": True, "renewable": False, "token_type": "batch"})
    return client.write(f"auth/token/create/{name}", {"ttl": ttl})["auth"]["client_token"]


def promote(server, token):
    server.client().write("sys/replication/dr/secondary/promote", {"dr_operation_token": token})
    wait_until(lambda: server.client().health()["replication_dr_mode"] == "primary", 30, f"{server.name} to be primary")


def operation_tokens(rows, p, d, batch, expired):
    """Which tokens can operate a DR secondary."""
    client, path = d.client(), "sys/replication/dr/secondary/recover"

    def row(name, call, code, text, body=None):
        found = client.raw("POST", call, body if body is not None else {})
        rows.check(name, found[0] == code and text in found[1].decode(), found)

    disabled = "path disabled in replication DR secondary mode"
    row("no token", path, 400, "dr operation token not provided")
    row("the primary's root token", path, 403, "permission denied", {"dr_operation_token": p.root_token})
    row("nonsense", path, 403, "permission denied", {"dr_operation_token": "hvb.AAAA"})
    service = p.client().write("auth/token/create", {"policies": ["failover"], "ttl": "1h"})["auth"]["client_token"]
    wait_in_sync(p, d, "dr")
    row("a service token with the policy", path, 403, "permission denied", {"dr_operation_token": service})
    row("an expired batch token", path, 403, "permission denied", {"dr_operation_token": expired})
    row("a path that the policy lacks", "sys/replication/dr/secondary/disable", 403, "permission denied", {"dr_operation_token": batch})
    row("recover", path, 200, "Replication links are being started again.", {"dr_operation_token": batch})
    wait_in_sync(p, d, "dr")
    row("license", "sys/replication/dr/secondary/license", 200, "needs no license", {"dr_operation_token": batch, "text": "x"})
    row("raft configuration", "sys/storage/raft/configuration", 200, '"servers"', {"dr_operation_token": batch})
    row("autopilot state", "sys/storage/raft/autopilot/state", 200, '"leader"', {"dr_operation_token": batch})
    row("remove-peer without an id", "sys/storage/raft/remove-peer", 400, "no server id provided", {"dr_operation_token": batch})
    row("remove-peer of the only one", "sys/storage/raft/remove-peer", 400, "only node", {"dr_operation_token": batch, "server_id": d.name})
    row("remove-peer without a token", "sys/storage/raft/remove-peer", 400, "dr operation token not provided", {"server_id": d.name})
    found = client.raw("GET", "sys/storage/raft/configuration")
    rows.check("raft configuration by GET", found[0] == 400 and disabled in found[1].decode(), found)
    for other in ("sys/mounts", "auth/token/lookup-self", "kv/a", "sys/storage/raft/snapshot-force", "sys/replication/recover", "sys/replication/performance/primary/enable",
                  "sys/replication/dr/primary/enable", "sys/replication/dr/secondary/enable", "sys/replication/dr/secondary/generate-public-key"):
        row(f"{other}", other, 400, disabled, {"dr_operation_token": batch})
    rows.check("feature flags, for the console", client.raw("GET", "sys/internal/ui/feature-flags")[0] == 200)
    made = root_token(d, p.keys, "operation")
    row("a token by the key shares", path, 200, "warnings", {"dr_operation_token": made})
    row("a batch token is not deleted", "sys/replication/dr/secondary/operation-token/delete", 400, "a batch token cannot be deleted", {"dr_operation_token": batch})
    found = client.raw("POST", "sys/replication/dr/secondary/operation-token/delete", {"dr_operation_token": made})
    rows.check("operation-token/delete", found == (204, b""), found)
    row("is gone then", path, 403, "permission denied", {"dr_operation_token": made})
    wait_in_sync(p, d, "dr")
    found = p.client().raw("POST", path, {"dr_operation_token": batch})
    rows.check("not on a primary", found[0] == 400 and b"Not a DR secondary" in found[1], found)


def statuses(rows, servers):
    p, s, ds, d1, d2 = (servers[name] for name in ("p", "s", "ds", "d1", "d2"))
    whole = d1.client().read("sys/replication/status")["data"]
    rows.check("a DR secondary shows no performance role", whole["performance"] == {"mode": "disabled"} and whole["dr"]["mode"] == "secondary", whole)
    for server, mode in ((d1, "primary"), (ds, "secondary")):
        health = server.client().health()
        rows.check(f"{server.name}'s health shows the one it would play", health["replication_performance_mode"] == mode and health["replication_dr_mode"] == "secondary", health)
        rows.check(f"{server.name} answers 472", server.client().raw("HEAD", "sys/health")[0] == 472)
    both = s.client().read("sys/replication/status")["data"]
    rows.check("a performance secondary and DR primary", (both["performance"]["mode"], both["dr"]["mode"]) == ("secondary", "primary"), both)
    rows.check("sets have ids of their own", len({p.client().replication(kind)["cluster_id"] for kind in ("performance", "dr")} | {both["dr"]["cluster_id"]}) == 3)
    dr = wait_until(lambda: (lambda status: status if len(status["secondaries"]) == 2 else None)(p.client().replication("dr")), 20, "both DR secondaries to be seen")
    rows.check("two DR secondaries", dr["known_secondaries"] == ["d1", "d2"] and {each["node_id"] for each in dr["secondaries"]} == {"d1", "d2"}
               and all(each["connection_status"] == "connected" for each in dr["secondaries"]), dr)
    for each in dr["secondaries"]:
        for name in ("last_heartbeat_duration_ms", "clock_skew_ms", "replication_primary_canary_age_ms"):
            rows.check(f"{name} is text of a number", isinstance(each[name], str) and each[name].lstrip("-").isdigit(), each)
    secondary = d1.client().replication("dr")
    for name in ("cluster_id", "connection_state", "corrupted_merkle_tree", "known_primary_cluster_addrs", "last_corruption_check_epoch", "last_reindex_epoch",
                 "last_remote_wal", "last_start", "merkle_root", "mode", "primaries", "primary_cluster_addr", "secondary_id", "ssct_generation_counter", "state"):
        rows.check(f"status of a secondary has {name}", name in secondary, secondary)
    for name in ("cluster_id", "corrupted_merkle_tree", "known_secondaries", "last_corruption_check_epoch", "last_dr_wal", "last_reindex_epoch", "last_wal",
                 "merkle_root", "mode", "primary_cluster_addr", "secondaries", "ssct_generation_counter", "state"):
        rows.check(f"status of a primary has {name}", name in dr, dr)
    wait_until(lambda: d1.client().replication("dr")["last_remote_wal"] == p.client().replication("dr")["last_dr_wal"], 20, "the primary's last index")
    wait_until(lambda: s.client().replication("performance")["last_remote_wal"] == p.client().replication("performance")["last_performance_wal"], 20, "the same for performance")
    alias = s.user.raw("POST", "sys/replication/secondary/generate-public-key", {})
    rows.check("the alias without a type is performance", alias[0] == 200 and b"secondary_public_key" in alias[1], alias)
    alias = p.client().raw("POST", "sys/replication/primary/secondary-token", {"id": "s"})
    rows.check("on the primary as well", alias[0] == 400 and b"already exists" in alias[1], alias)
    found = s.user.raw("POST", "sys/replication/recover", {})
    rows.check("recover", found[0] == 200 and b"Replication links are being started again." in found[1], found)
    wait_in_sync(p, s, "performance")


def metrics(rows, servers):
    text = servers["p"].client().raw("GET", "sys/metrics?format=prometheus")[1].decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    types = [line for line in text.splitlines() if line.startswith("# TYPE")]
    rows.check("no name has two types", len(types) == len(set(line.split()[2] for line in types)), types)
    for name, least in (("vault_core_replication_performance_primary", 1), ("vault_core_replication_dr_primary", 1), ("vault_core_replication_dr_secondary", 0),
                        ("vault_replication_rpc_server_bootstrap_request", 3), ("vault_replication_rpc_server_auth_request", 6),
                        ("vault_replication_rpc_server_echo", 1), ("vault_replication_rpc_dr_server_echo", 1), ("vault_replication_rpc_server_forwarding_request", 1),
                        ("vault_logshipper_streamWALs_missing_guard", 3), ("vault_logshipper_buffer_length", 1), ("vault_replication_wal_last_performance_wal", 1),
                        ("vault_wal_persistWALs_count", 1)):
        rows.check(f"{name} >= {least}", float(values.get(name, -1)) >= least, values.get(name))
    shown = json.loads(servers["s"].user.raw("GET", "sys/metrics")[1])
    gauges = {each["Name"]: each["Value"] for each in shown["Gauges"]}
    counters = {each["Name"]: each["Count"] for each in shown["Counters"]}
    rows.check("metrics as JSON", gauges.get("vault.core.replication.performance.secondary") == 1 and gauges.get("vault.core.replication.dr.primary") == 1
               and gauges["vault.replication.fsm.last_remote_wal"] > 0 and counters["vault.replication.rpc.client.forward"] >= 1
               and counters["vault.replication.rpc.client.stream_wals"] >= 1, shown)
    found = servers["p"].client().raw("GET", "sys/metrics?format=xml")
    rows.check("another form", found[0] == 400, found)


def main():
    with Workspace() as space:
        servers = {name: space.server(name).initialize() for name in ("p", "s", "ds", "d1", "d2")}
        p, s, ds, d1, d2 = servers.values()
        kept = space.server("kept", extra="replication {\n  resolver_discover_servers = false\n}").initialize()
        root = p.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("kv/a", {"is": 1})
        rows = Rows(p)

        print("building it up")
        attach(p, s, "performance", "s")
        s.root_token = root_token(s, s.keys)
        s.user = s.client()
        s.user.write("sys/mounts/own", {"type": "kv", "local": True})
        s.user.write("own/a", {"is": "of s alone"})
        attach(p, kept, "performance", "kept")
        attach(s, ds, "dr", "ds")
        attach(p, d1, "dr", "d1")
        attach(p, d2, "dr", "d2")
        operations = ["promote", "update-primary", "recover", "license", "operation-token/delete"]
        paths = [f"sys/replication/dr/secondary/{each}" for each in operations] + [f"sys/storage/raft/{each}" for each in ("configuration", "autopilot/state", "remove-peer")]
        batch = batch_for(root, "failover", paths)
        expired = batch_for(root, "short", paths, ttl="1s")
        wait_until(lambda: root.raw("POST", "auth/token/lookup", {"token": expired})[0] != 200, 20, "a token to expire")
        s.user.write("kv/b", {"is": "written on s"})
        for secondary, kind in ((s, "performance"), (d1, "dr"), (d2, "dr")):
            wait_in_sync(p, secondary, kind)
        wait_in_sync(s, ds, "dr")
        statuses(rows, servers)
        operation_tokens(rows, p, d1, batch, expired)
        metrics(rows, servers)

        print("P dies, D1 takes its place: S follows without a new token, D2 with one")
        root.write("kv/last", {"is": "answered by p"})
        wait_in_sync(p, d1, "dr")
        set_id = p.client().replication("performance")["cluster_id"]
        p.kill()
        promote(d1, batch)
        d1.root_token = p.root_token
        new = d1.client()
        performance = new.replication("performance")
        rows.check("D1 has P's performance role", performance["mode"] == "primary" and performance["cluster_id"] == set_id and performance["known_secondaries"] == ["s", "kept"], performance)
        rows.check("its DR set has no secondaries any more", new.replication("dr")["known_secondaries"] == [], new.replication("dr"))
        wait_in_sync(d1, s, "performance")
        token = new.write("sys/replication/dr/primary/secondary-token", {"id": "d2-again"})["wrap_info"]["token"]
        d2.client().write("sys/replication/dr/secondary/update-primary", {"dr_operation_token": batch, "token": token})
        wait_in_sync(d1, d2, "dr")
        s.user.write("kv/after", {"is": "forwarded to d1"})
        for secondary, kind in ((s, "performance"), (d2, "dr")):
            wait_in_sync(d1, secondary, kind)
        wait_in_sync(s, ds, "dr")
        for server, user in ((d1, new), (s, s.user)):
            for key in ("a", "b", "last", "after"):
                rows.check(f"{server.name} has {key}", user.raw("GET", f"kv/{key}")[0] == 200)

        status = kept.client().replication("performance")
        rows.check("who discovers no servers does not find D1", status["connection_state"] == "transient_failure" and status["known_primary_cluster_addrs"] == [p.cluster_address], status)
        user = kept.client(root_token(kept, kept.keys))
        user.write("sys/replication/performance/secondary/update-primary", {"update_primary_addrs": [d1.cluster_address]})
        wait_in_sync(d1, kept, "performance")
        rows.check("until it is told", user.read("kv/after")["data"] == {"is": "forwarded to d1"})

        print("S dies, DS takes its place")
        own = s.user.write("auth/token/create", {"policies": ["default"], "ttl": "1h"})["auth"]["client_token"]
        wait_in_sync(s, ds, "dr")
        s.kill()
        promote(ds, batch)
        ds.root_token = s.root_token
        wait_in_sync(d1, ds, "performance")
        status = ds.client().replication("performance")
        rows.check("as the same secondary", status["secondary_id"] == "s" and status["cluster_id"] == set_id, status)
        rows.check("with what was S's alone", ds.client().read("own/a")["data"] == {"is": "of s alone"})
        rows.check("and the tokens that S had issued", ds.client(own).raw("GET", "auth/token/lookup-self")[0] == 200)
        ds.client().write("kv/end", {"is": "forwarded by ds"})
        rows.check("it forwards", new.read("kv/end")["data"] == {"is": "forwarded by ds"})
        rows.finish()


if __name__ == "__main__":
    main()
