#include "core/merkle/forest.h"
#include "core/mount/mount_storage.h"
#include "core/replication/wire/batch.h"
#include "tests/sim/client_write.h"
#include "tests/sim/process.h"

namespace sim {

using namespace core::replication;

/// As core/request does it: the role says at the beginning which classes may be written. Before the commit, the refusal is checked and the
/// role's generation is read.
void Cluster::clientWrite()
{
    if (!m_process || m_process->barrier.isSealed()) return;
    Process& process = *m_process;
    const auto& manager = *process.manager;
    if (manager.isDrSecondary()) return;
    const barrier::WriteAccess access{.shared = !manager.isPerformanceSecondary(), .local = true};
    const auto write = std::make_shared<Write>(Write{process.watched->begin(), process.isAlive});
    for (auto count = 1 + m_world.pick(3); count > 0; --count) {
        const auto choice = m_world.pick(10);
        const auto storageClass = choice < 6   ? barrier::StorageClass::Shared
                                  : choice < 9 ? barrier::StorageClass::Local
                                               : barrier::StorageClass::Ignored;
        if (storageClass == barrier::StorageClass::Shared && !access.shared) continue; // it would be forwarded
        barrier::View view{write->transaction, process.barrier, storageClass, pickFolder(write->mounts), access};
        const std::string path = "k" + std::to_string(m_world.pick(24));
        const bool isErase = m_world.chancePerMille(200);
        const std::string value = "c" + std::to_string(m_number) + "#" + std::to_string(m_world.number() % 1000000) +
                                  std::string(m_world.chancePerMille(100) ? m_world.pick(2000) : m_world.pick(60), 'v');
        const auto done = isErase ? view.erase(path) : view.put(path, value);
        if (!done) return;
        write->isShared = write->isShared || storageClass == barrier::StorageClass::Shared;
        write->isLocal = write->isLocal || storageClass == barrier::StorageClass::Local;
    }
    ++process.writesUnderWay;
    if (m_world.chancePerMille(700)) return finishWrite(write);
    m_world.after(m_world.between(Duration{0}, milliseconds{40}), [this, write] { finishWrite(write); });
}

void Cluster::finishWrite(const std::shared_ptr<Write>& write)
{
    if (!*write->isAlive) return;
    Process& process = *m_process;
    const bool isHeld = process.manager->holdWrite([](const std::string&) {}); // a held write would begin again, as another write
    const barrier::Scope scope{write->transaction, process.barrier, {}};
    const bool areMounted = std::ranges::all_of(write->mounts, [&scope](const auto& entry) {
        const auto isThere = mount::isMounted(scope, mount::kindOf(entry), entry);
        return isThere && *isThere;
    });
    if (isHeld || !areMounted || !write->transaction.hasWrites() || !process.manager->writeRefusal().empty() ||
        !write->transaction.get(kRoleGenerationKey)) {
        --process.writesUnderWay;
        return;
    }
    static class final : public Executor {
        void post(Task task) override { task(); }
    } atOnce;
    process.watched->commit(std::move(write->transaction), atOnce, [this, write](const Result<LogIndex>& result) {
        if (!*write->isAlive) return;
        --m_process->writesUnderWay;
        if (result && !m_power.isOff()) answered(write->isShared, write->isLocal);
    });
}

/// An answered write: this cluster has acted as a primary. It must have been made the primary of each set where it is one.
void Cluster::answered(bool isShared, bool isLocal)
{
    ++writesAnswered;
    if (m_process->manager->isDrSecondary()) return m_world.fail("cluster " + std::to_string(m_number) + " answers a write as a DR secondary");
    if (isShared && m_process->manager->isPerformanceSecondary()) {
        return m_world.fail("cluster " + std::to_string(m_number) + " answers a shared write as a performance secondary");
    }
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (!(isShared || (isLocal && type == Type::Dr))) continue;
        const LinkPlan& plan = this->plan(type);
        if (plan.mode != Mode::Primary) continue;
        const auto name = setName(type, plan.local.setId, plan.local.epoch);
        const auto found = m_shared.primaries.find(name);
        if (found != m_shared.primaries.end() && found->second.contains(m_number)) continue;
        if (m_isTakingOver && type == Type::Performance) { // the role that a DR secondary inherits comes with it
            m_shared.primaries[name].insert(m_number);
            m_isTakingOver = false;
            continue;
        }
        m_world.fail("cluster " + std::to_string(m_number) + " answers a write as the primary of " + name + ", which it was never made");
    }
}

