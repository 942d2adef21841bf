#include "core/auth/approle/secret_id_rows.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace core::auth::approle {
namespace json = boost::json;

std::string SecretIdRows::encode(const SecretId& record)
{
    json::object metadata;
    for (const auto& [key, value] : record.metadata) metadata[key] = value;
    json::object stored{{"accessor", record.accessor},
                        {"uses_left", record.usesLeft},
                        {"ttl", record.ttl.count()},
                        {"created", toRfc3339(record.createdAt)},
                        {"changed", toRfc3339(record.changedAt)},
                        {"metadata", std::move(metadata)},
                        {"cidrs", json::array(record.cidrs.begin(), record.cidrs.end())},
                        {"token_bound_cidrs", json::array(record.tokenBoundCidrs.begin(), record.tokenBoundCidrs.end())}};
    if (record.expiresAt) stored["expires"] = toRfc3339(*record.expiresAt);
    return json::serialize(stored);
}

Result<SecretId> SecretIdRows::decode(std::string_view text)
{
    const Error corrupt{ErrorCode::Corrupt, "stored secret id of an approle role"};
    json::error_code failed;
    const auto value = json::parse(text, failed);
    const auto* object = failed ? nullptr : value.if_object();
    if (!object) return corrupt;
    mount::Fields fields{*object};
    SecretId record;
    record.accessor = fields.textOr("accessor", {});
    record.usesLeft = fields.integer("uses_left").value_or(-1);
    record.ttl = fields.wholeSeconds("ttl").value_or(std::chrono::seconds{0});
    record.metadata = fields.map("metadata").value_or(std::map<std::string, std::string>{});
    record.cidrs = fields.list("cidrs").value_or(std::vector<std::string>{});
    record.tokenBoundCidrs = fields.list("token_bound_cidrs").value_or(std::vector<std::string>{});
    const auto created = fromRfc3339(fields.textOr("created", {}));
    const auto changed = fromRfc3339(fields.textOr("changed", {}));
    if (fields.has("expires")) {
        record.expiresAt = fromRfc3339(fields.textOr("expires", {}));
        if (!record.expiresAt) return corrupt; // without its time it would never end
    }
    if (fields.refusal() || record.accessor.empty() || record.usesLeft < 0 || !created || !changed) return corrupt;
    record.createdAt = *created;
    record.changedAt = *changed;
    return record;
}

std::string SecretIdRows::idPath(std::string_view folder, std::string_view digest)
{
    return std::string{kIdsFolder}.append(folder).append("/").append(digest);
}

std::string SecretIdRows::accessorPath(std::string_view saltedAccessor)
{
    return std::string{"accessor/"}.append(saltedAccessor);
}

std::string SecretIdRows::expiryPath(WallTime at, std::string_view folder, std::string_view digest)
{
    char seconds[17];
    std::snprintf(seconds, sizeof seconds, "%016llx", static_cast<unsigned long long>(std::max<std::int64_t>(0, toUnixSeconds(at))));
    return std::string{kExpiryFolder}.append(seconds).append("/").append(folder).append("/").append(digest);
}

Result<> SecretIdRows::erase(barrier::View& storage, const SaltedDigests& digests, std::string_view folder, std::string_view digest,
                             const SecretId& record)
{
    if (auto erased = storage.erase(idPath(folder, digest)); !erased) return erased;
    if (auto erased = storage.erase(accessorPath(digests.of(record.accessor))); !erased) return erased;
    return record.expiresAt ? storage.erase(expiryPath(*record.expiresAt, folder, digest)) : Result<>{};
}

} // namespace core::auth::approle
