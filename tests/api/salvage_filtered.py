"""Salvage from performance secondaries that have a paths filter: entries that one lacks come from another one, or in a later call.
"""

import sys

from harness import Workspace, wait_until
from preview import follow, operation_token


def main():
    with Workspace() as space:
        primary, left, right, far = (space.server(name).initialize() for name in ("primary", "left", "right", "far"))
        client = primary.client()
        client.write("sys/policies/acl/see", {"policy": 'path "*" { capabilities = ["read"] }'})
        client.write("sys/auth/userpass", {"type": "userpass"})
        client.write("auth/userpass/users/reader", {"password": "long enough", "policies": "see"})
        client.write("sys/replication/performance/primary/enable")
        client.write("sys/replication/dr/primary/enable")
        sides = {"left": left, "right": right}
        for name in sides:
            client.write(f"sys/mounts/{name}", {"type": "kv"})
        for name, server in sides.items():
            client.write(f"sys/replication/performance/primary/paths-filter/{name}", {"mode": "allow", "paths": [f"{name}/", "auth/userpass/"]})
            token = client.write("sys/replication/performance/primary/secondary-token", {"id": name})["wrap_info"]["token"]
            server.client().write("sys/replication/performance/secondary/enable", {"token": token})
            wait_until(lambda: server.client().replication("performance").get("state") == "stream-wals", 30, name)
            server.keys, server.threshold = primary.keys, primary.threshold
        follow(primary, far, "dr", "far")
        allowed = {"dr_operation_token": operation_token(client)}

        def reader(server):
            return server.client(server.client().write("auth/userpass/login/reader", {"password": "long enough"})["auth"]["client_token"])

        print("writes that the DR secondary misses, then the primary is lost", flush=True)
        wait_until(lambda: {member["id"] for member in far.client().write("sys/replication/dr/secondary/preview", allowed)["data"]["members"]} == set(sides),
                   30, "the members to be known")
        far.stop()
        for name in sides:
            for at in range(5):
                client.write(f"{name}/late/{at}", {"at": at})
        for name, server in sides.items():
            on_side = reader(server)
            wait_until(lambda: on_side.raw("GET", f"{name}/late/4")[0] == 200, 30, f"{name} to hold its mount")
        primary.kill()

        print("one of them answers: its mount comes, and the state says that it is a part", flush=True)
        right.stop()
        far.start()
        far.unseal()
        on_far = far.client()
        salvage = lambda: on_far.write("sys/replication/dr/secondary/salvage", allowed)
        taken = wait_until(salvage, 30, "a salvage")["data"]
        assert [source["id"] for source in taken["sources"]] == ["left"] and taken["count"] >= 5 and taken["are_trees_equal"], taken
        through = taken["held_through"]

        print("the other one comes back: what only it has is still to be had", flush=True)
        right.start()
        right.unseal()

        def until_right_answers():
            answer = salvage()
            row = next(row for row in answer["data"]["candidates"] if row["id"] == "right")
            return answer["data"] if "held_through" in row else None

        taken = wait_until(until_right_answers, 30, "the right one to answer")
        assert "right" in {source["id"] for source in taken["sources"]} and taken["count"] >= 5 and taken["are_trees_equal"], taken
        assert taken["held_through"] >= through, (taken, through)
        on_far.write("sys/replication/dr/secondary/promote", allowed)
        wait_until(lambda: on_far.health()["replication_dr_mode"] == "primary", 30, "the promotion")
        on_far = far.client(primary.root_token)
        for name in sides:
            for at in range(5):
                assert on_far.read(f"{name}/late/{at}")["data"] == {"at": at}, (name, at)
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
