"""The replication API: each path and verb with its answers, warnings, refusals and fields. Tested on a cluster without a role, on a primary of both
types, on a performance secondary and on a DR secondary. Also: aliases without a type, the right that each path needs, metrics.

(Other tests check the effects between clusters: the tutorials, topologies.py, filters.py, consistency.py, switchover.py.)
"""

import http.client
import json
import re
import sys

import harness
from harness import Workspace, free_port, wait_in_sync, wait_until
from rows import ABSENT, ACCESSOR, ANY, NO_TOKEN, NOTHING, TIME, UUID, DENIED, Exactly, Rows, differences, error, one
from topologies import attach, batch_for, root_token

BRIEFLY = "Vault will be unavailable for a brief period and will resume service shortly."
ENABLED = f"This cluster is being enabled as a primary for replication. {BRIEFLY}"
DEMOTED = f"This cluster is being demoted to a replication secondary. {BRIEFLY}"
DISABLED = f"This cluster is having replication disabled. {BRIEFLY}"
PROMOTED = f"This cluster is being promoted to a replication primary. {BRIEFLY}"
FOUND = ("Vault has successfully found secondary information; it may take a while to perform setup tasks. Vault will be unavailable until "
         "these tasks and initial sync complete.")
ON_DR = error("path disabled in replication DR secondary mode")
NOT_DR = error("Not a DR secondary")
HEX40 = re.compile(r"[0-9a-f]{40}")
NUMBER = re.compile(r"-?\d+")
ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+")
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{176}")
TYPES = ("performance", "dr")


def said(*warnings):
    """An answer with only warnings."""
    return {"data": None, "warnings": list(warnings), "auth": None, "wrap_info": None, "lease_id": "", "lease_duration": 0, "renewable": False}


def ignored(*names):
    return f"Endpoint ignored these unrecognized parameters: [{' '.join(names)}]"


def without_a_role(rows):
    row = rows.row
    row("GET sys/replication/status", 200, {"data": Exactly(dr=Exactly(mode="disabled"), performance=Exactly(mode="disabled"))}, token="")
    for kind in TYPES:
        row(f"GET sys/replication/{kind}/status", 200, {"data": Exactly(mode="disabled")}, token="")
        for step in ("demote", "disable", "secondary-token", "revoke-secondary"):
            row(f"PUT sys/replication/{kind}/primary/{step}", 400, error(f"this cluster is not a {kind} replication primary"), {"id": "a"})
        row(f"PUT sys/replication/{kind}/secondary/enable", 400, error("missing secondary token"), {})
        row(f"PUT sys/replication/{kind}/secondary/enable", 400, error("the token is not an activation token"), {"token": "nonsense"})
    for step in ("promote", "disable"):
        row(f"PUT sys/replication/performance/secondary/{step}", 400, error("this cluster is not a performance replication secondary"), {})
    row("PUT sys/replication/performance/secondary/update-primary", 400, error("missing secondary token"), {})
    dr = "sys/replication/dr/secondary"
    for step in ("promote", "update-primary", "disable", "reindex", "merkle-check", "recover", "operation-token/delete", "license"):
        row(f"PUT {dr}/{step}", 403, NO_TOKEN, {"dr_operation_token": "hvs.none"}, token="hvs.none")
        row(f"PUT {dr}/{step}", 400, NOT_DR, {"dr_operation_token": "hvs.none"})
    row(f"GET {dr}/promote", 400, NOT_DR)
    for call in ("GET", "PUT", "DELETE"):
        row(f"{call} {dr}/generate-operation-token/attempt", 400, NOT_DR, token="")
    row(f"PUT {dr}/generate-operation-token/update", 400, NOT_DR, {"key": "a"}, token="")
    for kind in ("whitelist", "allow"):
        folder = "mount-filter" if kind == "whitelist" else "paths-filter"
        row(f"PUT sys/replication/performance/primary/{folder}/a", 400, error("this cluster is not a performance replication primary"), {"paths": ["a/"]})


