"""Switchovers between real processes under write load: no answered write is lost, the roots are equal afterwards, the others follow without a token,
and the way back works. Then the test kills both sides at random moments of further switchovers. It prints how long writes waited.

The test prints its seed, and takes one.
"""

import argparse
import http.client
import json
import random
import sys
import threading
import time

from harness import ApiError, Cli, Client, Workspace, wait_in_sync, wait_until

FOLDER = "sys/replication"


class Load:
    """Writers. Each writes its own keys once, to any cluster that accepts them, and remembers which writes were answered."""

    def __init__(self, servers, token, threads=4, stays=False):
        """`stays`: each writer uses one cluster, even if that refuses."""
        self.servers, self.token, self.stays = servers, token, stays
        self.refusals = []
        self.answered = {}  # key: value
        self.longest = 0.0
        self.refused = 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number):
        clients = [server.client(self.token) for server in self.servers]
        at, count = number % len(clients) if self.stays else 0, 0
        while not self._is_over.is_set():
            key, value = f"{number}-{count}", random.getrandbits(48)
            count += 1
            begun = time.monotonic()
            while not self._is_over.is_set():
                try:
                    status, text = clients[at].raw("POST", f"load/{key}", {"value": value})
                except (OSError, http.client.HTTPException) as gone:
                    status, text = 0, gone
                if status in (200, 204):
                    with self._lock:
                        self.answered[key] = value
                        self.longest = max(self.longest, time.monotonic() - begun)
                    break
                with self._lock:
                    self.refused += 1
                    self.refusals = self.refusals[-4:] + [(self.servers[at].name, status, text)]
                if not self.stays:
                    at = (at + 1) % len(clients)
                self._is_over.wait(0.005)
        for client in clients:
            client.close()

    def count(self):
        with self._lock:
            return len(self.answered)

    def grow(self, by=40):
        """Waits until this many more writes were answered."""
        target = self.count() + by
        wait_until(lambda: self.count() >= target, 60, "writes to be answered")

    def take_longest(self):
        with self._lock:
            longest, self.longest = self.longest, 0.0
        return longest


def check(server, token, answered):
    """Every answered write is stored. Compares some values as well."""
    client = server.client(token)
    names = set(client.call("LIST", "load")["data"]["keys"])
    lost = [key for key in answered if key not in names]
    assert not lost, f"{server.name} lost {len(lost)} of {len(answered)} answered writes, such as {lost[:5]}"
    for key in random.sample(sorted(answered), min(50, len(answered))):
        assert client.read(f"load/{key}")["data"]["value"] == answered[key], (server.name, key)
    client.close()


def status(server, kind):
    return server.client("none").replication(kind)


def is_writable(server, kind):
    """Whether this is a primary that is neither replaced nor waiting for the result of a switchover."""
    now = status(server, kind)
    return now["mode"] == "primary" and "replaced_by" not in now and "switchover" not in now


def switch_over(primary, token, kind, secondary_id):
    """Tries again while the switchover is called off: the secondary may have to finish a reconciliation first."""
    client = primary.client(token)

    def attempt():
        code, text = client.raw("POST", f"{FOLDER}/{kind}/primary/switchover", {"secondary_id": secondary_id})
        if code == 503:
            return None
        assert code == 200, text
        return json.loads(text)["data"]

    answer = wait_until(attempt, 60, f"a switchover to {secondary_id}")
    client.close()
    return answer


def follow(primary, secondary, kind):
    token = primary.client().write(f"{FOLDER}/{kind}/primary/secondary-token", {"id": secondary.name})["wrap_info"]["token"]
    secondary.client().write(f"{FOLDER}/{kind}/secondary/enable", {"token": token})
    secondary.keys, secondary.threshold = primary.keys, primary.threshold
    wait_in_sync(primary, secondary, kind)


def there_and_back(space, kind, primary, secondary, others, token, load):
    """One switchover and its way back, under load; `others` is [(server, kind)] that must follow."""
    for _ in range(2):
        refused = load.refused
        load.grow()
        load.take_longest()
        answer = switch_over(primary, token, kind, secondary.name)
        load.grow()
        waited = load.take_longest()
        print(f"{kind}: {primary.name} to {secondary.name}: writes paused for {answer['pause_ms']} ms; "
              f"the slowest answered write, with retries, took {waited * 1000:.0f} ms", flush=True)
        assert answer["former_primary_id"] == primary.name, answer
        if kind == "performance":  # all writers wait: at the old primary, at the new one, and at a secondary that forwards
            assert load.refused == refused, f"{load.refused - refused} writes were refused instead of waiting: {load.refusals}"
        primary, secondary = secondary, primary
        wait_in_sync(primary, secondary, kind)
        for server, other_kind in others:
            wait_in_sync(primary, server, other_kind)


