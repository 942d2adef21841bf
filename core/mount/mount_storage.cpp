#include "core/mount/mount_storage.h"

#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace core::mount {
namespace {

namespace json = boost::json;

json::array toArray(const std::vector<std::string>& items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

/// Reads the members of a stored entry. Missing ones keep their default; a wrong type makes the entry Corrupt.
class Reader {
public:
    explicit Reader(const json::object& from) : m_from{from} {}

    void read(std::string_view name, std::string& into)
    {
        if (const auto* value = find(name, json::kind::string)) into = value->as_string();
    }
    void read(std::string_view name, bool& into)
    {
        if (const auto* value = find(name, json::kind::bool_)) into = value->as_bool();
    }
    void read(std::string_view name, std::chrono::seconds& into)
    {
        if (const auto* value = find(name, json::kind::int64)) into = std::chrono::seconds{value->as_int64()};
    }
    void read(std::string_view name, std::uint64_t& into)
    {
        if (const auto* value = find(name, json::kind::int64)) into = static_cast<std::uint64_t>(value->as_int64());
    }
    void read(std::string_view name, std::vector<std::string>& into)
    {
        const auto* value = find(name, json::kind::array);
        if (!value) return;
        for (const auto& item : value->as_array()) {
            if (item.is_string()) into.emplace_back(item.as_string());
        }
    }
    void read(std::string_view name, std::map<std::string, std::string>& into)
    {
        const auto* value = find(name, json::kind::object);
        if (!value) return;
        for (const auto& [key, item] : value->as_object()) {
            if (item.is_string()) into[std::string{key}] = item.as_string();
        }
    }
    bool isSound() const { return m_isSound; }

private:
    const json::value* find(std::string_view name, json::kind kind)
    {
        const auto* value = m_from.if_contains(name);
        if (value && value->kind() != kind) m_isSound = false;
        return value && value->kind() == kind ? value : nullptr;
    }

    const json::object& m_from;
    bool m_isSound = true;
};

} // namespace

std::string_view tableFolder(TableKind kind)
{
    switch (kind) {
    case TableKind::Secrets: return "core/mounts/";
    case TableKind::Auth: return "core/auth/";
    case TableKind::Audit: return "core/audit/";
    }
    CORE_ASSERT(false);
}

std::string encodeMount(const MountEntry& entry)
{
    json::object options;
    for (const auto& [key, value] : entry.options) options[key] = value;
    json::object row{
        {"path", entry.path},
        {"type", entry.type},
        {"description", entry.description},
        {"uuid", entry.uuid},
        {"accessor", entry.accessor},
        {"options", std::move(options)},
        {"local", entry.isLocal},
        {"seal_wrap", entry.isSealWrapped},
        {"default_lease_ttl", entry.defaultLeaseTtl.count()},
        {"max_lease_ttl", entry.maxLeaseTtl.count()},
        {"force_no_cache", entry.isForceNoCache},
        {"listing_visibility", entry.listingVisibility},
        {"token_type", entry.tokenType},
        {"audit_non_hmac_request_keys", toArray(entry.auditNonHmacRequestKeys)},
        {"audit_non_hmac_response_keys", toArray(entry.auditNonHmacResponseKeys)},
        {"passthrough_request_headers", toArray(entry.passthroughRequestHeaders)},
        {"allowed_response_headers", toArray(entry.allowedResponseHeaders)},
        {"tainted", entry.isTainted},
    };
    if (const auto& lockout = entry.userLockout; lockout.isSet()) {
        row["lockout_threshold"] = static_cast<std::int64_t>(lockout.threshold);
        row["lockout_duration"] = lockout.duration.count();
        row["lockout_counter_reset"] = lockout.counterReset.count();
        row["lockout_disabled"] = lockout.isDisabled;
    }
    return json::serialize(row);
}

namespace {

void readLockout(Reader& reader, UserLockoutTuning& lockout)
{
    reader.read("lockout_threshold", lockout.threshold);
    reader.read("lockout_duration", lockout.duration);
    reader.read("lockout_counter_reset", lockout.counterReset);
    reader.read("lockout_disabled", lockout.isDisabled);
}

} // namespace

Result<MountEntry> decodeMount(std::string_view text)
{
    boost::system::error_code failed;
    const auto value = json::parse(text, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "mount entry is not a JSON object"};
    MountEntry entry;
    Reader reader{value.as_object()};
    reader.read("path", entry.path);
    reader.read("type", entry.type);
    reader.read("description", entry.description);
    reader.read("uuid", entry.uuid);
    reader.read("accessor", entry.accessor);
    reader.read("options", entry.options);
    reader.read("local", entry.isLocal);
    reader.read("seal_wrap", entry.isSealWrapped);
    reader.read("default_lease_ttl", entry.defaultLeaseTtl);
    reader.read("max_lease_ttl", entry.maxLeaseTtl);
    reader.read("force_no_cache", entry.isForceNoCache);
    reader.read("listing_visibility", entry.listingVisibility);
    reader.read("token_type", entry.tokenType);
    reader.read("audit_non_hmac_request_keys", entry.auditNonHmacRequestKeys);
    reader.read("audit_non_hmac_response_keys", entry.auditNonHmacResponseKeys);
    reader.read("passthrough_request_headers", entry.passthroughRequestHeaders);
    reader.read("allowed_response_headers", entry.allowedResponseHeaders);
    reader.read("tainted", entry.isTainted);
    readLockout(reader, entry.userLockout);
    if (!reader.isSound() || entry.path.empty() || entry.uuid.empty()) {
        return Error{ErrorCode::Corrupt, "mount entry lacks members or has them of other types"};
    }
    return entry;
}

std::vector<MountConflict> conflictsIn(TableKind kind, const std::vector<MountEntry>& entries)
{
    std::vector<MountConflict> out;
    for (const auto& local : entries) {
        if (!local.isLocal || local.isTainted) continue;
        for (const auto& shared : entries) {
            if (shared.isLocal || shared.isTainted) continue;
            if (shared.path.starts_with(local.path) || local.path.starts_with(shared.path)) out.push_back({kind, shared.path, local.path});
        }
    }
    return out;
}

std::string conflictText(const MountConflict& conflict)
{
    const char* what = conflict.kind == TableKind::Secrets ? "secrets engine" : conflict.kind == TableKind::Auth ? "auth method" : "audit device";
    return std::string{what} + " \"" + conflict.localPath + "\"";
}

void hideShadowed(std::vector<MountEntry>& entries)
{
    std::set<std::string> locals;
    for (const auto& entry : entries) {
        if (entry.isLocal && !entry.isTainted) locals.insert(entry.path);
    }
    std::erase_if(entries, [&](const MountEntry& entry) { return !entry.isLocal && locals.contains(entry.path); });
}

Result<std::vector<MountEntry>> loadMounts(const barrier::Scope& scope, TableKind kind)
{
    std::vector<MountEntry> entries;
    for (const auto storageClass : {barrier::StorageClass::Shared, barrier::StorageClass::Local}) {
        std::optional<Error> broken;
        auto visited = scope.view(storageClass, std::string{tableFolder(kind)}).forEach({}, [&](std::string_view path, std::string_view value) {
            auto entry = decodeMount(value);
            if (!entry) {
                broken = std::move(entry).error().withContext(path);
                return false;
            }
            entries.push_back(std::move(*entry));
            return true;
        });
        if (!visited) return visited.error();
        if (broken) return std::move(*broken).withContext(tableFolder(kind));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return entries;
}

Result<bool> isMounted(const barrier::Scope& scope, TableKind kind, const MountEntry& entry)
{
    const auto storageClass = entry.isLocal ? barrier::StorageClass::Local : barrier::StorageClass::Shared;
    auto row = scope.view(storageClass, std::string{tableFolder(kind)}).get(entry.uuid);
    if (!row) return std::move(row).error();
    if (!*row) return false;
    auto present = decodeMount(**row);
    if (!present) return std::move(present).error();
    return !present->isTainted;
}

Result<> storeMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry)
{
    const auto storageClass = entry.isLocal ? barrier::StorageClass::Local : barrier::StorageClass::Shared;
    return scope.view(storageClass, std::string{tableFolder(kind)}).put(entry.uuid, encodeMount(entry));
}

Result<> eraseMount(const barrier::Scope& scope, TableKind kind, const MountEntry& entry)
{
    const auto storageClass = entry.isLocal ? barrier::StorageClass::Local : barrier::StorageClass::Shared;
    return scope.view(storageClass, std::string{tableFolder(kind)}).erase(entry.uuid);
}

std::string dataFolder(TableKind kind, const MountEntry& entry)
{
    if (entry.type == "system") return "sys/";
    if (entry.type == "token") return "sys/token/";
    if (entry.type == "identity") return "sys/identity/";
    switch (kind) {
    case TableKind::Secrets: return "logical/" + entry.uuid + "/";
    case TableKind::Auth: return "auth/" + entry.uuid + "/";
    case TableKind::Audit: return "audit/" + entry.uuid + "/";
    }
    CORE_ASSERT(false);
}

TableKind kindOf(const MountEntry& entry)
{
    return entry.path.starts_with("auth/") ? TableKind::Auth : TableKind::Secrets;
}

} // namespace core::mount