def roles(rows):
    """Both types in all their modes, on a separate cluster. The aliases mean performance."""
    row = rows.row
    for kind, folder in (("dr", "dr"), ("performance", ""), ("performance", "performance")):
        at = "sys/replication/" + (folder + "/" if folder else "")
        row(f"PUT {at}primary/enable", 200, said(ENABLED, ignored("adress", "zone")), {"zone": 1, "adress": "x", "primary_cluster_addr": "https://127.0.0.1:7"})
        health = rows.server.client().health()
        rows.check("health shows the mode", health[f"replication_{kind}_mode"] == "primary", health)
        row(f"POST {at}primary/enable", 400, error(f"this cluster is already a {kind} replication primary"))
        set_id = rows.row(f"GET sys/replication/{kind}/status", 200, {"data": primary_fields(kind) | {"primary_cluster_addr": "https://127.0.0.1:7", "known_secondaries": [], "secondaries": []}},
                          token="")["data"]["cluster_id"]
        row(f"PUT {at}secondary/enable", 400, error(re.compile(f"{kind} replication is already enabled on this cluster as a primary; it must be disabled first.*")), {"token": "a"})

        token = f"{at}primary/secondary-token"
        row(f"PUT {token}", 400, error("missing secondary id"), {})
        row(f"PUT {token}", 400, error(re.compile('.*field "ttl".*')), {"id": "a", "ttl": "soon"})
        row(f"PUT {token}", 400, error("ttl must be positive"), {"id": "a", "ttl": "0s"})
        wrapped = Exactly(token=JWT, accessor=ACCESSOR, ttl=1800, creation_time=TIME, creation_path=token)
        row(f"PUT {token}", 200, {"request_id": "", "data": None, "auth": None, "wrap_info": wrapped}, {"id": "a"})
        unbounded = [re.compile('no forwarding bound is set for "b".*', re.S)] if kind == "performance" else []
        row(f"PUT {token}", 200, {"wrap_info": {"ttl": 90}, "warnings": unbounded + [ignored("tll")]}, {"id": "b", "ttl": "90s", "tll": "1h"})
        row(f"PUT {token}", 400, error('a secondary with the id "a" already exists'), {"id": "a"})
        row(f"PUT {token}", 400, error(re.compile("secondary_public_key.*|.*public key.*")), {"id": "c", "secondary_public_key": "nonsense"})
        known = row(f"GET sys/replication/{kind}/status", 200, token="")["data"]
        rows.check("known are those whose token was never used, too", known["known_secondaries"] == ["a", "b"] and known["secondaries"] == [], known)
        row(f"PUT {at}primary/revoke-secondary", 400, error("missing secondary id"), {})
        unknown = 'nothing was revoked: no secondary of this primary has the id "nobody"; known are: .*'
        row(f"PUT {at}primary/revoke-secondary", 200, {"warnings": [re.compile(unknown)]}, {"id": "nobody"})
        row(f"PUT {at}primary/revoke-secondary", 204, None, {"id": "a"})
        row(f"GET sys/replication/{kind}/status", 200, {"data": {"known_secondaries": ["b"]}}, token="")

        row(f"PUT {at}primary/demote", 200, said(DEMOTED), b"null")
        demoted = {"mode": "secondary", "state": "idle", "cluster_id": set_id, "known_primary_cluster_addrs": [], "primaries": [], "connection_state": ABSENT}
        if kind == "dr":  # now only a DR operation token from the key shares counts
            rows.token = ""
            row("GET sys/replication/dr/status", 200, {"data": demoted})
            row(f"PUT {at}primary/enable", 400, ON_DR)
            operation = root_token(rows.server, rows.server.keys, "operation")
            row(f"PUT {at}secondary/update-primary", 400, error(re.compile("this cluster has no primary whose addresses could be updated; a token is required")),
                {"dr_operation_token": operation, "update_primary_addrs": "https://127.0.0.1:7"})
            row(f"PUT {at}secondary/update-primary", 400, error("missing secondary token"), {"dr_operation_token": operation})
            row(f"PUT {at}secondary/promote", 400, error("dr operation token not provided"), {})
            row(f"PUT {at}secondary/promote", 200, said(PROMOTED), {"dr_operation_token": operation})
            rows.token = rows.server.root_token
            wait_until(lambda: rows.server.client().raw("GET", "sys/mounts")[0] == 200, 20, "the DR primary")
        else:
            row(f"GET sys/replication/{kind}/status", 200, {"data": demoted}, token="")
            row(f"PUT {at}primary/enable", 400, error("this cluster is a performance replication secondary; it must be promoted to become a primary"))
            both = {"token": "a", "update_primary_addrs": ["https://127.0.0.1:7"]}
            row(f"PUT {at}secondary/update-primary", 400, error("update_primary_addrs and token are mutually exclusive"), both)
            row(f"PUT {at}secondary/update-primary", 200, {"warnings": [re.compile("This cluster follows no .* primary any more and keeps its data.*")], "data": None}, {"token": ""})
            row(f"PUT {at}secondary/promote", 400, error(re.compile('.*field "force".*')), {"force": "perhaps"})
            row(f"PUT {at}secondary/promote", 200, said(PROMOTED), {"primary_cluster_addr": "https://127.0.0.1:8"})
        row(f"GET sys/replication/{kind}/status", 200, {"data": {"mode": "primary", "cluster_id": set_id, "known_secondaries": []}}, token="")
        row(f"PUT {at}primary/disable", 200, said(DISABLED), b"null")
        row(f"GET sys/replication/{kind}/status", 200, {"data": Exactly(mode="disabled")}, token="")
        row(f"PUT {at}primary/enable", 200, said(ENABLED), b"")
        other = row(f"GET sys/replication/{kind}/status", 200, token="")["data"]["cluster_id"]
        rows.check("another set then", other != set_id, other)
        row(f"PUT {at}primary/disable", 200, said(DISABLED))


