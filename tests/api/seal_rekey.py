"""A rekey: new key shares and a new root key, for a primary and its secondaries, with every combination of seals.

The class: one cluster replaces a key of the set, and another one does not get it. The secondaries are connected, away, sealed, or killed while they store
the keys. A rotation and writes with the new term happen in between. What holds:

- Each secondary gets the keys over its link before it needs them.
- Its storage opens at every moment with the keys that it has then.
- When it has the new keys, the old shares open nothing.

The command line also tests cancelling by nonce and the refusal of single wrong shares, as in Vault.
"""

import concurrent.futures
import shutil
import sys
import time

from harness import ApiError, Cli, Workspace, check_secrets, field, put_secrets, wait_in_sync, wait_until
from seal_pairings import Cluster, activate
from softhsm import SoftHsm

REFUSED = "rekeying can only be performed on the primary cluster when replication is activated"


def rekey(cluster, keys, threshold, shares, new_threshold, target="barrier", verify=False):
    """Rekeys on the command line, as three people would. Returns the new keys."""
    cli = Cli(cluster.server, cluster.directory / "home")
    base = f"vault operator rekey -format=json -target={target}"
    started = cli.json(f"{base} -init -key-shares={shares} -key-threshold={new_threshold} {'-verify' if verify else ''}", token="")
    for key in keys[:threshold]:
        done = cli.json(f"{base} -nonce={started['nonce']} {key}", token="")
    assert done["complete"] and done["verification_required"] == verify, done
    return done


def generates(cluster, keys, threshold):
    cluster.threshold = threshold
    return cluster.token("generate-root", keys)


def with_verification(cluster):
    old = cluster.keys
    made = rekey(cluster, old, 2, 5, 3, verify=True)
    assert cluster.status()["t"] == 2 and generates(cluster, old, 2), "the old keys count until the new ones are verified"
    cli = Cli(cluster.server, cluster.directory / "home")
    table = cli.run("vault operator rekey -status", token="")
    assert field(table, "Verification Required") == "true" and field(table, "New Shares") == "5", table
    cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {made['keys_base64'][0]}", token="")
    cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {old[0]}", expect=2, token="")
    assert "invalid key share; progress stays at 1 of 3" in cli.last_error, cli.last_error
    cli.run("vault operator rekey -cancel -verify", expect=2, token="")
    for key in made["keys_base64"][1:3]:
        said = cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {key}", token="")
    assert "Success!" in said, said
    cluster.keys = made["keys_base64"]
    assert cluster.status()["t"] == 3 and cluster.status()["n"] == 5
    assert generates(cluster, cluster.keys, 3)
    cluster.restart(cluster.keys, old)
    check_secrets(cluster, 10)


def set_of_three(space, hsm, primary_seal):
    """A primary and both kinds of secondary, one with its own kind of seal and one with the other."""
    name = "auto" if primary_seal else "shamir"
    primary = Cluster(space, hsm, name, primary_seal, 3, 2)
    primary.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    put_secrets(primary, 10)
    if not primary_seal:
        with_verification(primary)
    secondaries = {}
    for kind, seal in (("performance", primary_seal), ("dr", not primary_seal)):
        primary.client().write(f"sys/replication/{kind}/primary/enable")
        wait_until(lambda: primary.client().replication(kind)["mode"] == "primary", 30, "the primary")
        secondaries[kind] = Cluster(space, hsm, f"{name}-{kind}", seal, 1, 1)
        activate(primary, secondaries[kind], kind)

    path = "rekey-recovery-key" if primary_seal else "rekey"
    for kind, secondary in secondaries.items():
        text = REFUSED if kind == "performance" else "path disabled in replication DR secondary mode"
        own = "rekey-recovery-key" if secondary.is_automatic else "rekey"
        try:
            secondary.client("none").write(f"sys/{own}/init", {"secret_shares": 1, "secret_threshold": 1})
            raise AssertionError("a secondary was rekeyed")
        except ApiError as error:
            assert error.status == 400 and error.body["errors"] == [text], error

    old = primary.keys
    made = rekey(primary, old, primary.threshold, 2, 2, target="recovery" if primary_seal else "barrier")
    primary.keys, primary.threshold = made["keys_base64"], 2
    assert primary.client("none").read(f"sys/{path}/init")["started"] is False
    for kind, secondary in secondaries.items():
        wait_until(lambda: (secondary.status()["t"], secondary.status()["n"]) == (2, 2), 30, "the secondary to adopt the new shares")
        secondary.keys, secondary.threshold = primary.keys, 2
        operation = "generate-root" if kind == "performance" else "replication/dr/secondary/generate-operation-token"
        assert secondary.token(operation, old) is None and secondary.token(operation, primary.keys)
        secondary.restart(primary.keys, old)
        wait_in_sync(primary, secondary, kind)
    primary.restart(primary.keys, old)
    check_secrets(primary, 10)

    # A secondary that was away gets them when it is back, because it must know them if it is promoted.
    away = secondaries["dr"]
    away.kill()
    old = primary.keys
    primary.keys = rekey(primary, old, 2, 3, 3, target="recovery" if primary_seal else "barrier")["keys_base64"]
    away.server.start()
    if not away.is_automatic:
        assert away.offer(old), "it does not know the new ones yet"
    wait_until(lambda: away.status()["t"] == 3, 30, "the secondary to adopt the keys that it missed")
    away.threshold = 3
    away.restart(primary.keys, old)
    print(f"{name}: ok", flush=True)


