"""What the cluster keeps before an activation wipes it, and how it is restored with the old keys; even if the process dies in between."""

import random
import sys
import threading
import time

from harness import ApiError, Cli, Workspace, check_secrets, put_secrets, wait_in_sync, wait_until
from tutorial_dr import generate_operation_token

SECRETS = 60


def enable(primary, secondary, kind, name, **more):
    """Activates `secondary`. Returns the warnings of the answer."""
    wrapped = primary.client().write(f"sys/replication/{kind}/primary/secondary-token", {"id": name})["wrap_info"]["token"]
    return secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": wrapped, **more})["warnings"]


def kept_in(server):
    folder = server.directory / "data" / "safety"
    return sorted(file.stem for file in folder.glob("*.snap")) if folder.is_dir() else []


def own_data(server):
    """A cluster with data. Its keys and root token are kept."""
    cli = Cli(server, server.directory / "home")
    cli.run("vault secrets enable -path=own -version=2 kv")
    cli.run("vault policy write mine - <<EOF\npath \"own/*\" { capabilities = [\"read\"] }\nEOF")
    put_secrets(server, SECRETS, prefix="own/data/it")
    return {"keys": list(server.keys), "token": server.root_token}


def check_own(server, own):
    server.root_token, server.keys = own["token"], list(own["keys"])
    check_secrets(server, SECRETS, prefix="own/data/it")
    assert "mine" in server.client().call("LIST", "sys/policies/acl")["data"]["keys"]
    for kind in ("dr", "performance"):
        assert server.client().replication(kind)["mode"] == "disabled"


def refusal(call, status, *texts):
    try:
        call()
    except ApiError as error:
        assert error.status == status, error
        for text in texts:
            assert text in str(error.body), (text, error.body)
        return
    raise AssertionError("it was not refused")


def check_put_back(a, b, own):
    """B becomes a DR secondary by mistake, and is restored."""
    warnings = enable(a, b, "dr", "b")
    names = kept_in(b)
    assert len(names) == 1, names
    assert names[0] in warnings[2] and "60 secrets" in warnings[2] and "safety-snapshot restore" in warnings[2], warnings
    wait_in_sync(a, b, "dr")
    cli = Cli(b, b.directory / "home")
    token = generate_operation_token(cli, a.keys[:2])
    refusal(lambda: b.client().write("sys/replication/safety-snapshot"), 400, "dr operation token not provided")
    refusal(lambda: b.client().write("sys/replication/safety-snapshot", {"dr_operation_token": "hvs.wrong"}), 403)
    assert names[0] in cli.run(f"vault replication safety-snapshot list -dr-token={token}", token="")
    cli.run(f"vault replication safety-snapshot restore -dr-token={token} no-such", token="", expect=2)
    out = cli.run(f"vault replication safety-snapshot restore -dr-token={token} {names[0]}", token="")
    assert "is in place" in out, out
    client = b.client()
    wait_until(lambda: client.read("sys/seal-status")["sealed"], 30, "b to be sealed by other keys")
    for key in a.keys[:2]:  # the keys of the primary that it followed no longer open it
        try:
            client.write("sys/unseal", {"key": key})
        except ApiError:
            pass
    assert client.read("sys/seal-status")["sealed"]
    client.write("sys/unseal", {"reset": True})
    b.unseal(own["keys"])
    check_own(b, own)
    status = cli.json("vault replication safety-snapshot list -format=json")["data"]
    about = status["key_info"][names[0]]
    assert about["reason"] == "before this cluster became a dr secondary" and about["proven_at"], about
    assert about["inventory"]["mounts"][0]["secret_count"] == SECRETS, about
    assert a.client().replication("dr")["mode"] == "primary"
    cli.run(f"vault replication safety-snapshot delete {names[0]}")
    assert kept_in(b) == []
    a.client().write("sys/replication/dr/primary/revoke-secondary", {"id": "b"})


def check_refusals(a, b, own):
    client = b.client()
    refusal(lambda: client.write("sys/replication/dr/secondary/enable", {"token": "not.a.token"}), 400)
    assert kept_in(b) == [], "of an activation that did not come about nothing is left"
    folder = b.directory / "data" / "safety"
    folder.rmdir()
    folder.write_text("not a folder")
    wrapped = a.client().write("sys/replication/dr/primary/secondary-token", {"id": "b-again"})["wrap_info"]["token"]
    refusal(lambda: client.write("sys/replication/dr/secondary/enable", {"token": wrapped}), 500, "nothing was changed", "skip_safety_snapshot")
    check_own(b, own)
    folder.unlink()
    warnings = client.write("sys/replication/dr/secondary/enable", {"token": wrapped})["warnings"]  # the token was not used up
    assert len(warnings) == 3 and len(kept_in(b)) == 1, warnings
    wait_in_sync(a, b, "dr")
    put_back(a, b, own)


