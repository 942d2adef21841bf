#include "core/replication/roles/role_reports.h"

#include "core/replication/forest/forest_keeper.h"
#include "core/replication/wire/program_version.h"
#include "core/trust/rekey_due.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::chrono::seconds kHeardMax{10}; // a peer without a heartbeat for this long is shown as disconnected
constexpr const char* kNeverChecked = "-62135596800";

std::string millisecondsText(std::chrono::milliseconds duration)
{
    return std::to_string(duration.count());
}

/// An older program sends no version. If such a member is connected, it is known to be older; otherwise its version is unknown.
void addProgram(const std::string& told, bool isConnected, const std::string& own, boost::json::object& object)
{
    object["program_version"] = told;
    object["is_program_older"] = (isConnected || !told.empty()) && isOlderProgram(told, own);
}

boost::json::object peerObject(const PeerInfo& peer, bool isConnected, std::chrono::milliseconds canaryAge, WallTime now)
{
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - peer.heardAt);
    const bool isHeard = peer.heardAt != WallTime{};
    boost::json::object object;
    object["api_address"] = peer.endpoint.apiAddress;
    object["clock_skew_ms"] = millisecondsText(peer.clockSkew);
    object["cluster_address"] = peer.endpoint.clusterAddress;
    object["connection_status"] = isConnected && since < kHeardMax ? "connected" : "disconnected";
    object["last_heartbeat"] = isHeard ? toRfc3339(peer.heardAt) : "";
    object["last_heartbeat_duration_ms"] = millisecondsText(isHeard ? since : std::chrono::milliseconds{0});
    object["replication_primary_canary_age_ms"] = millisecondsText(canaryAge);
    return object;
}

boost::json::array textArray(const std::vector<std::string>& texts)
{
    boost::json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

} // namespace

std::string RoleReports::root(Type type) const
{
    return m_services.store.forest().root(LinkFilter{type}.trees());
}

void RoleReports::addSecondaries(Type type, const Role& role, const LinkStatus& report, boost::json::object& out) const
{
    const WallTime now = m_services.clock.now();
    boost::json::array known;
    for (const auto& secondary : role.secondaries) known.emplace_back(secondary.id);
    out["known_secondaries"] = std::move(known);
    boost::json::array secondaries;
    for (const auto& secondary : report.secondaries) {
        if (!role.find(secondary.id)) continue;
        auto item = peerObject(secondary.peer, secondary.isConnected, secondary.peer.proofAge(now), now);
        addProgram(secondary.peer.program, secondary.isConnected, m_services.program, item);
        item["node_id"] = secondary.id;
        item["last_remote_wal"] = secondary.peer.lastRelevantIndex.value();
        const LinkFilter scope = m_scopes.scope(type, secondary.id);
        item["is_filtered"] = scope.isFiltered();
        item["merkle_root"] = m_services.store.forest().root(scope.trees()); // the root that this secondary should reach
        secondaries.emplace_back(std::move(item));
    }
    // Members that were connected before, but not since this cluster started.
    for (const auto& secondary : role.secondaries) {
        if (std::ranges::find(report.secondaries, secondary.id, &LinkStatus::Secondary::id) != report.secondaries.end()) continue;
        const auto heard = m_heard.find(type, secondary.id);
        if (!heard && !secondary.isActivated) continue;
        PeerInfo peer;
        if (heard) {
            peer.endpoint = heard->endpoint;
            peer.heardAt = heard->heardAt;
        }
        auto item = peerObject(peer, false, {}, now);
        addProgram(heard ? heard->program : std::string{}, false, m_services.program, item);
        item["node_id"] = secondary.id;
        item["last_remote_wal"] = 0;
        const LinkFilter scope = m_scopes.scope(type, secondary.id);
        item["is_filtered"] = scope.isFiltered();
        item["merkle_root"] = m_services.store.forest().root(scope.trees());
        secondaries.emplace_back(std::move(item));
    }
    out["secondaries"] = std::move(secondaries);
}

boost::json::object RoleReports::status() const
{
    return {{"dr", status(Type::Dr)}, {"performance", status(Type::Performance)}};
}

