"""A primary that a false successor has stopped continues: attempt and update with key shares and a token with sudo, over HTTP and on the
command line.

Class: somebody without the right decides which cluster leads. Where else: the right to succeed (it needs a root token). What holds: neither a token
alone nor key shares alone are enough.

Class: a cluster that lost its place never learns of it, because no follower of the other primary speaks to it. Where else: a member that was revoked while
it was away. What holds: the primary shows the refused cluster the refusal, with the entries that prove it. The refused cluster shows a contest and continues.
Both report two primaries. The operator of the refused cluster ends this with a token and key shares.
"""

import json
import sys

from harness import Cli, Workspace, wait_until
from topologies import attach, promote, root_token

BASE = "sys/replication/dr/primary/refuse-successor"


def status_of(client, method, path, body=None):
    return client.raw(method, path, body)[0]


def the_refused_one_is_told(a, x):
    successor = x.client(a.root_token)
    refusal = wait_until(lambda: [one for one in successor.read("sys/replication/dr/trust")["data"]["contested"] if one["kind"] == "refusal"],
                         60, "x to learn of the refusal")[0]
    contests = successor.read("sys/replication/links")["data"]["contests"]
    assert [one["hash"] for one in contests] == [refusal["hash"]] and contests[0]["next_step"], contests
    assert status_of(successor, "PUT", "kv/a", {"a": "x"}) == 204  # it continues
    for server, word in ((a, "the refused cluster"), (x, "leads this set too")):
        wait_until(lambda: word in server.client(a.root_token).health().get("two_primaries", ""), 90, f"the alarm at {server.name} to say {word!r}")

    base = "sys/replication/dr/trust/choose"
    assert status_of(x.client("hvs.nobody"), "POST", f"{base}/attempt", {"hash": refusal["hash"]}) == 403
    assert status_of(successor, "POST", f"{base}/attempt", {"hash": "00" * 32}) == 400
    begun = successor.write(f"{base}/attempt", {"hash": refusal["hash"]})["data"]
    assert begun["started"] and begun["hash"] == refusal["hash"] and begun["required"] == a.threshold, begun
    assert status_of(successor, "POST", f"{base}/attempt", {"hash": refusal["hash"]}) == 400  # one at a time
    assert status_of(x.client("hvs.nobody"), "POST", f"{base}/update", {"key": a.keys[0], "nonce": begun["nonce"]}) == 403
    assert successor.read(f"{base}/attempt")["data"]["progress"] == 0
    for key in a.keys[: a.threshold]:
        assert status_of(successor, "PUT", "kv/a", {"a": "x"}) == 204
        done = successor.write(f"{base}/update", {"key": key, "nonce": begun["nonce"]})["data"]
    assert done["complete"] and not done["contested"], done
    status, text = successor.raw("PUT", "kv/a", {"a": "x"})
    assert status == 503 and b"replaced" in text, (status, text)
    wait_until(lambda: "two_primaries" not in a.client().health(), 120, "the alarm to end")
    assert status_of(a.client(), "PUT", "kv/a", {"a": "6"}) == 204


def main():
    with Workspace() as space:
        a, x = (space.server(name).initialize() for name in ("a", "x"))
        root = a.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        attach(a, x, "dr", "x")
        assert status_of(root, "POST", f"{BASE}/attempt", {}) == 400  # no cluster has replaced it
        promote(x, root_token(x, a.keys, "dr"))
        successor = x.client(a.root_token)

        def is_stopped():
            statement = successor.read("sys/replication/dr/epoch")["data"]["statement"]
            root.raw("POST", "sys/replication/dr/epoch", {"statement": statement})
            return status_of(root, "PUT", "kv/a", {"a": "1"}) == 503

        wait_until(is_stopped, 20, "a to stop")

        stranger = a.client("hvs.nobody")  # with key shares, but without a token
        assert status_of(stranger, "POST", f"{BASE}/attempt", {}) == 403
        begun = root.write(f"{BASE}/attempt")["data"]
        assert begun["started"] and begun["required"] == a.threshold and begun["progress"] == 0, begun
        assert status_of(stranger, "POST", f"{BASE}/update", {"key": a.keys[0], "nonce": begun["nonce"]}) == 403
        assert status_of(root, "POST", f"{BASE}/attempt", {}) == 400  # one at a time
        assert status_of(root, "POST", f"{BASE}/update", {"key": a.keys[0], "nonce": "another"}) == 400
        step = root.write(f"{BASE}/update", {"key": a.keys[0], "nonce": begun["nonce"]})["data"]
        assert step["progress"] == 1 and not step["complete"], step
        assert status_of(root, "POST", f"{BASE}/update", {"key": a.keys[0], "nonce": begun["nonce"]}) == 400  # the same again
        assert status_of(root, "PUT", "kv/a", {"a": "1"}) == 503
        assert status_of(root, "DELETE", f"{BASE}/attempt") == 204

        cli = Cli(a, space.path / "home")
        nonce = json.loads(cli.run("vault replication refuse-successor -type=dr -init -format=json"))["nonce"]
        for key in a.keys[: a.threshold]:
            out = cli.run(f"vault replication refuse-successor -type=dr -nonce={nonce} {key}")
        assert "true" in out, out
        wait_until(lambda: status_of(root, "PUT", "kv/a", {"a": "2"}) == 204, 10, "writes")
        assert not root.read("sys/replication/dr/epoch")["data"]["is_replaced"]
        # The same cluster shows its promotion again, without effect.
        statement = successor.read("sys/replication/dr/epoch")["data"]["statement"]
        root.raw("POST", "sys/replication/dr/epoch", {"statement": statement})
        assert status_of(root, "PUT", "kv/a", {"a": "3"}) == 204
        a.kill()
        a.start()
        a.unseal()
        wait_until(lambda: status_of(root, "PUT", "kv/a", {"a": "4"}) == 204, 20, "writes after a restart")
        the_refused_one_is_told(a, x)
        print("all as it should be")


if __name__ == "__main__":
    sys.exit(main())
