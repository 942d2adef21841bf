"""Never two primaries for long: the promoted cluster shows its promotion to the former primary and to every member until each has acknowledged.

The class: a replaced primary continues writing because no cluster reports the promotion to it. It could be running during the promotion, frozen (a paused machine), down and
started later, or cut off. The promoted cluster could restart before it has told anybody. The former primary could lead the DR set, the performance set,
or both. What holds: the promoted cluster tells all members and remembers this over restarts. A primary that starts asks its members before it writes.
"""

import json
import signal
import sys
import time

import harness
from harness import ApiError, Cli, Workspace, wait_in_sync, wait_until
from topologies import attach, root_token

KINDS = ("performance", "dr")


def takes_writes(server, value="x"):
    try:
        return server.client().raw("POST", "kv/a", {"v": value})[0] == 204
    except (OSError, harness.http.client.HTTPException):
        return False


def operation_token(server, keys):
    return root_token(server, keys, "operation")


def promote(server, keys):
    token = operation_token(server, keys)
    return server.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": token})


def with_copy(space, follower=False):
    """A primary of both kinds with a DR copy, and perhaps a performance secondary."""
    p, d = (space.server(name).initialize() for name in ("old", "new"))
    f = space.server("follower").initialize() if follower else None
    p.client().write("sys/mounts/kv", {"type": "kv"})
    attach(p, d, "dr", "copy")
    if f:
        attach(p, f, "performance", "follower")
        f.root_token = root_token(f, p.keys)
    else:
        p.client().write("sys/replication/performance/primary/enable")
        wait_until(lambda: p.client().replication("performance")["mode"] == "primary", 10, "the primary")
    wait_in_sync(p, d, "dr")
    time.sleep(6)  # lists of members were sent and stored
    d.root_token = p.root_token
    return p, d, f


def fenced(server):
    status = server.client().replication("dr")
    return status.get("replaced_by") and not takes_writes(server)


def while_it_runs(space):
    p, d, f = with_copy(space, follower=True)
    answer = promote(d, p.keys)
    began = time.monotonic()
    wait_until(lambda: fenced(p), 10, "the former primary to stop")
    print(f"stopped {time.monotonic() - began:.1f} s after the promotion")
    assert takes_writes(d), "the new primary takes writes"
    wait_until(lambda: takes_writes(f, "forwarded"), 10, "the follower to follow")
    assert d.client().read("kv/a")["data"] == {"v": "forwarded"}
    for kind in KINDS:
        shown = wait_until(lambda: [each for each in [d.client().replication(kind).get("promotion_shown_to")] if each and all(one["acknowledged"] for one in each)], 20, f"everybody to acknowledge ({kind})")[0]
        assert any(one["is_former_primary"] for one in shown), shown
    assert "two_primaries" not in d.client().health()
    assert isinstance(answer["warnings"], list)


def while_it_is_frozen(space):
    p, d, _ = with_copy(space)
    p.process.send_signal(signal.SIGSTOP)
    try:
        promote(d, p.keys)
        assert takes_writes(d)
        time.sleep(8)
    finally:
        p.process.send_signal(signal.SIGCONT)
    wait_until(lambda: fenced(p), 15, "the former primary to stop when it is back")


def while_it_is_down(space):
    p, d, _ = with_copy(space)
    p.kill()
    promote(d, p.keys)
    assert takes_writes(d)
    d.kill()  # the promoted cluster remembers it over the restart
    d.start()
    d.unseal(p.keys)
    p.start()
    p.unseal()
    taken = [takes_writes(p, f"late{at}") for at in range(20)]
    assert not any(taken), "a primary that was replaced while it was down takes no write at all"
    wait_until(lambda: fenced(p), 10, "the former primary to say so")
    assert d.client().read("kv/a")["data"] == {"v": "x"}


def alone(space):
    """A primary that starts and gets no answer accepts writes soon."""
    p, d, _ = with_copy(space)
    d.kill()
    p.stop()
    p.start()
    p.unseal()
    began = time.monotonic()
    assert takes_writes(p)
    assert time.monotonic() - began < 6, time.monotonic() - began


def main():
    for scenario in (while_it_runs, while_it_is_frozen, while_it_is_down, alone):
        print(scenario.__name__)
        with Workspace() as space:
            scenario(space)
    print("done")


if __name__ == "__main__":
    main()