/// A secondary that accepts the role in a switchover must hold all that its primary has answered. The primary answers no more, so the two
/// are equal at this moment.
void Cluster::planChanges(const LinkPlan& before, const LinkPlan& next)
{
    if (before.mode == Mode::Primary || next.mode != Mode::Primary || m_isBeingMadePrimary) return;
    const auto known = m_shared.primaries.find(setName(next.type, next.local.setId, next.local.epoch));
    if (known != m_shared.primaries.end() && known->second.contains(m_number)) return;
    const auto offer = m_shared.offers.find(std::string{toString(next.type)} + "/" + std::to_string(m_number));
    if (offer == m_shared.offers.end()) return;
    m_world.note(m_number, "takes over from", static_cast<std::uint64_t>(offer->second), toString(next.type));
    m_shared.primaries[setName(next.type, next.local.setId, next.local.epoch)].insert(m_number);
    m_isTakingOver = true;
    if (m_shared.givenUp.contains(offer->second)) return;
    if (m_shared.isFollowing(offer->second)) return; // the extra data of the primary came from its own primary, which continues
    if (m_model.sum().shared == m_shared.sumOf(offer->second).shared) return;
    m_world.fail("cluster " + std::to_string(m_number) + " has become the " + std::string{toString(next.type)} +
                 " primary by a switchover, without all that cluster " + std::to_string(offer->second) + " holds");
}

void Cluster::afterReplacement()
{
    if (m_isBootstrapFetched || m_isRestoring) return;
    m_world.fail("cluster " + std::to_string(m_number) + " wipes its contents before a primary has been authenticated");
}

void Cluster::bootstrapFetched(Type type, int from)
{
    m_isBootstrapFetched = true;
    m_world.note(m_number, "fetched a bootstrap package of", static_cast<std::uint64_t>(from), toString(type));
}

/// The tap: everything on a link must belong to the link, and go to a cluster that may have it.
void Cluster::sent(Type type, const std::string& secondaryId, const std::string& fingerprint, std::string_view bytes)
{
    if (m_shared.revoked.contains(std::to_string(m_number) + "/" + std::string{toString(type)} + "/" + plan(type).local.setId + "/" + fingerprint)) {
        const bool isData = bytes.size() > 4 && static_cast<FrameType>(bytes[4]) != FrameType::Refusal;
        if (isData) m_world.fail("cluster " + std::to_string(m_number) + " sends to " + secondaryId + ", which has been revoked");
    }
    const MountRules* rules = type == Type::Performance && m_shared.hasFilters ? &mountRules() : nullptr;
    const auto check = [&](const log::OperationView& operation) {
        if (rules && !rules->mayCarry(secondaryId, operation.key)) {
            m_world.fail("cluster " + std::to_string(m_number) + " sends " + std::string{operation.key} + " to " + secondaryId +
                         ", from which a filter keeps it");
        }
        if (operation.key.starts_with("s/") || (type == Type::Dr && operation.key.starts_with("l/"))) return;
        m_world.fail("cluster " + std::to_string(m_number) + " sends " + std::string{operation.key} + " on a " + std::string{toString(type)} +
                     " link");
    };
    FrameDecoder decoder;
    decoder.feed(bytes);
    while (true) {
        auto frame = decoder.next();
        if (!frame || !*frame) return;
        std::string_view payload = (*frame)->payload;
        if (rules && (*frame)->type == FrameType::PageDigests) {
            wire::PageDigests pages;
            if (parseFrame(**frame, pages) && !rules->mayCarry(secondaryId, pages.tree())) {
                m_world.fail("cluster " + std::to_string(m_number) + " sends digests of " + pages.tree() + " to " + secondaryId +
                             ", from which a filter keeps it");
            }
        }
        if ((*frame)->type != FrameType::Records && (*frame)->type != FrameType::Entries) continue;
        if ((*frame)->type == FrameType::Records) payload.remove_prefix(std::min<std::size_t>(8, payload.size()));
        while (!payload.empty()) {
            const auto record = log::RecordView::parse(payload);
            if (!record) return;
            record->forEach(check);
            payload.remove_prefix(record->bytes().size());
        }
    }
}

void Cluster::foundEqual(Type type, const Position& position)
{
    const auto primary = m_shared.histories.at(position.logId, position.index);
    if (!primary)
        return m_world.fail("cluster " + std::to_string(m_number) + " is equal to a log that nobody has at " + core::toString(position.index));
    const ContentSum own = m_model.sum();
    if (own.isOf(*primary, position.scope != 0) && (type == Type::Performance || own.local == primary->local)) return;
    m_world.fail("cluster " + std::to_string(m_number) + " finds its " + std::string{toString(type)} + " root equal to its primary's at " +
                 core::toString(position.index) + ", but the contents differ");
}

Position Cluster::storedPosition(Type type) const
{
    const auto at = m_model.contents().find(Position::key(type));
    if (at == m_model.contents().end()) return {};
    return Position::decode(at->second).value_or(Position{});
}

/// The position of a secondary is a place in its primary's log, and the secondary holds what the primary held there.
void Cluster::checkFollowed(Type type)
{
    const Position position = storedPosition(type);
    if (!position.isConsistent()) return;
    const std::string who = "cluster " + std::to_string(m_number) + " (" + std::string{toString(type)} + ")";
    if (position.isSalvaged()) return checkSalvaged(position, who);
    const auto primary = m_shared.histories.at(position.logId, position.index);
    if (!primary) return m_world.fail(who + " is at " + core::toString(position.index) + " of a log that has no such place");
    const ContentSum own = m_model.sum();
    if (own.isOf(*primary, position.scope != 0) && (type == Type::Performance || own.local == primary->local)) return;
    m_world.fail(who + " does not hold what its primary held at index " + core::toString(position.index));
}