def rights(rows, server):
    """Update is enough, except for a secondary's token and a reindex, which need sudo."""
    client = server.client()
    client.write("sys/policies/acl/operator", {"policy": 'path "sys/replication/*" { capabilities = ["create", "read", "update", "delete"] }'})
    token = client.write("auth/token/create", {"policies": ["operator"]})["auth"]["client_token"]
    for folder in ("performance/primary", "dr/primary", "primary"):
        rows.row(f"PUT sys/replication/{folder}/secondary-token", 403, DENIED, {"id": "x"}, token=token)
        rows.row(f"PUT sys/replication/{folder}/revoke-secondary", 200, {"warnings": ANY}, {"id": "x"}, token=token)
    for path in ("reindex", "performance/reindex", "dr/reindex"):
        rows.row(f"PUT sys/replication/{path}", 403, DENIED, {}, token=token)
    rows.row("PUT sys/replication/recover", 200, {"data": None, "warnings": list}, token=token)
    rows.row("PUT sys/replication/merkle-check", 200, token=token)
    for path in ("recover", "merkle-check", "performance/primary/demote", "dr/primary/disable"):
        rows.row(f"PUT sys/replication/{path}", 403, NO_TOKEN, token="hvs.none")


def common_fields():
    return {"cluster_id": UUID, "merkle_root": HEX40, "corrupted_merkle_tree": False, "last_corruption_check_epoch": NUMBER, "last_reindex_epoch": NUMBER,
            "ssct_generation_counter": 0}


def primary_fields(kind):
    other = "last_dr_wal" if kind == "performance" else "last_performance_wal"
    return common_fields() | {"mode": "primary", "state": "running", "last_wal": int, f"last_{kind}_wal": int, other: ABSENT, "last_remote_wal": ABSENT,
                              "known_primary_cluster_addrs": ABSENT, "connection_state": ABSENT, "secondary_id": ABSENT}


def peer_fields():
    return {"api_address": ADDRESS, "cluster_address": ADDRESS, "connection_status": "connected", "last_heartbeat": TIME, "last_heartbeat_duration_ms": NUMBER,
            "clock_skew_ms": NUMBER, "replication_primary_canary_age_ms": NUMBER}


