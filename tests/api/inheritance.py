"""What a promoted DR secondary inherits: the members of the set, paths filters, a relay's secondaries. And what a relay refuses.

    P ── performance ──> R (relays) ── performance ──> C
    ├── performance ──> K, which uses only the addresses it was given
    ├── dr ──> D                    R ── dr ──> RD
"""

from cascade import RELAY, log_in, make_secondary, use_keys_of, with_secondary
from filters import PRIMARY, files_with, status_of
from harness import Workspace, wait_in_sync, wait_until
from topologies import attach, batch_for, promote, root_token

WHERE = "sys/replication/where"


def build(space):
    p, r, c, k, d, rd = (space.server(name, extra="replication {\n  resolver_discover_servers = false\n}" if name == "k" else "").initialize()
                         for name in ("p", "r", "c", "k", "d", "rd"))
    root, on_r = with_secondary(p, r, c)
    on_r.write(f"{RELAY}/enable")
    on_r.write(f"{RELAY}/paths-filter/c", {"mode": "deny", "paths": ["not-c"]})
    wait_until(lambda: on_r.read(f"{RELAY}/status")["data"]["state"] == "running", 30, "the relay to run")
    assert make_secondary(r, c, RELAY, "c", token=r.user)[0] == 200
    use_keys_of(p, c)
    r.root_token = r.user
    attach(p, k, "performance", "k")
    attach(p, d, "dr", "d")
    attach(r, rd, "dr", "rd")
    wait_until(lambda: c.client().replication("performance").get("is_in_sync"), 60, "c in step")
    return p, r, c, k, d, rd




def batch_of(secondary, primary, paths):
    """Made by a performance secondary itself."""
    secondary.root_token = root_token(secondary, primary.keys)
    client = secondary.client()
    return wait_until(lambda: batch_for(client, "failover", paths), 20, "a batch token of the secondary")


def where_on_a_dr_secondary(d, batch, of_k):
    client = d.client("none")
    code, body = client.raw("POST", WHERE, {"path": "not-r/x"})
    assert code == 400 and b"dr operation token not provided" in body, (code, body)
    code, body = client.raw("GET", f"{WHERE}?path=not-r/x")
    assert code == 400, (code, body)
    code, body = client.raw("POST", WHERE, {"path": "not-r/x", "dr_operation_token": "hvs.wrong"})
    assert code == 403, (code, body)
    code, body = client.raw("POST", WHERE, {"path": "not-r/x", "dr_operation_token": of_k})
    assert code == 403, ("a performance secondary operates its primary's DR secondary by a token of its own", code, body)
    data = client.call("POST", WHERE, {"path": "not-r/x", "dr_operation_token": batch})["data"]
    shown = {each["relation"]: each for each in data["clusters"]}
    assert data["storage_class"] == "shared" and shown["this"]["holds"] and shown["dr primary"]["holds"], data
    data = client.call("POST", WHERE, {"path": "auth/token/create", "dr_operation_token": batch})["data"]
    assert data["storage_class"] == "local" and {each["relation"]: each["holds"] for each in data["clusters"]} == {"this": True, "dr primary": True}, data


def readiness(p, d, batch):
    """No cluster stores batch tokens, and the primary says so. A DR secondary that gets one says what it allows."""
    path = "sys/replication/dr/readiness"

    def fact(data):
        return {each["fact"]: each for each in data["pairs"][0]["facts"]}["operation_token"]

    def on_d(token):
        return fact(d.client("none").call("POST", path, {"dr_operation_token": token})["data"])

    there = fact(p.client().read(path)["data"])
    assert there["level"] == "warn" and "clusters do not store these" in there["detail"] and "batch token" in there["next_step"], there
    shown = on_d(batch)
    assert shown["level"] == "ok" and "may promote until 20" in shown["detail"], shown
    looker = batch_for(p.client(), "looker", [path])
    brief = batch_for(p.client(), "brief", [path, "sys/replication/dr/secondary/promote"], ttl="10m")
    wait_in_sync(p, d, "dr")
    shown = on_d(looker)
    assert shown["level"] == "warn" and "has no right to promote" in shown["detail"] and "update" in shown["next_step"], shown
    shown = on_d(brief)
    assert shown["level"] == "warn" and "may promote until 20" in shown["detail"] and "new one" in shown["next_step"], shown
    made = root_token(d, d.keys, "operation")
    wait_until(lambda: fact(p.client().read(path)["data"])["level"] == "ok", 20, "the prepared token to be seen")
    d.client("none").call("POST", "sys/replication/dr/secondary/operation-token/delete", {"dr_operation_token": made})


