"""The system's API as Vault's documents describe it: envelope, status codes and texts, row by row over a real server."""

import base64
import json
import re
import sys

from harness import Workspace, wait_until
from rows import ABSENT, ANY, DENIED, Exactly, NO_TOKEN, NOTHING, SERVICE_TOKEN, TIME, UUID, Rows, error, one, run_groups

DAY_32 = 2764800


def before_init(space):
    server = space.server("fresh")
    rows = Rows(server)
    row = rows.row
    row("GET sys/init", 200, Exactly(initialized=False))
    row("GET sys/seal-status", 200, {"type": "shamir", "initialized": False, "sealed": True, "t": 0, "n": 0, "progress": 0, "nonce": "",
                                     "version": str, "migration": False, "recovery_seal": False, "storage_type": "leveldb",
                                     "cluster_name": ABSENT, "cluster_id": ABSENT, "request_id": ABSENT})
    row("GET sys/health", 501, {"initialized": False, "sealed": True, "standby": bool, "request_id": ABSENT})
    row("HEAD sys/health", 501, None)
    row("GET sys/health?uninitcode=299", 299)
    row("GET sys/health?uninitcode=x", 400, NOTHING)
    row("GET secret/a", 503, error("Vault is sealed"))
    row("GET sys/mounts", 503, error("Vault is sealed"))
    row("PUT sys/unseal", 400, error("Vault is not initialized"), {"key": "00" * 33})
    for body, text in (({"secret_shares": 0, "secret_threshold": 1}, "invalid seal configuration: shares must be at least one"),
                       ({"secret_shares": 1, "secret_threshold": 0}, "invalid seal configuration: threshold must be at least one"),
                       ({"secret_shares": 5, "secret_threshold": 1},
                        "invalid seal configuration: threshold must be greater than one for multiple shares"),
                       ({"secret_shares": 256, "secret_threshold": 3}, "invalid seal configuration: shares must be less than 256"),
                       ({"secret_shares": 3, "secret_threshold": 4}, "invalid seal configuration: threshold cannot be larger than shares")):
        row("PUT sys/init", 400, error(text), body)
    row("PUT sys/init", 400, ANY, b"{", name="malformed")
    row("GET sys/init", 200, Exactly(initialized=False), name="nothing has changed")
    made = row("PUT sys/init", 200, Exactly(keys=lambda keys: len(keys) == 3 and all(re.fullmatch("[0-9a-f]{66}", key) for key in keys),
                                            keys_base64=lambda keys: len(keys) == 3, root_token=SERVICE_TOKEN),
               {"secret_shares": 3, "secret_threshold": 2, "recovery_shares": 5, "recovery_threshold": 3, "pgp_keys": None})
    row("PUT sys/init", 400, error("Vault is already initialized"), {"secret_shares": 1, "secret_threshold": 1})
    server.root_token, server.keys, server.threshold = made["root_token"], made["keys"], 2
    rows.token = server.root_token

    row("GET sys/health", 503, {"initialized": True, "sealed": True, "replication_performance_mode": "unknown",
                                "replication_dr_mode": "unknown", "cluster_name": ABSENT})
    row("GET sys/health?sealedcode=298", 298)
    row("GET sys/leader", 200, {"ha_enabled": False, "is_self": False}, name="storage without HA says so while it is sealed too")
    row("GET auth/token/lookup-self", 503, error("Vault is sealed"))
    row("PUT sys/unseal", 400, error("'key' must be specified in request body as JSON, or 'reset' set to true"), {})
    row("PUT sys/unseal", 400, error("'key' must be a valid hex or base64 string"), {"key": "?!"})
    row("PUT sys/unseal", 400, error(re.compile("invalid key: key is shorter than minimum 16 bytes")), {"key": "aa"})
    row("PUT sys/unseal", 400, error(re.compile("invalid key: key is longer than maximum 33 bytes")), {"key": "aa" * 40})
    row("PUT sys/unseal", 200, {"sealed": True, "t": 2, "n": 3, "progress": 1, "nonce": UUID}, {"key": made["keys"][0]})
    row("PUT sys/unseal", 200, {"sealed": True, "progress": 1}, {"key": made["keys"][0]}, name="the same share again")
    row("PUT sys/unseal", 200, {"sealed": True, "progress": 0, "nonce": ""}, {"reset": True})
    row("PUT sys/unseal", 200, {"progress": 1}, {"key": made["keys"][0]})
    row("PUT sys/unseal", 400, error("Unseal failed, invalid key"), {"key": "ab" * 32 + "07"})
    row("GET sys/seal-status", 200, {"progress": 0, "sealed": True})
    row("PUT sys/unseal", 200, {"progress": 1}, {"Key": made["keys"][2]}, name="field names in any case")
    row("PUT sys/unseal", 200, {"sealed": False, "cluster_name": "fresh", "cluster_id": UUID, "progress": 0}, {"key": made["keys_base64"][1]})
    row("PUT sys/unseal", 200, {"sealed": False}, {"key": made["keys"][0]})
    row("PUT sys/unseal", 400, error("vault is unsealed"), {"reset": True})

    row("GET sys/health", 200, {"initialized": True, "sealed": False, "standby": False, "performance_standby": False,
                                "replication_performance_mode": "disabled", "replication_dr_mode": "disabled", "server_time_utc": int,
                                "version": str, "enterprise": bool, "cluster_name": "fresh", "cluster_id": UUID, "last_wal": int})
    row("GET sys/health?activecode=203", 203)
    row("GET sys/health?standbyok=maybe", 400)
    row("POST sys/health", 405, ANY, {})
    row("LIST sys/health", 405, ANY)
    row("GET sys/health?help=1", 200, {"initialized": True})
    row("GET sys/leader", 200, {"ha_enabled": False, "is_self": False, "leader_address": str, "leader_cluster_address": str,
                                "performance_standby": False, "performance_standby_last_remote_wal": 0, "request_id": ABSENT})
    return server, rows