def statuses(rows, p, s, d):
    for kind, secondary in (("performance", s), ("dr", d)):
        # Both ends know each other: a marker has sent the place in the log, and a heartbeat the list of connected clusters.
        wait_until(lambda: secondary.client("").read(f"sys/replication/{kind}/status")["data"]["last_remote_wal"] > 0, 10, "a marker")
        wait_until(lambda: p.client("").read(f"sys/replication/{kind}/status")["data"]["secondaries"], 10, "a heartbeat")
        rows.row(f"GET sys/replication/{kind}/status", 200, {"data": primary_fields(kind) | {
            "known_secondaries": [secondary.name], "primary_cluster_addr": "", "secondaries": [peer_fields() | {"node_id": secondary.name}]}}, token="")
        there = secondary.client("").read(f"sys/replication/{kind}/status")["data"]
        wanted = common_fields() | {"mode": "secondary", "state": "stream-wals", "connection_state": "ready", "secondary_id": secondary.name,
                                    "known_primary_cluster_addrs": [p.cluster_address], "primary_cluster_addr": p.cluster_address, "last_start": TIME,
                                    "last_remote_wal": lambda index: type(index) is int and index > 0,
                                    "primaries": [peer_fields() | {"node_id": ABSENT}], "known_secondaries": ABSENT, "last_wal": ABSENT}
        rows.check(f"{kind} status of a secondary", not differences(there, wanted), differences(there, wanted))
    whole = p.client("").read("sys/replication/status")["data"]
    rows.check("both types have a set and a root of their own", whole["dr"]["cluster_id"] != whole["performance"]["cluster_id"]
               and whole["dr"]["merkle_root"] != whole["performance"]["merkle_root"], whole)
    health = {name: int for name in ("server_time_utc", "last_wal", "echo_duration_ms", "clock_skew_ms", "replication_primary_canary_age_ms")}
    for server, code, modes in ((p, 200, ("primary", "primary")), (s, 200, ("secondary", "disabled")), (d, 472, ("primary", "secondary"))):
        wait_until(lambda: "replication_primary_canary_age_ms" in server.client().health(), 20, "the first proof")
        found = server.client("").raw("GET", "sys/health")
        lines = differences(json.loads(found[1]), health | {"replication_performance_mode": modes[0], "replication_dr_mode": modes[1], "standby": False,
                                                            "performance_standby": False, "initialized": True, "sealed": False, "enterprise": True,
                                                            "cluster_id": UUID, "cluster_name": server.name, "version": str})
        rows.check(f"health of {server.name}", found[0] == code and not lines, lines or found)
    node = {"active_node": True, "api_address": p.address, "cluster_address": p.cluster_address, "echo_duration_ms": 0, "clock_skew_ms": 0,
            "replication_primary_canary_age_ms": 0, "hostname": str, "version": str, "upgrade_version": "", "redundancy_zone": ""}
    rows.row("GET sys/ha-status", 200, {"data": {"nodes": [node]}, "Nodes": [node]})


def filters(rows):
    row = rows.row
    for folder in ("performance/primary", "primary"):
        for name, allow, deny in (("paths-filter", "allow", "deny"), ("mount-filter", "whitelist", "blacklist")):
            at = f"sys/replication/{folder}/{name}/x"
            row(f"GET {at}", 404, NOTHING)
            row(f"PUT {at}", 204, None, {"paths": "kv,auth/own"})
            row(f"GET {at}", 200, {"mode": allow, "paths": ["auth/own/", "kv/"], "data": Exactly(mode=allow, paths=["auth/own/", "kv/"])})
            row(f"POST {at}", 204, None, {"mode": deny, "paths": ["kv/"]})
            row(f"GET sys/replication/{folder}/dynamic-filter/x", 200, {"dynamic_filtered_mounts": ["kv/"], "dynamic_filtered_namespaces": [],
                                                                        "data": {"dynamic_filtered_mounts": ["kv/"], "dynamic_filtered_namespaces": []}})
            row(f"PUT {at}", 400, error(f'mode must be "{allow}" or "{deny}"'), {"mode": "else", "paths": ["kv/"]})
            for singleton in ("cubbyhole/", "sys/", "auth/token/", "identity/"):
                row(f"PUT {at}", 400, error(f'cannot filter "{singleton}": every cluster has this mount'), {"paths": [singleton]})
            row(f"PUT {at}", 200, said(ignored("path")), {"paths": ["kv/"], "path": "kv/"})
            row(f"DELETE {at}", 204, None)
            row(f"DELETE {at}", 204, None)
            row(f"GET {at}", 404, NOTHING)
            row(f"GET sys/replication/{folder}/dynamic-filter/x", 404, NOTHING)


