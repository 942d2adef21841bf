"""The command line against a real server: what it prints as a table and as JSON, and how it exits."""

import json
import re
import sys

from harness import Cli, Workspace, field, wait_until

TOKEN = re.compile(r"hvs\.[0-9A-Za-z]{24,}")


class Commands:
    """Runs commands and collects failures."""

    def __init__(self, cli):
        self.cli = cli
        self.failures = []
        self.count = 0

    def run(self, command, exit_code=0, out=None, error=None, **options):
        """`out` and `error` are a text that the output must contain, a pattern that must match, or a function of the output. Returns standard output."""
        self.count += 1
        text = self.cli.run(command, expect=None, **options)
        wrong = []
        if self.cli.last_code != exit_code:
            wrong.append(f"exit {self.cli.last_code}, not {exit_code}")
        for name, found, wanted in (("output", text, out), ("errors", self.cli.last_error, error)):
            if isinstance(wanted, str):
                is_right = wanted in found
            elif isinstance(wanted, re.Pattern):
                is_right = wanted.search(found) is not None
            else:
                is_right = wanted is None or wanted(found)
            if not is_right:
                wrong.append(f"{name} without {wanted!r}")
        if wrong:
            self.failures.append(f"$ {command}\n      " + "\n      ".join([*wrong, text[-800:], self.cli.last_error[-800:]]))
        return text

    def json(self, command, wanted, **options):
        """The command with -format=json; `wanted` is a function of the parsed output."""
        before = len(self.failures)
        text = self.run(command, **options)
        if len(self.failures) > before:
            return {}
        try:
            value = json.loads(text)
            if wanted(value):
                return value
            self.failures.append(f"$ {command}\n      {text[:800]}")
        except (ValueError, KeyError, TypeError) as problem:
            self.failures.append(f"$ {command}\n      {problem!r} {text[:800]}")
            value = {}
        return value

    def finish(self):
        for failure in self.failures:
            print("FAIL  " + failure)
        print(f"{self.count - len(self.failures)} of {self.count} commands did as they should")
        assert not self.failures, f"{len(self.failures)} commands failed"


def start(commands, server):
    run, as_json = commands.run, commands.json
    run("vault status", 2, re.compile(r"Initialized\s+false\n.*Sealed\s+true", re.S), token="")
    run("vault operator init -status", 2, token="")
    made = as_json("vault operator init -key-shares=3 -key-threshold=2 -format=json", lambda value: len(value["unseal_keys_b64"]) == 3
                   and len(value["unseal_keys_hex"]) == 3 and value["unseal_shares"] == 3 and value["unseal_threshold"] == 2
                   and TOKEN.fullmatch(value["root_token"]), token="")
    run("vault operator init -status", 0, token="")
    run("vault operator init", 2, error="Vault is already initialized", token="")
    keys = made["unseal_keys_b64"]
    server.root_token, server.keys, server.threshold = made["root_token"], keys, 2
    run("vault status", 2, re.compile(r"Initialized\s+true\n.*Sealed\s+true.*Total Shares\s+3.*Threshold\s+2.*Unseal Progress\s+0/2", re.S))
    run(f"vault operator unseal {keys[0]}", 0, re.compile(r"Unseal Progress\s+1/2"), token="")
    run("vault operator unseal -reset", 0, re.compile(r"Unseal Progress\s+0/2"), token="")
    run(f"vault operator unseal {keys[0]}", 0, token="")
    run(f"vault operator unseal {keys[2]}", 0, re.compile(r"Sealed\s+false"), token="")
    run("vault status", 0, re.compile(r"Cluster Name\s+cli\n"))
    as_json("vault status -format=json", lambda value: value["sealed"] is False and value["t"] == 2 and value["n"] == 3)
    run("vault status", 1, error="refused", VAULT_ADDR="http://127.0.0.1:1")
    run("vault frobnicate", 127, error="There is no command")
    run("vault status -no-such-flag", 1)
    run("vault -h", 0, "Commands:")
    run("vault kv put -h", 0, "Usage: holdfast kv put")


