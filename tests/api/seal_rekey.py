"""New key shares: for a primary, taken up by its secondaries whatever their seals; verified first where that was asked for."""

import concurrent.futures
import sys

from harness import ApiError, Cli, Workspace, check_secrets, field, put_secrets, wait_in_sync, wait_until
from seal_pairings import Cluster, activate
from softhsm import SoftHsm

REFUSED = "rekeying can only be performed on the primary cluster when replication is activated"


def rekey(cluster, keys, threshold, shares, new_threshold, target="barrier", verify=False):
    """By the command line, as three people would; the new keys."""
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
    cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {old[0]}", token="")
    cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {made['keys_base64'][0]}", token="")
    cli.run(f"vault operator rekey -verify -nonce={made['verification_nonce']} {made['keys_base64'][1]}", expect=2, token="")
    assert "rekey verification failed; incorrect key shares supplied" in cli.last_error, cli.last_error
    for key in made["keys_base64"][2:]:
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
        wait_until(lambda: (secondary.status()["t"], secondary.status()["n"]) == (2, 2), 30, "the secondary to take up the new shares")
        secondary.keys, secondary.threshold = primary.keys, 2
        operation = "generate-root" if kind == "performance" else "replication/dr/secondary/generate-operation-token"
        assert secondary.token(operation, old) is None and secondary.token(operation, primary.keys)
        secondary.restart(primary.keys, old)
        wait_in_sync(primary, secondary, kind)
    primary.restart(primary.keys, old)
    check_secrets(primary, 10)

    # A secondary that was away finds them when it is back: one that has been promoted would have to know them.
    away = secondaries["dr"]
    away.kill()
    old = primary.keys
    primary.keys = rekey(primary, old, 2, 3, 3, target="recovery" if primary_seal else "barrier")["keys_base64"]
    away.server.start()
    if not away.is_automatic:
        assert away.offer(old), "it does not know the new ones yet"
    wait_until(lambda: away.status()["t"] == 3, 30, "the secondary to take up what it missed")
    away.threshold = 3
    away.restart(primary.keys, old)
    print(f"{name}: ok", flush=True)


def main():
    with Workspace() as space:
        hsm = SoftHsm(space.path)
        for label in ("shamir", "shamir-performance", "shamir-dr", "auto", "auto-performance", "auto-dr"):
            hsm.add_token(label)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda primary_seal: set_of_three(space, hsm, primary_seal), (False, True)))


if __name__ == "__main__":
    sys.exit(main())