def kill_in_switchover(primary, secondary, token, chance, load):
    """Kills one side at a random moment. Both then agree on the primary without help. Returns (primary, secondary)."""
    kind = "performance"
    load.grow(10)
    secondary_id = status(secondary, kind)["secondary_id"]
    victim = chance.choice([primary, secondary])

    def run():
        try:
            switch_over(primary, token, kind, secondary_id)
        except (OSError, http.client.HTTPException, AssertionError, ApiError):
            pass

    thread = threading.Thread(target=run)
    thread.start()
    moment = time.monotonic() + chance.random() * 0.12
    while time.monotonic() < moment:  # the kill must happen at this moment
        time.sleep(0.001)
    victim.kill()
    victim.start().unseal()
    thread.join()

    def settled():
        sides = [server for server in (primary, secondary) if is_writable(server, kind)]
        modes = {status(server, kind)["mode"] for server in (primary, secondary)}
        return sides[0] if len(sides) == 1 and modes == {"primary", "secondary"} else None

    leader = wait_until(settled, 60, f"one primary after {victim.name} was killed; {status(primary, kind)} {status(secondary, kind)}")
    follower = secondary if leader is primary else primary
    wait_in_sync(leader, follower, kind)
    load.grow(10)
    return leader, follower


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="kills in a switchover")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)

    with Workspace() as space:
        a, b, c = (space.server(name).initialize() for name in ("north", "south", "west"))
        root = a.client()
        root.write("sys/mounts/load", {"type": "kv"})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        # Valid on every cluster of the set, for every maker.
        token = root.write("auth/token/create", {"type": "batch", "no_parent": True, "policies": ["all"], "ttl": "2h"})["auth"]["client_token"]
        root.write(f"{FOLDER}/performance/primary/enable")
        follow(a, b, "performance")
        follow(a, c, "performance")

        with Load([a, b, c], token, threads=6, stays=True) as load:  # each uses one address, and the new primary serves it
            there_and_back(space, "performance", a, b, [(c, "performance")], token, load)
        wait_in_sync(a, b, "performance")
        wait_in_sync(a, c, "performance")
        for server in (a, b, c):
            check(server, token, load.answered)

        # The command line says what happened, and a refusal changes nothing.
        cli = Cli(a, space.path / "home")

        def way_there():
            text = cli.run("vault replication switchover south", expect=None, token=token)
            assert cli.last_code == 0 or "Code: 503" in cli.last_error, cli.last_error  # south has to prove its reconciliation first
            return text if cli.last_code == 0 else None

        shown = wait_until(way_there, 20, "a switchover")
        assert "south is the primary" in shown, shown
        wait_in_sync(b, a, "performance")
        back = Cli(b, space.path / "home")

        def way_back():
            text = back.run("vault replication switchover -format=json north", expect=None, token=token)
            assert back.last_code == 0 or "Code: 503" in back.last_error, back.last_error  # north has to prove its reconciliation first
            return json.loads(text) if back.last_code == 0 else None

        assert wait_until(way_back, 30, "the way back")["former_primary_id"] == "south"
        wait_in_sync(a, b, "performance")
        try:
            a.client(token).write(f"{FOLDER}/performance/primary/switchover", {"secondary_id": "nobody"})
            raise AssertionError("a switchover to nobody")
        except ApiError as refused_by:
            assert refused_by.status == 400, refused_by

        primary, secondary = a, b
        with Load([a, b], token) as load:
            for _ in range(options.rounds):
                primary, secondary = kill_in_switchover(primary, secondary, token, chance, load)
        for server in (secondary, c):
            wait_in_sync(primary, server, "performance")
        for server in (a, b, c):
            check(server, token, load.answered)
        print(f"killed {options.rounds} times: {len(load.answered)} answered writes, none lost", flush=True)

        # A stranger learns the epoch, but not the leader's name or address.
        for server in (primary, secondary):
            for headers in ({}, {"X-Vault-Token": "hvs.nobody"}):
                _, text = Client(server.address).raw("GET", f"{FOLDER}/performance/epoch", headers=headers)
                known = json.loads(text)["data"]
                assert set(known) == {"epoch", "is_replaced"} and known["epoch"] > 0, known
            assert "statement" in server.client(token).read(f"{FOLDER}/performance/epoch")["data"]

        # An old statement of the primary has no effect. A statement without a signature is refused.
        shown = json.loads(Cli(primary, space.path / "home").run("vault replication epoch -format=json", token=token))
        again = secondary.client(token).write(f"{FOLDER}/performance/epoch", {"statement": shown["statement"]})["data"]
        assert not again["is_news"] and not again["is_replaced"], again
        code, _ = primary.client("none").raw("POST", f"{FOLDER}/performance/epoch", {"statement": shown["statement"]})
        assert code == 403, code  # a stranger's statement is not even read
        code, _ = primary.client(token).raw("POST", f"{FOLDER}/performance/epoch", {"statement": shown["statement"][:-8] + "AAAAAAA="})
        assert code == 400, code
        assert is_writable(primary, "performance")

        # A DR switchover also moves the performance role.
        d = space.server("spare").initialize()
        primary.root_token = token
        primary.client(token).write(f"{FOLDER}/dr/primary/enable")
        follow(primary, d, "dr")
        with Load([primary, d], token) as load:
            there_and_back(space, "dr", primary, d, [(secondary, "performance"), (c, "performance")], token, load)
        for server in (primary, secondary, c):
            check(server, token, load.answered)
        for server in space.servers:
            server.stop()
    print("ok")


if __name__ == "__main__":
    sys.exit(main())
