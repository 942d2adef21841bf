#include "core/mount/mount_cleaner.h"

#include "core/barrier/barrier.h"
#include "core/base/logging.h"

#include <optional>
#include <set>

namespace core::mount {
namespace {

struct Tainted {
    TableKind kind;
    MountEntry entry;
};

Result<std::optional<Tainted>> findTainted(const barrier::Scope& scope)
{
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        auto entries = loadMounts(scope, kind);
        if (!entries) return entries.error();
        for (auto& entry : *entries) {
            const bool isWritable = entry.isLocal ? scope.access().local : scope.access().shared;
            if (entry.isTainted && isWritable) return std::optional{Tainted{kind, std::move(entry)}};
        }
    }
    return std::optional<Tainted>{};
}

/// Erases up to `limit` keys below the physical prefix, without opening them. Returns how many.
Result<std::size_t> eraseSome(const barrier::Scope& scope, const std::string& prefix, std::size_t limit)
{
    std::vector<std::string> keys;
    const auto scanned = scope.transaction().scan(prefix, storage::endOfPrefix(prefix), [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return keys.size() < limit;
    });
    if (!scanned) return scanned.error();
    for (auto& key : keys) {
        auto operation = scope.barrier().eraseOperation(std::move(key));
        if (!operation) return operation.error();
        scope.transaction().erase(std::move(*operation));
    }
    return keys.size();
}

} // namespace

Result<std::size_t> MountCleaner::round(barrier::WriteAccess access)
{
    auto transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, access};
    auto tainted = findTainted(scope);
    if (!tainted) return tainted.error();
    if (!*tainted) return std::size_t{0};
    const auto& [kind, entry] = **tainted;

    std::size_t erased = 0;
    for (const std::string_view start : entry.isLocal ? std::vector<std::string_view>{"l/"} : std::vector<std::string_view>{"s/", "l/"}) {
        if (start == "l/" && !access.local) continue;
        auto some = eraseSome(scope, std::string{start} + dataFolder(kind, entry), kKeysPerRound - erased);
        if (!some) return some.error();
        erased += *some;
        if (erased == kKeysPerRound) break;
    }
    const bool isDone = erased < kKeysPerRound;
    if (isDone) {
        if (auto gone = eraseMount(scope, kind, entry); !gone) return gone.error();
    }
    const std::string path = entry.path;
    auto gone = commit(std::move(transaction));
    if (gone && isDone) logging::info("mount", "deleted the data of an unmounted path", {{"path", path}});
    return gone;
}

Result<std::size_t> MountCleaner::commit(log::Transaction transaction)
{
    const auto keyCount = transaction.writes().size();
    auto committed = m_store.commitAndWait(std::move(transaction));
    if (!committed) return committed.error();
    return keyCount;
}

Result<std::size_t> MountCleaner::orphanRound()
{
    auto transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {.shared = false, .local = true}};
    std::set<std::string, std::less<>> uuids;
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        auto entries = loadMounts(scope, kind);
        if (!entries) return entries.error();
        for (const auto& entry : *entries) uuids.insert(entry.uuid);
    }
    const auto state = m_store.forest().state([](std::string_view tree) { return tree.starts_with("l/logical/") || tree.starts_with("l/auth/"); });
    std::size_t erased = 0;
    for (const auto& tree : state.trees) {
        const auto uuid = std::string_view{tree.tree}.substr(tree.tree.rfind('/') + 1);
        if (uuids.contains(uuid) || uuid.starts_with(kBuiltInPrefix)) continue;
        auto some = eraseSome(scope, tree.tree + "/", kKeysPerRound - erased);
        if (!some) return some.error();
        erased += *some;
        if (erased == kKeysPerRound) break;
    }
    if (erased == 0) return std::size_t{0};
    logging::info("mount", "deleting the local data of mounts that no longer exist", {{"keys", std::to_string(erased)}});
    return commit(std::move(transaction));
}

Result<std::size_t> MountCleaner::cleanOrphans()
{
    std::size_t total = 0;
    for (std::size_t count = 0; count < kRoundsPerTick; ++count) {
        auto gone = orphanRound();
        if (!gone && gone.error().code == ErrorCode::Conflict) continue;
        if (!gone) return gone;
        if (*gone == 0) break;
        total += *gone;
    }
    return total;
}

Result<std::size_t> MountCleaner::tick(barrier::WriteAccess access)
{
    std::size_t total = 0;
    if (!access.shared && !access.local) return total;
    for (std::size_t count = 0; count < kRoundsPerTick; ++count) {
        auto gone = round(access);
        if (!gone && gone.error().code == ErrorCode::Conflict) continue; // the tables have changed at the same time
        if (!gone) return gone;
        if (*gone == 0) break;
        total += *gone;
    }
    return total;
}

} // namespace core::mount
