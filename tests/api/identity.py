"""Entities, aliases and groups on a primary, on a performance secondary whose primary is off, and after a promotion of the DR secondary.

    P ── performance ──> S
    └─── dr ──> D
"""

import base64
import hashlib
import json
import sys
import urllib.request

from harness import Workspace, wait_in_sync, wait_until
from rows import ABSENT, DENIED, NO_TOKEN, NOTHING, TIME, UUID, Rows, error
from topologies import attach, batch_for, promote

FOLDERS = """
path "kv/own/{{identity.entity.name}}" { capabilities = ["create", "update", "read"] }
path "kv/team/{{identity.entity.metadata.team}}" { capabilities = ["create", "update", "read"] }
"""


def write(path):
    return f'path "{path}" {{ capabilities = ["create", "update", "read"] }}'


def prepare(client):
    client.write("sys/mounts/kv", {"type": "kv"})
    client.write("sys/auth/people", {"type": "userpass"})
    client.write("sys/auth/here", {"type": "userpass", "local": True})
    for name, text in (("folders", FOLDERS), ("by-entity", write("kv/by-entity")), ("by-group", write("kv/by-group"))):
        client.write(f"sys/policies/acl/{name}", {"policy": text})
    for user in ("ann", "bob", "cem", "dan"):
        client.write(f"auth/people/users/{user}", {"password": "pw", "token_policies": "folders"})
    client.write("auth/here/users/ann", {"password": "pw"})
    return {path: client.read("sys/auth")["data"][f"{path}/"]["accessor"] for path in ("people", "here")}


def login(rows, user, mount="people", status=200, **wanted):
    answer = rows.row(f"POST auth/{mount}/login/{user}", status, {"auth": {"entity_id": UUID, **wanted}} if status == 200 else wanted.get("errors", dict),
                      {"password": "pw"}, token="none")
    return answer.get("auth") or {}


def can_write(rows, token, *paths, but=()):
    for path in paths:
        rows.row(f"POST kv/{path}", 204, None, {"v": "1"}, token=token)
    for path in but:
        rows.row(f"POST kv/{path}", 403, DENIED, {"v": "1"}, token=token)


def on_the_primary(rows, accessors):
    """The entity of a login, and what its policies and groups add. Returns what the other clusters must know too."""
    first = login(rows, "ann", identity_policies=ABSENT, policies=["default", "folders"])
    token, entity = first["client_token"], first["entity_id"]
    again = login(rows, "ANN")
    rows.check("the second login has the same entity", again["entity_id"] == entity, again)
    can_write(rows, token, but=("by-entity", "by-group", "own/ann", "team/red"))
    rows.row(f"POST identity/entity/id/{entity}", 204, None, {"name": "ann", "policies": "by-entity", "metadata": {"team": "red"}})
    can_write(rows, token, "by-entity", "own/ann", "team/red", but=("by-group", "own/bob", "team/blue"))
    group = rows.row("POST identity/group", 200, {"data": {"id": UUID, "name": "all"}},
                     {"name": "all", "policies": "by-group", "member_entity_ids": [entity]})["data"]["id"]
    can_write(rows, token, "by-group")
    rows.row("GET auth/token/lookup-self", 200, {"data": {"entity_id": entity, "identity_policies": ["by-entity", "by-group"],
                                                          "policies": ["default", "folders"]}}, token=token)
    rows.row("POST auth/token/lookup-accessor", 200, {"data": {"entity_id": entity, "identity_policies": ["by-entity", "by-group"]}},
             {"accessor": first["accessor"]})
    rows.row("POST auth/token/renew-self", 200, {"auth": {"entity_id": entity, "identity_policies": ["by-entity", "by-group"],
                                                          "policies": ["by-entity", "by-group", "default", "folders"],
                                                          "token_policies": ["default", "folders"]}}, {}, token=token)
    wrapped = rows.row("POST auth/people/login/ann", 200, {"wrap_info": {"token": str}}, {"password": "pw"}, token="none",
                       headers={"X-Vault-Wrap-TTL": "60s"})["wrap_info"]["token"]
    rows.row("POST sys/wrapping/unwrap", 200, {"auth": {"entity_id": entity, "identity_policies": ["by-entity", "by-group"]}}, {}, token=wrapped)
    rows.row("POST sys/capabilities-self", 200, {"data": {"kv/by-group": ["create", "read", "update"], "kv/own/ann": ["create", "read", "update"],
                                                          "kv/own/bob": ["deny"]}}, {"paths": ["kv/by-group", "kv/own/ann", "kv/own/bob"]}, token=token)
    rows.row(f"GET identity/entity/id/{entity}", 200, {"data": {"name": "ann", "direct_group_ids": [group], "creation_time": TIME, "aliases": [
        {"name": "ann", "mount_accessor": accessors["people"], "mount_path": "auth/people/", "mount_type": "userpass", "local": False}]}}, token=token)
    # The local mount of this cluster: the alias is local, the entity is the same.
    rows.row("POST identity/entity-alias", 200, {"data": {"canonical_id": entity, "id": UUID}},
             {"name": "ann", "mount_accessor": accessors["here"], "canonical_id": entity})
    rows.check("a local login has the entity", login(rows, "ann", "here")["entity_id"] == entity)
    rows.row("GET sys/mounts", 200, {"data": {"identity/": {"type": "identity", "local": False}}})
    return token, entity, group


