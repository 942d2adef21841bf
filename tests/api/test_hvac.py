"""hvac, an independent client, against a real server."""

import sys

try:
    import hvac
except ImportError:
    sys.exit("hvac is not installed: apt install python3-hvac, or run installer/test")

import harness
from harness import Workspace, wait_until


def main():
    with Workspace() as space:
        tls = space.tls()
        server = space.server("hvac", tls=tls)
        client = hvac.Client(url=server.address, verify=tls["ca"])
        assert not client.sys.is_initialized()
        result = client.sys.initialize(3, 2)
        assert len(result["keys"]) == 3 and client.sys.is_initialized() and client.sys.is_sealed()
        client.sys.submit_unseal_keys(result["keys_base64"][:2])
        assert not client.sys.is_sealed()
        server.root_token, server.keys, server.threshold = result["root_token"], result["keys_base64"], 2
        client.token = result["root_token"]
        assert client.is_authenticated()

        print("health and status")
        assert client.sys.read_health_status(method="GET")["initialized"] is True
        assert client.sys.read_seal_status()["t"] == 2
        assert client.sys.read_leader_status()["ha_enabled"] is False

        print("kv version 2")
        client.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        kv = client.secrets.kv.v2
        written = kv.create_or_update_secret("app/db", {"user": "u", "password": "p", "big": 12345678901234567890123})
        assert written["data"]["version"] == 1, written
        read = kv.read_secret_version("app/db")
        assert read["data"]["data"]["big"] == 12345678901234567890123, read
        try:
            kv.create_or_update_secret("app/db", {"user": "x"}, cas=0)
            raise AssertionError("check-and-set was ignored")
        except hvac.exceptions.InvalidRequest as error:
            assert "check-and-set" in str(error), error
        kv.create_or_update_secret("app/db", {"user": "x"}, cas=1)
        kv.patch("app/db", {"more": "y"})
        assert kv.read_secret_version("app/db")["data"]["data"] == {"user": "x", "more": "y"}
        assert kv.list_secrets("app")["data"]["keys"] == ["db"]
        kv.delete_latest_version_of_secret("app/db")
        try:
            kv.read_secret_version("app/db")
            raise AssertionError("a deleted version was read")
        except hvac.exceptions.InvalidPath:
            pass
        kv.undelete_secret_versions("app/db", [3])
        kv.destroy_secret_versions("app/db", [1])
        assert kv.read_secret_metadata("app/db")["data"]["versions"]["1"]["destroyed"] is True
        kv.delete_metadata_and_all_versions("app/db")

        print("kv version 1 and cubbyhole")
        client.sys.enable_secrets_engine("kv", path="plain", options={"version": "1"})
        client.secrets.kv.v1.create_or_update_secret("a/b", {"k": "v"}, mount_point="plain")
        assert client.secrets.kv.v1.read_secret("a/b", mount_point="plain")["data"] == {"k": "v"}
        assert client.secrets.kv.v1.list_secrets("a", mount_point="plain")["data"]["keys"] == ["b"]
        client.write("cubbyhole/mine", a="b")
        assert client.read("cubbyhole/mine")["data"] == {"a": "b"}

        print("policies, userpass, tokens")
        client.sys.create_or_update_policy("reader", 'path "secret/*" { capabilities = ["read", "list"] }')
        assert "reader" in client.sys.list_policies()["data"]["policies"]
        assert "secret/*" in client.sys.read_policy("reader")["data"]["rules"]
        client.sys.enable_auth_method("userpass")
        client.auth.userpass.create_or_update_user("sam", "pw", policies="reader")
        user = hvac.Client(url=server.address, verify=tls["ca"])
        user.auth.userpass.login("sam", "pw")
        assert user.is_authenticated()
        try:
            user.secrets.kv.v2.create_or_update_secret("app/x", {"a": "b"})
            raise AssertionError("a reader wrote")
        except hvac.exceptions.Forbidden:
            pass
        made = client.auth.token.create(policies=["reader"], ttl="1h", meta={"k": "v"})
        looked = client.auth.token.lookup(made["auth"]["client_token"])
        assert looked["data"]["meta"] == {"k": "v"} and looked["data"]["ttl"] <= 3600
        client.auth.token.renew(made["auth"]["client_token"], increment="30m")
        client.auth.token.revoke_accessor(made["auth"]["accessor"])
        try:
            client.auth.token.lookup(made["auth"]["client_token"])
            raise AssertionError("a revoked token was found")
        except hvac.exceptions.Forbidden:
            pass

        print("wrapping")
        wrapped = client.write("sys/wrapping/wrap", wrap_ttl="60s", foo="bar")
        assert client.sys.unwrap(wrapped["wrap_info"]["token"])["data"] == {"foo": "bar"}
        try:
            client.sys.unwrap(wrapped["wrap_info"]["token"])
            raise AssertionError("a wrapping token worked twice")
        except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
            pass

        print("audit")
        log = space.path / "audit.log"
        client.sys.enable_audit_device("file", options={"file_path": str(log)})
        client.secrets.kv.v2.create_or_update_secret("audited", {"secret": "canary-in-the-audit"})
        text = log.read_text()
        assert '"path":"secret/data/audited"' in text and "canary-in-the-audit" not in text and "hmac-sha256:" in text
        assert server.root_token not in text
        assert client.sys.calculate_hash("file", "canary-in-the-audit")["data"]["hash"] in text
        client.sys.disable_audit_device("file")

        print("generate-root, rotate, seal")
        started = client.sys.start_root_token_generation(otp=None, pgp_key=None)
        client.sys.generate_root(result["keys"][0], started["nonce"])
        finished = client.sys.generate_root(result["keys"][1], started["nonce"])
        assert finished["complete"] is True
        client.sys.rotate_encryption_key()
        assert client.sys.get_encryption_key_status()["data"]["term"] == 2
        client.sys.seal()
        wait_until(lambda: client.sys.is_sealed(), 30, "the seal")
        assert server.client().raw("GET", "secret/data/audited")[0] == 503
        client.sys.submit_unseal_keys(result["keys"][1:3])
        wait_until(lambda: not client.sys.is_sealed(), 30, "the unseal")
        assert client.secrets.kv.v2.read_secret_version("audited")["data"]["data"] == {"secret": "canary-in-the-audit"}

        print("no secret in the server's log")
        log_text = server.log_path.read_text()
        for secret in ("canary-in-the-audit", result["root_token"], *result["keys"], *result["keys_base64"]):
            assert secret not in log_text
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