/// After a salvage: shared data is as of one place in the primary's log, and local data as of the place before. Each mount that the last
/// source did not have is as of a place in between.
void Cluster::checkSalvaged(const Position& position, const std::string& who)
{
    const auto shared = m_shared.histories.at(position.primaryLogId(), position.index);
    const auto before = m_shared.histories.at(position.primaryLogId(), position.consistentFrom);
    if (!shared || !before) return m_world.fail(who + " has salvaged up to a place that its primary's log never had");
    const ContentSum own = m_model.sum();
    bool isGood = own.local == before->local;
    if (!position.isSalvagedInPart()) {
        isGood = isGood && own.shared == shared->shared;
    } else {
        std::vector<ContentSum> places;
        for (LogIndex at = position.consistentFrom; at <= position.index; at = at.next()) {
            if (auto place = m_shared.histories.at(position.primaryLogId(), at)) places.push_back(std::move(*place));
        }
        const auto isOfSome = [&](auto part) {
            return std::ranges::any_of(places, [&](const ContentSum& place) { return part(place) == part(own); });
        };
        for (const auto* mounts : {own.mounts.get(), shared->mounts.get()}) {
            for (const auto& [uuid, sum] : *mounts) isGood = isGood && isOfSome([&uuid](const ContentSum& of) { return of.mount(uuid); });
        }
        isGood = isGood && own.rest() == shared->rest() && isOfSome([](const ContentSum& of) { return of.filters; });
    }
    if (!isGood) m_world.fail(who + " does not hold after a salvage what its primary held at index " + core::toString(position.index));
}

/// The store holds the model, and the forest is that of the contents.
void Cluster::checkForest()
{
    if (!m_process || m_process->barrier.isSealed()) return;
    m_model.checkEqual(*m_process->local);
    merkle::Forest forest;
    std::vector<merkle::Forest::Change> changes;
    for (const auto& [key, value] : m_model.contents()) {
        const auto tree = merkle::treeOf(key);
        if (tree.empty()) continue;
        const auto hash = m_process->hasher.keyHash(key);
        changes.push_back({tree, hash, m_process->hasher.leafDigest(hash, value)});
    }
    forest.apply(changes, m_model.index());
    if (forest.root({}) == m_process->local->forest().root({})) return;
    m_world.fail("cluster " + std::to_string(m_number) + ": the forest is not that of the contents");
}

/// As core/snapshot saves and restores it.
void Cluster::saveSnapshot()
{
    if (!m_process || m_process->manager->isDrSecondary()) return;
    m_snapshot.clear();
    const auto keyring = m_process->barrier.keyring();
    if (!keyring) return;
    m_snapshotForestKey = keyring->forestKey().clone();
    for (const auto& [key, value] : m_model.contents()) {
        const bool isTaken = key.starts_with("s/") || key.starts_with("l/") || key == barrier::kRootKeyKey || key == barrier::kSealConfigKey;
        auto operation = isTaken ? m_process->barrier.putStoredOperation(key, value) : Result<log::Operation>{Error{ErrorCode::NotFound, {}}};
        if (operation) m_snapshot.push_back(std::move(*operation));
    }
    m_world.note(m_number, "saves a snapshot", m_snapshot.size());
}

void Cluster::restoreSnapshot()
{
    operate(
        "restore",
        [this](ReplicationManager& manager) {
            if (manager.isDrSecondary() || manager.isPerformanceSecondary() || m_snapshot.empty()) return mount::Response::badRequest("not here");
            const auto keyring = m_process->barrier.keyring();
            if (!keyring || !(keyring->forestKey() == m_snapshotForestKey)) return mount::Response::badRequest("a snapshot of other keys");
            m_isRestoring = true;
            const auto isKept = [](std::string_view key) { return key != barrier::kRootKeyKey && key != barrier::kSealConfigKey; };
            auto operations = m_snapshot;
            for (const std::string& key : {Role::key(Type::Performance), std::string{barrier::kKeyringKey}}) { // core/snapshot/snapshots.cpp
                std::erase_if(operations, [&key](const auto& operation) { return operation.key == key; });
                const auto present = m_model.contents().find(key);
                if (present == m_model.contents().end()) continue;
                auto kept = m_process->barrier.putStoredOperation(key, present->second);
                if (kept) operations.push_back(std::move(*kept));
            }
            const auto replaced = m_process->watched->replaceContents(isKept, std::move(operations));
            m_isRestoring = false;
            return replaced ? mount::Response{} : mount::Response::error(500, core::toString(replaced.error()));
        },
        [this](const mount::Response& response) {
            if (!response.isError) restart(Duration{0});
        });
}

} // namespace sim
