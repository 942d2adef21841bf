"""The drill of a DR secondary: what it reports, that it changes nothing, and that it connects to nothing."""

import os
import sys

from harness import ApiError, Cli, Workspace, put_secrets, wait_in_sync, wait_until
from tutorial_dr import generate_operation_token

PATH = "sys/replication/dr/secondary/drill"
SECRETS = 300


def sockets(server):
    """(listening ports, ports at the far end of connections) of a process."""
    own = set()
    for entry in os.listdir(f"/proc/{server.process.pid}/fd"):
        try:
            target = os.readlink(f"/proc/{server.process.pid}/fd/{entry}")
        except OSError:
            continue
        if target.startswith("socket:["):
            own.add(target[8:-1])
    listening, connected = set(), set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            if words[9] not in own:
                continue
            if words[3] == "0A":
                listening.add(int(words[1].split(":")[1], 16))
            elif int(words[1].split(":")[1], 16) not in listening:
                connected.add(int(words[2].split(":")[1], 16))
    return listening, connected


def refusal(call, status):
    try:
        call()
    except ApiError as error:
        assert error.status == status, error
        return
    raise AssertionError("it was not refused")


def main():
    with Workspace() as space:
        a = space.server("a").initialize()
        b = space.server("b").initialize()
        on_a, on_b = Cli(a, space.path / "home-a"), Cli(b, space.path / "home-b")
        audit = space.path / "audit.log"
        on_a.run("vault secrets enable -path=secret -version=2 kv")
        on_a.run("vault secrets enable -path=old -version=1 kv")
        on_a.run(f"vault audit enable file file_path={audit}")
        on_a.run("vault kv put old/one a=b")
        on_a.run("vault kv put secret/gone a=b && vault kv delete secret/gone")
        for _ in range(3):
            on_a.run("vault token create -policy=default")
        put_secrets(a, SECRETS)
        refusal(lambda: a.client().write(PATH, {"dr_operation_token": "hvs.x"}), 400)
        a.client().write("sys/replication/dr/primary/enable")
        wrapped = a.client().write("sys/replication/dr/primary/secondary-token", {"id": "b"})["wrap_info"]["token"]
        b.client().write("sys/replication/dr/secondary/enable", {"token": wrapped})
        wait_in_sync(a, b, "dr")

        client = b.client()
        assert client.raw("GET", PATH)[0] == 404  # there was no drill yet
        refusal(lambda: client.write(PATH), 400)
        refusal(lambda: client.write(PATH, {"dr_operation_token": "hvs.wrong"}), 403)

        token = generate_operation_token(on_b, a.keys[:2])
        before = client.replication("dr")
        listening, connected = sockets(b)
        begun = client.write(PATH, {"dr_operation_token": token})["data"]
        seen_listening, seen_connected = set(), set()

        def ended():
            more = sockets(b)
            seen_listening.update(more[0])
            seen_connected.update(port for port in more[1] if port not in (0,))
            data = client.read(PATH)["data"]
            return data["state"] != "running" and data

        data = wait_until(ended, 60, "the drill to end")
        assert data["id"] == begun["id"] and data["state"] == "succeeded", data
        assert [step["name"] for step in data["steps"]] == ["copy", "compare roots", "open", "promote", "first read", "read", "take down"], data
        assert all(step["ok"] for step in data["steps"]), data
        assert data["copy_root"] == data["live_root"] == before["merkle_root"], (data, before)
        assert data["is_consistent"] and data["remote_index"] > 0 and data["key_count"] > SECRETS, data
        assert data["reads"] >= 20 and data["reads_failed"] == 0 and data["token_lookups"] >= 4 and data["token_lookups_failed"] == 0, data
        assert data["mount_count"] == 2, data
        text = str(data)
        assert "secret" not in text and "old" not in text, text  # nothing stored is named

        # The drill made no connection, opened no port, and did not change the cluster.
        assert seen_listening == listening, (seen_listening, listening)
        strangers = seen_connected - connected - {a.cluster_port, b.api_port}
        clients = {port for port in strangers if port >= 32768}  # this test's own connections to b
        assert strangers == clients, (strangers, clients)
        assert '"drill"' not in audit.read_text(), "the copy wrote to the primary's audit log"
        assert client.health()["replication_dr_mode"] == "secondary"
        put_secrets(a, 20, prefix="secret/data/after")
        wait_in_sync(a, b, "dr")
        assert not os.listdir(b.directory / "data" / "scratch")

        # The result survives a restart, and the command line shows it.
        b.stop()
        b.start()
        b.unseal(a.keys)
        assert on_b.json("vault replication drill -status -format=json", token="")["data"]["id"] == begun["id"]
        wait_in_sync(a, b, "dr")
        out = on_b.run(f"vault replication drill -dr-token={token}", token="")
        assert "first read" in out and "succeeded" in out, out
        on_b.run("vault replication drill", token="", expect=1)
        on_b.run("vault replication drill -dr-token=hvs.wrong", token="", expect=2)

        # A real promotion: the promoted cluster keeps the drill's result.
        client = b.client()
        client.write("sys/replication/dr/secondary/promote", {"dr_operation_token": token})
        wait_until(lambda: client.health()["replication_dr_mode"] == "primary", what="the promotion")
        assert client.read(PATH)["data"]["state"] == "succeeded"
        refusal(lambda: b.client(a.root_token).write(PATH, {"dr_operation_token": token}), 400)
        client.close()


if __name__ == "__main__":
    sys.exit(main())