def performance_secondary(rows, p, s):
    row, token = rows.row, s.root_token
    rows = Rows(s)
    row = rows.row
    row("GET sys/replication/performance/secondary/dynamic-filter/s", 200, {"dynamic_filtered_mounts": [], "dynamic_filtered_namespaces": [], "data": dict})
    row("GET sys/replication/secondary/dynamic-filter/s", 200, {"dynamic_filtered_mounts": []})
    row("GET sys/replication/secondary/dynamic-filter/other", 404, NOTHING)
    row("PUT sys/replication/performance/primary/enable", 400, error("this cluster is a performance replication secondary; it must be promoted to become a primary"))
    for kind in TYPES:
        row(f"PUT sys/replication/{kind}/secondary/enable", 400, error("performance replication is already enabled on this cluster as a secondary; it must be disabled first"), {"token": "a"})
    for step in ("demote", "disable", "secondary-token", "revoke-secondary"):
        row(f"PUT sys/replication/performance/primary/{step}", 400, error("this cluster is not a performance replication primary"), {"id": "a"})
    for path in ("rotate", "rotate/keyring"):
        row(f"PUT sys/{path}", 400, error("cannot rotate on a replication secondary"))
    row("PUT sys/rekey/init", 400, error("rekeying can only be performed on the primary cluster when replication is activated"), {"secret_shares": 1, "secret_threshold": 1}, token="")
    row("PUT sys/mounts/own", 204, None, {"type": "kv", "local": True})
    row("PUT sys/mounts/shared", 204, None, {"type": "kv"})
    row("PUT sys/mounts/kv", 400, error(re.compile("path is already in use at kv/")), {"type": "kv"}, name="the primary's error, with its code")
    row("PUT sys/mounts/odd", 400, error(re.compile('.*plugin not found in the catalog: odd|unknown backend type: "odd".*')), {"type": "odd"})
    row("GET sys/generate-root/attempt", 200, {"started": False, "required": 2}, token="")
    row("PUT kv/forwarded", 204, None, {"a": 1})
    row("PUT sys/mounts/own/tune", 204, None, {"description": "nobody else's"})
    row("DELETE sys/mounts/own", 204, None)
    # A secondary disables an auth method: the primary's tokens of this method end too, although they are local to the primary.
    row("PUT sys/auth/brief", 204, None, {"type": "userpass"})
    row("PUT auth/brief/users/u", 204, None, {"password": "p"})
    issued = p.client().write("auth/brief/login/u", {"password": "p"})["auth"]["client_token"]
    rows.check("issued by the primary", p.client(issued).raw("GET", "auth/token/lookup-self")[0] == 200)
    row("DELETE sys/auth/brief", 204, None)
    rows.check("ended with its method", p.client(issued).raw("GET", "auth/token/lookup-self")[0] == 403)
    rows.finish()


def dr_secondary(rows, p, d, batch):
    rows, operation = Rows(d), {"dr_operation_token": batch}
    rows.token = ""
    row, at = rows.row, "sys/replication/dr/secondary"
    row(f"GET {at}/promote", 200, {"data": Exactly(progress=0, required=2, complete=False)})
    idle = {"started": False, "nonce": "", "progress": 0, "required": 2, "complete": False, "encoded_token": "", "encoded_root_token": "", "pgp_fingerprint": "",
            "otp": "", "otp_length": 28, "key_shares": "the primary's key shares are wanted here"}
    attempt = f"{at}/generate-operation-token/attempt"
    row(f"GET {attempt}", 200, Exactly(**idle))
    begun = row(f"POST {attempt}", 200, idle | {"started": True, "nonce": UUID, "otp": re.compile(r"[0-9A-Za-z]{28}")})
    row(f"PUT {attempt}", 400, error("root generation already in progress"))
    row(f"GET {attempt}", 200, idle | {"started": True, "nonce": begun["nonce"]}, name="the password is shown once")
    update = f"{at}/generate-operation-token/update"
    row(f"PUT {update}", 400, error("'key' must be specified in request body as JSON"), {"nonce": begun["nonce"]})
    row(f"PUT {update}", 400, error(f'incorrect nonce supplied; nonce for this root generation operation is "{begun["nonce"]}"'), {"key": p.keys[0], "nonce": "other"})
    row(f"PUT {update}", 200, idle | {"started": True, "nonce": begun["nonce"], "progress": 1}, {"key": p.keys[0], "nonce": begun["nonce"]})
    row(f"DELETE {attempt}", 204, None)
    row(f"POST {attempt}", 400, error("OTP string is wrong length"), {"otp": "short"})
    for path in ("promote", "update-primary", "disable", "reindex", "merkle-check", "recover", "operation-token/delete", "license"):
        row(f"PUT {at}/{path}", 400, error("dr operation token not provided"), {})
        row(f"PUT {at}/{path}", 403, error("permission denied"), {"dr_operation_token": "hvs.none"})
        row(f"PUT {at}/{path}", 403, error("permission denied"), {"dr_operation_token": p.root_token}, name="the primary's root token")
    row(f"PUT {at}/merkle-check", 200, {"data": {"merkle_corruption_report": report()}, "warnings": [ignored("dr_token")]}, operation | {"dr_token": "x"})
    row(f"PUT {at}/license", 200, {"warnings": list}, operation | {"text": "x"})
    for call in ("GET sys/mounts", "GET auth/token/lookup-self", "GET sys/license/status", "GET sys/config/state/sanitized", "GET sys/storage/raft/configuration",
                 "GET kv/a", "LIST kv/", "PUT auth/userpass/login/a", "PUT sys/replication/recover", "PUT sys/replication/reindex", "PUT sys/replication/merkle-check",
                 "PUT sys/replication/performance/primary/enable", "PUT sys/replication/dr/primary/enable", "GET nowhere/at/all"):
        row(call, 400, ON_DR, {} if call.startswith("PUT") else None, token=p.root_token)
    for call in ("sys/seal-status", "sys/init", "sys/leader", "sys/replication/status", "sys/internal/ui/feature-flags"):
        row(f"GET {call}", 200)
    row("PUT sys/unseal", 200, {"sealed": False}, {"key": p.keys[0]}, name="as already unsealed")
    rows.finish()


