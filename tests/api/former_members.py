"""A former member that kept every key stops no cluster, redirects no cluster, and cannot come back without a new token.

The class: a former member of a set still decides something in it. It could be a performance secondary, a DR secondary, a relay or a former primary. It
could use every way to another cluster: links, `hf_peer_v1` (it shows a promotion to every member that it knows), the API, restarts of either side, or
the seat that it had. What holds now: each primary keeps a signed list of members (the trust log). A promotion counts only if the list that the others
hold gives the promoted cluster the right. A list from before its revocation does not count, and neither does a statement that it signs.
"""

import sys
import time

import harness
from harness import Workspace, wait_in_sync, wait_until
from topologies import attach, root_token


def takes_writes(server, value="x"):
    try:
        return server.client().raw("POST", "kv/a", {"v": value})[0] == 204
    except (OSError, harness.http.client.HTTPException):
        return False


def trust(server, kind):
    return server.client().read(f"sys/replication/{kind}/trust")["data"]


def revoke(primary, kind, identifier):
    primary.client().write(f"sys/replication/{kind}/primary/revoke-secondary", {"id": identifier})


def primary_of_both(space, *others):
    p = space.server("p").initialize()
    p.client().write("sys/mounts/kv", {"type": "kv"})
    p.client().write("sys/replication/performance/primary/enable")
    wait_until(lambda: p.client().replication("performance")["mode"] == "primary", 20, "the primary")
    return [p] + [space.server(name).initialize() for name in others]


def follow(p, secondary, identifier):
    attach(p, secondary, "performance", identifier)
    secondary.root_token = root_token(secondary, p.keys)


def undisturbed(p, kind, former, follower=None, seconds=6):
    """Checks for a while, and over a restart of the primary: it writes, its secondary follows it, and its list is unchanged."""
    leader = next(seat["member_key"] for seat in trust(p, kind)["seats"] if seat["leads"])
    for restarts in (False, True):
        if restarts:
            p.kill()
            p.start()
            p.unseal()
            wait_until(lambda: takes_writes(p), 20, "writes after a restart")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert takes_writes(p), "a former member has stopped the primary"
            time.sleep(0.3)
        statement = former.client().raw("GET", f"sys/replication/{kind}/epoch")
        if statement[0] == 200:
            shown = harness.json.loads(statement[1])["data"]["statement"]
            code, body = p.client().raw("POST", f"sys/replication/{kind}/epoch", {"statement": shown})[:2]
            assert code == 400 or b'"is_news":false' in body, (code, body)
        assert not p.client().replication(kind).get("replaced_by")
        assert next(seat["member_key"] for seat in trust(p, kind)["seats"] if seat["leads"]) == leader
        if follower:
            wait_until(lambda: takes_writes(follower, "forwarded"), 30, "the follower's writes to reach the primary")
            wait_until(lambda: p.client().read("kv/a")["data"] == {"v": "forwarded"}, 10, "the write")


def knows(member, primary, kind, others, token=None):
    """Waits until a member that will be revoked has the primary's list and can reach everybody on it, so that it can attack all of them."""
    def has_all():
        body = {"dr_operation_token": token} if token else {}
        listed = member.client("none" if token else None).call("POST", f"sys/replication/{kind}/secondary/preview", body)["data"]["members"]
        return set(others) <= {one["id"] for one in listed if one["answers"]}
    wait_until(has_all, 20, f"{member.name} to know {', '.join(others)}")
    if not token:
        wait_until(lambda: trust(member, kind) == trust(primary, kind), 20, f"{member.name} to have the list")


def former_performance_secondary(space):
    p, s, f = primary_of_both(space, "s", "f")
    follow(p, s, "s")
    follow(p, f, "f")
    p.client().write("sys/replication/performance/primary/succession/s", {"may_succeed": True})
    knows(s, p, "performance", ["f"])
    revoke(p, "performance", "s")
    s.client().write("sys/replication/performance/secondary/promote", {"force": True})
    wait_until(lambda: s.client().replication("performance")["mode"] == "primary", 20, "the promotion")
    undisturbed(p, "performance", s, f)
    assert trust(p, "performance")["revoked_count"] == 1


def present_one_without_the_right(space):
    p, s, f = primary_of_both(space, "s", "f")
    follow(p, s, "s")
    follow(p, f, "f")
    knows(s, p, "performance", ["f"])
    s.client().write("sys/replication/performance/secondary/promote", {"force": True})
    wait_until(lambda: s.client().replication("performance")["mode"] == "primary", 20, "the promotion")
    undisturbed(p, "performance", s, f)


def former_dr_secondary(space):
    p, d, f = primary_of_both(space, "d", "f")
    follow(p, f, "f")
    attach(p, d, "dr", "d")
    token = root_token(d, p.keys, "operation")
    knows(d, p, "dr", ["f"], token)
    revoke(p, "dr", "d")
    d.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": token, "force": True})
    d.root_token = p.root_token
    wait_until(lambda: takes_writes(d), 20, "the promotion")
    undisturbed(p, "dr", d, f)
    undisturbed(p, "performance", d, f, seconds=1)


def former_relay(space):
    p, r, f = primary_of_both(space, "r", "f")
    follow(p, r, "r")
    follow(p, f, "f")
    r.client().write("sys/replication/performance/secondary/relay/enable")
    knows(r, p, "performance", ["f"])
    revoke(p, "performance", "r")
    r.client().write("sys/replication/performance/secondary/promote", {"force": True})
    wait_until(lambda: r.client().replication("performance")["mode"] == "primary", 20, "the promotion")
    undisturbed(p, "performance", r, f)


