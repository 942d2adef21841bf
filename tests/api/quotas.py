"""Rate limits and limits of leases at a primary and at a performance secondary, before and while the primary is off, and after a kill.

    north ── performance ──> west

The rules come from the primary. Each cluster counts by itself.
"""

import json
import sys

from harness import Client, Workspace, wait_in_sync, wait_until
from rows import Rows, one
from topologies import attach, root_token

FORWARDED = """listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_disable = true
  x_forwarded_for_authorized_addrs = "127.0.0.1"
  x_forwarded_for_reject_not_present = false
}}
"""


def statuses(client, count, path, method="GET", body=None, headers=None):
    return [client.raw(method, path, body, headers)[0] for _ in range(count)]


def exceeded(path):
    return {"errors": [f'request path "{path}": rate limit quota exceeded']}


def leases_exceeded(path):
    return {"errors": [one(f'request path "{path}": lease count quota exceeded')]}


def eventually(rows, name, condition):
    wait_until(condition, 20, name)
    rows.check(name, True)


def count_by_cluster(rows, north, west):
    """One rule of the primary: each cluster has the whole rate, also for a client without a token."""
    north.client().write("sys/quotas/rate-limit/kv", {"rate": 3, "interval": "1h", "path": "kv"})
    eventually(rows, "the rule reaches the secondary", lambda: west.client().raw("GET", "sys/quotas/rate-limit/kv")[0] == 200)
    for server in (north, west):
        stranger = Client(server.address, None, server.ca_file)
        rows.check(f"{server.name}: three pass", statuses(server.client(), 2, "kv/a") + statuses(stranger, 1, "kv/a") == [404, 404, 403])
        status, said = stranger.raw("GET", "kv/a")
        rows.check(f"{server.name}: the fourth is refused", (status, json.loads(said)) == (429, exceeded("kv/a")), said)
        rows.check(f"{server.name}: other mounts are free", statuses(server.client(), 5, "secret/a") == [404] * 5)
    status, _ = west.client().raw("POST", "sys/quotas/rate-limit/kv", {"rate": 2, "interval": "1h", "path": "kv"})
    rows.check("a change through the secondary", status == 204, status)
    rows.check("a changed rule begins again, everywhere", statuses(north.client(), 3, "kv/a") == [404, 404, 429])
    eventually(rows, "and at the secondary", lambda: west.client().raw("GET", "kv/a")[0] == 404)