def key_ceremonies(server, rows):
    row = rows.row
    row("GET sys/generate-root/attempt", 200, Exactly(nonce="", started=False, progress=0, required=2, complete=False, encoded_token="",
                                                      encoded_root_token="", pgp_fingerprint="", otp="", otp_length=28), token="")
    row("PUT sys/generate-root/update", 400, error("no root generation in progress"), {"key": server.keys[0], "nonce": "x"}, token="")
    row("PUT sys/generate-root/attempt", 400, error("OTP string is wrong length"), {"otp": "short"}, token="")
    started = row("PUT sys/generate-root/attempt", 200, {"nonce": UUID, "started": True, "otp": re.compile("[0-9A-Za-z]{28}")}, {}, token="")
    row("PUT sys/generate-root/attempt", 400, error("root generation already in progress"), {}, token="")
    row("GET sys/generate-root/attempt", 200, {"otp": "", "nonce": started.get("nonce")}, token="", name="the password is shown once")
    row("PUT sys/generate-root/update", 400,
        error(f'incorrect nonce supplied; nonce for this root generation operation is "{started.get("nonce")}"'),
        {"key": server.keys[0], "nonce": "x"}, token="")
    given = {"key": server.keys[0], "nonce": started.get("nonce")}
    row("PUT sys/generate-root/update", 200, {"progress": 1, "complete": False}, given, token="")
    row("PUT sys/generate-root/update", 400, error("given key has already been provided during this generation operation"), given, token="")
    done = row("PUT sys/generate-root/update", 200, {"progress": 2, "complete": True, "encoded_token": str},
               {"key": server.keys[1], "nonce": started.get("nonce")}, token="")
    encoded = base64.b64decode(done["encoded_token"] + "==")
    token = bytes(a ^ b for a, b in zip(encoded, started["otp"].encode())).decode()
    rows.check("encoded_root_token is the same", done.get("encoded_root_token") == done["encoded_token"])
    row("GET auth/token/lookup-self", 200, {"data": {"policies": ["root"], "ttl": 0, "orphan": True, "path": "auth/token/root"}}, token=token)
    row("POST auth/token/revoke-self", 204, None, token=token)
    row("PUT sys/generate-root/attempt", 200, {"started": True}, {}, token="")
    row("DELETE sys/generate-root/attempt", 204, None, token="")
    row("GET sys/generate-root/attempt", 200, {"started": False}, token="")
    started = row("PUT sys/generate-root/attempt", 200, {"started": True}, {}, token="")
    row("PUT sys/generate-root/update", 200, {"progress": 1}, {"key": server.keys[0], "nonce": started.get("nonce")}, token="")
    row("PUT sys/generate-root/update", 400, error("invalid key share; progress stays at 1 of 2"),
        {"key": "cd" * 32 + "09", "nonce": started.get("nonce")}, token="")
    row("DELETE sys/generate-root/attempt", 204, None, token="")

    row("GET sys/key-status", 200, {"term": 1, "install_time": TIME, "encryptions": int, "data": {"term": 1, "install_time": TIME}})
    row("PUT sys/rotate", 204, None)
    row("POST sys/rotate", 204, None, b"null")
    row("GET sys/key-status", 200, {"term": 3, "data": {"term": 3}})
    row("PUT sys/rotate", 403, NO_TOKEN, token="")


