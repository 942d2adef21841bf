"""What a link costs the primary: many performance secondaries of one primary, each a process with storage in memory.

    tests/bench/many_secondaries.py --binary build/release/bin/holdfast --count 50

Prints the primary's memory before and after, its writes per second without secondaries and with all connected, and how long the last secondary is
behind. The secondaries share the processors with the primary, so on few processors this sharing dominates. Asserts nothing about times.
"""

import argparse
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))


def resident_kib(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/bin/holdfast")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--writes", type=int, default=5000)
    options = parser.parse_args()
    os.environ["HOLDFAST_BINARY"] = options.binary
    from harness import Workspace, put_secrets, wait_in_sync, wait_until

    def in_memory(space, name):
        server = space.server(name)
        server.stop()
        server.config.write_text(server.config.read_text().replace('storage "leveldb"', 'storage "inmem"').replace("  path = ", "  # path = "))
        return server.start().initialize(shares=1, threshold=1)

    with Workspace() as space:
        primary = in_memory(space, "primary")
        client = primary.client()
        client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        client.write("sys/replication/performance/primary/enable")

        def rate(generation):
            began = time.monotonic()
            put_secrets(primary, options.writes, generation=generation)
            return options.writes / (time.monotonic() - began)

        rate(0)
        alone = rate(1)
        before = resident_kib(primary)
        began = time.monotonic()
        secondaries = []
        for at in range(options.count):
            secondary = in_memory(space, f"s{at}")
            token = client.write("sys/replication/performance/primary/secondary-token", {"id": secondary.name})["wrap_info"]["token"]
            secondary.client().write("sys/replication/performance/secondary/enable", {"token": token})
            secondaries.append(secondary)
        for secondary in secondaries:
            wait_in_sync(primary, secondary, "performance", 600)
        print(f"{options.count} secondaries started, joined and in sync after {time.monotonic() - began:.1f} s")
        idle = resident_kib(primary)
        followed = rate(2)
        began = time.monotonic()
        for secondary in secondaries:
            wait_in_sync(primary, secondary, "performance", 600)
        behind = time.monotonic() - began
        busy = resident_kib(primary)
        print(f"primary's memory: {before} KiB alone, {idle} KiB with {options.count} links: {(idle - before) / options.count:.0f} KiB each;"
              f" {busy} KiB after {options.writes} writes to all")
        print(f"a secondary's memory: {sum(map(resident_kib, secondaries)) / len(secondaries):.0f} KiB on average")
        print(f"writes/s: {alone:.0f} alone, {followed:.0f} with all connected ({followed / alone:.2f}); everywhere {behind:.2f} s after the last answer")


if __name__ == "__main__":
    main()