boost::json::object RoleReports::status(Type type) const
{
    boost::json::object object = roleObject(type);
    if (const auto log = m_roles.trust(type); log && !log->judge().contested().empty()) {
        object["trust_contests"] = log->judge().contested().size(); // sys/replication/<type>/trust shows them
    }
    if (const auto failure = m_roles.activationFailure(type)) {
        object["activation_error"] = failure->why;
        object["activation_failed_at"] = toRfc3339(failure->at);
    }
    return object;
}

/// Adds the secondaries that have not reported the present root key. Until all have, the former key shares can still unseal a cluster of
/// the set.
void RoleReports::addRekey(const Role& role, const LinkStatus& report, boost::json::object& object) const
{
    const auto keyring = m_services.barrier.keyring();
    if (!keyring) return;
    const auto rootKey = keyring->ids().rootKey;
    boost::json::array waiting;
    for (const auto& secondary : role.secondaries) {
        if (!secondary.isActivated) continue; // its activation will bring the present keys
        const bool hasReported =
            std::ranges::any_of(report.secondaries, [&](const auto& each) { return each.id == secondary.id && each.peer.keys.rootKey == rootKey; });
        if (!hasReported) waiting.emplace_back(secondary.id);
    }
    const bool isComplete = waiting.empty();
    log::Transaction transaction = m_services.store.begin();
    const auto due = trust::RekeyDue::load({transaction, m_services.barrier, {}});
    if (due && due->isRequired()) object["rekey_required"] = trust::RekeyDue::kText;
    if (const auto waitingFor = m_renewal.waitingFor(); !waitingFor.empty()) {
        object["without_new_keys"] = boost::json::array(waitingFor.begin(), waitingFor.end());
    }
    if (const auto waitingFor = m_authorities.waitingFor(); !waitingFor.empty()) {
        object["without_new_transport_ca"] = boost::json::array(waitingFor.begin(), waitingFor.end());
    }
    object["rekey"] = boost::json::object{{"count", keyring->rootGeneration()}, {"complete", isComplete}, {"waiting_for", std::move(waiting)}};
}

