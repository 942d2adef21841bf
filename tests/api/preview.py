"""What a promotion would lose: preview, salvage and promotion on real processes. The primary dies by kill -9 after writes that only a performance
secondary has received.
"""

import random
import socket
import sys
import threading
import time

import harness
from harness import ApiError, Workspace, wait_in_sync, wait_until


class Proxy:
    """A TCP proxy in front of a server's cluster port that can be cut and connected again."""

    def __init__(self, target):
        self.target = target
        self.is_cut = False
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", harness.free_port()))
        self.address = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.lock:
                    if self.is_cut:
                        raise OSError
                    pair = (client, socket.create_connection(("127.0.0.1", self.target), timeout=5))
                    self.pairs.add(pair)
            except OSError:
                client.close()
                continue
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._copy, args=(source, sink, pair), daemon=True).start()

    def _copy(self, source, sink, pair):
        try:
            source.settimeout(None)
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        self._close(pair)

    def _close(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for each in pair:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        with self.lock:
            self.is_cut = True
            pairs = list(self.pairs)
        for pair in pairs:
            self._close(pair)

    def join(self):
        with self.lock:
            self.is_cut = False

    def close(self):
        self.cut()
        self.listener.close()


def refused(call, status, text):
    try:
        call()
    except ApiError as error:
        assert error.status == status and text in str(error.body), error
        return
    raise AssertionError(f"was not refused: {text}")


def operation_token(client):
    """A batch token with the rights for a failover, as in the tutorial."""
    paths = "".join(f'path "sys/replication/dr/secondary/{name}" {{ capabilities = ["update"] }}\n'
                    for name in ("preview", "salvage", "promote", "update-primary"))
    client.write("sys/policies/acl/failover", {"policy": paths})
    client.write("auth/token/roles/failover", {"allowed_policies": "failover", "orphan": True, "renewable": False, "token_type": "batch"})
    return client.write("auth/token/create/failover", {"ttl": "8h"})["auth"]["client_token"]


def follow(primary, secondary, kind, name):
    token = primary.client().write(f"sys/replication/{kind}/primary/secondary-token", {"id": name})["wrap_info"]["token"]
    secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token})
    wait_in_sync(primary, secondary, kind)
    secondary.keys, secondary.threshold = primary.keys, primary.threshold