def report():
    tree = {"corrupted_subtree_root": False, "root_hash": re.compile(r"[\w+/]{27}="), "corrupted_index_tuples_map": None}
    return {"corrupted_root": False, "last_corruption_check_epoch": TIME,
            "corrupted_tree_map": Exactly(**{"1": tree | {"tree_type": "replicated"}, "2": tree | {"tree_type": "local"}})}


def index(rows):
    row = rows.row
    row("PUT sys/replication/merkle-check", 200, {"data": Exactly(merkle_corruption_report=report()), "warnings": None})
    for kind in TYPES:
        status = row(f"GET sys/replication/{kind}/status", 200, {"data": {"corrupted_merkle_tree": False}}, token="")["data"]
        rows.check("the check has a time", int(status["last_corruption_check_epoch"]) > 1_600_000_000, status)
    row("PUT sys/replication/reindex", 400, error(re.compile('.*field "diff".*')), {"diff": "perhaps"})
    for path, body in (("reindex", {"diff": "true", "force": "false", "skip_flush": "0"}), ("performance/reindex", {"force": True}), ("dr/reindex", {})):
        row(f"PUT sys/replication/{path}", 200, {"data": None, "warnings": list}, body)
        wait_until(lambda: "reindex_in_progress" not in rows.server.client().replication("dr") | rows.server.client().replication("performance"), 20, "the reindex")
    status = row("GET sys/replication/dr/status", 200, token="")["data"]
    rows.check("the reindex has a time", int(status["last_reindex_epoch"]) > 1_600_000_000, status)


def batch_tokens(rows):
    """The warning names exactly the parameters without effect: unknown ones, and those that the role overrides."""
    row = rows.row
    sent = {"policies": None, "ttl": "8h", "explicit_max_ttl": "0s", "period": "0s", "display_name": "", "num_uses": 0, "renewable": True, "type": "service",
            "entity_alias": "", "no_parent": False, "no_default_policy": False, "meta": None}  # as `vault token create` does
    row("PUT auth/token/roles/handler", 204, None, {"allowed_policies": "failover", "orphan": True, "renewable": False, "token_type": "batch"})
    row("PUT auth/token/create/handler", 200, {"warnings": [ignored("renewable")], "auth": {"token_type": "batch", "renewable": False, "lease_duration": 28800}}, sent)
    row("PUT auth/token/create/handler", 200, {"warnings": None}, {"ttl": "8h"})
    row("PUT auth/token/create/handler", 200, {"warnings": None}, sent | {"type": "batch", "renewable": False})
    row("PUT auth/token/create/handler", 200, {"warnings": [ignored("renewable", "tll")]}, sent | {"tll": "1h"})
    row("PUT auth/token/create", 200, {"warnings": [ignored("tll")]}, sent | {"tll": "1h", "policies": ["default"]})
    row("PUT auth/token/create", 200, {"warnings": None, "auth": {"token_type": "batch", "renewable": False}}, sent | {"type": "batch", "policies": ["default"]})
    row("PUT auth/token/create", 200, {"wrap_info": dict, "auth": None, "warnings": [ignored("tll")]}, {"policies": ["default"], "tll": 1}, headers={"X-Vault-Wrap-TTL": "60"},
        name="warnings of a wrapped answer stand outside as well")


