"""Changes of the primary between real processes on loopback: how long a switchover pauses writes, and how long a failover takes from the decision
to the first write that the new primary answers.

    tests/bench/role_changes.py --binary build/release/bin/holdfast --rounds 10

Prints each beside its floor of the same run: a round trip on a loopback connection plus an fdatasync. Asserts nothing about times.
"""

import argparse
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))


def median_ms(work, count=200):
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def floor_ms(directory):
    """(round trip, fdatasync), medians."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def echo():
            while data := server.recv(64):
                server.sendall(data)

        threading.Thread(target=echo, daemon=True).start()

        def ping():
            client.sendall(b"x" * 64)
            client.recv(64)

        trip = median_ms(ping)
        client.close()
    with tempfile.TemporaryFile(dir=directory) as file:
        def sync():
            file.write(b"x" * 512)
            file.flush()
            os.fdatasync(file.fileno())

        return trip, median_ms(sync)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/bin/holdfast")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    os.environ["HOLDFAST_BINARY"] = options.binary
    from harness import Workspace, wait_in_sync, wait_until
    from switchover import Load, follow, switch_over

    def report(what, times, floor):
        times = sorted(times)
        print(f"{what}: median {statistics.median(times):.0f} ms, slowest {times[-1]:.0f} ms of {len(times)}; "
              f"floor {floor:.2f} ms, ratio {statistics.median(times) / floor:.0f}", flush=True)

    with Workspace() as space:
        trip, sync = floor_ms(space.path)
        print(f"floor: round trip {trip:.3f} ms + fdatasync {sync:.3f} ms", flush=True)
        a, b, c = (space.server(name).initialize() for name in ("north", "south", "west"))
        root = a.client()
        root.write("sys/mounts/load", {"type": "kv"})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        token = root.write("auth/token/create", {"type": "batch", "no_parent": True, "policies": ["all"], "ttl": "2h"})["auth"]["client_token"]
        root.write("sys/replication/performance/primary/enable")
        follow(a, b, "performance")
        follow(a, c, "performance")

        pauses, waits = [], []
        primary, secondary = a, b
        with Load([a], token) as load:
            for _ in range(options.rounds):
                load.grow()
                load.take_longest()
                pauses.append(switch_over(primary, token, "performance", secondary.name)["pause_ms"])
                load.grow()
                waits.append(load.take_longest() * 1000)
                primary, secondary = secondary, primary
                wait_in_sync(primary, secondary, "performance")
        report("switchover, pause of writes at the old primary", pauses, trip + sync)
        report("switchover, slowest write of a client there", waits, trip + sync)

        failovers = []
        for at in range(min(options.rounds, 5)):
            if primary is not a:
                switch_over(primary, token, "performance", "north")
                primary = a
            standby = space.server(f"standby-{at}").initialize()
            a.root_token = token
            if at == 0:
                a.client(token).write("sys/replication/dr/primary/enable")
            follow(a, standby, "dr")
            wait_in_sync(a, standby, "dr")
            old, client = a, standby.client(token)
            old.kill()
            begun = time.perf_counter()
            wait_until(lambda: client.write("sys/replication/dr/secondary/promote", {"dr_operation_token": token}) or True, 30, "the promotion")
            wait_until(lambda: client.raw("POST", f"load/after-{at}", {"value": at})[0] == 204, 30, "a write")
            failovers.append((time.perf_counter() - begun) * 1000)
            a = primary = standby
        report("failover to a DR secondary, decision to the first answered write", failovers, trip + sync)


if __name__ == "__main__":
    main()