def verified(client_address, token):
    """The claims of an RS256 token, checked with the published keys and nothing of the server (RFC 8017 §8.2.2)."""
    def decoded(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    header, payload, signature = token.split(".")
    kid = json.loads(decoded(header))["kid"]
    with urllib.request.urlopen(f"{client_address}/v1/identity/oidc/.well-known/keys", timeout=10) as answer:
        keys = {key["kid"]: key for key in json.load(answer)["keys"]}
    n, e = (int.from_bytes(decoded(keys[kid][name]), "big") for name in ("n", "e"))
    size = (n.bit_length() + 7) // 8
    found = pow(int.from_bytes(decoded(signature), "big"), e, n).to_bytes(size, "big")
    wanted = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(f"{header}.{payload}".encode()).digest()
    assert found == b"\0\1" + b"\xff" * (size - len(wanted) - 3) + b"\0" + wanted, "the signature does not verify"
    return json.loads(decoded(payload))


def identity_token(rows, token, entity, issuer=None):
    """The holder of `token` proves who it is."""
    made = rows.row("GET identity/oidc/token/app", 200, {"data": {"token": str, "client_id": "shop", "ttl": 600}}, token=token)["data"]["token"]
    claims = verified(rows.server.address, made)
    wanted = {"sub": entity, "aud": "shop", "namespace": "root", "name": "ann", "iss": f"{issuer or rows.server.address}/v1/identity/oidc"}
    rows.check("the claims", {name: claims.get(name) for name in wanted} == wanted, claims)
    rows.row("POST identity/oidc/introspect", 200, {"active": True}, {"token": made, "client_id": "shop"})
    rows.row("POST identity/oidc/introspect", 200, {"active": False, "error": str}, {"token": made[:-4] + "AAAA"})
    return made


def identity_tokens_on_the_primary(rows, token, entity):
    rows.row("POST identity/oidc/role/app", 400, error('cannot find key "none"'), {"key": "none"})
    rows.row("POST identity/oidc/role/app", 204, None, {"key": "default", "client_id": "shop", "ttl": "10m",
                                                        "template": '{"name": {{identity.entity.name}}}'})
    rows.row("GET identity/oidc/token/app", 400, error("no entity associated with the request's token"))
    rows.row("GET identity/oidc/token/app", 403, DENIED, token=token)
    rows.row("POST sys/policies/acl/tokens", 204, None, {"policy": 'path "identity/oidc/token/app" { capabilities = ["read"] }'})
    rows.row(f"POST identity/entity/id/{entity}", 204, None, {"policies": ["by-entity", "tokens"]})
    first = identity_token(rows, token, entity)
    rows.row("POST identity/oidc/key/default/rotate", 204, None, {})
    rows.check("the rotated key still verifies", verified(rows.server.address, first)["sub"] == entity)
    identity_token(rows, token, entity)
    rows.row("GET identity/oidc/.well-known/openid-configuration", 200, {"issuer": f"{rows.server.address}/v1/identity/oidc"}, token="none")


def disabled(rows, token, entity):
    rows.row(f"POST identity/entity/id/{entity}", 204, None, {"disabled": True})
    rows.row("GET auth/token/lookup-self", 403, NO_TOKEN, token=token)
    login(rows, "ann", status=403, errors=NO_TOKEN)
    rows.row(f"POST identity/entity/id/{entity}", 204, None, {"disabled": False})
    rows.row("GET auth/token/lookup-self", 200, token=token)


def at_the_secondary(rows, primary, entity):
    """The primary is there: what must change goes to it."""
    rows.check("a known entity", login(rows, "ann")["entity_id"] == entity)
    bob = login(rows, "bob")["entity_id"]
    primary.row(f"GET identity/entity/id/{bob}", 200, {"data": {"aliases": [{"name": "bob"}]}})
    rows.row(f"POST identity/entity/id/{bob}", 204, None, {"name": "bob", "metadata": {"team": "blue"}})
    primary.row("GET identity/entity/name/bob", 200, {"data": {"id": bob, "metadata": {"team": "blue"}}})
    rows.row("POST identity/entity", 400, error("policies cannot contain root"), {"name": "x", "policies": "root"})
    # A local mount of this cluster.
    rows.row("POST sys/auth/there", 204, None, {"type": "userpass", "local": True})
    rows.row("POST auth/there/users/bob", 204, None, {"password": "pw"})
    accessor = rows.row("GET sys/auth/there", 200, {"data": {"accessor": str}})["data"]["accessor"]
    rows.row("POST auth/there/login/bob", 200, {"auth": {"entity_id": ""}, "warnings": list}, {"password": "pw"}, token="none")
    alias = rows.row("POST identity/entity-alias", 200, {"data": {"canonical_id": bob}},
                     {"name": "bob", "mount_accessor": accessor, "canonical_id": bob})["data"]["id"]
    rows.check("a local login has the entity", login(rows, "bob", "there")["entity_id"] == bob)
    primary.row(f"GET identity/entity-alias/id/{alias}", 404, NOTHING)
    rows.row("POST identity/group-alias", 400, error(f'mount accessor "{accessor}" is a local mount'), {"name": "g", "mount_accessor": accessor})
    return bob


def without_the_primary(rows, entity, bob):
    auth = login(rows, "ann", identity_policies=["by-entity", "by-group", "tokens"])
    token = auth["client_token"]
    rows.check("the login needs no primary", auth["entity_id"] == entity)
    identity_token(rows, token, entity)
    rows.row("POST identity/oidc/key/default/rotate", 503, body={})
    rows.check("nor does a local one", login(rows, "bob", "there")["entity_id"] == bob)
    rows.row("GET kv/by-group", 200, {"data": {"v": "1"}}, token=token)
    rows.row("GET kv/own/ann", 200, {"data": {"v": "1"}}, token=token)
    rows.row("GET kv/own/bob", 403, DENIED, token=token)
    rows.row("GET auth/token/lookup-self", 200, {"data": {"entity_id": entity, "identity_policies": ["by-entity", "by-group", "tokens"]}}, token=token)
    rows.row("GET identity/entity/name/ann", 200, {"data": {"id": entity}})
    rows.row("LIST identity/group/name", 200, {"data": {"keys": ["all"]}})
    rows.row("POST identity/lookup/entity", 200, {"data": {"id": entity}}, {"name": "ann"})
    # These need the primary. The client learns it at once, and can try again.
    rows.row("POST auth/people/login/cem", 503, body={"password": "pw"}, token="none")
    rows.row(f"POST identity/entity/id/{entity}", 503, body={"disabled": True})


def after_the_promotion(rows, entity, bob):
    auth = login(rows, "ann", identity_policies=["by-entity", "by-group", "tokens"])
    rows.check("the entity is the same", auth["entity_id"] == entity)
    identity_token(rows, auth["client_token"], entity)
    rows.row("POST identity/oidc/key/default/rotate", 204, None, {})
    identity_token(rows, auth["client_token"], entity)
    can_write(rows, auth["client_token"], "by-entity", "by-group", "own/ann", "team/red", but=("own/bob",))
    rows.check("local aliases came along", login(rows, "ann", "here")["entity_id"] == entity)
    rows.check("and what a secondary had made", login(rows, "bob")["entity_id"] == bob)
    new = login(rows, "dan")["entity_id"]
    rows.row("POST identity/entity/merge", 204, None,
             {"to_entity_id": new, "from_entity_ids": [bob], "conflicting_alias_ids_to_keep":
              [rows.row(f"GET identity/entity/id/{bob}", 200)["data"]["aliases"][0]["id"]]})
    rows.check("logins of a merged entity", login(rows, "bob")["entity_id"] == new)
    rows.row(f"DELETE identity/entity/id/{entity}", 204, None)
    rows.row("GET auth/token/lookup-self", 403, NO_TOKEN, token=auth["client_token"])
    rows.check("the next login makes another one", login(rows, "ann")["entity_id"] != entity)


def main():
    with Workspace() as space:
        p, s, d = (space.server(name).initialize() for name in ("p", "s", "d"))
        root = p.client()
        accessors = prepare(root)
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        root.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        rows = Rows(p)
        token, entity, _ = on_the_primary(rows, accessors)
        identity_tokens_on_the_primary(rows, token, entity)
        disabled(rows, token, entity)

        attach(p, s, "performance", "s")
        attach(p, d, "dr", "d")
        operator = batch_for(root, "failover", ["sys/replication/*"])
        batch = root.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]
        at_s = Rows(s)
        at_s.token = batch
        bob = at_the_secondary(at_s, rows, entity)
        wait_in_sync(p, s, "performance")
        wait_in_sync(p, d, "dr")

        p.kill()
        without_the_primary(at_s, entity, bob)
        promote(d, operator)
        at_d = Rows(d)
        at_d.token = root.token
        after_the_promotion(at_d, entity, bob)
        for each in (rows, at_s, at_d):
            each.finish()


if __name__ == "__main__":
    sys.exit(main())
