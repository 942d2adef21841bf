#include "core/snapshot/snapshots.h"

#include "core/barrier/seal.h"
#include "core/replication/role.h"
#include "core/base/bytes.h"
#include "core/base/logging.h"
#include "core/log/local_store.h"
#include "core/trust/member_keys.h"

#include <boost/json/serialize.hpp>

namespace core::snapshot {
namespace {

constexpr std::string_view kSumsName = "i/snapshot/SHA256SUMS"; // what the sealed sums are bound to; stored nowhere
constexpr int kMomentTries = 20;

} // namespace

bool Snapshots::holds(std::string_view key)
{
    return key.starts_with("s/") || key.starts_with("l/") || barrier::isSealKey(key);
}

Sealing Snapshots::sealing() const
{
    return {[this](std::string_view sums) { return m_barrier.sealValue(kSumsName, sums); },
            [this](std::string_view sealed) { return m_barrier.openValue(kSumsName, sealed); }};
}

/// The contents at an index that is exactly known, where possible with the forest's root at the same index.
Snapshots::Moment Snapshots::moment() const
{
    Moment moment;
    for (int tried = 0; tried < kMomentTries; ++tried) {
        moment.index = m_store.appliedIndex();
        moment.reader = m_store.snapshot();
        const auto applied = moment.reader->get(log::kEngineAppliedKey);
        if (applied && *applied && (*applied)->size() == sizeof(std::uint64_t)) {
            moment.index = LogIndex{readLittleEndian<std::uint64_t>(**applied)};
        }
        const auto state = m_store.forest().state(merkle::isReplicated);
        if (state.index == moment.index) {
            moment.forestRoot = merkle::Forest::rootOf(state);
            break;
        }
    }
    return moment;
}

Result<Meta> Snapshots::save(const std::filesystem::path& file, const Identity& identity)
{
    const auto now = moment();
    const auto& reader = now.reader;
    Meta meta;
    meta.id = m_random.uuid();
    meta.clusterId = identity.clusterId;
    meta.clusterName = identity.clusterName;
    meta.createdAt = toRfc3339(m_clock.now());
    meta.version = HOLDFAST_VERSION;
    meta.index = now.index.value();
    meta.forestRoot = now.forestRoot;

    const EntrySource source = [&](const std::function<Result<>(const Entry&)>& take) -> Result<> {
        for (const auto key : {barrier::kRootKeyKey, barrier::kSealConfigKey, barrier::kRecoveryKey}) {
            auto value = reader->get(key);
            if (!value) return std::move(value).error();
            if (!*value) continue;
            Entry entry;
            entry.key = key;
            entry.value = std::move(**value);
            if (auto taken = take(entry); !taken) return taken;
        }
        for (const std::string_view storageClass : {"l/", "s/"}) {
            Result<> failure;
            auto scanned = reader->scan(storageClass, storage::endOfPrefix(storageClass),
                                        [&](std::string_view key, std::string_view value) {
                                            auto entry = m_barrier.putStoredOperation(std::string{key}, std::string{value});
                                            failure = entry ? take(*entry) : Result<>{std::move(entry).error()};
                                            return failure.has_value();
                                        });
            if (!scanned) return scanned;
            if (!failure) return failure;
        }
        return {};
    };
    auto written = writeArchive(file, std::move(meta), source, sealing());
    if (written) {
        logging::info("snapshot", "snapshot saved", {{"keys", std::to_string(written->keyCount)},
                                                     {"bytes", std::to_string(written->stateBytes)}});
    }
    return written;
}

Result<Snapshots::Twin> Snapshots::twin()
{
    auto store = ThrowAwayStore::open(m_scratch, m_clock, m_random);
    if (!store) return std::move(store).error();
    const auto now = moment();
    Twin twin{std::move(*store), now.index, now.forestRoot, 0, 0};
    for (const std::string_view storageClass : {"i/", "l/", "s/"}) {
        Result<> failure;
        auto scanned = now.reader->scan(storageClass, storage::endOfPrefix(storageClass), [&](std::string_view key, std::string_view value) {
            if (trust::isPrivateKey(key)) return true; // the copy makes its own: what it signs counts nowhere
            auto operation = m_barrier.putStoredOperation(std::string{key}, std::string{value});
            failure = operation ? twin.contents->add(std::move(*operation)) : Result<>{std::move(operation).error()};
            ++twin.keyCount;
            twin.bytes += key.size() + value.size();
            return failure.has_value();
        });
        if (!scanned) return std::move(scanned).error();
        if (!failure) return std::move(failure).error();
    }
    if (auto flushed = twin.contents->flush(); !flushed) return std::move(flushed).error();
    return twin;
}

Result<OpenedArchive> Snapshots::inspect(const std::filesystem::path& file)
{
    return readArchive(file, sealing(), [](Entry&&) -> Result<> { return {}; });
}

/// Puts what stands at a key now in place of what a snapshot has there.
Result<> Snapshots::keepPresent(const std::string& key, std::vector<log::Operation>& operations) const
{
    std::erase_if(operations, [&key](const log::Operation& operation) { return operation.key == key; });
    auto present = m_store.reader().get(key);
    if (!present) return std::move(present).error();
    if (!*present) return {};
    auto operation = m_barrier.putStoredOperation(key, std::move(**present));
    if (!operation) return std::move(operation).error();
    operations.push_back(std::move(*operation));
    return {};
}

Result<Meta> Snapshots::restore(const std::filesystem::path& file, bool isForced, const Identity& identity, bool keepsRoles)
{
    std::vector<log::Operation> operations; // held in memory until they are put in place
    std::size_t bytes = log::kRecordHeaderBytes;
    auto opened = readArchive(file, sealing(), [&](Entry&& entry) -> Result<> {
        if (!holds(entry.key)) return Error{ErrorCode::Corrupt, "the snapshot holds a key that is none of its business"};
        bytes += restoredBytes(entry);
        if (bytes > m_restoreBytesMax) return tooLarge();
        entry.kind = log::OperationKind::Put;
        operations.push_back(std::move(entry));
        return {};
    });
    if (!opened) return std::move(opened).error();
    if (!opened->isSealedByUs && !isForced) {
        return Error{ErrorCode::PermissionDenied,
                     "could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the "
                     "snapshot-force API to bypass this check"};
    }
    if (!opened->isSealedByUs) {
        const boost::json::object named{{"name", identity.clusterName}, {"id", identity.clusterId}};
        operations.push_back({log::OperationKind::Put, std::string{kRestoredIdentityKey}, boost::json::serialize(named), {}, {}});
    }
    if (opened->isSealedByUs) {
        // A term that a rotation has added since seals what stays, here and on every secondary: an older keyring could not open it.
        if (auto kept = keepPresent(std::string{barrier::kKeyringKey}, operations); !kept) return std::move(kept).error();
        // What this cluster is in its replication sets stays as it is: a snapshot's role would bring back secondaries that have been
        // revoked since, and an epoch that has ended.
        const std::string role = replication::Role::key(replication::Type::Performance);
        if (auto kept = keepsRoles ? keepPresent(role, operations) : Result<>{}; !kept) return std::move(kept).error();
    }
    const auto isKept = [keepsRoles, isOurs = opened->isSealedByUs](std::string_view key) {
        return isOurs && !barrier::isSealKey(key) &&
               (keepsRoles || (!key.starts_with("i/core/replication/") && !key.starts_with(trust::kKeyFolder)));
    };
    if (auto replaced = m_store.replaceContents(isKept, std::move(operations)); !replaced) {
        return std::move(replaced).error().withContext("putting the snapshot in place");
    }
    logging::warn("snapshot", "snapshot restored", {{"keys", std::to_string(opened->meta.keyCount)},
                                                    {"of", opened->meta.createdAt}});
    return std::move(opened->meta);
}

} // namespace core::snapshot
