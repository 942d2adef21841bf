"""A primary whose disk is put back to an earlier time takes no write, and its members keep what they have, until operators choose.

The class: a cluster continues from less than it has answered, and its members take the loss over. It could be a copy of a virtual machine, a snapshot of a file
system, a disk from a backup. What holds: the members show the primary the lists that it has signed itself since; it says so in status, verdict and
refusals, and continues only with a token that has sudo and a quorum of key shares, or after it was demoted.
"""

import json
import shutil
import sys

import harness
from harness import Cli, Workspace, wait_in_sync, wait_until
from topologies import attach, root_token


def write(server, value, key="a"):
    """Status and error of one write."""
    try:
        status, body = server.client().raw("PUT", f"kv/{key}", {"v": value})
    except (OSError, harness.http.client.HTTPException):
        return 0, ""
    return status, body.decode()


def main():
    with Workspace() as space:
        p, s, d, x = (space.server(name).initialize() for name in ("p", "s", "d", "x"))
        p.client().write("sys/mounts/kv", {"type": "kv"})
        attach(p, s, "performance", "s")
        attach(p, d, "dr", "d")
        s.root_token = root_token(s, p.keys)
        p.client().write("kv/a", {"v": "before"})
        wait_in_sync(p, s, "performance")
        wait_in_sync(p, d, "dr")
        p.stop()
        data, copy = p.directory / "data", p.directory / "copy"
        shutil.copytree(data, copy)
        p.start()
        p.unseal()
        attach(p, x, "performance", "x")  # another list of members
        wait_until(lambda: write(p, "after")[0] == 204, 30, "a write")
        for member, kind in ((s, "performance"), (x, "performance"), (d, "dr")):
            wait_in_sync(p, member, kind)
        lists = lambda server: server.client().read("sys/replication/performance/trust")["data"]["hash"]
        wait_until(lambda: lists(s) == lists(p), 30, "the new list at s")
        p.kill()
        shutil.rmtree(data)
        shutil.copytree(copy, data)
        p.start()
        p.unseal()

        answers = [write(p, "lost", f"k{at}") for at in range(20)]
        assert not any(status == 204 for status, _ in answers), answers
        wait_until(lambda: "older than what members hold" in write(p, "lost")[1], 30, "the refusal")
        status, text = write(p, "lost")
        assert status == 503 and "resume-primary" in text and "demote" in text, (status, text)
        for kind in ("performance", "dr"):
            shown = p.client().replication(kind)
            assert shown["older_storage"]["held_generation"] > shown["older_storage"]["own_generation"], shown
        links = p.client().read("sys/replication/links")["data"]["links"]
        assert links and all(link["verdict"] == "older storage" and link["next_step"] for link in links), links
        assert s.client().read("kv/a")["data"] == {"v": "after"}, "no member took the older data over"
        p.kill()
        p.start()
        p.unseal()
        assert write(p, "lost")[0] == 503, "after a restart too"

        base = "sys/replication/performance/primary/resume"
        stranger = p.client("hvs.nobody")  # with key shares, but without a token
        assert stranger.raw("POST", f"{base}/attempt", {})[0] == 403
        assert s.client().raw("POST", f"{base}/attempt", {})[0] == 400  # no primary
        cli = Cli(p, space.path / "home")
        nonce = json.loads(cli.run("vault replication resume-primary -init -format=json"))["nonce"]
        assert p.client().raw("POST", f"{base}/update", {"key": s.keys[0], "nonce": "another"})[0] == 400
        cli.run("vault replication resume-primary -status")
        for key in p.keys[: p.threshold]:
            assert write(p, "lost")[0] == 503
            out = cli.run(f"vault replication resume-primary -nonce={nonce} {key}")
        assert "true" in out, out
        wait_until(lambda: write(p, "continues")[0] == 204, 30, "writes")
        wait_in_sync(p, s, "performance")
        wait_in_sync(p, d, "dr")
        assert s.client().read("kv/a")["data"] == {"v": "continues"}
        assert "older_storage" not in p.client().replication("performance")
        assert p.client().raw("POST", f"{base}/attempt", {})[0] == 400  # there is nothing to resume any more
        assert s.client().raw("GET", "kv/k0")[0] == 404
        print("a primary with an older storage stopped, and continued by key shares")


if __name__ == "__main__":
    sys.exit(main())
