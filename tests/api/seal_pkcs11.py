"""One cluster with an HSM seal: it opens without help. Each failure of the HSM gives a clear message and loses no data."""

import base64
import json
import sys

from harness import ApiError, Cli, Workspace, check_secrets, field, put_secrets, wait_until
from softhsm import PIN, SoftHsm

WRONG_PIN = "wrong-pin-9265"


def is_sealed(server):
    return server.client().read("sys/seal-status")["sealed"]


def wait_unsealed(server):
    wait_until(lambda: not is_sealed(server), 30, f"{server.name} to open by itself")


def start(server):
    server.log_start = server.log_path.stat().st_size
    server.start()


def said(server, text):
    """Waits until the server's log has the text, since the last start(). The log escapes quotes in values."""
    text = text.replace('"', '\\"')
    wait_until(lambda: text in server.log_path.read_text()[server.log_start:], 30, f"the log of {server.name} to say {text!r}")


def reconfigure(server, stanza):
    text = server.config.read_text()
    first = text.index('seal "pkcs11"')
    end = text.index("}", first) + 1
    server.config.write_text(text[:first] + stanza + text[end:])


def refused(status, text, call, *arguments):
    try:
        call(*arguments)
    except ApiError as error:
        assert error.status == status and text in error.body["errors"][0], (error, text)
        return
    raise AssertionError(f"not refused: {text}")


def initialises(server, home):
    client = server.client()
    before = client.read("sys/seal-status")
    assert before["type"] == "pkcs11" and before["recovery_seal"] and not before["initialized"] and before["n"] == 0, before
    refused(400, "recovery configuration must be supplied", client.write, "sys/init", {"secret_shares": 5, "secret_threshold": 3})
    refused(400, "recovery configuration must specify a positive number of shares", client.write, "sys/init", {"recovery_shares": 0})
    refused(400, "invalid recovery configuration: threshold cannot be larger than shares", client.write, "sys/init",
            {"recovery_shares": 2, "recovery_threshold": 3})
    cli = Cli(server, home)
    answer = cli.json("vault operator init -recovery-shares=3 -recovery-threshold=2 -format=json", token="")
    assert answer["unseal_keys_b64"] == [] and len(answer["recovery_keys_b64"]) == 3 and answer["recovery_keys_threshold"] == 2
    server.keys, server.root_token, server.threshold = answer["recovery_keys_b64"], answer["root_token"], 2
    status = client.read("sys/seal-status")  # already unsealed when init answers
    assert not status["sealed"] and (status["t"], status["n"]) == (2, 3) and status["recovery_seal_type"] == "shamir", status
    table = cli.run("vault status")
    assert field(table, "Recovery Seal Type") == "shamir" and field(table, "Seal Type") == "pkcs11", table
    assert field(table, "Total Recovery Shares") == "3"
    server.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    put_secrets(server, 20)


def restarts(server):
    server.kill()
    start(server)
    wait_unsealed(server)
    check_secrets(server, 20)


def recovery_keys_authorise(server, home):
    cli = Cli(server, home)
    start = cli.json("vault operator generate-root -init -format=json", token="")
    for key in server.keys[1:3]:
        last = cli.json(f"vault operator generate-root -format=json -nonce={start['nonce']} {key}", token="")
    token = cli.run(f"vault operator generate-root -decode={last['encoded_token']} -otp={start['otp']}", token="").strip()
    assert server.client(token).read("auth/token/lookup-self")["data"]["policies"] == ["root"]


def stays_sealed_when_told(server):
    client = server.client()
    client.write("sys/seal")
    wait_until(lambda: is_sealed(server), 10, "the seal to close")
    client.write("sys/unseal", {"key": server.keys[0]})
    assert client.read("sys/seal-status")["progress"] == 1
    refused(400, "Unseal failed, invalid key", client.write, "sys/unseal", {"key": base64.b64encode(b"x" * 33).decode()})
    assert is_sealed(server)
    server.unseal()
    check_secrets(server, 20)
    client.close()


