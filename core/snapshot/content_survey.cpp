#include "core/snapshot/content_survey.h"

#include "core/engine/kv/key_metadata.h"
#include "core/policy/policy_store.h"
#include "core/token/token_codec.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::snapshot {
namespace {

namespace json = boost::json;
using mount::MountEntry;
using mount::TableKind;

constexpr std::string_view kTokens = "l/sys/token/id/";
constexpr std::string_view kExpiries = "l/sys/expire/";
constexpr std::string_view kSchedules = "l/sys/snapshot-auto/config/";

/// True for mounts that every cluster has from its start.
bool isBuiltIn(TableKind kind, const MountEntry& entry)
{
    if (kind == TableKind::Auth) return entry.type == "token";
    return entry.type == "system" || entry.type == "cubbyhole" || entry.type == "identity";
}

using Visit = std::function<Result<>(std::string_view rest, std::string_view key, std::string_view stored)>;

Result<> forEach(const storage::Reader& reader, std::string_view prefix, const Visit& visit)
{
    Result<> failure;
    auto scanned = reader.scan(prefix, storage::endOfPrefix(prefix), [&](std::string_view key, std::string_view value) {
        failure = visit(key.substr(prefix.size()), key, value);
        return failure.has_value();
    });
    if (!scanned) return scanned;
    return failure;
}

Result<std::uint64_t> count(const storage::Reader& reader, std::string_view prefix)
{
    std::uint64_t found = 0;
    auto done = forEach(reader, prefix, [&](std::string_view, std::string_view, std::string_view) -> Result<> {
        ++found;
        return {};
    });
    if (!done) return std::move(done).error();
    return found;
}

/// Keeps every n-th item. n grows, so that few items are kept and they are spread over all of them.
class Sample {
public:
    Sample(std::vector<std::string>& kept, std::size_t countMax) : m_kept{kept}, m_countMax{countMax} {}
    void offer(std::string_view path)
    {
        if (m_countMax == 0 || m_offered++ % m_step != 0) return;
        m_kept.emplace_back(path);
        if (m_kept.size() < 2 * m_countMax) return;
        std::size_t at = 0;
        std::erase_if(m_kept, [&](const auto&) { return at++ % 2 == 1; });
        m_step *= 2;
    }
    void finish()
    {
        if (m_kept.size() > m_countMax) m_kept.resize(m_countMax);
    }

private:
    std::vector<std::string>& m_kept;
    std::size_t m_countMax;
    std::uint64_t m_offered = 0, m_step = 1;
};

Result<> lookAt(ContentSurvey::Mount& mount, const storage::Reader& reader, const barrier::Barrier& barrier, std::size_t sampleCount)
{
    const bool isV2 = isKvVersion2(mount.entry);
    const bool isKv = mount.entry.type == "kv";
    Sample sample{mount.sample, sampleCount};
    for (const std::string_view storageClass : {"s/", "l/"}) {
        const auto folder = std::string{storageClass} + mount::dataFolder(mount.kind, mount.entry);
        auto done = forEach(reader, folder, [&](std::string_view rest, std::string_view key, std::string_view stored) -> Result<> {
            ++mount.keyCount;
            mount.bytes += key.size() + stored.size();
            const std::string_view secrets = isV2 ? "metadata/" : "values/";
            if (!isKv || !rest.starts_with(secrets)) return {};
            ++mount.secretCount;
            sample.offer(rest.substr(secrets.size()));
            if (!isV2) return {};
            auto opened = barrier.openValue(key, stored);
            if (!opened) return std::move(opened).error();
            auto metadata = engine::KvKeyMetadata::decode(*opened);
            if (!metadata) return std::move(metadata).error();
            mount.versionCount += metadata->versions.size();
            mount.newestWrite = std::max(mount.newestWrite, metadata->updatedAt);
            return {};
        });
        if (!done) return done;
    }
    sample.finish();
    return {};
}

std::string number(std::uint64_t value)
{
    auto text = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

json::value timeOrNull(WallTime time)
{
    return time == WallTime{} ? json::value{} : json::value(toRfc3339(time));
}

} // namespace

bool isKvVersion2(const MountEntry& entry)
{
    const auto version = entry.options.find("version");
    return entry.type == "kv" && version != entry.options.end() && version->second == "2";
}

Result<ContentSurvey> survey(const log::Store& store, const barrier::Barrier& barrier, std::size_t sampleCount)
{
    ContentSurvey out;
    const auto& reader = store.reader();
    auto transaction = store.begin();
    const barrier::Scope scope{transaction, barrier, {.shared = false, .local = false}};
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        auto entries = mount::loadMounts(scope, kind);
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries) {
            if (isBuiltIn(kind, entry) || entry.isTainted) continue;
            ContentSurvey::Mount mount;
            mount.kind = kind;
            mount.entry = std::move(entry);
            if (auto looked = lookAt(mount, reader, barrier, sampleCount); !looked) return std::move(looked).error();
            out.newestWrite = std::max(out.newestWrite, mount.newestWrite);
            out.mounts.push_back(std::move(mount));
        }
    }
    auto devices = mount::loadMounts(scope, TableKind::Audit);
    if (!devices) return std::move(devices).error();
    out.auditDeviceCount = devices->size();

    for (const std::string_view storageClass : {"s/", "l/"}) {
        auto done = forEach(reader, storageClass, [&](std::string_view, std::string_view key, std::string_view stored) -> Result<> {
            ++out.keyCount;
            out.bytes += key.size() + stored.size();
            return {};
        });
        if (!done) return std::move(done).error();
    }
    auto tokens = forEach(reader, kTokens, [&](std::string_view, std::string_view key, std::string_view stored) -> Result<> {
        ++out.tokenCount;
        auto opened = barrier.openValue(key, stored);
        if (!opened) return std::move(opened).error();
        auto token = token::decodeToken(*opened);
        if (!token) return std::move(token).error();
        out.newestWrite = std::max(out.newestWrite, token->createdAt);
        return {};
    });
    if (!tokens) return std::move(tokens).error();
    auto expiries = count(reader, kExpiries);
    if (!expiries) return std::move(expiries).error();
    out.leaseCount = *expiries;
    auto policies =
        forEach(reader, "s/" + std::string{policy::kPolicyFolder}, [&](std::string_view name, std::string_view, std::string_view) -> Result<> {
            if (name != "default" && name != "response-wrapping") ++out.policyCount;
            return {};
        });
    if (!policies) return std::move(policies).error();
    auto schedules = forEach(reader, kSchedules, [&](std::string_view name, std::string_view, std::string_view) -> Result<> {
        out.schedules.emplace_back(name);
        return {};
    });
    if (!schedules) return std::move(schedules).error();
    return out;
}