def main():
    with Workspace() as space:
        primary, near = (space.server(name).initialize() for name in ("primary", "near"))
        # It knows only the proxy's address of the primary, so that the proxy can cut it off.
        far = space.server("far", extra="replication {\n  resolver_discover_servers = false\n}").initialize()
        client = primary.client()
        client.write("sys/mounts/kv", {"type": "kv"})
        client.write("sys/auth/userpass", {"type": "userpass"})
        client.write("sys/policies/acl/see", {"policy": 'path "sys/replication/*" { capabilities = ["read", "update"] }'})
        client.write("auth/userpass/users/operator", {"password": "long enough", "policies": "see"})
        proxy = Proxy(primary.cluster_port)
        client.write("sys/replication/performance/primary/enable")
        client.write("sys/replication/dr/primary/enable", {"primary_cluster_addr": proxy.address})
        for at in range(20):
            client.write(f"kv/common/{at}", {"generation": 0})
        follow(primary, near, "performance", "near")
        follow(primary, far, "dr", "far")
        allowed = {"dr_operation_token": operation_token(client)}
        wait_in_sync(primary, far, "dr")
        on_far = far.client()

        print("a preview while all is well", flush=True)
        refused(lambda: on_far.write("sys/replication/dr/secondary/preview"), 400, "dr operation token not provided")
        refused(lambda: on_far.write("sys/replication/dr/secondary/preview", {"dr_operation_token": "hvs.x"}), 403, "permission denied")
        refused(lambda: client.write("sys/replication/dr/secondary/preview", allowed), 400, "Not a DR secondary")
        preview = lambda: on_far.write("sys/replication/dr/secondary/preview", allowed)["data"]
        seen = wait_until(lambda: (lambda p: p if {m["id"] for m in p["members"]} == {"near"} and "near" in p["primary_seen_by"] and p["loss_bound"]["entries_known"] == 0 else None)(preview()),
                          20, "the members to know each other, and that nothing is missing")
        assert seen["loss_bound"]["is_known"], seen
        assert "still seen alive" in seen["next_steps"][0], seen
        refused(lambda: on_far.write("sys/replication/dr/secondary/salvage", allowed), 400, "the primary is connected")

        def only_near(generation):
            """Writes that the DR secondary does not get: 12 new keys, 5 changed, 3 deleted."""
            proxy.cut()
            wait_until(lambda: on_far.replication("dr")["connection_state"] != "ready", 20, "the cut")
            for at in range(12):
                client.write(f"kv/new/{generation}/{at}", {"generation": generation})
            for at in range(5):
                client.write(f"kv/common/{at}", {"generation": generation})
            for at in range(3):
                client.call("DELETE", f"kv/common/{20 - 3 * generation + at}")
            wait_in_sync(primary, near, "performance")

        print("cut off while the primary lives", flush=True)
        only_near(1)
        # The position in the log is at most one heartbeat old, so the time of the check does not matter.
        seen = wait_until(lambda: (lambda p: p if p["salvageable"]["count"] == 20 else None)(preview()), 20, "the preview to count")
        assert "near" in seen["primary_seen_by"] and any(name.startswith("this cluster") for name in seen["primary_seen_by"]), seen
        assert seen["loss_bound"]["entries_known"] >= 20, seen["loss_bound"]

        print("kill -9 of the primary", flush=True)
        primary.kill()
        seen = wait_until(lambda: (lambda p: p if not p["primary_seen_by"] else None)(preview()), 30, "everybody to miss the primary")
        assert seen["salvageable"] == {"count": 20, "from": "near"}, seen["salvageable"]
        assert not seen["primary"]["is_connected"] and seen["primary"]["last_heartbeat_age_seconds"] > 0, seen["primary"]
        bound = seen["loss_bound"]
        assert bound["entries_known"] >= 20 and 0 < bound["seconds"] <= bound["seconds_at_most"], bound
        beyond = seen["members"][0]["beyond"]
        assert beyond["known"] and beyond["is_list_complete"] and len(beyond["entries"]) == 20, beyond
        paths = {entry["path"]: entry for entry in beyond["entries"]}
        assert set(paths) == ({f"kv/new/1/{at}" for at in range(12)} | {f"kv/common/{at}" for at in range(5)}
                              | {f"kv/common/{at}" for at in range(17, 20)}), sorted(paths)
        assert [path for path, entry in paths.items() if entry["is_deleted"]] and all(entry["time"] for entry in paths.values()), paths
        assert not any("generation" in str(entry) for entry in paths.values()), "a value was shown"
        assert any("salvage" in step for step in seen["next_steps"]), seen["next_steps"]

        print("salvage, and the old primary is followed again", flush=True)
        refused(lambda: on_far.write("sys/replication/dr/secondary/salvage"), 400, "dr operation token not provided")
        taken = on_far.write("sys/replication/dr/secondary/salvage", allowed)["data"]
        assert taken["count"] == 20 and taken["from"] == "near" and taken["are_roots_equal"], taken
        assert taken["shared_root"] == near.client().replication("performance")["merkle_root"], taken
        assert on_far.write("sys/replication/dr/secondary/salvage", allowed)["data"]["count"] == 0
        seen = preview()
        assert seen["salvageable"]["count"] == 0 and seen["loss_bound"]["entries_known"] == 0 and seen["here"]["is_salvaged"], seen
        primary.start()
        primary.unseal()
        client = primary.client()
        proxy.join()
        wait_in_sync(primary, far, "dr")
        wait_in_sync(primary, near, "performance")

        print("a salvage that dies by kill -9 continues", flush=True)
        only_near(2)
        filler = "".join(random.choices("0123456789abcdef", k=100_000))
        for at in range(150):
            client.write(f"kv/large/{at}", {"filler": filler})
        wait_in_sync(primary, near, "performance")
        primary.kill()
        doomed = threading.Thread(target=lambda: _quietly(lambda: far.client().write("sys/replication/dr/secondary/salvage", allowed)))
        doomed.start()
        time.sleep(random.uniform(0.0, 0.6))  # any moment will do
        far.kill()
        doomed.join()
        far.start()
        far.unseal()
        on_far = far.client()
        taken = wait_until(lambda: on_far.write("sys/replication/dr/secondary/salvage", allowed), 30, "a salvage")["data"]
        print(f"after the crash {taken['count']} keys in {taken['chunks']} chunks were left")
        assert taken["are_roots_equal"], taken

        print("promote", flush=True)
        answer = on_far.write("sys/replication/dr/secondary/promote", allowed)
        assert any("No cluster that answers knows of an entry that is missing here" in text for text in answer["warnings"]), answer["warnings"]
        wait_until(lambda: on_far.health()["replication_dr_mode"] == "primary", 30, "the promotion")
        far.root_token = primary.root_token
        on_far = far.client()
        for generation in (1, 2):
            for at in range(12):
                assert on_far.read(f"kv/new/{generation}/{at}")["data"] == {"generation": generation}
        assert on_far.read("kv/common/0")["data"] == {"generation": 2}
        for at in range(14, 20):
            assert on_far.raw("GET", f"kv/common/{at}")[0] == 404
        for at in range(150):
            assert on_far.read(f"kv/large/{at}")["data"] == {"filler": filler}
        wait_in_sync(far, near, "performance")  # without help, and nothing differs

        print("the preview of a performance secondary", flush=True)
        refused(lambda: near.client().read("sys/replication/performance/secondary/preview"), 403, "permission denied")  # it has other tokens
        login = near.client().write("auth/userpass/login/operator", {"password": "long enough"})["auth"]["client_token"]
        seen = near.client(login).read("sys/replication/performance/secondary/preview")["data"]
        assert seen["type"] == "performance" and seen["loss_bound"]["is_known"] and seen["here"]["is_consistent"], seen
        refused(lambda: far.client().read("sys/replication/performance/secondary/preview"), 400, "not a performance replication secondary")
        proxy.close()
    print("all passed")


def _quietly(call):
    try:
        call()
    except (OSError, ApiError, harness.http.client.HTTPException):
        pass


if __name__ == "__main__":
    sys.exit(main())