boost::json::object RoleReports::roleObject(Type type) const
{
    boost::json::object object;
    const Mode mode = m_roles.mode(type);
    const auto role = m_roles.role(type);
    if (mode == Mode::Bootstrapping) {
        object["mode"] = "bootstrapping";
        object["cluster_id"] = role->setId;
        return object;
    }
    if (mode == Mode::Disabled || !m_roles.isPlayed(type)) {
        object["mode"] = "disabled";
        return object;
    }

    const WallTime now = m_services.clock.now();
    const LinkStatus report = m_roles.report(type);
    object["mode"] = toString(mode);
    object["program_version"] = m_services.program;
    object["cluster_id"] = role->setId;
    object["merkle_root"] = root(type);
    object["primary_cluster_addr"] = role->primaryClusterAddress;
    object["corrupted_merkle_tree"] = false;
    object["last_corruption_check_epoch"] = kNeverChecked;
    object["last_reindex_epoch"] = std::to_string(role->lastReindexUnixSeconds);
    if (m_forestKeeper) m_forestKeeper->describe(type, object);
    object["ssct_generation_counter"] = 0;
    object["epoch"] = role->epoch.value();

    if (mode == Mode::Primary) {
        object["state"] = "running";
        object["last_wal"] = m_services.store.appliedIndex().value();
        if (type == Type::Performance) object["last_performance_wal"] = m_services.store.lastSharedIndex().value();
        else object["last_dr_wal"] = m_services.store.lastReplicatedIndex().value();
        addSecondaries(type, *role, report, object);
        addRekey(*role, report, object);
        if (role->handover) {
            object["switchover"] = boost::json::object{{"secondary_id", role->handover->secondaryId},
                                                       {"epoch", role->handover->epoch.value()},
                                                       {"started_at", toRfc3339(role->handover->startedAt)}};
        }
        if (role->isOlder()) {
            object["state"] = "idle";
            object["older_storage"] = boost::json::object{{"held_generation", role->olderStorage->heldGeneration},
                                                          {"own_generation", role->olderStorage->ownGeneration},
                                                          {"noticed_at", toRfc3339(role->olderStorage->noticedAt)},
                                                          {"cause", olderStorageText(type, *role->olderStorage)}};
        }
        if (role->isReplaced()) {
            object["state"] = "idle";
            if (const auto successor = EpochStatement::parse(role->successor)) object["replaced_by"] = statementObject(*successor);
        }
        return object;
    }

    object["secondary_id"] = role->secondaryId;
    object["last_start"] = toRfc3339(role->lastStart);
    object["last_remote_wal"] = (report.isRunning ? report.position : m_roles.positionOf(type)).lastRelevantIndex.value();
    object["known_primary_cluster_addrs"] = textArray(role->primaryAddresses);
    const auto heardBefore = m_heard.find(type, {});
    if (!report.isRunning) {
        object["state"] = "idle";
        object["primaries"] = boost::json::array{};
        return object;
    }
    object["state"] = toString(report.state);
    object["connection_state"] = toString(report.connection);
    boost::json::array primaries;
    if (report.primary.heardAt != WallTime{}) {
        const bool isConnected = report.connection == ConnectionState::Ready;
        auto item = peerObject(report.primary, isConnected, report.canaryAge.value_or(std::chrono::milliseconds{0}), now);
        addProgram(report.primary.program, isConnected, m_services.program, item);
        primaries.emplace_back(std::move(item));
    } else if (heardBefore && std::ranges::find(role->primaryAddresses, heardBefore->endpoint.clusterAddress) != role->primaryAddresses.end()) {
        PeerInfo peer;
        peer.endpoint = heardBefore->endpoint;
        peer.heardAt = heardBefore->heardAt;
        auto item = peerObject(peer, false, {}, now);
        addProgram(heardBefore->program, false, m_services.program, item);
        primaries.emplace_back(std::move(item));
    }
    object["primaries"] = std::move(primaries);
    if (report.state == SecondaryLink::State::MerkleSync) {
        object["merkle_sync_progress"] = boost::json::object{{"sync_progress", report.progress.done}, {"sync_total_keys", report.progress.total}};
        object["sync_progress"] = report.progress.done;
        object["sync_total_keys"] = report.progress.total;
    }
    // The distance between this cluster and its primary: entries behind, and whether equality is proven.
    object["last_primary_wal"] = report.primary.lastRelevantIndex.value();
    object["is_in_sync"] = report.isInSync;
    if (role->isRelay()) object["relay"] = relay();
    return object;
}

boost::json::object RoleReports::relay() const
{
    const auto role = m_roles.role(Type::Performance);
    boost::json::object object{{"enabled", m_relay.isOn()}};
    if (!m_relay.isOn()) return object;
    const LinkStatus report = m_roles.report(Type::Performance);
    boost::json::array chain;
    for (const auto& id : report.primary.chain) chain.emplace_back(id);
    object["chain"] = std::move(chain); // from the root primary down to the one that this cluster follows
    object["cluster_addr"] = role->relayClusterAddress.empty() ? m_roles.self().clusterAddress : role->relayClusterAddress;
    object["state"] = report.isRelaying ? "running" : "idle";
    object["last_performance_wal"] = m_services.store.lastSharedIndex().value();
    object["merkle_root"] = root(Type::Performance);
    addSecondaries(Type::Performance, *role, report, object);
    if (const auto waiting = m_renewal.waitingBelow(); !waiting.empty()) {
        object["without_new_keys"] = boost::json::array(waiting.begin(), waiting.end());
    }
    return object;
}

std::optional<Lag> RoleReports::lag() const
{
    const Type type = m_roles.isDrSecondary() ? Type::Dr : Type::Performance;
    if (!m_roles.isDrSecondary() && !m_roles.isPerformanceSecondary()) return std::nullopt;
    const LinkStatus report = m_roles.report(type);
    return Lag{type, report.connection == ConnectionState::Ready, report.canaryAge, report.primary.clockSkew};
}

} // namespace core::replication