def main():
    with Workspace() as space:
        p, r, c, k, d, rd = build(space)
        root, on_r, on_c = p.client(), r.client(r.user), log_in(c)
        paths = ["sys/replication/dr/secondary/promote", "sys/replication/where", "sys/replication/dr/readiness"]
        batch = batch_for(root, "failover", paths)
        wait_in_sync(p, d, "dr")

        print("a relay declines the role", flush=True)
        code, text = status_of(root, "POST", f"{PRIMARY}/switchover", {"secondary_id": "r"})
        print(f"{code} {text}")
        if code != 400 or "filter" not in text:
            raise AssertionError((code, text))
        root.call("DELETE", f"{PRIMARY}/paths-filter/r")
        wait_until(lambda: status_of(on_r, "GET", "not-r/not-r-first")[0] == 200, 30, "r to have everything")
        code, text = wait_until(lambda: (lambda found: found if "relays" in found[1] else None)(status_of(root, "POST", f"{PRIMARY}/switchover", {"secondary_id": "r"})), 20,
                                "the relay to decline")
        print(f"{code} {text}")
        assert code in (400, 503) and "end the relay" in text, (code, text)
        assert status_of(root, "POST", "all/on", {"value": "1"})[0] == 204 and root.replication("performance")["epoch"] == 1
        assert root.read(f"{PRIMARY}/switchover")["data"]["is_settled"]
        root.write(f"{PRIMARY}/paths-filter/r", {"mode": "deny", "paths": ["not-r"]})
        wait_until(lambda: status_of(on_r, "GET", "not-r/not-r-first")[0] == 404, 30, "r to lose it again")

        print("where, and readiness, on a DR secondary", flush=True)
        wait_in_sync(p, d, "dr")
        where_on_a_dr_secondary(d, batch, batch_of(k, p, paths))
        readiness(p, d, batch)

        print("P dies, D takes its place and knows whom it has", flush=True)
        wait_in_sync(p, k, "performance")
        wait_in_sync(p, d, "dr")
        p.kill()
        promote(d, batch)
        d.root_token = p.root_token
        new = d.client()
        found = {each["secondary_id"]: each for each in wait_until(lambda: new.read("sys/replication/links")["data"]["links"], 20, "its links")}
        assert set(found) == {"r", "k"}, found
        # K uses only the addresses it was given, so it does not follow without help. The new primary can still ask it.
        wait_until(lambda: {each["secondary_id"]: each for each in new.read("sys/replication/links")["data"]["links"]}["k"]["other_end"]["answers"], 20,
                   "k to answer its new primary")
        wait_until(lambda: r.client().replication("performance").get("is_in_sync") and r.client().replication("performance")["epoch"] == 2, 30, "r to follow d")
        assert new.read(f"{PRIMARY}/paths-filter/r")["data"]["paths"] == ["not-r/"], new.read(f"{PRIMARY}/paths-filter/r")
        for at in range(50):
            new.write(f"not-r/after-{at}", {"value": "held back from r"})
            new.write(f"not-c/after-c-{at}", {"value": "held back from c"})
        new.write("all/after", {"value": "of d"})
        wait_until(lambda: status_of(on_c, "GET", "all/after")[0] == 200, 60, "c to get it by way of r")
        assert status_of(on_r, "GET", "not-r/after-1")[0] == 404 and status_of(on_r, "GET", "not-c/after-c-1")[0] == 200
        assert status_of(on_c, "GET", "not-c/after-c-1")[0] == 404
        assert not files_with(r, "held back from r", "not-r/after-") and not files_with(c, "after-c-")

        print("R dies, RD takes its place: C follows it without a new token", flush=True)
        wait_until(lambda: r.client().replication("dr")["merkle_root"] == rd.client().replication("dr")["merkle_root"], 30, "rd to have everything")
        r.kill()
        promote(rd, batch)
        on_rd = rd.client(r.user)
        wait_until(lambda: on_rd.read(f"{RELAY}/status")["data"]["state"] == "running", 60, "rd to relay")
        assert on_rd.read(f"{RELAY}/status")["data"]["known_secondaries"] == ["c"]
        assert on_rd.read(f"{RELAY}/paths-filter/c")["data"]["paths"] == ["not-c/"]
        wait_until(lambda: status_of(on_c, "POST", "all/by-rd", {"value": "1"})[0] == 204, 60, "c to write by way of rd and d")
        assert new.read("all/by-rd")["data"] == {"value": "1"}
        new.write("not-c/end", {"value": "held back from c at the end"})
        new.write("all/end", {"value": "1"})
        wait_until(lambda: status_of(on_c, "GET", "all/end")[0] == 200, 30, "c to follow")
        assert status_of(on_rd, "GET", "not-c/end")[0] == 200 and status_of(on_c, "GET", "not-c/end")[0] == 404
        assert not files_with(c, "held back from c")
    print("all as it should be")


if __name__ == "__main__":
    main()
