"""kill -9 of each process of a primary, a performance secondary and a DR secondary, at random moments of a write load.

Afterwards all clusters have every write that was answered, and the roots are equal. The test prints its seed, and takes one. `--cycles 1000` is
the run before a release; it also compares roots and writes in between.
"""

import argparse
import base64
import http.client
import random
import sys
import threading
import time

import harness
from harness import ApiError, Workspace, wait_in_sync, wait_until


class Writers:
    """Threads that write numbered secrets. They remember which writes were answered, and the last answered value of each path."""

    def __init__(self, server, token, prefix, threads=4):
        self.answered = {}
        self.attempted = {}
        self.count = 0  # not exact: threads add to it without a lock
        self._server, self._token, self._prefix = server, token, prefix
        self._serials = [0] * threads
        self.start()

    def start(self):
        """Continues where it was stopped."""
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(index,), daemon=True) for index in range(len(self._serials))]
        for thread in self._threads:
            thread.start()

    def _run(self, index):
        client = self._server.client(self._token)
        serial = self._serials[index]
        while not self._stopping.is_set():
            path = f"{self._prefix}/{index}/{serial % 200}"
            value = f"{index}-{serial}"
            self.attempted.setdefault(path, []).append(value)
            try:
                client.write(path, {"data": {"v": value}})
                self.answered[path] = value
                self.count += 1
                self.attempted[path] = []
                serial += 1
            except ApiError as error:
                assert error.status in (500, 503, 400, 403, 404, 412), error
                serial += 1
                self._stopping.wait(0.05)
            except (OSError, http.client.HTTPException):
                client.close()
                serial += 1
                self._stopping.wait(0.05)
        self._serials[index] = serial
        client.close()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def check(self, client):
        """Every path has the last answered value, or a later one whose answer was cut off."""
        for path, value in self.answered.items():
            try:
                found = client.read(path)["data"]["data"]["v"]
            except ApiError as error:
                raise AssertionError(f"{path}: answered {value!r} is gone: {error}") from None
            assert found == value or found in self.attempted[path], (path, value, found, self.attempted[path])
        return len(self.answered)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=6)
    parser.add_argument("--check-each", type=int, default=50, help="compare roots and everything answered after so many cycles (and at the end)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)

    with Workspace() as space:
        primary, performance, dr = (space.server(name).initialize() for name in ("primary", "performance", "dr"))
        root = primary.client()
        root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        root.write("sys/auth/userpass", {"type": "userpass"})
        root.write("sys/policies/acl/all", {"policy": 'path "secret/*" { capabilities = ["create", "read", "update", "list"] }'})
        root.write("auth/userpass/users/u", {"password": "p", "token_policies": "all"})
        root.write("sys/replication/performance/primary/enable")
        root.write("sys/replication/dr/primary/enable")
        for kind, server in (("performance", performance), ("dr", dr)):
            token = wait_until(lambda: root.write(f"sys/replication/{kind}/primary/secondary-token", {"id": server.name}), 30, "a token")
            server.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token["wrap_info"]["token"]})
            wait_in_sync(primary, server, kind)
            server.keys, server.threshold = primary.keys, primary.threshold
        login = wait_until(lambda: performance.client("none").call("POST", "auth/userpass/login/u", {"password": "p"}), 30, "a login")
        user = login["auth"]["client_token"]

        direct = Writers(primary, primary.root_token, "secret/data/direct")
        forwarded = Writers(performance, user, "secret/data/forwarded", threads=2)
        began = time.monotonic()

        def check():
            direct.stop()
            forwarded.stop()
            wait_in_sync(primary, performance, "performance")
            wait_in_sync(primary, dr, "dr")
            reader = wait_until(lambda: performance.client("none").call("POST", "auth/userpass/login/u", {"password": "p"}), 30, "a login")
            for name, client in (("primary", primary.client()), ("performance", performance.client(reader["auth"]["client_token"]))):
                print(f"{name}: {direct.check(client)} direct and {forwarded.check(client)} forwarded writes are there", flush=True)
                client.close()

        for cycle in range(1, options.cycles + 1):
            victim = chance.choice((primary, performance, dr))
            before = direct.count + forwarded.count
            load = chance.random() * 1.5
            deadline = time.monotonic() + load
            while time.monotonic() < deadline:  # the load must run until this moment
                time.sleep(0.01)
            victim.kill()
            victim.start()
            victim.unseal()
            print(f"cycle {cycle}: killed {victim.name} after {load:.2f} s, {direct.count + forwarded.count - before} writes answered", flush=True)
            if cycle % options.check_each == 0 and cycle < options.cycles:
                check()
                print(f"roots agree after {cycle} cycles and {direct.count + forwarded.count} answered writes, {time.monotonic() - began:.0f} s", flush=True)
                direct.start()
                forwarded.start()
        check()
        print("roots agree; promoting the DR secondary and looking there as well")
        primary.kill()
        operation = dr.client("none")
        started = operation.call("POST", "sys/replication/dr/secondary/generate-operation-token/attempt", {})
        answer = {}
        for key in primary.keys[:2]:
            answer = operation.call("POST", "sys/replication/dr/secondary/generate-operation-token/update", {"key": key, "nonce": started["nonce"]})
        encoded = base64.b64decode(answer["encoded_token"] + "==")
        token = bytes(a ^ b for a, b in zip(encoded, started["otp"].encode())).decode()
        operation.call("POST", "sys/replication/dr/secondary/promote", {"dr_operation_token": token})
        promoted = dr.client(primary.root_token)
        wait_until(lambda: promoted.health()["replication_dr_mode"] == "primary", 30, "the promotion")
        wait_until(lambda: promoted.raw("GET", "auth/token/lookup-self")[0] == 200, 30, "the promoted cluster")
        print(f"dr: {direct.check(promoted)} direct and {forwarded.check(promoted)} forwarded writes are there")


if __name__ == "__main__":
    sys.exit(main())
