"""AppRole on a primary, on its performance secondary, on the secondary while the primary is off, and after the promotion of a DR secondary.

    P ── performance ──> S
    └─── dr ──> D
"""

from harness import ApiError, Workspace, wait_in_sync, wait_until
from rows import Rows
from topologies import attach, batch_for, promote, root_token

POLICY = 'path "secret/data/app" { capabilities = ["read"] }'


def set_up(client):
    client.write("sys/auth/approle", {"type": "approle"})
    client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    client.write("secret/data/app", {"data": {"password": "p"}})
    client.write("sys/policies/acl/app", {"policy": POLICY})
    client.write("auth/approle/role/web", {"token_policies": "app", "role_id": "web-id", "token_ttl": "20m"})
    client.write("auth/approle/role/own", {"token_policies": "app", "role_id": "own-id", "local_secret_ids": True})


def new_secret_id(client, role, **fields):
    return client.write(f"auth/approle/role/{role}/secret-id", fields)["data"]


def log_in(server, role_id, secret_id):
    return server.client("none").write("auth/approle/login", {"role_id": role_id, "secret_id": secret_id})["auth"]


def reads_the_secret(server, auth):
    return server.client(auth["client_token"]).read("secret/data/app")["data"]["data"] == {"password": "p"}


def refusal(server, role_id, secret_id):
    try:
        log_in(server, role_id, secret_id)
    except ApiError as error:
        return error.status, error.body["errors"]
    return None


WRONG = (400, ["invalid role or secret ID"])


def on_the_primary(rows, p):
    root = p.client()
    made = new_secret_id(root, "web", metadata='{"host":"w1"}')
    auth = log_in(p, "web-id", made["secret_id"])
    rows.check("a login gives a token with the role's policies", auth["policies"] == ["app", "default"] and auth["lease_duration"] == 1200, auth)
    rows.check("with the metadata of the secret id", auth["metadata"] == {"host": "w1", "role_name": "web"}, auth)
    rows.check("that opens the secret", reads_the_secret(p, auth))
    root.write("auth/approle/role/web/secret-id-accessor/destroy", {"secret_id_accessor": made["secret_id_accessor"]})
    rows.check("a destroyed secret id opens nothing", refusal(p, "web-id", made["secret_id"]) == WRONG)
    rows.check("its tokens stay valid", reads_the_secret(p, auth))
    shown = root.call("POST", "auth/approle/role/web/secret-id", {}, {"X-Vault-Wrap-TTL": "1m"})["wrap_info"]
    inner = p.client(shown["token"]).write("sys/wrapping/unwrap")["data"]
    rows.check("a wrapped secret id shows its accessor", shown["wrapped_accessor"] == inner["secret_id_accessor"] != "", shown)
    rows.check("and where it was made", shown["creation_path"] == "auth/approle/role/web/secret-id", shown)
    rows.check("and opens once it is unwrapped", reads_the_secret(p, log_in(p, "web-id", inner["secret_id"])))
    root.write("auth/approle/role/locked", {"role_id": "locked-id"})
    right = new_secret_id(root, "locked")["secret_id"]
    for _ in range(5):
        refusal(p, "locked-id", "wrong")
    rows.check("five wrong secret ids lock the role", refusal(p, "locked-id", right) == (403, ["permission denied"]), refusal(p, "locked-id", right))
    locked = root.read("sys/locked-users")["data"]
    rows.check("which sys/locked-users lists", "locked-id" in str(locked), locked)


def on_a_secondary(rows, p, s):
    on_p, on_s = p.client(), s.client()
    shared = new_secret_id(on_s, "web")["secret_id"]  # the primary makes it
    rows.check("a secret id made through the secondary opens there", reads_the_secret(s, log_in(s, "web-id", shared)))
    rows.check("and at the primary", reads_the_secret(p, log_in(p, "web-id", shared)))
    twice = new_secret_id(on_s, "web", num_uses=2)["secret_id"]
    auth = log_in(s, "web-id", twice)
    rows.check("a login that takes a use gives a token of the secondary", s.client(auth["client_token"]).read("auth/token/lookup-self")["data"]["path"] == "auth/approle/login")
    rows.check("which the primary does not know", p.client(auth["client_token"]).raw("GET", "auth/token/lookup-self")[0] == 403)
    log_in(p, "web-id", twice)
    rows.check("uses count for all clusters", refusal(s, "web-id", twice) == WRONG and refusal(p, "web-id", twice) == WRONG)
    own = new_secret_id(on_s, "own", num_uses=3)["secret_id"]
    rows.check("a local secret id opens at its cluster", reads_the_secret(s, log_in(s, "own-id", own)))
    rows.check("and at no other", refusal(p, "own-id", own) == WRONG)
    rows.check("which does not list it", on_p.raw("LIST", "auth/approle/role/own/secret-id")[0] == 404)
    return shared, own


def without_the_primary(rows, s, shared, own, limited):
    rows.check("a login works while the primary is off", reads_the_secret(s, log_in(s, "web-id", shared)))
    rows.check("with a local secret id too, which counts", reads_the_secret(s, log_in(s, "own-id", own)))
    status, errors = refusal(s, "web-id", limited)
    rows.check("a use of a shared secret id cannot be counted then", status in (500, 503) and "primary" in errors[0], (status, errors))
    made = new_secret_id(s.client(), "own")["secret_id"]
    rows.check("new local secret ids are made", reads_the_secret(s, log_in(s, "own-id", made)))
    status = s.client().raw("POST", "auth/approle/role/web/secret-id", {})[0]
    rows.check("new shared ones are not", status in (500, 503), status)


def after_a_promotion(rows, d, shared, local):
    rows.check("the promoted copy takes shared secret ids", reads_the_secret(d, log_in(d, "web-id", shared)))
    rows.check("and local ones of its former primary", reads_the_secret(d, log_in(d, "own-id", local)))
    d.root_token = root_token(d, d.keys)
    made = wait_until(lambda: new_secret_id(d.client(), "web", num_uses=1), 20, "a secret id of the new primary")["secret_id"]
    log_in(d, "web-id", made)
    rows.check("and counts uses", refusal(d, "web-id", made) == WRONG)


def main():
    with Workspace() as space:
        p, s, d = (space.server(name).initialize() for name in "psd")
        rows = Rows(p)
        set_up(p.client())
        on_the_primary(rows, p)
        attach(p, s, "performance", "s")
        attach(p, d, "dr", "d")
        s.root_token = root_token(s, p.keys)
        shared, own = on_a_secondary(rows, p, s)
        limited = new_secret_id(p.client(), "web", num_uses=5)["secret_id"]
        local = new_secret_id(p.client(), "own")["secret_id"]
        batch = batch_for(p.client(), "failover", ["sys/replication/dr/secondary/promote"])
        wait_in_sync(p, s, "performance")
        wait_in_sync(p, d, "dr")
        p.kill()
        without_the_primary(rows, s, shared, own, limited)
        promote(d, batch)
        after_a_promotion(rows, d, shared, local)
        rows.finish()


if __name__ == "__main__":
    main()