def addresses(rows, server):
    """The address behind a trusted proxy counts."""
    client = server.client()
    client.write("sys/quotas/rate-limit/kv", {"rate": 1, "interval": "1h", "path": "kv"})
    seen = [client.raw("GET", "kv/a", headers={"X-Forwarded-For": address})[0] for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::1")]
    rows.check("each forwarded address counts by itself", seen == [404, 429, 404, 404, 429], seen)


def headers_and_blocks(rows, server):
    client = server.client()
    client.write("sys/quotas/config", {"enable_rate_limit_response_headers": True})
    client.write("sys/quotas/rate-limit/kv", {"rate": 1, "interval": "1s", "block_interval": "1h", "path": "kv/*"})
    client._connection = client._connect()

    def ask():
        client._connection.request("GET", "/v1/kv/a", headers={"X-Vault-Token": server.root_token})
        reply = client._connection.getresponse()
        reply.read()
        return reply

    first, second = ask(), ask()
    rows.check("limit", (first.getheader("X-Ratelimit-Limit"), first.getheader("X-Ratelimit-Remaining")) == ("1", "0"), first.headers)
    rows.check("seconds until reset", first.getheader("X-Ratelimit-Reset") == "1" and first.getheader("Retry-After") is None, first.headers)
    rows.check("seconds to wait", second.status == 429 and second.getheader("Retry-After") == "3600", second.headers)
    client.write("sys/quotas/config", {})
    rows.check("no headers", ask().getheader("X-Ratelimit-Limit") is None)


def whole_cluster(rows, server):
    """What an operator needs is not counted, unless an operator has replaced the list."""
    client = server.client()
    client.write("sys/quotas/rate-limit/all", {"rate": 1, "interval": "1h"})
    rows.check("the whole cluster is limited", statuses(client, 2, "sys/mounts") == [200, 429])
    rows.check("this cluster has another list, without health", statuses(client, 2, "sys/health") == [429, 429])


def roles(rows, server):
    client = server.client()
    for name in ("web", "batch"):
        client.write(f"auth/approle/role/{name}", {"bind_secret_id": False, "secret_id_bound_cidrs": "127.0.0.1/32", "token_policies": "default"})
    ids = {name: client.read(f"auth/approle/role/{name}/role-id")["data"]["role_id"] for name in ("web", "batch")}
    client.write("sys/quotas/rate-limit/web", {"rate": 1, "interval": "1h", "path": "auth/approle", "role": "web"})
    stranger = Client(server.address, None, server.ca_file)
    logins = [stranger.raw("POST", "auth/approle/login", {"role_id": ids[name]})[0] for name in ("web", "web", "batch", "batch")]
    rows.check("a rule of a role limits its logins only", logins == [200, 429, 200, 200], logins)
    client.call("DELETE", "sys/quotas/rate-limit/web")
    return ids


def audited(rows, server):
    """A refusal is written to the audit devices only if the settings say so."""
    path = server.directory / "audit.log"
    client = server.client()
    client.write("sys/audit/file", {"type": "file", "options": {"file_path": str(path)}})
    client.write("sys/quotas/rate-limit/kv", {"rate": 1, "interval": "1h", "path": "kv"})
    count = lambda: sum("rate limit quota exceeded" in line for line in path.read_text().splitlines())
    statuses(client, 3, "kv/a")
    rows.check("refusals are not audited by default", count() == 0, count())
    client.write("sys/quotas/config", {"enable_rate_limit_audit_logging": True})
    statuses(client, 1, "kv/a")
    rows.check("refusals are audited when asked for", count() == 2, count())  # request and answer
    client.write("sys/quotas/config", {})
    client.call("DELETE", "sys/audit/file")


def leases(rows, where, server, ids):
    """Tokens count from their creation to their end. Root tokens do not count; batch tokens do not count, but are refused."""
    client = server.client()
    make = lambda **more: client.raw("POST", "auth/token/create", {"policies": ["default"], **more})
    counter = lambda name: client.read(f"sys/quotas/lease-count/{name}")["data"]["counter"]
    before = counter("tokens")
    client.raw("POST", "sys/quotas/lease-count/tokens", {"max_leases": before + 2, "path": "auth/token"})
    eventually(rows, f"{where}: the limit is here", lambda: client.read("sys/quotas/lease-count/tokens")["data"]["max_leases"] == before + 2)
    made = [make() for _ in range(2)]
    rows.check(f"{where}: two tokens", [status for status, _ in made] == [200, 200] and counter("tokens") == before + 2, counter("tokens"))
    status, said = make()
    rows.check(f"{where}: the third is refused", (status, json.loads(said)) == (429, leases_exceeded("auth/token/create")), said)
    rows.check(f"{where}: a batch token too", make(type="batch")[0] == 429)
    rows.check(f"{where}: no root token", make(policies=["root"])[0] == 200 and counter("tokens") == before + 2)
    token = json.loads(made[0][1])["auth"]["client_token"]
    rows.check(f"{where}: renewals go on", Client(server.address, token, server.ca_file).raw("POST", "auth/token/renew-self", {})[0] == 200)
    client.write("auth/token/revoke", {"token": token})
    rows.check(f"{where}: a revoked token makes room", counter("tokens") == before + 1 and make()[0] == 200, counter("tokens"))
    stranger = Client(server.address, None, server.ca_file)
    login = lambda name: stranger.raw("POST", "auth/approle/login", {"role_id": ids[name]})
    seen = [login("web")[0], login("web")[0], login("batch")[0]]
    rows.check(f"{where}: a limit of a role's logins", seen == [200, 429, 200], (seen, counter("web")))
    return counter("tokens")


def follows_its_mount(rows, server):
    client = server.client()
    client.write("sys/quotas/rate-limit/moving", {"rate": 5, "path": "kv/exact"})
    client.write("sys/remount", {"from": "kv", "to": "elsewhere"})
    shown = client.read("sys/quotas/rate-limit/moving")["data"]
    rows.check("a rule follows its mount", shown["path"] == "elsewhere/exact", shown)
    client.call("DELETE", "sys/mounts/elsewhere")
    rows.check("a rule ends with its mount", client.raw("GET", "sys/quotas/rate-limit/moving")[0] == 404)


def refusals(rows, server):
    client = server.client()
    texts = [({"rate": 5, "path": "none"}, 'invalid mount path "none"'), ({"rate": "much"}, "'rate' is invalid"), ({"rate": 1e300}, "'rate' is invalid"),
             ({"rate": 5, "interval": "-1s"}, "'interval' is invalid"), ({"rate": 5, "block_interval": "-1s"}, "'block' is invalid"),
             ({"rate": 5, "inheritable": False}, "all global quotas must be inheritable"),
             ({"rate": 5, "path": "secret", "inheritable": True}, "only namespace quotas can be configured as inheritable"),
             ({"rate": 5, "path": "secret", "role": "x"}, 'Mount path "secret/" is not a valid auth method and therefore unsuitable for use with role-based quotas'),
             ({"rate": 5, "group_by": "none"}, 'grouping mode "none" is only available in Vault Enterprise'),
             ({"rate": 5, "group_by": "odd"}, 'invalid grouping mode "odd"')]
    for body, text in texts:
        status, said = client.raw("POST", "sys/quotas/rate-limit/bad", body)
        rows.check(f"refused: {body}", (status, json.loads(said)["errors"]) == (400, [text]), said)
    for body in ({}, {"max_leases": 0}, {"max_leases": -1}, {"max_leases": 10**30}):
        rows.check(f"refused: {body}", client.raw("POST", "sys/quotas/lease-count/bad", body)[0] == 400)
    rows.check("a name with a control character", client.raw("POST", "sys/quotas/rate-limit/a%07b", {"rate": 5})[0] == 400)


def main():
    with Workspace() as space:
        north, west = (space.server(name) for name in ("north", "west"))
        for server in (north, west):
            start = server.config.read_text().index('listener "tcp"')
            end = server.config.read_text().index("}\n", start) + 2
            text = server.config.read_text()
            server.config.write_text(text[:start] + FORWARDED.format(port=server.api_port, cluster=server.cluster_port) + text[end:])
            server.stop()
            server.start().initialize()
        rows = Rows(north)
        root = north.client()
        for path in ("kv", "secret"):
            root.write(f"sys/mounts/{path}", {"type": "kv"})
        root.write("sys/auth/approle", {"type": "approle"})
        attach(north, west, "performance", "west")
        west.root_token = root_token(west, north.keys)
        refusals(rows, north)
        root.write("sys/quotas/rate-limit/all", {"rate": 1, "interval": "1h"})
        rows.check("health and seal-status are never counted", statuses(root, 3, "sys/health") + statuses(root, 3, "sys/seal-status") == [200] * 6)
        root.call("DELETE", "sys/quotas/rate-limit/all")
        count_by_cluster(rows, north, west)
        addresses(rows, north)
        audited(rows, north)
        headers_and_blocks(rows, north)
        root.call("DELETE", "sys/quotas/rate-limit/kv")
        ids = roles(rows, north)
        root.write("sys/quotas/lease-count/tokens", {"max_leases": 1000, "path": "auth/token"})
        root.write("sys/quotas/lease-count/web", {"max_leases": 2, "path": "auth/approle", "role": "web"})
        before = leases(rows, "primary", north, ids)
        north.kill()
        north.start().unseal()
        after = north.client().read("sys/quotas/lease-count/tokens")["data"]["counter"]
        rows.check("a killed primary counts the same", before == after, (before, after))
        root = north.client()
        root.write("sys/quotas/rate-limit/west", {"rate": 2, "interval": "1h", "path": "secret"})
        wait_in_sync(north, west, "performance")
        west.client().write("sys/quotas/lease-count/web", {"max_leases": 1, "path": "auth/approle", "role": "web"})
        leases(rows, "secondary", west, ids)
        wait_in_sync(north, west, "performance")
        north.kill()
        rows.check("the secondary alone limits", statuses(west.client(), 3, "secret/a") == [404, 404, 429])
        rows.check("the secondary alone limits leases", west.client().raw("POST", "auth/token/create", {"policies": ["default"]})[0] == 429)
        north.start().unseal()
        follows_its_mount(rows, north)
        whole_cluster(rows, north)
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
