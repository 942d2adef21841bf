"""After a member was revoked as compromised, every other member makes new keys, one after another, and no member is lost.

The class: a key that a bad member knows, or may have used, stays valid. It could be a member key or a token key. Its owner could be the primary, a
performance secondary, a DR copy of either, a secondary of a relay, or a member that was away at that time. What holds now:

- Each member makes a new pair when it receives the demand, which is shared data.
- The lists of both sets name the new keys and revoke the old ones.
- Links, forwarded requests and batch tokens go on.
- Answer, status and verdict name the members that have not made new keys yet.
"""

import sys
import time

import harness
from harness import Workspace, wait_in_sync, wait_until
from topologies import attach, root_token


def trust(server, kind):
    return server.client().read(f"sys/replication/{kind}/trust")["data"]


def member_keys(server, kind):
    found = {}
    for seat in trust(server, kind)["seats"]:
        found[seat["id"] or "leader"] = seat["member_key"]
        for copy in seat["stand_ins"]:
            found[f"copy of {seat['id'] or 'leader'}"] = copy["member_key"]
    return found


def waiting(server, kind="performance"):
    return server.client().replication(kind).get("without_new_keys", [])


def writes(server, value):
    try:
        return server.client().raw("POST", "kv/a", {"v": value})[0] == 204
    except (OSError, harness.http.client.HTTPException):
        return False


def batch_token(server):
    body = {"type": "batch", "policies": ["root-like"], "no_parent": True, "ttl": "1h"}
    return server.client().write("auth/token/create-orphan", body)["auth"]["client_token"]


def reads(server, token):
    return server.client(token).raw("GET", "kv/a")[0] == 200


def main():
    with Workspace() as space:
        p = space.server("p").initialize()
        s, x, d, c, below = (space.server(name).initialize() for name in ("s", "x", "d", "c", "below"))
        root = p.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("sys/policies/acl/root-like", {"policy": 'path "*" { capabilities = ["create", "read", "update"] }'})
        attach(p, s, "performance", "s")
        s.root_token = root_token(s, p.keys)
        attach(p, x, "performance", "x")
        attach(p, d, "dr", "d")
        attach(s, c, "dr", "c")
        s.client().write("sys/replication/performance/secondary/relay/enable")
        token = s.client().write("sys/replication/performance/secondary/relay/secondary-token", {"id": "below"})["wrap_info"]["token"]
        below.client().write("sys/replication/performance/secondary/enable", {"token": token})
        wait_until(lambda: below.client().replication("performance").get("is_in_sync"), 40, "the secondary of the relay")
        below.keys, below.threshold = p.keys, p.threshold
        below.root_token = root_token(below, p.keys)
        wait_until(lambda: "copy of s" in member_keys(p, "performance") and "copy of leader" in member_keys(p, "performance"), 30, "the copies in the list")
        before = {kind: member_keys(p, kind) for kind in ("performance", "dr")}
        before_below = trust(s, "dr")
        theirs, own = batch_token(s), batch_token(p)
        wait_until(lambda: reads(s, own) and reads(p, theirs) or not writes(p, "0"), 20, "batch tokens to count at both")

        # One of them is away: it makes new keys when it comes back.
        d.kill()
        try:  # a name in place of an id must not look like a success
            root.write("sys/replication/performance/primary/revoke-secondary", {"id": "nobody", "compromised": True})
            raise AssertionError("an unknown id was revoked")
        except harness.ApiError as error:
            assert error.status == 400 and "known are:" in str(error.body), error
        answer = root.write("sys/replication/performance/primary/revoke-secondary", {"id": "x", "compromised": True})
        assert "d" in answer["data"]["without_new_keys"] and "s" in answer["data"]["without_new_keys"], answer
        assert "d has not made new keys yet" in answer["warnings"], answer
        wait_until(lambda: waiting(p) == ["d"], 40, "all members that are there to make new keys")
        status = p.client().replication("dr")
        assert any("d has not made new keys yet" in each.get("verdict_cause", "") for each in status["secondaries"]), status
        during = member_keys(p, "performance")
        assert "x" not in during and not set(during.values()) - {before["dr"]["d"]} & set(before["performance"].values()), (before, during)
        d.start()
        d.unseal()
        wait_until(lambda: waiting(p) == [] and waiting(p, "dr") == [], 60, "the member that was away to make new keys")
        after = {kind: member_keys(p, kind) for kind in ("performance", "dr")}
        for kind in before:
            assert set(after[kind]) == set(before[kind]) - {"x"}, (kind, before, after)
            assert not set(after[kind].values()) & set(before[kind].values()), (kind, before, after)

        # Nobody was lost on the way.
        for server in (s, below):
            wait_until(lambda: writes(server, server.name), 40, f"a write forwarded by {server.name}")
            wait_until(lambda: p.client().read("kv/a")["data"] == {"v": server.name}, 10, "the forwarded write")
        wait_in_sync(p, d, "dr")
        wait_in_sync(s, c, "dr")
        assert reads(p, theirs) and reads(s, own), "batch tokens of a former token key count until they end"
        newer = batch_token(s)
        wait_until(lambda: reads(p, newer), 20, "a batch token of the new token key to count at the primary")
        wait_until(lambda: member_keys(s, "performance") == after["performance"], 20, "the secondary to have the same list")
        assert not set(each["member_key"] for each in trust(s, "dr")["seats"]) & set(each["member_key"] for each in before_below["seats"])

        # The revocation demands a new root key. Until then key shares need a token as well.
        begun = root.write("sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
        for key in p.keys[:2]:
            done = root.write("sys/rekey/update", {"key": key, "nonce": begun["nonce"]})
        p.keys = done["keys_base64"]
        for server in (s, d, c, below):
            server.keys = p.keys
        for kind in ("performance", "dr"):
            wait_until(lambda: p.client().replication(kind)["rekey"]["complete"], 60, "all members to have the new root key")
        wait_until(lambda: s.client().replication("dr")["rekey"]["complete"], 60, "the copy of the secondary to have it")
        time.sleep(3)

        # All start again with the new keys, and the copy still has the right to take the primary's place.
        for server in (p, s, below):
            server.kill()
            server.start()
            server.unseal()
        for server in (s, below):
            wait_until(lambda: writes(server, server.name + " again"), 60, f"a write forwarded by {server.name} after the restart")
        wait_in_sync(p, d, "dr")
        operation = root_token(d, p.keys, "operation")
        p.kill()
        d.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation, "force": True})
        d.root_token = p.root_token
        wait_until(lambda: writes(d, "d"), 30, "the promoted copy to write")
        wait_until(lambda: writes(s, "s follows"), 60, "the secondary to follow the promoted copy by itself")
        assert trust(d, "performance")["contested"] == []
    print("compromised members leave no key behind")


if __name__ == "__main__":
    sys.exit(main())