def mounts(rows):
    row = rows.row
    info = {"type": str, "description": str, "accessor": str, "local": bool, "seal_wrap": bool, "external_entropy_access": bool,
            "options": ANY, "uuid": UUID, "config": {"default_lease_ttl": int, "max_lease_ttl": int, "force_no_cache": bool}}
    row("GET sys/mounts", 200, {"cubbyhole/": {**info, "local": True}, "sys/": info,
                                "data": {"cubbyhole/": info, "sys/": {**info, "accessor": re.compile("system_[0-9a-f]{8}")}}})
    row("GET sys/auth", 200, {"token/": {**info, "type": "token"}, "data": {"token/": info}})
    row("POST sys/mounts/kv1", 204, None, {"type": "kv", "description": "first", "options": {"version": "1"}})
    row("POST sys/mounts/kv2", 204, None, {"type": "kv-v2"})
    row("POST sys/mounts/a/b/c", 204, None, {"type": "kv"})
    row("GET sys/mounts/kv2", 200, {"data": {**info, "type": "kv", "options": {"version": "2"}, "accessor": re.compile("kv_[0-9a-f]{8}")}})
    row("GET sys/mounts", 200, {"data": {"kv1/": {"type": "kv", "description": "first", "options": {"version": "1"}}, "a/b/c/": info}})
    for path, text in (("kv1", "path is already in use at kv1/"), ("a/b", ANY), ("a/b/c/d", re.compile("(existing mount|path is already in use) at a/b/c/")),
                       ("sys", 'cannot mount "sys/"'), ("sys/x", ANY), ("auth/x", ANY), ("cubbyhole", ANY)):
        row(f"POST sys/mounts/{path}", 400, ANY if text is ANY else error(text), {"type": "kv"})
    row("POST sys/mounts/new", 400, error("backend type must be specified as a string"), {})
    row("POST sys/mounts/new", 400, error(re.compile('(unknown backend type: "nonsense"|plugin not found in the catalog: nonsense)')), {"type": "nonsense"})
    row("POST sys/mounts/new", 400, error('mount type of "cubbyhole" is not mountable'), {"type": "cubbyhole"})
    row("POST sys/mounts/new", 400, error("given default lease TTL greater than given max lease TTL"),
        {"type": "kv", "config": {"default_lease_ttl": "2h", "max_lease_ttl": "1h"}})
    row("POST sys/mounts/new", 400, error(re.compile("invalid listing_visibility .*")), {"type": "kv", "config": {"listing_visibility": "loud"}})
    row("GET sys/mounts/new", 400, ANY, name="nothing was mounted")
    row("GET sys/mounts/kv1/tune", 200, {"data": {"default_lease_ttl": DAY_32, "max_lease_ttl": DAY_32, "force_no_cache": False,
                                                  "description": "first"}})
    row("POST sys/mounts/kv1/tune", 204, None, {"default_lease_ttl": "1h", "max_lease_ttl": "2h", "description": "tuned"})
    row("GET sys/mounts/kv1/tune", 200, {"data": {"default_lease_ttl": 3600, "max_lease_ttl": 7200, "description": "tuned"}})
    row("POST sys/mounts/kv1/tune", 400, error("backend max lease TTL of 7200 would be less than backend default lease TTL of 10800"), {"default_lease_ttl": "3h"})
    row("POST sys/mounts/kv1/tune", 204, None, {"default_lease_ttl": "system", "max_lease_ttl": "system"})
    row("GET sys/mounts/kv1/tune", 200, {"data": {"default_lease_ttl": DAY_32, "max_lease_ttl": DAY_32}})
    row("POST sys/mounts/kv2/tune", 400, error("cannot downgrade mount from version 2"), {"options": {"version": "1"}})
    row("POST sys/mounts/absent/tune", 400, error('tune of path "absent/" failed: no mount entry found'), {"description": "x"})
    row("GET sys/mounts/absent/tune", 400, error(re.compile('cannot fetch sysview for path "absent/"')))
    row("DELETE sys/mounts/sys", 400, error('cannot unmount "sys/"'))
    row("DELETE sys/mounts/absent", 204, None)
    row("PUT kv1/kept", 204, None, {"a": "b"})
    moved = row("POST sys/remount", 200, {"migration_id": UUID, "data": {"migration_id": UUID}}, {"from": "kv1", "to": "moved"})
    row(f"GET sys/remount/status/{moved.get('migration_id')}", 200,
        {"data": {"migration_id": UUID, "migration_info": {"source_mount": "kv1/", "target_mount": "moved/", "status": "success"}}})
    row("GET moved/kept", 200, {"data": {"a": "b"}})
    row("GET kv1/kept", 404, error('no handler for route "kv1/kept". route entry not found.'))
    row("POST sys/remount", 400, error(re.compile('no matching mount at "absent/?"')), {"from": "absent", "to": "else"})
    row("POST sys/remount", 200, ANY, {"from": "moved", "to": "kv1"})
    row("DELETE sys/mounts/a/b/c", 204, None)
    row("GET a/b/c/x", 404)

    row("POST sys/auth/userpass", 204, None, {"type": "userpass"})
    row("POST sys/auth/userpass", 400, error(re.compile("path is already in use at (auth/)?userpass/")), {"type": "userpass"})
    row("POST sys/auth/other", 400, ANY, {"type": "kv"})
    row("POST sys/auth/second", 400, error("token credential backend cannot be instantiated"), {"type": "token"})
    row("GET sys/auth/userpass/tune", 200, {"data": {"default_lease_ttl": DAY_32, "token_type": "default-service"}})
    row("POST sys/auth/userpass/tune", 204, None, {"default_lease_ttl": "20m", "token_type": "default-service"})
    row("POST sys/mounts/auth/userpass/tune", 204, None, {"description": "people"})
    row("GET sys/auth", 200, {"userpass/": {"description": "people", "config": {"default_lease_ttl": 1200}}})
    row("DELETE sys/auth/absent", 204, None)
    row("GET nowhere/at/all", 404, error('no handler for route "nowhere/at/all". route entry not found.'))


