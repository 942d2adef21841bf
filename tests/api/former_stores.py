"""Stores of version 0.1.0, before format numbers, with today's program: all data is there, and pairs link again without help.

The stores are in former/; former/make.py made them and says how. The test opens a copy of each, with the key shares that are written beside it.
The class of fault: a program changes its format and cannot read existing stores. Looked at: mount tables, both kv engines, users, policies, tokens of
every kind, leases, cubbyholes, wrapped answers, audit devices, keyring terms, roles and links, names that are refused today. Holds now: the program
reads what an older program stored, and makes what else it needs when it opens the store.
"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "former"))

from harness import ApiError, Workspace, wait_in_sync, wait_until
from make import PlacedServer
from topologies import root_token

HERE = pathlib.Path(__file__).resolve().parent / "former"
FACTS = json.loads((HERE / "facts.json").read_text())


def opened(space, archive, *names):
    """The servers of an archive, not started yet."""
    subprocess.run(["tar", "-xJf", HERE / f"{archive}.tar.xz", "-C", space.path], check=True)
    servers = []
    for name in names:
        server = PlacedServer(name, space.path)
        server.root_token = FACTS[name].get("root")
        server.keys, server.threshold = FACTS[name]["keys"], FACTS[name]["threshold"]
        server.log_path.touch()
        space.servers.append(server)
        servers.append(server)
    return servers


def started(server):
    server.start()
    server.unseal()
    return server


def refused(status, call):
    try:
        call()
    except ApiError as error:
        assert error.status == status, error
        return json.dumps(error.body)
    raise AssertionError("was not refused")


def secrets(server, facts):
    root = server.client()
    mounts = root.read("sys/mounts")["data"]
    assert {"one/", "two/", "here/", "odd /", "cubbyhole/", "sys/"} <= set(mounts), mounts
    assert mounts["one/"]["description"] == "first" and mounts["one/"]["config"]["default_lease_ttl"] == 3600, mounts["one/"]
    assert mounts["two/"]["options"] == {"version": "2"} and mounts["here/"]["local"], mounts
    for path, value in (("one/a/b", "first engine"), ("here/x", "local"), ("odd%20/x", "odd"), ("one/after", "under the second term")):
        assert root.read(path)["data"] == {"value": value}, path
    assert root.call("LIST", "one")["data"]["keys"][:2] == ["a/", "after"], root.call("LIST", "one")
    document = root.read("two/data/doc")["data"]
    assert document["data"] == {"number": 3} and document["metadata"]["custom_metadata"] == {"owner": "tests"}, document
    versions = root.read("two/metadata/doc")["data"]
    assert versions["max_versions"] == 7 and versions["versions"]["1"]["deletion_time"] and versions["versions"]["2"]["destroyed"], versions
    root.write("two/undelete/doc", {"versions": [1]})
    assert root.read("two/data/doc?version=1")["data"]["data"] == {"number": 1}
    assert server.client(facts["boss"]).read("cubbyhole/mine")["data"] == {"value": "cubby"}
    unwrapped = server.client(facts["wrapped"]).write("sys/wrapping/unwrap")
    assert unwrapped["data"] == {"value": "first engine"}, unwrapped
    assert root.read("sys/audit")["data"]["everything/"]["options"]["file_path"] == "discard"
    assert root.read("sys/key-status")["term"] == 2


def tokens(server, facts):
    root = server.client()
    assert {"reader", "admin"} <= set(root.call("LIST", "sys/policies/acl")["data"]["keys"])
    for name in ("child", "orphan", "five_uses", "batch", "ada"):
        client = server.client(facts[name])
        shown = client.read("auth/token/lookup-self")["data"]
        assert "reader" in shown["policies"], (name, shown)
        assert client.read("one/a/b")["data"] == {"value": "first engine"}, name
        assert refused(403, lambda client=client: client.write("one/a/b", {"value": "x"}))
    assert root.write("auth/token/lookup", {"token": facts["child"]})["data"]["meta"] == {"for": "tests"}
    assert root.write("auth/token/lookup", {"token": facts["orphan"]})["data"]["orphan"]
    uses = root.write("auth/token/lookup", {"token": facts["five_uses"]})["data"]["num_uses"]
    assert uses == 2, uses  # lookup, read and the refused write used one each
    stranger = server.client("none")
    stranger.token = None
    login = stranger.write("auth/people/login/ada", {"password": "lovelace"})["auth"]
    assert "reader" in login["policies"], login
    refused(400, lambda: stranger.write("auth/people/login/ada", {"password": "wrong"}))


def leases(server, facts):
    """The index of leases is built in the background. A revocation by prefix also finds tokens that are older than the index."""
    root = server.client()
    shown = wait_until(lambda: root.call("LIST", "sys/leases/lookup/auth/people/login/ada/"), 30, "the index of leases")
    assert len(shown["data"]["keys"]) == 2, shown  # the one in the store, and the login of tokens()
    root.write("sys/leases/revoke-prefix/auth/people/login/ada")
    wait_until(lambda: server.client(facts["ada"]).raw("GET", "auth/token/lookup-self")[0] == 403, 30, "the end of ada's token")
    assert server.client(facts["boss"]).read("auth/token/lookup-self")["data"]["display_name"] == "people-boss"


def odd_names(server):
    """A mount whose name today's program would refuse can still be moved, with its data."""
    root = server.client()
    root.write("sys/remount", {"from": "odd ", "to": "even"})
    wait_until(lambda: root.read("even/x")["data"] == {"value": "odd"}, 30, "the mount at its new path")
    assert "odd /" not in root.read("sys/mounts")["data"]


