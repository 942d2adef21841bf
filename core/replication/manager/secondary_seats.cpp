#include "core/replication/manager/secondary_seats.h"

#include "core/base/logging.h"
#include "core/base/name.h"
#include "core/base/origin.h"
#include "core/replication/roles/refusals.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/set/sealed_activation.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

constexpr const char* kNoAddressWarning = "No redirect address set in Vault so none could be encoded in the token. You may "
                                          "need to supply Vault's API address when unwrapping the token.";

} // namespace

std::optional<Response> SecondarySeats::sideRefusal(Type type, const Role& role, Side side) const
{
    if (side == Side::Relay) return role.isRelay() && m_roles.isPlayed(type) ? std::nullopt : std::optional{notRelay()};
    const bool isPrimary = role.mode == Mode::Primary && m_roles.isPlayed(type) && role.authority;
    return isPrimary ? std::nullopt : std::optional{notPrimary(type)};
}

Response SecondarySeats::secondaryToken(Type type, const std::string& id, std::chrono::nanoseconds ttl, const std::string& requestId,
                                        const std::string& secondaryPublicKey, Side side)
{
    if (id.empty()) return Response::badRequest("missing secondary id");
    if (auto why = nameRefusal("the id of a secondary", id); !why.empty()) return Response::badRequest(std::move(why));
    std::string publicKey;
    if (!secondaryPublicKey.empty()) {
        auto key = publicKeyFromText(secondaryPublicKey);
        if (!key) return Response::badRequest(key.error().detail);
        publicKey = std::move(*key);
    }
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (auto refusal = sideRefusal(type, *current, side)) return std::move(*refusal);
    if (auto refusal = unsettled(m_roles, type)) return std::move(*refusal);
    const bool isAgain = !requestId.empty() && m_lastTokenRequest == requestId;
    if (current->find(id) && !isAgain) return Response::badRequest("a secondary with the id \"" + id + "\" already exists");

    const WallTime now = m_services.clock.now();
    // The id may be any text, but a common name must not. Only the fingerprint counts.
    auto identity = crypto::issueCertificate(*current->authority, {.commonName = m_services.random.uuid()}, now);
    if (!identity) return storageFailure(identity.error());
    auto fingerprint = crypto::certificateFingerprint(identity->certificate);
    if (!fingerprint) return storageFailure(fingerprint.error());
    Role next = current->clone();
    std::erase_if(next.secondaries, [&](const auto& secondary) { return secondary.id == id; });
    next.secondaries.push_back({id, std::move(*fingerprint), now, publicKey.empty() ? WallTime{} : laterBy(now, ttl), false});
    ActivationBundle bundle;
    bundle.type = type;
    bundle.setId = next.setId;
    bundle.secondaryId = id;
    const auto& given = side == Side::Relay ? next.relayClusterAddress : next.primaryClusterAddress;
    bundle.primaryClusterAddress = given.empty() ? m_roles.self().clusterAddress : given;
    bundle.authorityCertificate = next.authority->certificate;
    bundle.identity = std::move(*identity);
    bundle.program = m_services.program;
    if (const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt) bundle.primaryKey = keys->member().key.publicKey();
    std::string sealed;
    if (!publicKey.empty()) {
        auto made = sealActivation(bundle, publicKey, m_services.random);
        if (!made) return Response::badRequest("secondary_public_key: " + made.error().detail);
        sealed = std::move(*made);
    }
    auto changed = changeSecondaries(type, next, side);
    if (!changed) return storageFailure(changed.error());
    m_lastTokenRequest = requestId;
    const bool hasNoAddress = m_roles.self().apiAddress.empty();
    Response response = Response::ofData(sealed.empty() ? bundle.toJson() : boost::json::object{{"token", sealed}});
    if (sealed.empty()) {
        response.wrapTtl = ttl;
        response.isWrapFormatJwt = true;
        if (hasNoAddress) response.warnings.emplace_back(kNoAddressWarning);
    }
    const auto advertised = parseClusterAddress(bundle.primaryClusterAddress);
    if (hasNoAddress && advertised && advertised->isLoopback()) {
        response.warnings.push_back("The token names " + bundle.primaryClusterAddress +
                                    " as this cluster's address, which only this machine reaches. "
                                    "Set cluster_addr or api_addr in the configuration and make another token for a secondary on another machine.");
    }
    addBoundWarning(type, id, response);
    return response;
}

void SecondarySeats::addBoundWarning(Type type, const std::string& id, Response& response) const
{
    if (type != Type::Performance) return; // a DR secondary forwards nothing
    log::Transaction transaction = m_services.store.begin();
    const auto bound = ForwardBounds{barrier::Scope{transaction, m_services.barrier, {}}}.find(id);
    if (bound && *bound) return;
    response.warnings.push_back("no forwarding bound is set for \"" + id +
                                "\": this secondary can become administrator of the primary, because it "
                                "forwards requests with any policies that it names. To bound it, write its policies to "
                                "sys/replication/performance/primary/forwarding/" +
                                id);
}

Result<> SecondarySeats::changeSecondaries(Type type, const Role& role, Side side)
{
    return side == Side::Relay ? m_roles.changeRelay(role) : m_roles.change(type, role);
}

Response SecondarySeats::setSuccession(Type type, const std::string& id, bool maySucceed)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (auto refusal = sideRefusal(type, *current, Side::Primary)) return std::move(*refusal);
    if (!current->find(id)) return Response::error(404, "the secondary \"" + id + "\" is not known to this primary");
    if (auto refusal = unsettled(m_roles, type)) return std::move(*refusal);
    Role next = current->clone();
    for (auto& secondary : next.secondaries) {
        if (secondary.id == id) secondary.succession = maySucceed ? Succession::Allowed : Succession::Denied;
    }
    if (auto changed = m_roles.change(type, next); !changed) return storageFailure(changed.error());
    logging::info("replication",
                  maySucceed ? "a secondary got the right to succeed the primary" : "a secondary lost the right to succeed the primary",
                  {{"type", std::string{toString(type)}}, {"id", id}});
    return {};
}

Response SecondarySeats::succession(Type type, const std::string& id) const
{
    const auto current = m_roles.role(type);
    if (auto refusal = sideRefusal(type, *current, Side::Primary)) return std::move(*refusal);
    const auto* known = current->find(id);
    if (!known) return Response::error(404, "the secondary \"" + id + "\" is not known to this primary");
    return Response::ofData({{"may_succeed", maySucceed(type, known->succession)}, {"is_default", known->succession == Succession::AsType}});
}

/// Seats of an older version: the keys that they have now count as new.
void SecondarySeats::noteKeysBelow()
{
    const auto current = m_roles.role(Type::Performance);
    const auto isOld = [](const KnownSecondary& secondary) { return secondary.isActivated && secondary.keyRenewal == 0; };
    if (!current->isRelay() || !m_roles.isPlayed(Type::Performance) || std::ranges::none_of(current->secondaries, isOld)) return;
    Role changed = current->clone();
    for (auto& secondary : changed.secondaries) {
        if (isOld(secondary)) secondary.keyRenewal = m_renewal.metDemand();
    }
    auto stored = m_roles.store(Type::Performance, changed, false);
    if (stored) stored = m_roles.load();
    if (!stored) logging::warn("replication", "could not keep the seats of those below", {{"error", core::toString(stored.error())}});
}

} // namespace core::replication
