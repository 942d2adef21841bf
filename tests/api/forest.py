"""Scrub, merkle-check and reindex on real servers: on a primary, and on its DR secondary with an operation token."""

import base64

from harness import Cli, Workspace, put_secrets, wait_in_sync, wait_until
from tutorial_dr import generate_operation_token, secondary_token

SECRETS = 1500


def scrub(client):
    return client.read("sys/replication/scrub")["data"]


def on_a_primary(server, cli, client):
    assert scrub(client) == {"in_progress": False}, scrub(client)
    out = cli.run("vault replication scrub")
    assert "Index differences" in out and "done" in out, out
    last = scrub(client)["last"]
    assert last["outcome"] == "done" and last["report"]["keys"] >= 2 * SECRETS and last["report"]["leaves"] == [], last

    client.write("sys/policies/acl/scrubber", {"policy": 'path "sys/replication/*" { capabilities = ["read", "update"] }'})
    token = client.write("auth/token/create", {"policies": ["scrubber"]})["auth"]["client_token"]
    for method, path in (("PUT", "scrub"), ("DELETE", "scrub"), ("PUT", "reindex"), ("PUT", "performance/reindex"), ("PUT", "dr/reindex")):
        assert server.client(token).raw(method, f"sys/replication/{path}", {})[0] == 403, path  # sudo
    assert client.raw("PUT", "sys/replication/scrub", {"keys_per_second": "many"})[0] == 400
    assert client.raw("DELETE", "sys/replication/scrub")[0] == 400
    assert client.raw("PUT", "sys/replication/dr/secondary/merkle-check", {"dr_operation_token": "x"})[0] == 400

    # A scrub continues after a kill. It can be watched and cancelled.
    client.write("sys/replication/scrub", {"keys_per_second": 100})
    assert client.raw("PUT", "sys/replication/scrub", {})[0] == 400
    assert wait_until(lambda: scrub(client)["keys_done"] > 0, what="the scrub to begin")
    server.kill()
    server.start().unseal()
    client = server.client()
    assert scrub(client)["in_progress"]
    assert wait_until(lambda: scrub(client)["keys_done"] > 0, what="the scrub to continue")
    status = scrub(client)
    assert status["keys_per_second_max"] == 100 and status["keys_total"] > SECRETS and status["seconds_left"] > 0, status
    assert "keys/s" in cli.run("vault replication scrub status")
    cli.run("vault replication scrub cancel")
    wait_until(lambda: not scrub(client)["in_progress"], what="the scrub to end")
    assert scrub(client)["last"]["outcome"] == "cancelled"


def reports(client, cli):
    status = client.read("sys/replication/status")["data"]
    assert status["dr"]["last_corruption_check_epoch"] == "-62135596800" or int(status["dr"]["last_corruption_check_epoch"]) > 0
    report = server_report(client.write("sys/replication/merkle-check"))
    roots = report["corrupted_tree_map"]
    assert report["corrupted_root"] is False and roots["1"]["tree_type"] == "replicated" and roots["2"]["tree_type"] == "local", report
    for tree in roots.values():
        assert tree["corrupted_index_tuples_map"] is None and tree["corrupted_subtree_root"] is False, report
        assert len(base64.b64decode(tree["root_hash"])) == 20
    after = client.read("sys/replication/status")["data"]["dr"]
    assert int(after["last_corruption_check_epoch"]) > 0 and after["corrupted_merkle_tree"] is False, after
    before = after["merkle_root"]
    assert "Corrupted pages" in cli.run("vault replication check")
    answer = client.write("sys/replication/reindex", {"diff": True})
    assert len(answer["warnings"]) == 1, answer
    wait_until(lambda: "reindex_in_progress" not in client.read("sys/replication/status")["data"]["dr"], what="the reindex to end")
    after = client.read("sys/replication/status")["data"]["dr"]
    assert int(after["last_reindex_epoch"]) > 0 and after["merkle_root"] == before, after
    cli.run("vault replication reindex -type=performance -force")


def server_report(answer):
    return answer["data"]["merkle_corruption_report"]


def on_a_dr_secondary(secondary, cli, keys):
    client = secondary.client()
    for path in ("scrub", "scrub/status", "scrub/cancel", "merkle-check", "reindex"):
        status, body = client.raw("PUT", f"sys/replication/dr/secondary/{path}", {})[:2]
        assert status == 400, (path, status, body)
        assert client.raw("PUT", f"sys/replication/dr/secondary/{path}", {"dr_operation_token": "hvs.wrong"})[0] == 403, path
    operation = generate_operation_token(cli, keys)
    out = cli.run("vault replication scrub -dr-token=$TOKEN", token="", TOKEN=operation)
    assert "Keys compared" in out, out
    assert "replicated" in cli.run("vault replication check -dr-token=$TOKEN", token="", TOKEN=operation)
    cli.run("vault replication reindex -dr-token=$TOKEN", token="", TOKEN=operation)


def main():
    with Workspace() as space:
        a, b = (space.server(name).initialize() for name in ("alpha", "beta"))
        on_a, on_b = (Cli(server, space.path / f"home-{server.name}") for server in (a, b))
        client = a.client()
        client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        put_secrets(a, SECRETS)
        on_a_primary(a, on_a, client)
        client = a.client()
        client.write("sys/replication/dr/primary/enable")
        wait_until(lambda: client.replication("dr")["mode"] == "primary", what="the primary")
        reports(client, on_a)
        b.client().write("sys/replication/dr/secondary/enable", {"token": secondary_token(on_a, "beta")})
        wait_in_sync(a, b, "dr")
        on_a_dr_secondary(b, on_b, a.keys[:2])
        wait_in_sync(a, b, "dr")  # the secondary's repaired index equals the primary's
    print("scrub, check and reindex on a primary and on its DR secondary")


if __name__ == "__main__":
    main()
