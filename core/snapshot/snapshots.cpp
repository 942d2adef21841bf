#include "core/snapshot/snapshots.h"

#include "core/barrier/seal.h"
#include "core/barrier/store_format.h"
#include "core/barrier/stored_seal.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/scope/link_filter.h"
#include "core/replication/set/role.h"
#include "core/base/assert.h"
#include "core/base/bytes.h"
#include "core/base/logging.h"
#include "core/log/local_store.h"
#include "core/trust/member_keys.h"
#include "core/trust/rekey_due.h"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::snapshot {
namespace {

constexpr int kMomentTries = 20;
constexpr std::string_view kWrappingKey = "s/core/wrapping/jwtkey"; // signs wrapping tokens

} // namespace

/// The contents at an exactly known index, if possible with the forest's root at the same index.
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
    meta.storeFormat = barrier::kStoreFormat;
    meta.sets = identity.sets;
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
            auto scanned = reader->scan(storageClass, storage::endOfPrefix(storageClass), [&](std::string_view key, std::string_view value) {
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
        logging::info("snapshot", "snapshot saved", {{"keys", std::to_string(written->keyCount)}, {"bytes", std::to_string(written->stateBytes)}});
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
            if (trust::isPrivateKey(key)) return true; // the copy makes its own key, so its signatures are valid nowhere
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

Result<CheckedArchive> Snapshots::check(const std::filesystem::path& file, bool isForced, const std::vector<SecretBytes>& shares)
{
    auto checked = checkArchive(file, sealing(), m_barrier, shares, m_random);
    if (!checked) return checked;
    if (!isForced && (checked->keys != CheckedArchive::Keys::Ours || !checked->areSumsSealed)) {
        return Error{ErrorCode::PermissionDenied,
                     "could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the "
                     "snapshot-force API to bypass this check"};
    }
    return checked;
}

Sealing Snapshots::sealing() const
{
    if (!m_signing.sign) return sealingOf(m_barrier);
    return sealingOf(m_barrier, [this](std::string_view sums) { return m_signing.sign(sums, m_clock.now()); });
}

Result<> Snapshots::checkSigner(const CheckedArchive& checked) const
{
    if (checked.keys != CheckedArchive::Keys::Ours || !m_signing.hadMembers || !m_signing.hadMembers()) return {};
    if (checked.signature && m_signing.isMembers(checked.signature->tokenKey, m_clock.now())) return {};
    return Error{ErrorCode::PermissionDenied,
                 std::string{checked.signature ? "the snapshot is signed by a cluster that is not a member of this cluster's replication sets now"
                                               : "the snapshot is not signed"} +
                     ": a former member, which has the keys, could have made it. Nothing was replaced. If you know where the file comes from, "
                     "accept_unsigned=true (-accept-unsigned) restores it"};
}

Result<Meta> Snapshots::restoreWithoutRoles(const std::filesystem::path& file, const Identity& identity)
{
    auto checked = check(file, true);
    if (!checked) return std::move(checked).error();
    if (auto done = put(file, *checked, identity, Extent::WithoutRoles); !done) return std::move(done).error();
    return std::move(checked->meta);
}

/// True if the archive's seal replaces this cluster's. It must open the root key of the keyring that the cluster has then.
bool Snapshots::bringsSeal(const CheckedArchive& checked, Extent extent)
{
    if (checked.keys != CheckedArchive::Keys::Ours) return true;
    return extent == Extent::WithoutRoles && checked.isRootKeyOurs;
}

/// Folders with what single members may have and do. They go with the roles.
const std::vector<std::string>& memberFolders()
{
    static const std::vector<std::string> folders{"s/" + std::string{replication::kFilterFolder},
                                                  "s/" + std::string{replication::kForwardBoundFolder}};
    return folders;
}

bool isMemberRow(std::string_view key)
{
    return std::ranges::any_of(memberFolders(), [key](const std::string& folder) { return key.starts_with(folder); });
}

/// Keeps the filters and bounds that members have now. An older snapshot lacks those that were set since, and a member would get what it must not have.
Result<> Snapshots::keepMemberRows(log::Placing& placing) const
{
    for (const auto& folder : memberFolders()) {
        std::optional<Error> fault;
        auto scanned = m_store.reader().scan(folder, storage::endOfPrefix(folder), [&](std::string_view key, std::string_view) {
            const auto hash = m_barrier.keyHash(key);
            if (!hash) return fault = hash.error(), false;
            placing.present.push_back({std::string{key}, *hash});
            return true;
        });
        if (!scanned) return std::move(scanned).error();
        if (fault) return std::move(*fault);
    }
    return {};
}

/// How the staged contents of an archive are put in place, and which of its rows are not staged.
Result<log::Placing> Snapshots::placing(const CheckedArchive& checked, const Identity& identity, Extent extent) const
{
    const bool isOurs = checked.keys == CheckedArchive::Keys::Ours;
    const bool keepsRoles = extent == Extent::Everything || extent == Extent::Local;
    log::Placing placing;
    if (extent == Extent::Local) placing.classes = "l";
    placing.isKept = [keepsRoles, isOurs, bringsSeal = bringsSeal(checked, extent)](std::string_view key) {
        if (key == barrier::kStoreFormatKey) return true; // of this program, not of the archive
        if (!isOurs || key == barrier::kInitializedKey) return false;
        if (barrier::isSealKey(key)) return !bringsSeal;
        return keepsRoles || !(key.starts_with("i/core/replication/") || key.starts_with(trust::kKeyFolder));
    };
    placing.first.push_back({log::OperationKind::Put, std::string{barrier::kInitializedKey}, std::string{barrier::kInitializedValue}, {}, {}});
    if (!isOurs) {
        boost::json::object named{{"name", identity.clusterName}, {"id", identity.clusterId}};
        if (extent == Extent::WithoutSet) { // the saved primary becomes the primary of a new set
            boost::json::array sets;
            if (!checked.meta.sets.performanceSetId.empty()) sets.emplace_back("performance");
            if (!checked.meta.sets.drSetId.empty()) sets.emplace_back("dr");
            if (!sets.empty()) named["new_sets"] = std::move(sets);
        }
        placing.first.push_back({log::OperationKind::Put, std::string{kRestoredIdentityKey}, boost::json::serialize(named), {}, {}});
        return placing;
    }
    // A later rotation can have added a term. The data that stays, here and on every secondary, is sealed with it. An older keyring could not open
    // that.
    // What a revocation left to do is still to do: the snapshot does not know of it.
    std::vector<std::string> present{std::string{barrier::kKeySharesKey}, std::string{kWrappingKey}, std::string{trust::RekeyDue::kKey}};
    if (!checked.keyring) present.emplace_back(barrier::kKeyringKey);
    // This cluster's role in its sets stays. The snapshot's role would bring back revoked secondaries and an old epoch.
    if (keepsRoles) present.push_back(replication::Role::key(replication::Type::Performance));
    for (auto& key : present) {
        if (extent == Extent::Local && key.starts_with("s/")) continue; // stays, like all shared data
        const auto hash = m_barrier.keyHash(key);
        if (!hash) return hash.error();
        placing.present.push_back({std::move(key), *hash});
    }
    return placing;
}

Result<Snapshots::Staged> Snapshots::stage(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent)
{
    const bool isOurs = checked.keys == CheckedArchive::Keys::Ours;
    CORE_ASSERT(extent != Extent::Local || isOurs);
    const bool keepsRoles = extent == Extent::Everything || extent == Extent::Local;
    const std::string role = replication::Role::key(replication::Type::Performance);
    auto how = placing(checked, identity, extent);
    if (!how) return std::move(how).error();
    auto staging = log::stageInto(m_store);
    if (!staging) return std::move(staging).error();
    Staged staged{std::move(*staging), std::move(*how), checked.meta, isOurs && extent == Extent::Everything};
    auto read = readEntries(file, [&](Entry&& entry) -> Result<> {
        if (barrier::isSealKey(entry.key)) {
            if (bringsSeal(checked, extent)) staged.placing.first.push_back(std::move(entry));
            return {};
        }
        // If this cluster keeps its roles and has none, it must not get the snapshot's role either.
        if (entry.key == role && (extent == Extent::WithoutSet || (isOurs && keepsRoles))) return {};
        if (extent == Extent::Local && !entry.key.starts_with("l/")) return {};
        if (staged.keepsMemberRows && isMemberRow(entry.key)) return {};
        return staged.staging->add(std::move(entry));
    });
    if (!read) return std::move(read).error().withContext("reading the snapshot into the storage");
    return staged;
}

Result<> Snapshots::place(Staged& staged)
{
    if (staged.keepsMemberRows) {
        if (auto kept = keepMemberRows(staged.placing); !kept) return std::move(kept).error().withContext("reading the filters of members");
    }
    if (auto placed = staged.staging->place(staged.placing); !placed) return std::move(placed).error().withContext("putting the snapshot in place");
    logging::warn("snapshot", "snapshot restored", {{"keys", std::to_string(staged.meta.keyCount)}, {"of", staged.meta.createdAt}});
    return {};
}

Result<> Snapshots::put(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent)
{
    auto staged = stage(file, checked, identity, extent);
    if (!staged) return std::move(staged).error();
    return place(*staged);
}

} // namespace core::snapshot