def activation_errors(rows, n, p):
    """Calls on the cluster that will become a secondary. They change nothing there."""
    here = Rows(n)
    row, client = here.row, p.client()
    made = client.write("sys/replication/performance/primary/secondary-token", {"id": "used"})["wrap_info"]["token"]
    nowhere = f"http://127.0.0.1:{free_port()}"
    enable = "PUT sys/replication/performance/secondary/enable"
    row(enable, 500, error(re.compile(re.escape(f'error unwrapping secondary token: Post "{nowhere}/v1/sys/wrapping/unwrap": dial tcp {nowhere[7:]}: connect: connection refused')
                              + ". \"holdfast replication preflight .*")),
        {"token": made, "primary_api_addr": nowhere})
    row("PUT sys/replication/dr/secondary/enable", 400, error("the token is for performance replication"), {"token": made})
    row(enable, 500, error(re.compile('error response unwrapping secondary token; status code is 400, message is "400 Bad Request": .*it was used already.*')), {"token": made}, name="used")
    client.write("sys/replication/performance/primary/revoke-secondary", {"id": "used"})
    key = row("PUT sys/replication/performance/secondary/generate-public-key", 200, {"data": Exactly(secondary_public_key=str)})["data"]["secondary_public_key"]
    sealed = client.call("PUT", "sys/replication/performance/primary/secondary-token", {"id": "sealed", "secondary_public_key": key})
    here.check("a token for a public key is not wrapped", sealed["wrap_info"] is None and list(sealed["data"]) == ["token"], sealed)
    client.write("sys/replication/performance/primary/revoke-secondary", {"id": "sealed"})
    row("GET sys/replication/status", 200, {"data": {"performance": {"mode": "disabled"}, "dr": {"mode": "disabled"}}}, token="")
    here.finish()


def metrics(rows, s, d):
    def gauges(server):
        answer = json.loads(server.client().raw("GET", "sys/metrics")[1])
        rows.check("the parts of the answer", set(answer) == {"Timestamp", "Gauges", "Counters", "Points", "Samples"}, list(answer))
        return {each["Name"]: each["Value"] for each in answer["Gauges"]} | {each["Name"]: each["Count"] for each in answer["Counters"] + answer["Samples"]}

    def have(name, found, wanted):
        missing = [each for each in wanted if f"vault.{each}" not in found]
        rows.check(f"metrics of {name}", not missing, missing)

    roles = [f"core.replication.{kind}.{mode}" for kind in TYPES for mode in ("primary", "secondary")]
    everywhere = roles + ["core.active", "core.unsealed", "core.performance_standby", "core.replication.build_progress", "core.replication.build_total",
                          "core.replication.reindex_stage", "core.replication.write_undo_logs", "wal.persistWALs", "wal.loadWAL.count",
                          "wal.flushReady.queue_len", "replication.wal.last_wal", "replication.wal.last_dr_wal", "replication.wal.last_performance_wal",
                          "replication.merkle.commit_index"]
    everywhere += [f"logshipper.buffer.{each}" for each in ("length", "size", "max_length", "max_size")]
    everywhere += [f"logshipper.streamWALs.{each}" for each in ("guard_found", "missing_guard")]
    everywhere += [f"replication.rpc.server.{each}" for each in ("auth_request", "bootstrap_request", "conflicting_pages_request", "echo", "forwarding_request",
                                                                 "guard_hash_request", "stream_wals_request", "sub_page_hashes_request")]
    everywhere += [f"replication.rpc.client.{each}" for each in ("conflicting_pages", "fetch_keys", "forward", "guard_hash", "stream_wals", "sub_page_hashes")]
    everywhere += ["replication.rpc.dr.server.echo", "replication.rpc.dr.server.fetch_keys_request"]
    primary, secondary = gauges(rows.server), gauges(s)
    have("a primary", primary, everywhere + ["replication.rpc.server.last_heartbeat"])
    have("a secondary", secondary, everywhere + ["replication.fsm.last_remote_wal", "replication.fsm.last_upstream_remote_wal", "replication.merkleDiff",
                                                 "replication.fetchRemoteKeys"])
    wanted = {"core.replication.performance.primary": (1, 0), "core.replication.dr.primary": (1, 0), "core.replication.performance.secondary": (0, 1),
              "core.replication.dr.secondary": (0, 0), "core.active": (1, 1), "core.replication.reindex_stage": (0, 0)}
    for name, (here, there) in wanted.items():
        rows.check(name, (primary[f"vault.{name}"], secondary[f"vault.{name}"]) == (here, there), (primary[f"vault.{name}"], secondary[f"vault.{name}"]))
    text = d.client("").raw("GET", "sys/metrics?format=prometheus")  # where the configuration opens it
    rows.check("metrics of a DR secondary", text[0] == 200 and b"\nvault_core_replication_dr_secondary 1\n" in text[1], text)


