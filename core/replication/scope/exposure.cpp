#include "core/replication/scope/exposure.h"

#include "core/mount/mount_storage.h"

#include <boost/json/array.hpp>

namespace core::replication {

namespace {

namespace json = boost::json;

/// The contents of a mount of this type that must be replaced. Other types: the contents that every mount has.
std::string_view contentsOf(std::string_view type)
{
    if (type == "kv") return "secrets with all their versions";
    if (type == "approle") return "roles with their ids and policies, and digests of secret ids";
    if (type == "userpass") return "user names, policies and password hashes";
    if (type == "token") return "token roles, and tokens as hashes";
    if (type == "cubbyhole") return "values that tokens stored for themselves";
    if (type == "system") return "policies, mounts and other settings";
    return "its configuration, keys and data";
}

bool isGiven(const mount::MountEntry& entry, const LinkFilter& link)
{
    return entry.isLocal ? link.type() == Type::Dr : link.carriesMount(entry.uuid);
}

} // namespace

Result<json::object> exposureOf(const barrier::Scope& store, const LinkFilter& link, const std::string& id)
{
    json::array mounts;
    for (const auto kind : {mount::TableKind::Secrets, mount::TableKind::Auth}) {
        const auto entries = mount::loadMounts(store, kind);
        if (!entries) return entries.error();
        for (const auto& entry : *entries) {
            if (!isGiven(entry, link)) continue;
            mounts.push_back(json::object{{"path", (kind == mount::TableKind::Auth ? "auth/" : "") + entry.path},
                                          {"type", entry.type},
                                          {"local", entry.isLocal},
                                          {"holds", contentsOf(entry.type)}});
        }
    }
    json::array keys{"root key", "keyring with all terms so far", "forest key", "signing key of wrapping tokens"};
    if (link.type() == Type::Dr) keys.emplace_back("transport authority of the performance set (it proves nothing without a member key)");
    return json::object{{"mounts", std::move(mounts)},
                        {"keys", std::move(keys)},
                        {"key_shares", "known to it if it was ever unsealed with this set's unseal keys"},
                        {"forwarded_requests", "in the audit log, with replication_cluster \"" + id + "\""}};
}

} // namespace core::replication
