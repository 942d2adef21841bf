"""Consistency between clusters, as clients see it: X-Vault-Index and similar headers, the wait for a forwarded write, and sys/health for
load balancers, on a link that the test delays."""

import base64
import concurrent.futures
import http.client
import json
import signal
import sys

import harness
from harness import Client, Workspace, wait_in_sync, wait_until
from proxy import Proxy
from rows import Rows

STALE = "Timeout hit while waiting for local replicated cluster to apply primary's write; this client may encounter stale reads of values written during this operation."
NOT_HERE = {"errors": ["required index state not present"]}


def exchange(server, method, path, body=None, token=None, **headers):
    """(status, body, X-Vault-Index)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        names["X-Vault-Token"] = token
    connection.request(method, "/v1/" + path, json.dumps(body) if body is not None else None, names)
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text) if text else None, reply.getheader("X-Vault-Index")


def state_of(index):
    version, cluster, local, shared, mac = base64.b64decode(index).decode().split(":")
    assert version == "v1" and len(mac) == 64, index
    return cluster, int(local), int(shared)


def one_cluster(server, rows):
    root = server.root_token
    own = server.client().health()["cluster_id"]
    server.client().write("sys/mounts/secret", {"type": "kv"})
    status, _, first = exchange(server, "POST", "secret/a", {"v": 1}, root)
    rows.check("a write tells its index", status == 204 and state_of(first)[0] == own, first)
    status, _, none = exchange(server, "GET", "secret/a", token=root)
    rows.check("a read tells none", status == 200 and none is None, none)
    _, _, later = exchange(server, "POST", "secret/b", {"v": 1}, root)
    rows.check("indexes grow", state_of(later)[1] > state_of(first)[1] and state_of(later)[2] > state_of(first)[2], (first, later))
    login = exchange(server, "POST", "auth/token/create", {"ttl": "1h"}, root)
    rows.check("so does a token's creation", state_of(login[2])[1] > state_of(later)[1] and state_of(login[2])[2] == state_of(later)[2], login)
    rows.check("what is here may be asked for", exchange(server, "GET", "secret/a", token=root, X_Vault_Index=later)[0] == 200)
    ahead = base64.b64encode(base64.b64decode(later).replace(b":", b":9", 2)).decode()
    refused = {"altered": ahead, "not one": "nonsense", "empty": "", "without its signature": base64.b64encode(b"v1:a:1:1:").decode()}
    for name, index in refused.items():
        answer = exchange(server, "GET", "secret/a", token=root, X_Vault_Index=index)
        rows.check("refused: " + name, answer[:2] == (412, NOT_HERE), answer)
    answer = exchange(server, "GET", "secret/a", token="hvs.nobody", X_Vault_Index=ahead)
    rows.check("asked before the token", answer[0] == 412, answer)
    rows.check("every name is taken without an index", exchange(server, "GET", "secret/a", token=root, X_Vault_Inconsistent="fail")[0] == 200)
    answer = exchange(server, "GET", "secret/a", token=root, X_Vault_Forward="active-node")
    rows.check("forward", answer[:2] == (400, {"errors": ["forwarding via header X-Vault-Forward disabled in configuration"]}), answer)
    answer = exchange(server, "GET", "secret/a", token=root, X_Vault_Inconsistent="forward-active-node")
    rows.check("inconsistent", answer[:2] == (400, {"errors": ["forwarding via header X-Vault-Inconsistent=forward-active-node disabled in configuration"]}), answer)


def health_rows(server, rows):
    client = server.client()
    for query, wanted in (("", 200), ("?activecode=234", 234), ("?maxlag=1s&lagcode=599", 200), ("?performancestandbycode=299", 200),
                          ("?standbyok=true&perfstandbyok=1", 200), ("?performancestandbycode=x", 400), ("?removedcode=1.5", 400),
                          ("?haunhealthycode=9", 400), ("?maxlag=soon", 400), ("?maxlag=-1s", 400), ("?lagcode=2000", 400),
                          ("?standbyok=maybe", 400), ("?drsecondarycode=299", 200)):
        for method in ("GET", "HEAD"):
            status = client.raw(method, "sys/health" + query)[0]
            rows.check(f"{method} health{query}", status == wanted, status)


def errors_of_both(rows, space, p, s, token, proxy):
    """The primary refuses a forwarded request. When its answer arrives, no audit device of the secondary can write."""
    print("errors of primary and secondary")
    folder = space.path / "audit"
    folder.mkdir()
    device = {"type": "file", "local": True, "options": {"file_path": str(folder / "log")}}
    rows.check("a local audit device", exchange(s, "PUT", "sys/audit/own", device, token)[0] == 204)
    proxy.hold("performance")
    p.client().write("sys/mounts/fresh", {"type": "kv"})  # which the secondary does not know yet
    answer = exchange(s, "PUT", "sys/mounts/fresh", {"type": "kv"}, token)
    primarys = "path is already in use at fresh/"
    rows.check("the primary's error alone", answer[:2] == (400, {"errors": [primarys]}), answer)
    proxy.hold("forward")
    size = (folder / "log").stat().st_size
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(exchange, s, "PUT", "sys/mounts/fresh", {"type": "kv"}, token)
        wait_until(lambda: (folder / "log").stat().st_size > size, 20, "the request to be audited and sent")
        folder.rename(space.path / "away")
        folder.write_text("not a folder")  # the device would make a missing folder again
        s.process.send_signal(signal.SIGHUP)
        wait_until(lambda: exchange(s, "GET", "secret/a", token=token)[0] == 500, 20, "the device to fail")
        proxy.release()
        answer = waiting.result()
    both = ("2 errors occurred:\n\t* errors from both primary and secondary; primary error was " + primarys
            + "; secondary errors follow\n\t* internal error\n\n")
    rows.check("both, with the primary's code", answer[:2] == (400, {"errors": [both]}), answer)
    folder.unlink()
    (space.path / "away").rename(folder)
    s.process.send_signal(signal.SIGHUP)
    wait_until(lambda: exchange(s, "DELETE", "sys/audit/own", token=token)[0] == 204, 20, "the device to work again")


def main():
    with Workspace() as space:
        forwarding = 'replication {\n  allow_forwarding_via_header = true\n  best_effort_wal_wait_duration = "300ms"\n  logshipper_buffer_length = 100\n  logshipper_buffer_size = "1mb"\n}'
        p = space.server("primary").initialize()
        rows = Rows(p)
        s = space.server("secondary", extra=forwarding).initialize()
        d = space.server("copy").initialize()
        one_cluster(p, rows)
        health_rows(p, rows)
        answer = exchange(s, "GET", "sys/mounts", token=s.root_token, X_Vault_Forward="active-node")
        rows.check("forward, where it is allowed", answer[0] == 200, answer)

        print("a performance secondary and a DR secondary behind a way that can be held up")
        proxy = Proxy(p.cluster_port)
        primary = p.client()
        keys, threshold = p.keys, p.threshold
        for kind, secondary in (("performance", s), ("dr", d)):
            primary.write(f"sys/replication/{kind}/primary/enable", {"primary_cluster_addr": proxy.address})
            token = primary.write(f"sys/replication/{kind}/primary/secondary-token", {"id": secondary.name})["wrap_info"]["token"]
            secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token})
            wait_in_sync(p, secondary, kind)
        primary.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        primary.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        batch = primary.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]
        wait_in_sync(p, s, "performance")
        wait_until(lambda: exchange(s, "GET", "secret/a", token=batch)[0] == 200, 20, "the batch token to work on the secondary")

        status, body, index = exchange(s, "POST", "secret/c", {"v": 1}, batch)
        rows.check("a forwarded write tells the primary's index", status == 204 and state_of(index)[0] == s.client().health()["cluster_id"], (status, body, index))
        rows.check("which the primary has", exchange(p, "GET", "secret/c", token=p.root_token, X_Vault_Index=index)[:1] == (200,))
        rows.check("and the secondary, since it waited", exchange(s, "GET", "secret/c", token=batch, X_Vault_Index=index)[0] == 200)
        for kind, secondary, code in (("performance", s, 200), ("dr", d, 472)):
            wait_until(lambda: secondary.client().raw("GET", "sys/health?maxlag=5s")[0] == code, 20, "the first proof")
            answer = secondary.client().raw("GET", "sys/health?maxlag=5s")
            body = json.loads(answer[1])
            rows.check(f"{kind}: level with its primary", answer[0] == code and body["replication_primary_canary_age_ms"] < 5000 and "replication_lag" not in body, answer)

        print("the link held up, forwarding not")
        proxy.hold("performance", "dr")
        _, _, ahead = exchange(p, "POST", "secret/d", {"v": 2}, p.root_token)
        answer = exchange(s, "GET", "secret/d", token=batch, X_Vault_Index=ahead)
        rows.check("what has not arrived is not answered", answer[:2] == (412, NOT_HERE), answer)
        answer = exchange(s, "GET", "secret/d", token=batch, X_Vault_Index=ahead, X_Vault_Inconsistent="forward-active-node")
        rows.check("the active node is this one", answer[:2] == (412, NOT_HERE), answer)
        status, body, mine = exchange(s, "POST", "secret/e", {"v": 3}, batch)
        rows.check("a write that does not come back in time says so", status == 200 and body["warnings"] == [STALE] and body["data"] is None, (status, body))
        rows.check("and names an index that is not here", exchange(s, "GET", "secret/e", token=batch, X_Vault_Index=mine)[0] == 412)
        rows.check("but on the primary", exchange(p, "GET", "secret/e", token=p.root_token, X_Vault_Index=mine)[0] == 200)
        for kind, secondary in (("performance", s), ("dr", d)):
            answer = wait_until(lambda: (lambda found: found if found[0] == 475 else None)(secondary.client().raw("GET", "sys/health?maxlag=1s&drsecondarycode=200")), 30, "the lag")
            body = json.loads(answer[1])
            rows.check(f"{kind}: the lag is told", body["replication_lag"].startswith(f"{kind} replication is ") and body["replication_primary_canary_age_ms"] > 1000, body)
            chosen = secondary.client().raw("HEAD", "sys/health?maxlag=1s&lagcode=599&drsecondarycode=200")[0]
            rows.check(f"{kind}: with the code that was asked for", chosen == 599, chosen)
            rows.check(f"{kind}: a larger lag is none", secondary.client().raw("GET", "sys/health?maxlag=1h&drsecondarycode=200")[0] == 200)
        proxy.release()
        wait_until(lambda: exchange(s, "GET", "secret/d", token=batch, X_Vault_Index=ahead)[0] == 200, 60, "the held write to arrive")
        wait_until(lambda: exchange(s, "GET", "secret/e", token=batch, X_Vault_Index=mine)[0] == 200, 60, "the forwarded write to arrive")
        for secondary in (s, d):
            wait_until(lambda: secondary.client().raw("GET", "sys/health?maxlag=5s&drsecondarycode=200")[0] == 200, 60, "the lag to end")

        errors_of_both(rows, space, p, s, batch, proxy)

        print("a promotion: indexes of the former primary stay meaningful")
        wait_in_sync(p, s, "performance")
        _, _, before = exchange(p, "POST", "secret/f", {"v": 4}, p.root_token)
        primary.write("sys/replication/performance/primary/demote")
        answer = wait_until(lambda: exchange(s, "POST", "sys/replication/performance/secondary/promote", {}, batch)[0] == 200, 30, "the promotion")
        wait_until(lambda: s.client().health()["replication_performance_mode"] == "primary", 30, "the new primary")
        rows.check("the old primary's last write is here", exchange(s, "GET", "secret/f", token=batch, X_Vault_Index=before)[0] == 200)
        _, _, after = exchange(s, "POST", "secret/g", {"v": 5}, batch)
        rows.check("later ones are above it", state_of(after)[2] > state_of(before)[2], (before, after))
        answer = exchange(p, "GET", "secret/f", token=p.root_token, X_Vault_Index=after)
        rows.check("and not on the old primary", answer[:2] == (412, NOT_HERE), answer)
        proxy.close()
        rows.finish()


if __name__ == "__main__":
    main()
