#include "core/server/process/census.h"

#include "core/base/logging.h"
#include "core/request/meters.h"
#include "core/server/process/listener_certificates.h"
#include "core/storage/engine.h"

#include <algorithm>
#include <map>

namespace core::server {
namespace {

constexpr std::chrono::minutes kInterval{1};
constexpr std::size_t kTokensPerPage = 500;
constexpr std::size_t kLabelsMax = 1000; // of one metric: a scrape must not grow with what clients name

Measure gauge(std::string name, double value, std::vector<std::pair<std::string, std::string>> labels = {})
{
    return {std::move(name), value, Measure::Kind::Gauge, std::move(labels)};
}

using Counts = std::map<std::string, std::uint64_t>;

void addTo(Counts& counts, const std::string& label)
{
    if (counts.size() < kLabelsMax || counts.contains(label)) ++counts[label];
}

void addAll(std::vector<Measure>& out, const std::string& name, const std::string& label, const Counts& counts)
{
    for (const auto& [value, count] : counts) out.push_back(gauge(name, static_cast<double>(count), {{label, value}}));
}

} // namespace

void Census::tick()
{
    const auto now = m_services.clock.steadyNow();
    if (now < m_nextAt) return;
    auto counted = count();
    const auto end = m_services.clock.steadyNow();
    m_nextAt = end + std::max<std::chrono::nanoseconds>(kInterval, 100 * (end - now));
    if (!counted) {
        if (!m_services.isStopped()) logging::warn("core", "the metrics could not be counted", {{"error", toString(counted.error())}});
        return;
    }
    MutexLock lock{m_mutex};
    m_measures = std::move(*counted);
}

std::vector<Measure> Census::measures() const
{
    MutexLock lock{m_mutex};
    return m_measures;
}

Result<std::vector<Measure>> Census::count() const
{
    std::vector<Measure> out;
    if (auto done = countTokens(out); !done) return std::move(done).error();
    if (auto done = countSecrets(out); !done) return std::move(done).error();
    const auto leases = keysBelow("l/sys/lease/id/"); // core/lease
    if (!leases) return leases.error();
    out.push_back(gauge("vault.expire.num_leases", static_cast<double>(*leases)));
    const auto entities = keysBelow("s/sys/identity/entity/"); // core/identity
    if (!entities) return entities.error();
    out.push_back(gauge("vault.identity.num_entities", static_cast<double>(*entities)));
    if (const auto end = firstCertificateEnd(m_services.listeners)) {
        out.push_back(gauge("holdfast.listener.certificate.expiry", static_cast<double>(toUnixSeconds(*end))));
    }
    return out;
}

Result<> Census::countTokens(std::vector<Measure>& out) const
{
    std::uint64_t total = 0;
    Counts byAuth, byPolicy, byTtl;
    std::string after;
    do {
        if (m_services.isStopped()) return Error{ErrorCode::Cancelled, "stopping"};
        log::Transaction transaction = m_services.store.begin();
        const barrier::Scope scope{transaction, m_services.barrier, {}};
        auto next = m_services.tokens.visitEach(
            scope,
            [&](std::string_view, const token::TokenEntry& entry) -> Result<> {
                ++total;
                const auto route = m_services.router.find(entry.path);
                addTo(byAuth, route && route->kind == mount::TableKind::Auth ? route->entry.type : "token");
                for (const auto& policy : entry.policies) addTo(byPolicy, policy);
                addTo(byTtl, request::Meters::ttlLabel(entry.creationTtl));
                return {};
            },
            after, kTokensPerPage);
        if (!next) return std::move(next).error();
        after = std::move(*next);
    } while (!after.empty());
    out.push_back(gauge("vault.token.count", static_cast<double>(total)));
    addAll(out, "vault.token.count.by_auth", "auth_method", byAuth);
    addAll(out, "vault.token.count.by_policy", "policy", byPolicy);
    addAll(out, "vault.token.count.by_ttl", "creation_ttl", byTtl);
    return {};
}

Result<> Census::countSecrets(std::vector<Measure>& out) const
{
    for (const auto& route : m_services.router.routes()) {
        const auto& entry = route->entry;
        if (entry.type != "kv") continue;
        const auto version = entry.options.find("version");
        const bool isVersioned = version != entry.options.end() && version->second == "2";
        const std::string prefix = (entry.isLocal ? "l/logical/" : "s/logical/") + entry.uuid + (isVersioned ? "/metadata/" : "/values/");
        auto secrets = keysBelow(prefix);
        if (!secrets) return std::move(secrets).error();
        out.push_back(gauge("vault.secret.kv.count", static_cast<double>(*secrets), {{"mount_point", entry.path}}));
    }
    return {};
}

Result<std::uint64_t> Census::keysBelow(const std::string& prefix) const
{
    std::uint64_t count = 0;
    auto scanned = m_services.store.reader().scan(prefix, storage::endOfPrefix(prefix), [&](std::string_view, std::string_view) {
        ++count;
        return count % 10'000 != 0 || !m_services.isStopped();
    });
    if (!scanned) return std::move(scanned).error();
    if (m_services.isStopped()) return Error{ErrorCode::Cancelled, "stopping"};
    return count;
}

} // namespace core::server
