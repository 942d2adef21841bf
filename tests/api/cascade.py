"""A cascade on real processes: a performance secondary relays to another one, with writes, filters, outages and changes of role."""

from filters import PRIMARY, SECONDARY, files_with, login, status_of
from harness import Cli, Workspace, wait_until

RELAY = f"{SECONDARY}/relay"


def make_secondary(of, cluster, path, identifier, verb="enable", token=None):
    """Makes the cluster a secondary of the cluster `of`. Returns status and text."""
    activation = of.client(token).write(f"{path}/secondary-token", {"id": identifier})["wrap_info"]["token"]
    return status_of(cluster.client(cluster.user), "POST", f"{SECONDARY}/{verb}", {"token": activation})


def use_keys_of(primary, cluster):
    """Waits until the cluster is a secondary, then remembers the primary's unseal keys for it. Its root token is gone; log in instead."""
    wait_until(lambda: cluster.client().replication("performance").get("mode") == "secondary", 60, "the secondary's mode")
    cluster.keys, cluster.threshold = primary.keys, primary.threshold


def log_in(server):
    server.user = wait_until(lambda: login(server, "anna"), 30, f"a login on {server.name}")
    return server.client(server.user)


def with_secondary(p, r, c):
    """Makes P with users and three mounts, and R as its secondary with two of them. C stays new. Returns a client of P and one of R."""
    for server in (p, r, c):
        server.user = server.root_token
    root = p.client()
    root.write("sys/policies/acl/admin", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
    root.write("sys/auth/users", {"type": "userpass"})
    root.write("auth/users/users/anna", {"password": "pw", "token_policies": "admin"})
    for path in ("all", "not-c", "not-r"):
        root.write(f"sys/mounts/{path}", {"type": "kv"})
        root.write(f"{path}/{path}-first", {"value": path})
    root.write(f"{PRIMARY}/enable")
    wait_until(lambda: root.replication("performance").get("mode") == "primary", 30, "the primary")
    root.write(f"{PRIMARY}/paths-filter/r", {"mode": "deny", "paths": ["not-r"]})
    assert make_secondary(p, r, PRIMARY, "r")[0] == 200
    use_keys_of(p, r)
    wait_until(lambda: r.client().replication("performance").get("is_in_sync"), 60, "r in step")
    on_r = log_in(r)
    return root, on_r


def main():
    with Workspace() as space:
        p, r, c = (space.server(name).initialize() for name in "prc")
        root, on_r = with_secondary(p, r, c)

        print("a relay, and a secondary below it")
        status, text = status_of(root, "POST", f"{RELAY}/enable")
        assert status == 400 and "not a performance replication secondary" in text, (status, text)
        assert status_of(on_r, "POST", f"{RELAY}/secondary-token", {"id": "c"})[0] == 400
        assert on_r.write(f"{RELAY}/enable") is None
        assert status_of(on_r, "POST", f"{RELAY}/enable")[0] == 400
        on_r.write(f"{RELAY}/paths-filter/c", {"mode": "deny", "paths": ["not-c"]})
        assert status_of(on_r, "POST", f"{PRIMARY}/secondary-token", {"id": "c"})[0] == 400  # only a primary answers primary/secondary-token
        wait_until(lambda: on_r.read(f"{RELAY}/status")["data"]["state"] == "running", 30, "the relay to run")
        status, text = make_secondary(r, c, RELAY, "c", token=r.user)
        assert status == 200 and "Vault has successfully found secondary information" in text, (status, text)
        use_keys_of(p, c)
        wait_until(lambda: c.client().replication("performance").get("is_in_sync"), 60, "c in step")
        on_c = log_in(c)
        assert on_c.read("all/all-first")["data"] == {"value": "all"}
        assert status_of(on_c, "GET", "not-c/not-c-first")[0] == status_of(on_c, "GET", "not-r/not-r-first")[0] == 404
        assert on_r.read("not-c/not-c-first")["data"] == {"value": "not-c"}
        state = on_r.read(f"{RELAY}/status")["data"]
        ids = {server.name: server.client().health()["cluster_id"] for server in (p, r, c)}
        assert state["enabled"] and state["known_secondaries"] == ["c"] and state["chain"] == [ids["p"]], state
        assert state["secondaries"][0]["is_filtered"], state

        print("a write of c reaches p through r, and returns the same way")
        on_c.write("all/from-c", {"value": "1"})
        assert root.read("all/from-c")["data"] == on_r.read("all/from-c")["data"] == on_c.read("all/from-c")["data"] == {"value": "1"}
        on_c.write("sys/policies/acl/of-c", {"policy": 'path "x" { capabilities = ["read"] }'})
        assert root.read("sys/policies/acl/of-c")["data"]["policy"]
        on_c.write("sys/mounts/mine", {"type": "kv", "local": True})
        assert "mine/" not in on_r.read("sys/mounts")["data"]
        for at in range(200):
            root.write(f"all/stream-{at}", {"value": at})
            root.write(f"not-c/not-c-{at}", {"value": at})
            root.write(f"not-r/not-r-{at}", {"value": at})
        wait_until(lambda: status_of(on_c, "GET", "all/stream-199")[0] == 200, 30, "the stream to arrive at c")
        assert not files_with(c, "not-c-", "not-r-") and not files_with(r, "not-r-")

        print("where things live")
        shown = {item["relation"]: item for item in on_r.read("sys/replication/where?path=not-c/x")["data"]["clusters"]}
        assert shown["this"]["holds"] and shown["performance primary"]["holds"], shown
        assert not shown["performance secondary"]["holds"] and "filter" in shown["performance secondary"]["reason"], shown
        wait_until(lambda: {item["relation"]: item for item in on_r.read("sys/replication/where?path=all/x")["data"]["clusters"]}
                   ["performance secondary"]["is_proven"], 30, "the relay's secondary to be proven equal")
        there = root.read("sys/replication/where?mount=not-r")["data"]
        assert there["storage_class"] == "shared" and there["is_filtered"] and there["mount"]["path"] == "not-r/", there
        assert on_c.read("sys/replication/where?path=mine/a")["data"]["storage_class"] == "local"
        assert root.read("sys/replication/where?path=sys/policies/acl/admin")["data"]["storage_class"] == "shared"
        assert root.read("sys/replication/where?path=sys/storage/raft/configuration")["data"]["storage_class"] == "ignored"
        assert root.read("sys/replication/where?path=auth/token/create")["data"]["storage_class"] == "local"
        assert root.read("sys/replication/where?path=/v1/auth/token/roles/x")["data"]["storage_class"] == "shared"
        accessor = on_c.read("auth/token/lookup-self")["data"]["accessor"]
        assert on_c.read(f"sys/replication/where?accessor={accessor}")["data"]["storage_class"] == "local"
        assert status_of(root, "GET", f"sys/replication/where?accessor={accessor}")[0] == 404
        assert status_of(on_c, "GET", "sys/replication/where?path=not-c/x")[0] == 404
        assert status_of(root, "GET", "sys/replication/where")[0] == 400
        table = Cli(p, space.path / "home").run("vault replication where not-r/x")
        assert "shared" in table and "held back by its paths filter" in table, table
        table = Cli(p, space.path / "home").run("vault replication filter show r")
        assert "deny" in table and "not-r/" in table, table

        print("rings are refused")
        on_c.write(f"{RELAY}/enable")
        wait_until(lambda: on_c.read(f"{RELAY}/status")["data"]["state"] == "running", 30, "c to relay")
        assert on_c.read(f"{RELAY}/status")["data"]["chain"] == [ids["p"], ids["r"]]
        status, text = make_secondary(c, r, RELAY, "r-below-c", "update-primary", token=c.user)
        assert status == 400 and "would close a ring" in text and ids["r"] in text, (status, text)
        status, text = make_secondary(r, r, RELAY, "itself", "update-primary", token=r.user)
        assert status == 400 and "would close a ring" in text, (status, text)
        wait_until(lambda: r.client().replication("performance").get("is_in_sync"), 30, "r to continue")
        on_c.write(f"{RELAY}/disable")

        print("the relay dies and comes back; so does the primary")
        r.kill()
        root.write("all/while-r-was-away", {"value": "1"})
        assert on_c.read("all/all-first")["data"] == {"value": "all"}
        assert status_of(on_c, "POST", "all/nowhere", {"value": "1"})[0] in (500, 503)
        r.start()
        r.unseal()
        wait_until(lambda: status_of(on_c, "GET", "all/while-r-was-away")[0] == 200, 60, "c to catch up through r")
        p.kill()
        p.start()
        p.unseal()
        wait_until(lambda: status_of(on_c, "POST", "all/again", {"value": "1"})[0] == 204, 60, "writes through r and p")
        on_r = log_in(r)

        print("the relay is promoted: c follows it, with the token that c has")
        root = p.client()
        root.write(f"{PRIMARY}/demote")
        on_r.write(f"{SECONDARY}/promote", {"force": True})
        wait_until(lambda: r.client().replication("performance").get("mode") == "primary", 30, "r to be primary")
        assert "c" in r.client().replication("performance")["known_secondaries"]
        wait_until(lambda: status_of(on_c, "POST", "all/to-r", {"value": "1"})[0] == 204, 60, "c to write through the new primary")
        assert r.client().replication("performance")["epoch"] == 2
        wait_until(lambda: c.client().replication("performance")["epoch"] == 2, 30, "c to know the epoch")

        print("a revoked secondary of the relay receives nothing more")
        r.client(r.user).write(f"{PRIMARY}/revoke-secondary", {"id": "c"})
        wait_until(lambda: c.client().replication("performance").get("connection_state") != "ready", 30, "the link to be cut")
        print("all as it should be")


if __name__ == "__main__":
    main()