def former_primary(space):
    """A primary hands its role over, is revoked by its successor, and then acts as the primary again."""
    a, b, f = primary_of_both(space, "b", "f")
    follow(a, b, "b")
    follow(a, f, "f")
    knows(b, a, "performance", ["f"])
    a.client().write("sys/replication/performance/primary/switchover", {"secondary_id": "b"})
    wait_until(lambda: a.client().replication("performance")["mode"] == "secondary", 30, "the switchover")
    identifier = a.client().replication("performance")["secondary_id"]
    wait_until(lambda: takes_writes(b), 20, "the new primary")
    revoke(b, "performance", identifier)
    b.keys = a.keys
    a.root_token = root_token(a, a.keys)
    a.client().write("sys/replication/performance/secondary/promote", {"force": True})
    wait_until(lambda: a.client().replication("performance")["mode"] == "primary", 20, "the promotion")
    undisturbed(b, "performance", a, f)


def batch_token(server):
    answer = server.client().write("auth/token/create", {"type": "batch", "policies": ["admin"], "ttl": "1h", "no_parent": True})
    return answer["auth"]["client_token"]


def reads(server, token):
    return server.client(token).raw("GET", "kv/a")[0] in (200, 404)


def batch_tokens_end_with_the_seat(space):
    """Whose key is listed twice, where a list was made by another primary, or where the set ended: see tst_token_makers."""
    a, b, f = primary_of_both(space, "b", "f")
    a.client().write("sys/policies/acl/admin", {"policy": 'path "*" { capabilities = ["create", "read", "update", "sudo"] }'})
    follow(a, b, "b")
    follow(a, f, "f")
    time.sleep(6)
    a.client().write("sys/replication/performance/primary/switchover", {"secondary_id": "b"})
    wait_until(lambda: a.client().replication("performance")["mode"] == "secondary", 30, "the switchover")
    wait_until(lambda: takes_writes(b), 20, "the new primary")
    former = a.client().replication("performance")["secondary_id"]
    a.keys = b.keys = f.keys = a.keys
    a.root_token = root_token(a, a.keys)
    wait_in_sync(b, f, "performance")
    wait_in_sync(b, a, "performance")
    token = batch_token(f)
    wait_until(lambda: reads(a, token) and reads(b, token), 10, "a member's token to count")
    revoke(b, "performance", "f")
    assert not reads(b, token) and not reads(b, batch_token(f))
    wait_until(lambda: not reads(a, token), 10, "the former primary to learn of it")
    token = batch_token(a)
    wait_until(lambda: reads(b, token), 10, "the former primary's token to count")
    revoke(b, "performance", former)
    assert not reads(b, token) and not reads(b, batch_token(a)), "the token of a former primary counts after it was revoked"


def members_that_are_no_secondaries_are_revoked(space):
    """After an unplanned promotion the new primary has no secondaries, but its list has members: the former primary, and siblings."""
    p, b, f = primary_of_both(space, "b", "f")
    p.client().write("sys/policies/acl/admin", {"policy": 'path "*" { capabilities = ["create", "read", "update", "sudo"] }'})
    follow(p, b, "b")
    follow(p, f, "f")
    p.client().write("sys/replication/performance/primary/succession/b", {"may_succeed": True})
    time.sleep(6)
    p.kill()
    b.client().write("sys/replication/performance/secondary/promote", {"force": True})
    wait_until(lambda: takes_writes(b), 20, "the promotion")
    seats = {seat["id"]: seat for seat in trust(b, "performance")["seats"]}
    assert {"f", "p"} <= set(seats), seats
    token = batch_token(f)
    assert reads(b, token)
    revoke(b, "performance", "f")
    assert not reads(b, token)
    p.start()
    p.unseal()
    token = batch_token(p)
    assert reads(b, token)
    revoke(b, "performance", seats["p"]["member_key"])
    assert not reads(b, token) and not reads(b, batch_token(p))
    assert trust(b, "performance")["revoked_count"] == 2 and len(trust(b, "performance")["seats"]) == 1
    undisturbed(b, "performance", p)


def a_former_primary_of_both_sets_is_revoked_at_once(space):
    p, d, f = primary_of_both(space, "d", "f")
    follow(p, f, "f")
    attach(p, d, "dr", "d")
    time.sleep(6)
    p.kill()
    d.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": root_token(d, p.keys, "operation"), "force": True})
    d.root_token = p.root_token
    wait_until(lambda: takes_writes(d), 20, "the promotion")
    revoke(d, "performance", "p")
    for kind in ("performance", "dr"):
        assert trust(d, kind)["revoked_count"] == 1 and "p" not in {seat["id"] for seat in trust(d, kind)["seats"]}, trust(d, kind)


def main():
    for scenario in (batch_tokens_end_with_the_seat, members_that_are_no_secondaries_are_revoked, a_former_primary_of_both_sets_is_revoked_at_once,
                     former_dr_secondary, former_performance_secondary, present_one_without_the_right, former_relay, former_primary):
        print(scenario.__name__)
        with Workspace() as space:
            scenario(space)
    print("done")


if __name__ == "__main__":
    sys.exit(main())
