#include "core/replication/set/role.h"

#include "core/replication/set/role.pb.h"

#include <algorithm>

namespace core::replication {

namespace {

std::string pathOf(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/role";
}

barrier::View viewOf(const barrier::Scope& scope, Type type)
{
    return type == Type::Performance ? scope.local({}) : scope.ignored({});
}

void write(const std::optional<crypto::Identity>& identity, stored::Identity* out)
{
    if (!identity) return;
    out->set_certificate(identity->certificate);
    out->set_key(identity->key.data(), identity->key.size());
}

std::optional<crypto::Identity> read(bool isThere, const stored::Identity& stored)
{
    if (!isThere || stored.certificate().empty()) return std::nullopt;
    return crypto::Identity{stored.certificate(), SecretBytes::copyOf(stored.key())};
}

AuthorityHeld authorityHeldOf(std::uint32_t stored)
{
    return stored <= static_cast<std::uint32_t>(AuthorityHeld::No) ? static_cast<AuthorityHeld>(stored) : AuthorityHeld::NotKnown;
}

std::optional<crypto::Identity> cloneOf(const std::optional<crypto::Identity>& identity)
{
    return identity ? std::optional{identity->clone()} : std::nullopt;
}

std::optional<Handover> cloneOf(const std::optional<Handover>& handover)
{
    if (!handover) return std::nullopt;
    return Handover{handover->id,    handover->secondaryId, handover->epoch, handover->clusterAddress,  cloneOf(handover->identity),
                    handover->ownId, handover->startedAt,   handover->entry, handover->performanceEntry};
}

} // namespace

std::string_view toString(Mode mode)
{
    switch (mode) {
    case Mode::Disabled: return "disabled";
    case Mode::Primary: return "primary";
    case Mode::Secondary: return "secondary";
    case Mode::Bootstrapping: return "bootstrapping";
    }
    return "unknown";
}

Role Role::clone() const
{
    return Role{mode,
                setId,
                epoch,
                statement,
                cloneOf(authority),
                secondaries,
                primaryClusterAddress,
                cloneOf(handover),
                formerId,
                successor,
                secondaryId,
                cloneOf(identity),
                authorityCertificate,
                cloneOf(redirect),
                primaryAddresses,
                failoverAddresses,
                lastStart,
                lastReindexUnixSeconds,
                leftKey,
                primaryKey,
                refused,
                refusedKeys,
                relayClusterAddress,
                authorityWaiting,
                olderStorage};
}

void Role::keepRelay(const Role& other)
{
    if (!other.isRelay()) return;
    authority = cloneOf(other.authority);
    secondaries = other.secondaries;
    relayClusterAddress = other.relayClusterAddress;
}

const KnownSecondary* Role::find(std::string_view id) const
{
    const auto found = std::ranges::find(secondaries, id, &KnownSecondary::id);
    return found == secondaries.end() ? nullptr : &*found;
}

std::string Role::encode() const
{
    stored::Role stored;
    stored.set_mode(static_cast<std::uint32_t>(mode));
    stored.set_set_id(setId);
    stored.set_epoch(epoch.value());
    write(authority, stored.mutable_authority());
    for (const auto& secondary : secondaries) {
        stored::Secondary& out = *stored.add_secondaries();
        out.set_id(secondary.id);
        out.set_fingerprint(secondary.fingerprint);
        out.set_created_unix_ms(toUnixMs(secondary.createdAt));
        out.set_activation_until_unix_ms(toUnixMs(secondary.activationUntil));
        out.set_is_activated(secondary.isActivated);
        out.set_succession(static_cast<std::uint32_t>(secondary.succession));
        out.set_member_key(secondary.memberKey);
        out.set_token_key(secondary.tokenKey);
        for (const auto& key : secondary.standIns) out.add_stand_ins(key);
        out.set_peer_fingerprint(secondary.peerFingerprint);
        out.set_key_renewal(secondary.keyRenewal);
        out.set_authority_held(static_cast<std::uint32_t>(secondary.authorityHeld));
    }
    stored.set_primary_cluster_address(primaryClusterAddress);
    stored.set_statement(statement);
    stored.set_successor(successor);
    stored.set_former_id(formerId);
    if (redirect) write(redirect, stored.mutable_redirect());
    if (handover) {
        stored::Handover& out = *stored.mutable_handover();
        out.set_id(handover->id);
        out.set_secondary_id(handover->secondaryId);
        out.set_epoch(handover->epoch.value());
        out.set_cluster_address(handover->clusterAddress);
        write(handover->identity, out.mutable_identity());
        out.set_own_id(handover->ownId);
        out.set_started_unix_ms(toUnixMs(handover->startedAt));
        out.set_entry(handover->entry);
        out.set_performance_entry(handover->performanceEntry);
    }
    stored.set_secondary_id(secondaryId);
    write(identity, stored.mutable_identity());
    stored.set_authority_certificate(authorityCertificate);
    for (const auto& address : primaryAddresses) stored.add_primary_addresses(address);
    for (const auto& address : failoverAddresses) stored.add_failover_addresses(address);
    stored.set_last_start_unix_ms(toUnixMs(lastStart));
    stored.set_last_reindex_unix_s(lastReindexUnixSeconds);
    stored.set_relay_cluster_address(relayClusterAddress);
    stored.set_primary_key(primaryKey);
    stored.set_left_key(leftKey);
    for (const auto& id : authorityWaiting) stored.add_authority_waiting(id);
    for (const auto& id : refused) stored.add_refused(id);
    for (const auto& key : refusedKeys) stored.add_refused_keys(key);
    if (olderStorage) {
        stored::OlderStorage& out = *stored.mutable_older_storage();
        out.set_held_generation(olderStorage->heldGeneration);
        out.set_own_generation(olderStorage->ownGeneration);
        out.set_noticed_unix_ms(toUnixMs(olderStorage->noticedAt));
        out.set_is_dr_log(olderStorage->isDrLog);
    }
    return stored.SerializeAsString();
}

Result<Role> Role::decode(std::string_view text)
{
    stored::Role stored;
    // `Bootstrapping` (3) exists only in memory. If the server crashes during an activation, the role from before the activation counts.
    if (!stored.ParseFromArray(text.data(), static_cast<int>(text.size())) || stored.mode() > 2) {
        return Error{ErrorCode::Corrupt, "the stored replication role is damaged"};
    }
    Role role;
    role.mode = static_cast<Mode>(stored.mode());
    role.setId = stored.set_id();
    role.epoch = Epoch{stored.epoch()};
    role.authority = read(stored.has_authority(), stored.authority());
    for (const auto& secondary : stored.secondaries()) {
        role.secondaries.push_back({secondary.id(),
                                    secondary.fingerprint(),
                                    fromUnixMs(secondary.created_unix_ms()),
                                    fromUnixMs(secondary.activation_until_unix_ms()),
                                    secondary.is_activated(),
                                    successionOf(secondary.succession()),
                                    secondary.member_key(),
                                    secondary.token_key(),
                                    {secondary.stand_ins().begin(), secondary.stand_ins().end()},
                                    secondary.peer_fingerprint(),
                                    authorityHeldOf(secondary.authority_held()),
                                    secondary.key_renewal()});
    }
    role.primaryClusterAddress = stored.primary_cluster_address();
    role.statement = stored.statement();
    role.successor = stored.successor();
    role.formerId = stored.former_id();
    role.redirect = read(stored.has_redirect(), stored.redirect());
    if (stored.has_handover()) {
        const stored::Handover& in = stored.handover();
        role.handover = Handover{in.id(),
                                 in.secondary_id(),
                                 Epoch{in.epoch()},
                                 in.cluster_address(),
                                 read(in.has_identity(), in.identity()),
                                 in.own_id(),
                                 fromUnixMs(in.started_unix_ms()),
                                 in.entry(),
                                 in.performance_entry()};
    }
    role.secondaryId = stored.secondary_id();
    role.identity = read(stored.has_identity(), stored.identity());
    role.authorityCertificate = stored.authority_certificate();
    role.primaryAddresses.assign(stored.primary_addresses().begin(), stored.primary_addresses().end());
    role.failoverAddresses.assign(stored.failover_addresses().begin(), stored.failover_addresses().end());
    role.lastStart = fromUnixMs(stored.last_start_unix_ms());
    role.lastReindexUnixSeconds = stored.last_reindex_unix_s();
    role.relayClusterAddress = stored.relay_cluster_address();
    role.primaryKey = stored.primary_key();
    if (stored.has_older_storage()) {
        const stored::OlderStorage& in = stored.older_storage();
        role.olderStorage = OlderStorage{in.held_generation(), in.own_generation(), fromUnixMs(in.noticed_unix_ms()), in.is_dr_log()};
    }
    role.leftKey = stored.left_key();
    role.authorityWaiting = {stored.authority_waiting().begin(), stored.authority_waiting().end()};
    role.refused.assign(stored.refused().begin(), stored.refused().end());
    role.refusedKeys.assign(stored.refused_keys().begin(), stored.refused_keys().end());
    return role;
}

std::string Role::key(Type type)
{
    return (type == Type::Performance ? "l/" : "i/") + pathOf(type);
}

Result<Role> Role::load(const barrier::Scope& scope, Type type)
{
    const barrier::View view = viewOf(scope, type);
    auto value = view.get(pathOf(type));
    if (!value) return std::move(value).error().withContext("loading the replication role");
    if (!*value) return Role{};
    return decode(**value);
}

Result<> Role::store(const barrier::Scope& scope, Type type) const
{
    barrier::View view = viewOf(scope, type);
    return view.put(pathOf(type), encode());
}

} // namespace core::replication