def retry_after(server, method, path, body=None, token=None):
    """(status, Retry-After, the answer)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=60)
    connection.request(method, "/v1/" + path, json.dumps(body) if body is not None else None, {"X-Vault-Token": token or server.root_token})
    reply = connection.getresponse()
    found = reply.status, reply.getheader("Retry-After"), json.loads(reply.read() or b"null")
    connection.close()
    return found


def unavailable(rows, p, s):
    """503 says when to retry if a retry can help: a primary comes back, but a sealed server stays sealed."""
    p.kill()
    found = retry_after(s, "PUT", "kv/late", {"a": 1})
    rows.check("a primary that is away", found == (503, "1", {"errors": ["primary cluster is not reachable"]}), found)
    found = retry_after(s, "GET", "kv/a")
    rows.check("reads continue", found[:2] == (200, None), found)
    s.client().write("sys/seal")
    wait_until(lambda: s.client().read("sys/seal-status")["sealed"], 20, "the seal")
    found = retry_after(s, "GET", "kv/a")
    rows.check("a sealed server", found == (503, None, {"errors": ["Vault is sealed"]}), found)


def main():
    with Workspace() as space:
        n, p, s = (space.server(name).initialize() for name in ("n", "p", "s"))
        d = space.server("d", extra=f'''listener "tcp" {{
  address = "127.0.0.1:{free_port()}"
  tls_disable = true
  telemetry {{
    unauthenticated_metrics_access = true
  }}
}}''').initialize()
        rows = Rows(n)
        without_a_role(rows)
        roles(rows)
        rows.finish()

        rows = Rows(p)
        p.client().write("sys/mounts/kv", {"type": "kv"})
        p.client().write("kv/a", {"a": 1})
        attach(p, s, "performance", "s")
        attach(p, d, "dr", "d")
        s.root_token = root_token(s, s.keys)
        batch = batch_for(p.client(), "failover", ["sys/replication/dr/secondary/merkle-check", "sys/replication/dr/secondary/license"])
        wait_in_sync(p, d, "dr")
        statuses(rows, p, s, d)
        rights(rows, p)
        filters(rows)
        batch_tokens(rows)
        index(rows)
        audit = space.path / "audit.log"
        rows.row("PUT sys/audit/own", 204, None, {"type": "file", "local": True, "options": {"file_path": str(audit)}})
        performance_secondary(rows, p, s)
        rows.row("GET sys/replication/status", 200)
        lines = [json.loads(line)["request"] for line in audit.read_text().splitlines()]
        rows.check("audit names who forwarded a request", {line.get("replication_cluster") for line in lines if line["path"] == "kv/forwarded"} == {"s"}, lines)
        rows.check("statuses are not audited", not [line for line in lines if line["path"].endswith("status")], lines)
        rows.row("DELETE sys/audit/own", 204, None)
        wait_in_sync(p, d, "dr")
        dr_secondary(rows, p, d, batch)
        metrics(rows, s, d)
        activation_errors(rows, n, p)
        unavailable(rows, p, s)
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