def hsm_goes_and_comes_back(server, hsm):
    hsm.take_away()
    check_secrets(server, 20)  # an open server needs no HSM
    put_secrets(server, 20)
    recovery_keys_authorise(server, server.directory / "home")
    server.kill()
    start(server)
    said(server, 'there is no token labelled "alpha" (present: none)')
    said(server, "tried again in 1 s")
    client = server.client()
    assert client.read("sys/seal-status")["initialized"] and is_sealed(server)
    client.write("sys/unseal", {"key": server.keys[0]})
    refused(500, "there is no token", client.write, "sys/unseal", {"key": server.keys[1]})  # recovery keys open nothing alone
    hsm.bring_back()
    wait_unsealed(server)  # without a restart and without a person
    check_secrets(server, 20)


def wrong_pin_is_tried_once(server, hsm):
    server.stop()
    reconfigure(server, hsm.stanza("alpha", pin=WRONG_PIN))
    start(server)
    said(server, "not tried again: correct the configuration")
    log = server.log_path.read_text()
    assert "CKR_PIN_INCORRECT" in log and PIN not in log and WRONG_PIN not in log
    client = server.client()
    since = client.health()["server_time_utc"]
    wait_until(lambda: client.health()["server_time_utc"] >= since + 3, 10, "three of the server's ticks")
    # A token locks itself after a few wrong attempts, so the test must not make more of them.
    assert is_sealed(server) and server.log_path.read_text().count("CKR_PIN_INCORRECT") == log.count("CKR_PIN_INCORRECT")
    server.stop()
    reconfigure(server, hsm.stanza("alpha"))
    start(server)
    wait_unsealed(server)


def slot_numbers_change(server, hsm):
    old = hsm.slot("alpha")
    server.stop()
    reconfigure(server, hsm.stanza("alpha", slot=old + 1))
    start(server)
    said(server, f'there is no token labelled "alpha" in slot {old + 1} (present: "alpha" in slot {old})')
    server.stop()
    reconfigure(server, hsm.stanza("alpha", slot=hex(old)))
    start(server)
    wait_unsealed(server)
    server.stop()
    reconfigure(server, hsm.stanza("alpha"))  # by its label, in any slot
    hsm.add_token("other")
    start(server)
    wait_unsealed(server)
    check_secrets(server, 20)


def deleted_key_is_named_and_never_replaced(server, hsm):
    hsm.copy_tokens()
    hsm.delete_key("alpha", "holdfast")
    check_secrets(server, 20)
    server.kill()
    start(server)
    said(server, 'holds no key labelled "holdfast"')
    assert is_sealed(server) and "holdfast" not in hsm.keys("alpha")  # generate_key makes no new key if a wrapped root key exists
    hsm.generate_key("alpha", "holdfast")  # a well-meant mistake of an operator
    said(server, "belongs to another key than the token holds now")
    assert is_sealed(server)
    hsm.restore_tokens()
    wait_unsealed(server)
    check_secrets(server, 20)


def key_label_moves_on(server, hsm):
    """The wrapped key names its label. A new label in the configuration counts when the server wraps the next time."""
    server.stop()
    reconfigure(server, hsm.stanza("alpha", key="holdfast-2027"))
    start(server)
    wait_unsealed(server)
    check_secrets(server, 20)


def other_seal_is_explained(server, hsm):
    server.stop()
    text = server.config.read_text()
    first = text.index('seal "pkcs11"')
    server.config.write_text(text[:first] + text[text.index("}", first) + 1:])
    start(server)
    client = server.client()
    assert client.read("sys/seal-status")["type"] == "pkcs11"
    refused(400, 'the storage was sealed by a seal of type "pkcs11", the configuration has one of type "shamir"',
            client.write, "sys/unseal", {"key": server.keys[0]})
    server.stop()
    server.config.write_text(text)
    start(server)
    wait_unsealed(server)


def cbc_with_hmac(workspace, hsm):
    hsm.add_token("beta")
    server = workspace.server("beta", extra=hsm.stanza("beta", mechanism="0x1085", hmac_key_label="holdfast-mac"))
    answer = server.client().write("sys/init", {"recovery_shares": "1", "recovery_threshold": "1"})
    server.root_token = answer["root_token"]
    server.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    put_secrets(server, 5)
    server.kill()
    start(server)
    wait_unsealed(server)
    check_secrets(server, 5)
    hsm.delete_key("beta", "holdfast-mac")
    server.kill()
    start(server)
    said(server, 'holds no key labelled "holdfast-mac"')