def taken_up(primary, secondary, kind, old, threshold):
    """Waits until the secondary has the primary's new keys and the primary knows it."""
    wait_until(lambda: secondary.name not in primary.client().replication(kind)["rekey"]["waiting_for"], 30,
               "the primary to learn of it")
    secondary.keys, secondary.threshold = primary.keys, threshold
    operation = "generate-root" if kind == "performance" else "replication/dr/secondary/generate-operation-token"
    assert secondary.token(operation, old) is None and secondary.token(operation, primary.keys)


def away_and_killed(space, hsm, is_primary_automatic, is_automatic):
    """One pair of seals; the secondary is sealed, away over a rotation, and killed at many moments."""
    name = f"{'auto' if is_primary_automatic else 'shamir'}-{'auto' if is_automatic else 'shamir'}"
    primary = Cluster(space, hsm, f"{name}-p", is_primary_automatic, 3, 2)
    primary.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    primary.client().write("sys/replication/performance/primary/enable")
    secondary = Cluster(space, hsm, f"{name}-s", is_automatic, 1, 1)
    activate(primary, secondary, "performance")
    put_secrets(primary, 10)
    target = "recovery" if is_primary_automatic else "barrier"

    def renew():
        old, primary.keys = primary.keys, rekey(primary, primary.keys, 2, 3, 2, target=target)["keys_base64"]
        return old

    def opens(keys, useless=None):
        if secondary.is_automatic:
            wait_until(lambda: not secondary.status()["sealed"], 30, "the secondary to open by itself")
            return
        assert useless is None or not secondary.offer(useless), "the replaced keys opened it"
        assert secondary.offer(keys), "the keys that it has do not open it"

    # Sealed, and away during a rotation: its own storage opens with the keys that it has, then it follows.
    secondary.client(secondary.token("generate-root", primary.keys)).write("sys/seal")
    old = renew()
    primary.client().write("sys/rotate")
    put_secrets(primary, 12)
    secondary.kill()
    secondary.server.start()
    opens(old)
    wait_in_sync(primary, secondary, "performance")
    taken_up(primary, secondary, "performance", old, 2)
    secondary.restart(primary.keys, old)
    wait_in_sync(primary, secondary, "performance")

    # Killed at moments around the storing of the keys: either the old keys or the new ones open it.
    # A login makes SoftHSM write the token's file. A kill during this leaves half a file, which a real HSM would not do.
    token = hsm.folder(secondary.name) if secondary.is_automatic else None
    if token:
        shutil.copytree(token, secondary.directory / "token")
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1):
        old = renew()
        time.sleep(delay)
        secondary.kill()
        if token:
            shutil.copytree(secondary.directory / "token", token, dirs_exist_ok=True)
        secondary.server.start()
        if not secondary.is_automatic and not secondary.offer(primary.keys):
            assert secondary.offer(old), "neither the old keys nor the new ones open it"
        opens_or_open = lambda: not secondary.status()["sealed"]
        wait_until(opens_or_open, 30, "the secondary to open")
        wait_until(lambda: secondary.name not in primary.client().replication("performance")["rekey"]["waiting_for"],
                   30, "the secondary to adopt the keys that it missed")
        secondary.keys = primary.keys
    put_secrets(primary, 14)
    wait_in_sync(primary, secondary, "performance")
    secondary.restart(primary.keys, old)
    wait_in_sync(primary, secondary, "performance")
    check_secrets(primary, 14)
    print(f"{name}, away and killed: ok", flush=True)


def main():
    with Workspace() as space:
        hsm = SoftHsm(space.path)
        for label in ("shamir", "shamir-performance", "shamir-dr", "auto", "auto-performance", "auto-dr"):
            hsm.add_token(label)
        for pair in ("shamir-shamir", "shamir-auto", "auto-shamir", "auto-auto"):
            for side in ("p", "s"):
                hsm.add_token(f"{pair}-{side}")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda primary_seal: set_of_three(space, hsm, primary_seal), (False, True)))
            pairs = [(first, second) for first in (False, True) for second in (False, True)]
            list(pool.map(lambda pair: away_and_killed(space, hsm, *pair), pairs))


if __name__ == "__main__":
    sys.exit(main())