def data(commands):
    run, as_json = commands.run, commands.json
    run("vault secrets enable -version=2 -path=secret kv", 0, "Success! Enabled the kv secrets engine at: secret/")
    run("vault secrets enable -path=plain kv", 0)
    run("vault secrets enable -path=plain kv", 2, error="path is already in use at plain/")
    run("vault secrets list", 0, re.compile(r"^plain/\s+kv\s+kv_[0-9a-f]{8}\s", re.M))
    as_json("vault secrets list -format=json", lambda value: value["secret/"]["options"]["version"] == "2" and value["cubbyhole/"]["local"])
    run("vault secrets list -detailed", 0, re.compile(r"^Path\s+Plugin", re.M))
    run("vault secrets tune -default-lease-ttl=1h -description=notes plain", 0, "Success! Tuned the secrets engine at: plain/")
    as_json("vault read -format=json sys/mounts/plain/tune", lambda value: value["data"]["default_lease_ttl"] == 3600)

    run("vault kv put secret/app user=sam password=s3cret", 0, re.compile(r"version\s+1"))
    run("vault kv get secret/app", 0, re.compile(r"password\s+s3cret\nuser\s+sam"))
    run("vault kv get -field=password secret/app", 0, lambda text: text == "s3cret")
    as_json("vault kv get -format=json secret/app", lambda value: value["data"]["data"] == {"user": "sam", "password": "s3cret"})
    run("vault kv put -mount=secret app user=eve", 0, re.compile(r"version\s+2"))
    run("vault kv get -version=1 secret/app", 0, "s3cret")
    run("vault kv put -cas=1 secret/app user=x", 2, error="check-and-set parameter did not match the current version")
    run("vault kv patch secret/app more=yes", 0, re.compile(r"version\s+3"))
    as_json("vault kv get -format=json secret/app", lambda value: value["data"]["data"] == {"user": "eve", "more": "yes"})
    run("vault kv rollback -version=1 secret/app", 0, re.compile(r"version\s+4"))
    run("vault kv list secret", 0, re.compile(r"^Keys\n----\napp\n", re.M))
    as_json("vault kv list -format=json secret", lambda value: value == ["app"])
    run("vault kv list secret/none", 2, error="No value found at secret/metadata/none")
    run("vault kv get secret/none", 2, error="No value found at secret/data/none")
    run("vault kv delete secret/app", 0, "Success! Data deleted (if it existed) at: secret/")
    run("vault kv get secret/app", 0, re.compile(r"deletion_time\s+2"))
    run("vault kv undelete -versions=4 secret/app", 0)
    run("vault kv destroy -versions=1,2 secret/app", 0)
    run("vault kv metadata get secret/app", 0, re.compile(r"current_version\s+4"))
    run("vault kv metadata put -max-versions=5 -custom-metadata=owner=me secret/app", 0)
    as_json("vault kv metadata get -format=json secret/app", lambda value: value["data"]["custom_metadata"] == {"owner": "me"}
            and value["data"]["versions"]["1"]["destroyed"])
    run("vault kv metadata delete secret/app", 0)
    run("vault kv enable-versioning plain", 0)
    run("vault secrets enable -path=one kv", 0)
    run("vault kv put one/a b=c", 0, "Success! Data written to: one/a")
    run("vault kv get one/a", 0, re.compile(r"b\s+c"))

    run("vault write one/text value=@-", 1)
    run("printf 'from a file' > $HOME/value && vault write one/text value=@$HOME/value other=plain", 0, "Success! Data written to: one/text")
    run("vault read -field=value one/text", 0, lambda text: text == "from a file")
    run("printf piped | vault write one/text value=-", 0)
    run("vault read one/text", 0, re.compile(r"refresh_interval\s+768h\nvalue\s+piped"))
    run("echo '{\"n\": 12345678901234567890, \"list\": [1, 2]}' | vault write one/json -", 0)
    run("vault read -format=json one/json", 0, "12345678901234567890")
    run("vault read one/none", 2, error="No value found at one/none")
    run("vault list one", 0, re.compile(r"^a\njson\ntext", re.M))
    run("vault list one/none", 2, error="No value found at one/none")
    run("vault delete one/a", 0, "Success! Data deleted (if it existed) at: one/a")
    run("vault write one/none", 1, error="Must supply data or use -force")
    run("vault read sys/nonsense", 2, error="unsupported path")
    run("vault read -format=yaml one/text", 0, re.compile(r"^data:\n  value: piped", re.M))
    run("vault read one/text", 0, '"value": "piped"', VAULT_FORMAT="json")
    run("vault secrets move one/ moved/", 0, re.compile(r"(?s)Started moving secrets engine one/ to moved/, with migration ID \S+\n.*Success! Finished moving"))
    run("vault write -field=wrapping_token sys/wrapping/wrap a=b", 0, re.compile(r"hvs\."))
    run("vault kv get moved/text", 0, "piped")
    run("vault secrets disable moved", 0, "Success! Disabled the secrets engine")
    run("vault kv get moved/text", 2)