def initialisation_without_hsm(workspace, hsm):
    server = workspace.server("gamma", extra=hsm.stanza("gamma"))
    client = server.client()
    refused(500, 'there is no token labelled "gamma"', client.write, "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
    assert not client.read("sys/seal-status")["initialized"]
    hsm.add_token("gamma")
    answer = client.write("sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
    assert len(answer["recovery_keys"]) == 1 and not is_sealed(server)


def moves_between_seals(workspace, hsm):
    """From Shamir's seal to the HSM and back, each time with a threshold of keys. The keys stay the same."""
    server = workspace.server("delta").initialize(shares=3, threshold=2)
    server.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    put_secrets(server, 5)
    cli = Cli(server, server.directory / "home")
    plain = server.config.read_text()

    def restart_with(text):
        server.stop()
        server.config.write_text(plain + text)
        start(server)

    def migrate():
        status = server.client().read("sys/seal-status")
        assert status["migration"] and status["sealed"], status
        refused(400, "migrate option not provided and seal migration is pending", server.client().write, "sys/unseal", {"key": server.keys[0]})
        for key in server.keys[1:3]:
            said_last = cli.run(f"vault operator unseal -migrate {key}", token="")
        assert field(said_last, "Sealed") == "false", said_last
        assert not server.client().read("sys/seal-status")["migration"]
        check_secrets(server, 5)

    restart_with(hsm.stanza("delta"))
    said(server, "a move to another seal is pending")
    cli.run(f"vault operator unseal -migrate {server.keys[0]}", token="")
    refused(500, 'there is no token labelled "delta"', server.client().write, "sys/unseal", {"key": server.keys[1], "migrate": True})
    assert is_sealed(server) and server.client().read("sys/seal-status")["migration"]  # the old seal is unchanged
    hsm.add_token("delta")
    migrate()
    server.kill()
    start(server)
    wait_unsealed(server)
    check_secrets(server, 5)
    assert server.client().read("sys/seal-status")["type"] == "pkcs11"
    recovery_keys_authorise(server, server.directory / "home")

    restart_with(hsm.stanza("delta", disabled="true"))
    migrate()
    restart_with("")
    assert server.client().read("sys/seal-status")["type"] == "shamir" and is_sealed(server)
    refused(400, "when not in seal migration mode", server.client().write, "sys/unseal", {"key": server.keys[0], "migrate": "true"})
    server.unseal()
    check_secrets(server, 5)
    hsm.delete_token("delta")  # no longer needed
    server.kill()
    start(server)
    server.unseal()
    check_secrets(server, 5)


def no_secret_is_logged(server):
    log = server.log_path.read_text()
    for secret in [PIN, WRONG_PIN, server.root_token, *server.keys]:
        assert secret not in log
    state = json.dumps(server.client().read("sys/config/state/sanitized"))
    assert PIN not in state and '"pkcs11"' in state


def main():
    with Workspace() as workspace:
        hsm = SoftHsm(workspace.path).add_token("alpha")
        server = workspace.server("alpha", extra=hsm.stanza("alpha"))
        home = server.directory / "home"
        initialises(server, home)
        restarts(server)
        recovery_keys_authorise(server, home)
        stays_sealed_when_told(server)
        hsm_goes_and_comes_back(server, hsm)
        wrong_pin_is_tried_once(server, hsm)
        slot_numbers_change(server, hsm)
        deleted_key_is_named_and_never_replaced(server, hsm)
        key_label_moves_on(server, hsm)
        other_seal_is_explained(server, hsm)
        no_secret_is_logged(server)
        cbc_with_hmac(workspace, hsm)
        initialisation_without_hsm(workspace, hsm)
        moves_between_seals(workspace, hsm)
    print("seal_pkcs11: ok")


if __name__ == "__main__":
    sys.exit(main())
