#include "core/server/node/unsealed_cluster.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <filesystem>

// Facts about this cluster for other members and for operators.

namespace core::server {

namespace json = boost::json;
using mount::TableKind;

std::function<std::string(std::string_view key)> UnsealedCluster::pathNames() const
{
    std::map<std::string, mount::MountEntry, std::less<>> folders; // by "logical/<uuid>/"
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        const std::string area = kind == TableKind::Secrets ? "logical/" : "auth/";
        const auto entries = m_mounts.entries(scope, kind);
        if (!entries) continue; // then physical keys are shown
        for (const auto& entry : *entries) folders.emplace(area + entry.uuid + "/", entry);
    }
    return [folders = std::move(folders)](std::string_view key) {
        key.remove_prefix(std::min<std::size_t>(2, key.size())); // the storage class
        const auto area = key.find('/');
        const auto end = area == std::string_view::npos ? area : key.find('/', area + 1);
        if (end != std::string_view::npos) {
            if (const auto found = folders.find(key.substr(0, end + 1)); found != folders.end()) {
                auto rest = key.substr(end + 1);
                // The keys of a kv engine: values/<path>, or metadata/<path> and versions/<path>/<number>.
                if (found->second.type == "kv" && rest.starts_with("values/")) rest.remove_prefix(7);
                return found->second.path + std::string{rest};
            }
        }
        return std::string{key};
    };
}

replication::MemberServices::Preparation UnsealedCluster::preparation() const
{
    replication::MemberServices::Preparation out;
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    if (const auto count = m_operationTokens.count(scope)) out.operationTokenCount = static_cast<int>(*count);
    out.isTokenGenerationClosed = !m_services.options.config.isOpenWithoutToken("generate-operation-token");
    const auto names = m_autoSnapshots.names(scope);
    for (const auto& name : names ? *names : std::vector<std::string>{}) {
        const auto status = m_autoSnapshots.status(scope, name);
        if (!status || status->provenAt <= out.snapshotProvenAt) continue;
        out.snapshotProvenAt = status->provenAt;
        out.snapshotUrl = status->provenUrl;
    }
    // The evidence of the last drill, which a DR secondary stores only for itself.
    if (const auto stored = scope.ignored("core/replication/dr/").get("drill"); stored && *stored) {
        json::error_code failed;
        const auto evidence = json::parse(**stored, failed);
        const auto text = [&](const char* name) {
            const auto* value = !failed && evidence.is_object() ? evidence.get_object().if_contains(name) : nullptr;
            return value && value->is_string() ? std::string{value->get_string()} : std::string{};
        };
        out.drillTime = text("ended_at").empty() ? text("started_at") : text("ended_at");
        out.drillState = text("state");
    }
    return out;
}

cluster::Preflight::Services::Room UnsealedCluster::storageRoom() const
{
    cluster::Preflight::Services::Room room;
    const auto& path = m_services.options.config.storage.path;
    std::error_code failed;
    const auto space = std::filesystem::space(path.empty() ? std::filesystem::temp_directory_path(failed) : path, failed);
    if (!failed) room.freeBytes = space.available;
    for (std::filesystem::recursive_directory_iterator at{path, failed}, end; !failed && at != end; at.increment(failed)) {
        std::error_code gone; // a segment can be dropped at the same time
        const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
        if (!gone) room.usedBytes += size;
    }
    return room;
}

quota::LeaseCounts::Lease UnsealedCluster::leaseForQuotas(std::string_view leaseId) const
{
    const auto saltedId = token::saltedIdOfLease(leaseId);
    if (!saltedId) return {};
    log::Transaction transaction = m_services.store.begin();
    const auto entry = m_tokens.findBySaltedId({transaction, m_services.barrier, {}}, *saltedId, m_services.clock.now());
    if (!entry || !*entry) return {}; // it counts until its row is removed
    return {.isCounted = !(*entry)->isRoot(), .role = quota::roleOf((*entry)->metadata)};
}

} // namespace core::server