def people(commands):
    run, as_json = commands.run, commands.json
    run("vault policy write reader - <<'EOF'\npath \"secret/*\" { capabilities = [\"read\", \"list\"] }\nEOF", 0, "Success! Uploaded policy: reader")
    run("vault policy write bad - <<'EOF'\npath \"x\" { capabilities = [\"fly\"] }\nEOF", 2, error="invalid capability")
    run("vault policy list", 0, "default\nreader\nroot\n")
    run("vault policy read reader", 0, 'path "secret/*"')
    run("vault policy read none", 2, error="No policy named: none")
    run("printf 'path \"a\" {\\ncapabilities=[\"read\"]\\n}' > $HOME/p.hcl && vault policy fmt $HOME/p.hcl && cat $HOME/p.hcl", 0,
        'path "a" {\n  capabilities = ["read"]\n}')
    run("vault auth enable userpass", 0, "Success! Enabled userpass auth method at: userpass/")
    run("vault auth list", 0, re.compile(r"^userpass/\s+userpass\s+auth_userpass_[0-9a-f]{8}", re.M))
    run("vault auth tune -description=people userpass", 0)
    run("vault write auth/userpass/users/sam password=pw policies=reader", 0, "Success! Data written to: auth/userpass/users/sam")
    run("vault login -method=userpass username=sam password=wrong", 2, error="invalid username or password", token="")
    run("vault login -method=userpass username=sam password=pw", 0, re.compile(r'token_policies\s+\["default" "reader"\]'), token="")
    run("cat ~/.vault-token", 0, TOKEN)
    run("vault kv list secret", 2, token="")
    run("vault token lookup", 0, re.compile(r"display_name\s+userpass-sam"), token="")
    run("vault kv put secret/x a=b", 2, error="permission denied", token="")
    run("vault login -method=userpass -token-only -no-store username=sam password=pw", 0, re.compile(r"^hvs\.\w+$"), token="")
    run("rm ~/.vault-token; vault token lookup", 2, error="permission denied", token="")
    made = as_json("vault token create -policy=reader -ttl=1h -metadata=k=v -display-name=job -format=json",
                   lambda value: value["auth"]["lease_duration"] == 3600 and value["auth"]["metadata"] == {"k": "v"})["auth"]
    token = made["client_token"]
    run("vault token lookup $T", 0, re.compile(r"display_name\s+token-job"), T=token)
    run("vault token lookup -accessor $A", 0, re.compile(r"^id\s+n/a", re.M), A=made["accessor"])
    run("vault token capabilities $T secret/data/a", 0, lambda text: text == "list, read\n", T=token)
    run("vault token capabilities secret/data/a", 0, lambda text: text == "root\n")
    run("vault token renew -increment=30m $T", 0, re.compile(r"token_duration\s+30m"), T=token)
    run("vault token renew", 2, error="invalid lease ID")
    run("vault token revoke -accessor $A", 0, "Success! Revoked token (if it existed)", A=made["accessor"])
    run("vault token lookup $T", 2, error="bad token", T=token)
    run("vault token create -policy=reader -type=batch -ttl=8h", 0, re.compile(r"token\s+hvb\.\S+\ntoken_accessor\s+n/a\ntoken_duration\s+8h"))
    run("vault token create -policy=none", 0, error='Policy "none" does not exist')
    wrapped = run("vault token create -policy=reader -wrap-ttl=60s", 0, re.compile(r"wrapping_token_ttl:\s+1m\n"))
    run("vault unwrap $W", 0, re.compile(r"^token\s+hvs\.", re.M), W=field(wrapped, "wrapping_token"))
    run("vault unwrap $W", 2, error="wrapping token is not valid or does not exist", W=field(wrapped, "wrapping_token"))
    run("vault kv put secret/w a=b", 0)
    run("vault unwrap -field=data $(vault kv get -wrap-ttl=1m -field=wrapping_token secret/w)", 0, "a:b")
    run("vault policy delete reader", 0)
    run("vault auth disable userpass", 0)