bool ContentSurvey::isWorthKeeping() const
{
    // Every cluster has the root token of its initialisation until that is revoked.
    return !mounts.empty() || policyCount > 0 || auditDeviceCount > 0 || !schedules.empty() || tokenCount > 1;
}

std::string ContentSurvey::summary() const
{
    std::uint64_t secrets = 0;
    for (const auto& mount : mounts) secrets += mount.secretCount;
    const auto counted = [](std::uint64_t count, const std::string& what) { return number(count) + " " + what + (count == 1 ? "" : "s"); };
    return counted(mounts.size(), "mount") + ", " + counted(secrets, "secret") + ", " + counted(tokenCount, "token");
}

json::object ContentSurvey::toJson() const
{
    json::array list;
    for (const auto& mount : mounts) {
        json::object row{{"path", mount.entry.path},    {"kind", mount.kind == TableKind::Auth ? "auth" : "secrets"},
                         {"type", mount.entry.type},    {"local", mount.entry.isLocal},
                         {"key_count", mount.keyCount}, {"bytes", mount.bytes}};
        if (mount.entry.type == "kv") {
            row["version"] = isKvVersion2(mount.entry) ? 2 : 1;
            row["secret_count"] = mount.secretCount;
        }
        if (isKvVersion2(mount.entry)) {
            row["version_count"] = mount.versionCount;
            row["newest_write"] = timeOrNull(mount.newestWrite);
        }
        list.push_back(std::move(row));
    }
    json::array names;
    for (const auto& name : schedules) names.emplace_back(name);
    return {{"mounts", std::move(list)},
            {"key_count", keyCount},
            {"bytes", bytes},
            {"token_count", tokenCount},
            {"lease_count", leaseCount},
            {"policy_count", policyCount},
            {"audit_device_count", auditDeviceCount},
            {"snapshot_schedules", std::move(names)},
            {"newest_write", timeOrNull(newestWrite)}};
}

} // namespace core::snapshot
