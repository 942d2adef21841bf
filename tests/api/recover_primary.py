"""A primary is lost, no cluster has the right to take its place, and its snapshot is restored on another node.

The class: a member can come back only after a wipe, or a revoked cluster comes back as well. The member could be a performance secondary with its own data, a DR
secondary, or one that knows a later epoch than the snapshot. The revoked cluster could be one that was revoked after the snapshot was saved. What holds now:

- `primary/enable` with `recover=true` makes the restored cluster the primary of the same set, with a later epoch and an empty list of members.
- Each member comes back with a token and keeps its data.
- A cluster without a token stays outside.
- If the lost primary starts again from its old storage, it and the recovered one both write and both raise the alarm, until one of them is demoted.
"""

import json
import sys
import time

from harness import ApiError, Cli, Workspace, wait_in_sync, wait_until
from restores import FORCE, post, save, serves, unseal_restored
from topologies import attach, root_token


def refused(call, text):
    try:
        call()
    except ApiError as error:
        assert text in str(error), (text, str(error))
        return
    raise AssertionError(f"not refused: {text}")


def alarm(server, kind, other):
    """What the cluster says in status, if it says in health and verdict too that the other one is a primary of its set; else None."""
    client = server.client()
    shown = [one for one in client.replication(kind).get("two_primaries", []) if one["api_address"] == other.address]
    links = client.read("sys/replication/links")["data"]
    if not shown or not client.health().get("two_primaries"):
        return None
    assert all(shown[0][field] for field in ("cluster_name", "cause", "safe", "next_step", "cluster_address")), shown
    assert any(one["type"] == kind for one in links["two_primaries"]), links
    verdicts = [link["verdict"] for link in links["links"] if link["type"] == kind]
    assert verdicts and all(verdict == "two primaries" for verdict in verdicts), links
    return shown[0]


def the_lost_one_starts_again(p, n, s, home):
    p.start()
    p.unseal()
    for kind, told_by in (("performance", "s"), ("dr", "d")):
        there = wait_until(lambda: alarm(p, kind, n), 90, f"the alarm at the lost primary ({kind})")
        here = wait_until(lambda: alarm(n, kind, p), 90, f"the alarm at the recovered primary ({kind})")
        assert there["told_by"] == here["told_by"] == [told_by], (there, here)
        assert there["epoch"] > here["epoch"], (there, here)
    p.client().write("kv/a", {"v": "beside"})  # an alarm stops nobody
    n.client().write("kv/a", {"v": "newest"})
    wait_in_sync(n, s, "performance")
    assert "There are two" in Cli(p, home).run("vault topology")
    for kind in ("performance", "dr"):
        p.client().write(f"sys/replication/{kind}/primary/demote")
    for server in (p, n):
        wait_until(lambda: not server.client().health().get("two_primaries"), 120, "the alarm to end")
    serves(s, "kv/a", {"v": "newest"})


def main():
    with Workspace() as space:
        p, s, d, x, n = (space.server(name).initialize() for name in ("p", "s", "d", "x", "n"))
        root = p.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("kv/a", {"v": "saved"})
        for kind in ("performance", "dr"):
            root.write(f"sys/replication/{kind}/primary/enable")
            wait_until(lambda: root.replication(kind)["mode"] == "primary", 20, "the primary")
        for server in (s, x):
            attach(p, server, "performance", server.name)
        s.root_token = root_token(s, p.keys)
        attach(p, d, "dr", "d")
        s.client().write("sys/mounts/own", {"type": "kv", "local": True})
        s.client().write("own/a", {"v": "local"})
        wait_in_sync(p, x, "performance")
        archive = save(p)
        root.write("sys/replication/performance/primary/revoke-secondary", {"id": "x"})
        root.write("kv/a", {"v": "behind the snapshot"})
        wait_in_sync(p, s, "performance")
        wait_in_sync(p, d, "dr")
        sets = {kind: root.replication(kind)["cluster_id"] for kind in ("performance", "dr")}
        operation = root_token(d, p.keys, "operation")
        p.kill()
        def restored():  # refused while a member still reports that the primary is alive
            status, answer = post(n, FORCE, archive, {"key": ",".join(p.keys[:2])})
            assert status == 200 or "is connected to" in str(answer), (status, answer)
            return answer if status == 200 else None

        answer = wait_until(restored, 60, "the members to see that the primary is gone")
        steps = answer["data"]["steps"]
        assert any("recover=true set_id=" + sets["performance"] in step for step in steps), answer
        assert any("recover=true set_id=" + sets["dr"] in step for step in steps), answer
        unseal_restored(n, p.keys, p.root_token)
        n.root_token, n.keys, n.threshold = p.root_token, p.keys, p.threshold
        client = n.client()
        client.write("sys/policies/acl/admin", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "sudo"] }'})
        admin = client.write("auth/token/create", {"policies": ["admin"]})["auth"]["client_token"]
        enable = "sys/replication/performance/primary/enable"
        refused(lambda: n.client(admin).write(enable, {"recover": True}), "root token")
        refused(lambda: client.write(enable, {"recover": True, "set_id": "another"}), "is the primary of the performance replication set")
        refused(lambda: client.write("sys/replication/dr/primary/enable", {"recover": True}), "give set_id")
        refused(lambda: client.write(enable, {"set_id": sets["performance"]}), "go with recover=true")
        before = client.replication("performance")
        done = client.write(enable, {"recover": True})["data"]
        assert done["cluster_id"] == sets["performance"] == client.replication("performance")["cluster_id"], done
        assert any("Member s:" in step for step in done["steps"]) and done["steps"][0].startswith("Keep the former primary off."), done
        assert not client.replication("performance").get("known_secondaries"), "every member comes by a token"
        list_of_members = client.read("sys/replication/performance/trust")["data"]
        assert [seat["leads"] for seat in list_of_members["seats"]] == [True] and list_of_members["kind"] == "found", list_of_members
        done = client.write("sys/replication/dr/primary/enable", {"recover": True, "set_id": sets["dr"], "epoch": 7})["data"]
        assert done["epoch"] == 7 and done["cluster_id"] == sets["dr"], done

        # The members keep their own data, and have the primary's shared data again.
        token = client.write("sys/replication/performance/primary/secondary-token", {"id": "s"})["wrap_info"]["token"]
        s.client().write("sys/replication/performance/secondary/update-primary", {"token": token})
        wait_in_sync(n, s, "performance")
        serves(s, "own/a", {"v": "local"})
        serves(s, "kv/a", {"v": "saved"})
        token = client.write("sys/replication/dr/primary/secondary-token", {"id": "d"})["wrap_info"]["token"]
        d.client("none").write("sys/replication/dr/secondary/update-primary", {"token": token, "dr_operation_token": operation})
        wait_in_sync(n, d, "dr")
        client.write("kv/a", {"v": "newer"})
        wait_in_sync(n, s, "performance")
        serves(s, "kv/a", {"v": "newer"})
        refused(lambda: client.write(enable, {"recover": True}), "is connected to this primary")
        time.sleep(3)
        outside = x.client().raw("GET", "sys/replication/performance/status")
        data = json.loads(outside[1])["data"]
        assert data.get("connection_state") != "ready", ("a revoked secondary came back with the snapshot", data)
        assert before["mode"] == "primary"
        the_lost_one_starts_again(p, n, s, space.path / "home")
    print("a lost primary was recovered, its members came back, and its return raised the alarm")


if __name__ == "__main__":
    sys.exit(main())