def policies(rows):
    row = rows.row
    text = 'path "kv2/data/app/*" { capabilities = ["read"] }'
    row("LIST sys/policies/acl", 200, {"data": {"keys": ["default", "root"]}, "keys": ABSENT})
    row("GET sys/policies/acl?list=true", 200, {"data": {"keys": ["default", "root"]}})
    row("PUT sys/policies/acl/Reader", 204, None, {"policy": text})
    row("GET sys/policies/acl/reader", 200, {"data": Exactly(name="reader", policy=text)})
    row("GET sys/policy/reader", 200, {"name": "reader", "rules": text, "data": {"name": "reader", "rules": text}})
    row("GET sys/policy", 200, {"keys": ["default", "reader", "root"], "policies": ["default", "reader", "root"]})
    row("PUT sys/policies/acl/encoded", 204, None, {"policy": base64.b64encode(text.encode()).decode()})
    row("GET sys/policies/acl/encoded", 200, {"data": {"policy": text}})
    row("PUT sys/policy/old", 200, {"warnings": ["'rules' is deprecated, please use 'policy' instead"]}, {"rules": text})
    row("PUT sys/policies/acl/x", 400, error("'policy' parameter not supplied or empty"), {})
    for bad, reason in (('path "x" {', ".*"), ('path "x" { capabilities = ["fly"] }', 'path "x": invalid capability "fly"'),
                        ('path "x" { policy = "fly" }', 'path "x": invalid policy "fly"'),
                        ('pth "x" { }', "invalid key 'pth' on line 1"),
                        ('path "x" { capability = ["read"] }', ".*invalid key 'capability' on line 1"),
                        ('path "a/+*" { capabilities = ["read"] }', r"path \"a/\+\*\": invalid use of wildcards \('\+\*' is forbidden\)")):
        row("PUT sys/policies/acl/x", 400, error(re.compile("failed to parse policy: " + reason, re.S)), {"policy": bad})
    row("GET sys/policies/acl/x", 404, NOTHING)
    row("GET sys/policies/acl/root", 200, {"data": {"name": "root", "policy": ""}})
    row("PUT sys/policies/acl/root", 400, error('cannot update "root" policy'), {"policy": text})
    row("PUT sys/policies/acl/response-wrapping", 400, error('cannot update "response-wrapping" policy'), {"policy": text})
    row("DELETE sys/policies/acl/root", 400, error('cannot delete "root" policy'))
    row("DELETE sys/policies/acl/default", 400, error("cannot delete default policy"))
    row("DELETE sys/policies/acl/absent", 204, None)
    row("DELETE sys/policies/acl/encoded", 204, None)
    row("DELETE sys/policy/old", 204, None)

    # The precedence of ACL rules, tested with requests.
    row("PUT sys/policies/acl/layers", 204, None, {"policy": """
path "kv1/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "kv1/closed/*" { capabilities = ["deny"] }
path "kv1/closed/open" { capabilities = ["read"] }
path "kv1/+/one" { capabilities = ["read"] }
path "kv1/params" { capabilities = ["create", "update"] allowed_parameters = { "ttl" = ["1h", "2*"] "note" = [] } }
path "kv1/no/params" { capabilities = ["create", "update"] denied_parameters = { "bad" = [] } }
path "kv1/needs" { capabilities = ["create", "update"] required_parameters = ["why"] }
path "kv1/wrapped" { capabilities = ["read"] min_wrapping_ttl = "1m" max_wrapping_ttl = "1h" }
path "kv1/once" { capabilities = ["create"] }
path "sys/auth/*" { capabilities = ["create", "read", "update", "delete"] }
"""})
    made = row("POST auth/token/create", 200, ANY, {"policies": ["layers"]})
    mine = made.get("auth", {}).get("client_token", "none")
    for path in ("closed/open", "closed/other", "x/one", "x/two", "wrapped", "needs"):
        row(f"PUT kv1/{path}", 204, None, {"a": path})
    row("GET kv1/x/two", 200, ANY, token=mine)
    row("GET kv1/x/one", 200, ANY, token=mine)
    row("PUT kv1/x/one", 403, DENIED, {"a": "b"}, token=mine, name="+ is more specific than the prefix")
    row("GET kv1/closed/other", 403, DENIED, token=mine)
    row("GET kv1/closed/open", 200, ANY, token=mine, name="an exact rule beats a prefix that denies")
    row("LIST kv1/closed", 403, DENIED, token=mine, name="as in Vault since 2.0.3, the deny on kv1/closed/* holds for the list of kv1/closed")
    row("LIST kv1/x", 200, {"data": {"keys": ["one", "two"]}}, token=mine)
    row("PUT kv1/params", 204, None, {"ttl": "1h", "note": "any"}, token=mine)
    row("PUT kv1/params", 204, None, {"TTL": "24h"}, token=mine)
    row("PUT kv1/params", 403, DENIED, {"ttl": "3h"}, token=mine)
    row("PUT kv1/params", 403, DENIED, {"ttl": "1h", "else": "x"}, token=mine)
    row("PUT kv1/no/params", 204, None, {"good": "x"}, token=mine)
    row("PUT kv1/no/params", 403, DENIED, {"good": "x", "bad": "y"}, token=mine)
    row("PUT kv1/needs", 403, DENIED, {"a": "b"}, token=mine)
    row("PUT kv1/needs", 204, None, {"a": "b", "why": "because"}, token=mine)
    row("GET kv1/wrapped", 403, DENIED, token=mine)
    row("GET kv1/wrapped", 403, DENIED, token=mine, headers={"X-Vault-Wrap-TTL": "30s"})
    row("GET kv1/wrapped", 403, DENIED, token=mine, headers={"X-Vault-Wrap-TTL": "2h"})
    row("GET kv1/wrapped", 200, {"wrap_info": {"ttl": 300}}, token=mine, headers={"X-Vault-Wrap-TTL": "5m"})
    row("PUT kv1/once", 204, None, {"a": "b"}, token=mine)
    row("PUT kv1/once", 403, DENIED, {"a": "b"}, token=mine, name="create is not update")
    row("POST sys/auth/denied", 403, DENIED, {"type": "userpass"}, token=mine, name="sudo is needed as well")
    row("GET sys/mounts", 403, DENIED, token=mine)
    row("PUT sys/policies/acl/layers", 204, None, {"policy": 'path "kv1/x/two" { capabilities = ["deny"] }'})
    row("GET kv1/x/two", 403, DENIED, token=mine, name="a change of the policy counts at once")

    row("POST sys/capabilities-self", 200, {"capabilities": ["root"], "kv1/a": ["root"], "data": {"kv1/a": ["root"]}}, {"paths": ["kv1/a"]})
    row("POST sys/capabilities-self", 200, {"kv1/a": ["deny"], "kv1/x/two": ["deny"], "capabilities": ABSENT,
                                            "auth/token/lookup-self": ["read"]},
        {"paths": ["kv1/a", "kv1/x/two", "auth/token/lookup-self"]}, token=mine)
    row("POST sys/capabilities", 200, {"capabilities": ["create", "delete", "list", "read", "update"]}, {"token": mine, "path": "cubbyhole/a"})
    row("POST sys/capabilities-accessor", 200, {"data": {"capabilities": ["read"]}},
        {"accessor": made.get("auth", {}).get("accessor", ""), "paths": "auth/token/lookup-self"})
    row("POST sys/capabilities-self", 400, error("paths must be supplied"), {})
    row("POST sys/capabilities", 400, error("invalid token"), {"token": "hvs.none", "paths": ["a"]})
    row("POST sys/capabilities-accessor", 400, error("missing accessor"), {"paths": ["a"]})