def put_back(a, b, own):
    token = generate_operation_token(Cli(b, b.directory / "home"), a.keys[:2])
    b.client().write("sys/replication/safety-snapshot/restore", {"name": kept_in(b)[-1], "dr_operation_token": token})
    client = b.client()
    wait_until(lambda: client.read("sys/seal-status")["sealed"], 30, "b to be sealed")
    b.unseal(own["keys"])
    check_own(b, own)


def check_kill(a, b, own, seed):
    """The process dies at any moment: either nothing has changed, or the cluster has the new role and the old data is kept."""
    chance = random.Random(seed)
    wiped = 0
    for attempt in range(6):
        name = f"kill-{attempt}"
        wrapped = a.client().write("sys/replication/dr/primary/secondary-token", {"id": name})["wrap_info"]["token"]
        begun = threading.Event()

        def activate():
            begun.set()
            try:
                b.client().write("sys/replication/dr/secondary/enable", {"token": wrapped})
            except (OSError, ApiError, Exception):  # noqa: BLE001 - the server dies under it
                pass

        thread = threading.Thread(target=activate)
        thread.start()
        begun.wait()
        until = time.monotonic() + chance.uniform(0.0, 1.0)
        wait_until(lambda: time.monotonic() > until, what="the moment to kill")
        b.kill()
        thread.join()
        b.start()
        client = b.client()
        for key in own["keys"][:2]:
            try:
                client.write("sys/unseal", {"key": key})
            except ApiError:
                pass
        if not client.read("sys/seal-status")["sealed"]:
            check_own(b, own)
            continue
        wiped += 1
        client.write("sys/unseal", {"reset": True})
        assert len(kept_in(b)) >= 1, "wiped without anything kept"
        b.unseal(a.keys)
        wait_in_sync(a, b, "dr")
        put_back(a, b, own)
    print(f"killed 6 times (seed {seed}), {wiped} times behind the wipe")
    unproven = list((b.directory / "data" / "safety").glob("*.unproven*"))
    scratch = list((b.directory / "data" / "scratch").glob("*"))
    assert not scratch, scratch
    assert len(unproven) <= 6, unproven
    assert len(kept_in(b)) <= 6, kept_in(b)


def check_others(a, space):
    """Clusters without data, clusters with skip_safety_snapshot, and a primary."""
    empty = space.server("empty").initialize()
    warnings = enable(a, empty, "performance", "empty")
    assert "No safety snapshot was taken" in warnings[2] and kept_in(empty) == [], warnings

    c = space.server("c").initialize()
    own_data(c)
    inventory = c.client().read("sys/replication/inventory")["data"]
    assert inventory["is_worth_keeping"] and inventory["policy_count"] == 1 and inventory["token_count"] == 1, inventory
    (mount,) = inventory["mounts"]
    assert (mount["path"], mount["secret_count"], mount["version_count"]) == ("own/", SECRETS, SECRETS), mount
    assert mount["newest_write"] == inventory["newest_write"] > "20" and mount["bytes"] > 0, inventory
    c.client().write("sys/replication/dr/primary/enable")
    c.client().write("sys/replication/dr/primary/secondary-token", {"id": "its-own"})
    assert c.client().read("sys/replication/inventory")["data"]["secondaries"][0]["id"] == "its-own"
    out = Cli(c, c.directory / "home").run("vault replication inventory")
    assert "own/" in out and "its-own" in out, out
    refusal(lambda: enable(a, c, "performance", "c-1"), 400, "already enabled on this cluster as a primary", "its-own", "overwrite_primary")
    assert kept_in(c) == []
    warnings = enable(a, c, "performance", "c-2", overwrite_primary=True, skip_safety_snapshot=True)
    assert len(warnings) == 2 and kept_in(c) == [], warnings
    wait_in_sync(a, c, "performance")
    assert c.client().replication("dr")["mode"] == "disabled"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1_000_000)
    with Workspace() as space:
        a = space.server("a").initialize()
        a.client().write("sys/replication/dr/primary/enable")
        a.client().write("sys/replication/performance/primary/enable")
        b = space.server("b").initialize()
        own = own_data(b)
        check_put_back(a, b, own)
        check_refusals(a, b, own)
        check_others(a, space)
        check_kill(a, b, own, seed)


if __name__ == "__main__":
    sys.exit(main())
