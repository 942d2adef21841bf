"""kill -9 in the middle of an activation, a demotion and a promotion: after the restart the cluster has its old role or the new one.

The test prints its seed, and takes one.
"""

import argparse
import base64
import http.client
import random
import sys
import threading
import time

from harness import ApiError, Workspace, wait_in_sync, wait_until

SECRETS = 400


def kill_during(server, chance, call, at_most):
    """Runs the call and kills the server at a random moment of it. Returns the answer of the call, or None."""
    answers = []

    def run():
        try:
            answers.append(call())
        except (ApiError, OSError, http.client.HTTPException):
            pass

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + chance.random() * at_most
    while time.monotonic() < deadline:  # the kill must happen at this moment
        time.sleep(0.002)
    server.kill()
    thread.join()
    server.start()
    return answers[0] if answers else None


def unseal_with(server, keys):
    """Whether these keys unseal the server. Resets the progress."""
    client = server.client("none")
    for key in keys[:2]:
        if client.raw("POST", "sys/unseal", {"key": key})[0] != 200:
            return False
    is_open = not client.read("sys/seal-status")["sealed"]
    if not is_open:
        client.raw("POST", "sys/unseal", {"reset": True})
    client.close()
    return is_open


def mode_of(server, kind):
    return server.client("none").replication(kind)["mode"]


def activation(space, primary, kind, chance, number, rounds):
    """A cluster with data of its own is killed while it becomes a secondary."""
    seen = {"as it was": 0, "a secondary": 0}
    for at in range(rounds):
        target = space.server(f"{kind}-{number}-{at}").initialize()
        own_keys, own_root = target.keys, target.root_token
        target.client().write("sys/mounts/own", {"type": "kv"})
        for secret in range(50):
            target.client().write(f"own/{secret}", {"value": secret})
        root = primary.client()
        token = root.write(f"sys/replication/{kind}/primary/secondary-token", {"id": target.name})["wrap_info"]["token"]
        kill_during(target, chance, lambda: target.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token}), 0.6)
        if unseal_with(target, own_keys) and mode_of(target, kind) == "disabled":
            seen["as it was"] += 1
            client = target.client(own_root)
            for secret in range(50):
                assert client.read(f"own/{secret}")["data"] == {"value": secret}
            root.write(f"sys/replication/{kind}/primary/revoke-secondary", {"id": target.name})
            token = root.write(f"sys/replication/{kind}/primary/secondary-token", {"id": target.name + "-again"})["wrap_info"]["token"]
            client.write(f"sys/replication/{kind}/secondary/enable", {"token": token})
        else:
            seen["a secondary"] += 1
            assert not target.client("none").read("sys/seal-status")["sealed"] or unseal_with(target, primary.keys), "no keys open it"
            assert mode_of(target, kind) == "secondary", mode_of(target, kind)
        wait_in_sync(primary, target, kind)
        target.keys, target.threshold = primary.keys, primary.threshold
        target.stop()
        target.start().unseal()  # and stays a secondary
        wait_in_sync(primary, target, kind)
        if at + 1 < rounds:
            target.stop()
    print(f"{kind} activation: {seen}", flush=True)
    return target


def change_of_primary(primary, secondary, chance, rounds):
    """Two clusters change roles. Each time the test kills the cluster that changes, and repeats the call if the change was not done."""

    def until_mode(server, call, mode):
        kill_during(server, chance, call, 0.15)
        server.unseal()
        if mode_of(server, "performance") != mode:
            try:
                call()
            except ApiError as refused:  # it had been done after all
                assert mode_of(server, "performance") == mode, refused
        wait_until(lambda: mode_of(server, "performance") == mode, 30, f"{server.name} to be {mode}")

    def root_token(server):
        client = server.client("none")
        client.raw("DELETE", "sys/generate-root/attempt")
        started = client.call("PUT", "sys/generate-root/attempt", {})
        for key in server.keys[:2]:
            done = client.call("PUT", "sys/generate-root/update", {"key": key, "nonce": started["nonce"]})
        return bytes(a ^ b for a, b in zip(base64.b64decode(done["encoded_token"] + "=="), started["otp"].encode())).decode()

    secondary.root_token = root_token(secondary)
    for at in range(rounds):
        until_mode(primary, lambda: primary.client().write("sys/replication/performance/primary/demote"), "secondary")
        until_mode(secondary, lambda: secondary.client().write("sys/replication/performance/secondary/promote"), "primary")
        token = wait_until(lambda: secondary.client().write("sys/replication/performance/primary/secondary-token", {"id": f"turn-{at}"}), 30, "a token")
        primary.client().write("sys/replication/performance/secondary/update-primary", {"token": token["wrap_info"]["token"]})
        primary, secondary = secondary, primary
        wait_in_sync(primary, secondary, "performance")
        primary.client().write("secret/turn", {"at": at})
        wait_until(lambda: secondary.client().read("secret/turn")["data"] == {"at": at}, 30, "the write to arrive")
        for secret in range(0, SECRETS, 40):
            assert secondary.client().read(f"secret/{secret}")["data"] == {"value": secret}
    print(f"{rounds} changes of the primary", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with Workspace() as space:
        primary = space.server("primary").initialize()
        root = primary.client()
        root.write("sys/mounts/secret", {"type": "kv"})
        for secret in range(SECRETS):
            root.write(f"secret/{secret}", {"value": secret})
        for kind in ("dr", "performance"):
            root.write(f"sys/replication/{kind}/primary/enable")
            wait_until(lambda: mode_of(primary, kind) == "primary", 30, "the primary")
        dr = activation(space, primary, "dr", chance, options.seed, options.rounds)
        dr.stop()
        secondary = activation(space, primary, "performance", chance, options.seed, options.rounds)
        change_of_primary(primary, secondary, chance, options.rounds)
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