def audit(rows, space):
    row = rows.row
    path = space.path / "audit.log"
    row("GET sys/audit", 200, {"data": {}})
    row("PUT sys/audit/file", 400, error(re.compile("audit backend failed test message: .*|.*file_path.*", re.S)),
        {"type": "file", "options": {"file_path": "/proc/nonexistent/audit.log"}})
    row("GET sys/audit", 200, {"data": {}}, name="nothing was enabled")
    row("PUT sys/audit/odd", 400, ANY, {"type": "pigeon"})
    row("PUT sys/audit/file", 204, None, {"type": "file", "description": "d", "options": {"file_path": str(path)}})
    row("PUT sys/audit/file", 400, ANY, {"type": "file", "options": {"file_path": str(path)}})
    device = Exactly(path="file/", type="file", description="d", options={"file_path": str(path)}, local=False)
    row("GET sys/audit", 200, {"file/": device, "data": {"file/": device}})
    made = row("POST sys/audit-hash/file", 200, {"hash": re.compile("hmac-sha256:[0-9a-f]{64}"), "data": {"hash": str}}, {"input": "plain-text"})
    row("POST sys/audit-hash/none", 400, ANY, {"input": "x"})
    row("PUT kv1/audited", 204, None, {"secret": "plain-text", "n": 7})
    row("GET kv1/audited", 200)
    row("GET kv1/audited", 403, NO_TOKEN, token="hvs.wrong")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    text = path.read_text()
    rows.check("requests and answers are logged", {line["type"] for line in lines} == {"request", "response"})
    rows.check("values are hashed", "plain-text" not in text and made["hash"] in text and rows.token not in text)
    rows.check("a refused token is logged", any(line.get("error") == "permission denied" for line in lines))
    rows.check("numbers are clear", any(line["request"].get("data") == {"n": 7, "secret": made["hash"]} for line in lines))
    row("DELETE sys/audit/absent", 204, None)
    row("DELETE sys/audit/file", 204, None)
    row("PUT kv1/unlogged", 204, None, {"a": "b"})
    rows.check("a disabled device gets nothing more", "kv1/unlogged" not in path.read_text())