def care(commands, server, space):
    run, as_json = commands.run, commands.json
    log = space.path / "audit.log"
    run(f"vault audit enable file file_path={log}", 0, "Success! Enabled the file audit device at: file/")
    run("vault audit list", 0, re.compile(r"^file/\s+file", re.M))
    run("vault audit list -detailed", 0, str(log))
    run("vault audit disable file", 0, "Success! Disabled audit device (if it was enabled) at: file/")
    run("vault operator rotate", 0, re.compile(r"Success! Rotated key.*Key Term\s+2", re.S))
    run("vault operator key-status", 0, re.compile(r"Key Term\s+2"))
    started = run("vault operator generate-root -init", 0, re.compile(r"OTP Length\s+28"))
    nonce, otp = field(started, "Nonce"), field(started, "OTP")
    run("vault operator generate-root -init", 2, error="root generation already in progress")
    run(f"vault operator generate-root -nonce={nonce} $K", 0, re.compile(r"Progress\s+1/2"), K=server.keys[0])
    done = run(f"printf %s $K | vault operator generate-root -nonce={nonce} -", 0, re.compile(r"Complete\s+true"), K=server.keys[1])
    decoded = run(f"vault operator generate-root -decode={field(done, 'Encoded Token')} -otp={otp}", 0, TOKEN).strip()
    run("vault token lookup", 0, re.compile(r"policies\s+\[root\]"), token=decoded)
    run("vault token revoke -self", 0, token=decoded)
    run("vault operator generate-root -generate-otp", 0, re.compile(r"^\w{28}$"))
    run("vault operator generate-root -init", 0)
    run("vault operator generate-root -cancel", 0)
    run("vault operator generate-root -status", 0, re.compile(r"Started\s+false"))

    run("vault kv put secret/kept in=snapshot", 0)
    run(f"vault operator raft snapshot save {space.path}/s.snap", 0)
    run("vault kv put secret/later not=there", 0)
    run(f"echo damaged > {space.path}/bad.snap; vault operator raft snapshot restore {space.path}/bad.snap", 2)
    run("vault kv get secret/later", 0)
    run(f"vault operator raft snapshot restore {space.path}/s.snap", 0)
    client = server.client()
    wait_until(lambda: client.raw("GET", "secret/data/later")[0] == 404, 20, "the restored data")
    run("vault kv get secret/kept", 0, re.compile(r"in\s+snapshot"))
    run("vault kv get secret/later", 2)
    run("vault path-help sys/mounts", 0)
    run("vault version", 0, "Holdfast")
    run("vault operator seal", 0, "Success! Vault is sealed.")
    wait_until(lambda: client.read("sys/seal-status")["sealed"], 20, "the seal")
    run("vault status", 2, re.compile(r"Sealed\s+true"))
    run("vault kv get secret/kept", 2, error="Vault is sealed")


def main():
    with Workspace() as space:
        tls = space.tls()
        server = space.server("cli", tls=tls)
        commands = Commands(Cli(server, space.path / "home"))
        start(commands, server)
        data(commands)
        people(commands)
        care(commands, server, space)
        commands.run("vault status", 1, error=re.compile("certificate", re.I), VAULT_CACERT="")
        commands.run("vault status -tls-skip-verify", 2, VAULT_CACERT="")
        commands.finish()


if __name__ == "__main__":
    sys.exit(main())