def alone(space):
    (server,) = opened(space, "alone", "alone")
    facts = FACTS["alone"]
    started(server)
    secrets(server, facts)
    tokens(server, facts)
    leases(server, facts)
    odd_names(server)
    assert "the store of an older program was converted" in server.log_path.read_text()
    size = len(server.log_path.read_text())
    versions = server.client().call("LIST", "sys/version-history")["data"]["keys"]
    assert versions == [server.client().health()["version"]], versions  # the former program wrote no history
    server.kill()
    started(server)
    assert "was converted" not in server.log_path.read_text()[size:]
    assert server.client(facts["child"]).read("one/a/b")["data"] == {"value": "first engine"}
    snapshot = (HERE / "alone.snap").read_bytes()
    status, body = server.client().raw("POST", "sys/storage/raft/snapshot", snapshot)
    assert status in (200, 204), (status, body)
    wait_until(lambda: server.client().read("odd%20/x")["data"] == {"value": "odd"}, 30, "the contents of the older snapshot")
    server.stop()


def rekey(server):
    """Makes new shares; returns them."""
    client = server.client()
    begun = client.write("sys/rekey/init", {"secret_shares": 1, "secret_threshold": 1})
    try:
        for key in server.keys[:server.threshold]:
            status = client.write("sys/rekey/update", {"key": key, "nonce": begun["nonce"]})
        return status["keys_base64"]
    except ApiError:
        client.raw("DELETE", "sys/rekey/init", {"nonce": begun["nonce"]})
        raise


def performance(space):
    p, s = opened(space, "performance", "p", "s")
    started(p)
    secrets(p, FACTS["p"])
    tokens(p, FACTS["p"])
    # The primary knows only that an older program activated the secondary.
    text = refused(400, lambda: rekey(p))
    assert 'the secondary \\"s\\" runs' in text and "older than 0.2.0" in text and "this cluster runs Holdfast" in text, text
    started(s)
    s.root_token = FACTS["s"]["boss"]
    linked(p, s, "performance")
    boss = s.client()
    for path, value in (("own/x", "of s"), ("cubbyhole/mine", "at s"), ("one/forwarded", "by s"), ("one/a/b", "first engine")):
        assert boss.read(path)["data"] == {"value": value}, path
    refused(404, lambda: boss.read("two/data/doc"))  # the filter holds
    batch = s.client(FACTS["s"]["batch"])
    assert batch.read("one/a/b")["data"] == {"value": "first engine"}
    boss.write("one/again", {"value": "forwarded"})
    assert wait_until(lambda: p.client().read("one/again"), 30, "a forwarded write")["data"] == {"value": "forwarded"}
    p.keys, p.threshold = wait_until(lambda: rekey(p), 30, "a rekey, now that each end has told its version"), 1
    wait_until(lambda: p.client().replication("performance")["rekey"]["complete"], 30, "the new root key at s")
    p.stop()
    s.stop()


def linked(primary, secondary, kind):
    """The stored link connects without help, both ends prove their keys, and new writes arrive."""
    wait_in_sync(primary, secondary, kind) if kind == "dr" else wait_until(
        lambda: secondary.client().replication(kind).get("state") == "stream-wals", 60, "the stored link")
    primary.client().write("one/since", {"value": kind})
    wait_until(lambda: secondary.client().replication(kind)["last_remote_wal"] >= primary.client().replication(kind)["last_dr_wal" if kind == "dr" else "last_performance_wal"],
               30, "what was written after the upgrade")
    known = primary.client().replication(kind)
    assert known["known_secondaries"] == [secondary.name, "never-came"], known


def dr(space):
    dp, ds = opened(space, "dr", "dp", "ds")
    started(ds)  # secondaries first
    started(dp)
    linked(dp, ds, "dr")

    def versions():
        facts = dp.client().read("sys/replication/dr/readiness")["data"]["pairs"][0]["facts"]
        return {fact["fact"]: fact["level"] for fact in facts}["versions"]

    wait_until(lambda: versions() == "ok", 30, "each end to know the other's version")
    dp.stop()
    operation = root_token(ds, ds.keys, "operation")
    ds.client().write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation})
    ds.root_token = FACTS["dp"]["root"]
    wait_until(lambda: ds.client().read("one/since")["data"] == {"value": "dr"}, 30, "the promoted cluster")
    secrets(ds, FACTS["dp"])
    ds.stop()


def main():
    for part in (alone, performance, dr):
        with Workspace() as space:
            part(space)
        print(f"{part.__name__}: ok")


if __name__ == "__main__":
    main()