def requests(rows):
    row = rows.row
    row("GET kv1/../sys/mounts", 400, error("relative paths not supported"))
    row("GET kv1/%2e%2e/sys/mounts", 400, error("relative paths not supported"))
    row("GET kv1//a", 404, NOTHING)
    row("PATCH sys/mounts", 405, ANY, b"{}", headers={"Content-Type": "application/merge-patch+json"})
    row("POST sys/seal-status", 405, ANY, {})
    row("DELETE sys/key-status", 405, error(one("unsupported operation")))
    row("GET sys/nonsense", 404, error(one("unsupported path")))
    row("GET auth/token/nonsense", 404, error(one("unsupported path")))
    row("BREW kv1/a", 405, NOTHING)
    row("GET kv1/unlogged", 403, error("namespaces feature not enabled"), headers={"X-Vault-Namespace": "team/"})
    row("GET kv1/unlogged", 200, ANY, headers={"X-Vault-Namespace": "root/"})
    row("GET kv1/unlogged", 200, ANY, headers={"X-Vault-Namespace": "", "X-Vault-MFA": "x:y", "X-Vault-Policy-Override": "true",
                                              "X-Vault-Kv-Client": "v2", "X-Unknown": "x"})
    row("POST sys/tools/random", 200, {"data": {"random_bytes": lambda text: len(base64.b64decode(text)) == 32}}, {})
    row("POST sys/tools/random/16", 200, {"data": {"random_bytes": re.compile("[0-9a-f]{32}")}}, {"format": "hex"})
    row("POST sys/tools/random", 400, error('"bytes" cannot be less than 1'), {"bytes": 0})
    row("POST sys/tools/hash/sha2-256", 200, {"data": {"sum": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}, {"input": "YWJj"})
    row("POST sys/tools/hash/odd", 400, error("unsupported algorithm odd"), {"input": "YWJj"})
    row("GET sys/internal/ui/feature-flags", 200, Exactly(feature_flags=[]), token="")
    row("GET sys/internal/ui/resultant-acl", 200, {"data": {"root": True}})
    row("GET sys/internal/ui/mounts", 200, {"data": {"auth": dict, "secret": dict}}, token="")
    row("GET sys/license/status", 200, {"data": {"autoloaded": {"features": list}}})
    status, text = rows.server.client().raw("GET", "sys/metrics?format=prometheus")
    rows.check("metrics in Prometheus form", status == 200 and b"# TYPE" in text, text[:200])
    status, text = rows.server.client().raw("GET", "sys/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    rows.check("metrics as Prometheus itself asks for them", status == 200 and b"# TYPE" in text, text[:200])
    row("GET kv1/one?help=1", 200, {"help": str, "see_also": ANY, "openapi": ANY})
    row("PUT sys/leases/lookup", 400, error("lease_id must be specified"), {})
    row("PUT sys/leases/lookup", 400, error("invalid lease"), {"lease_id": "kv1/none/abc"})
    row("PUT sys/leases/renew", 400, error("lease not found"), {"lease_id": "kv1/none/abc"})
    row("GET sys/storage/raft/configuration", 200, {"data": {"config": {"servers": list}}})
    row("GET sys/ha-status", 200, {"data": {"nodes": list}})
    row("GET sys/replication/status", 200, {"data": Exactly(dr=Exactly(mode="disabled"), performance=Exactly(mode="disabled"))}, token="")
    for kind in ("dr", "performance"):
        row(f"GET sys/replication/{kind}/status", 200, {"data": Exactly(mode="disabled")}, token="")
        row(f"POST sys/replication/{kind}/primary/enable", 403, ANY, {}, token="")
        row(f"POST sys/replication/{kind}/primary/disable", 400, ANY, {})
        row(f"POST sys/replication/{kind}/primary/secondary-token", 400, ANY, {"id": "x"})
        row(f"POST sys/replication/{kind}/secondary/enable", 400, ANY, {"token": "nonsense"})
        row(f"POST sys/replication/{kind}/secondary/promote", 400, ANY, {})
        row(f"GET sys/replication/{kind}/status", 200, {"data": {"mode": "disabled"}}, token="", name="nothing has changed")


def sealing(server, rows):
    row = rows.row
    row("PUT sys/seal", 403, NO_TOKEN, token="")
    row("PUT sys/seal", 204, None)
    rows.check("the seal", wait_until(lambda: server.client().read("sys/seal-status")["sealed"], 20, "the seal"))
    row("GET kv1/unlogged", 503, error("Vault is sealed"))
    server.unseal()
    row("GET kv1/unlogged", 200)


def main():
    with Workspace() as space:
        server, rows = before_init(space)
        run_groups(rows, lambda rows: key_ceremonies(server, rows), mounts, policies, lambda rows: audit(rows, space), requests,
                   lambda rows: sealing(server, rows))


if __name__ == "__main__":
    sys.exit(main())
