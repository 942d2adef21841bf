#include "core/replication/manager.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

constexpr std::chrono::milliseconds kRequestsWaitMax{2000};
constexpr const char* kFoundWarning = "Vault has successfully found secondary information; it may take a while to perform "
                                      "setup tasks. Vault will be unavailable until these tasks and initial sync complete.";

Response found()
{
    Response response;
    response.status = 200;
    response.warnings.emplace_back(kFoundWarning);
    return response;
}

} // namespace

std::optional<Response> ReplicationManager::beginActivation(Type type, const UnwrapOptions& options,
                                                            std::optional<Activation>& out)
{
    auto bundle = m_services.unwrap(options, m_services.clock.now());
    if (!bundle) {
        const bool isCallersFault = bundle.error().code == ErrorCode::InvalidArgument;
        return Response::error(isCallersFault ? 400 : 500, bundle.error().detail);
    }
    if (bundle->type != type) {
        return Response::badRequest("the token is for " + std::string{toString(bundle->type)} + " replication");
    }
    if (!m_transport) return Response::error(500, "this cluster has no cluster port");
    auto package = m_transport->fetchBootstrap({.type = type,
                                                .setId = bundle->setId,
                                                .secondaryId = bundle->secondaryId,
                                                .identity = &bundle->identity,
                                                .authorityCertificate = bundle->authorityCertificate,
                                                .address = bundle->primaryClusterAddress,
                                                .isDev = m_services.host.isDev()});
    if (!package) {
        return Response::error(500, "error fetching secondary bootstrap package: " + package.error().detail);
    }
    auto keys = barrier::KeyBundle::parse(package->key_bundle());
    if (keys) {
        if (auto keyring = keys->keyring(); !keyring) keys = std::move(keyring).error();
    }
    if (!keys) return Response::error(500, "error fetching secondary bootstrap package: " + keys.error().detail);
    out.emplace(Activation{std::move(*bundle), std::move(*package), std::move(*keys)});
    return std::nullopt;
}

Role ReplicationManager::secondaryRole(const Activation& activation) const
{
    Role next;
    next.mode = Mode::Secondary;
    next.setId = activation.bundle.setId;
    next.epoch = Epoch{activation.package.epoch()};
    next.secondaryId = activation.bundle.secondaryId;
    next.identity = activation.bundle.identity.clone();
    next.authorityCertificate = activation.bundle.authorityCertificate;
    next.primaryClusterAddress = activation.bundle.primaryClusterAddress;
    next.primaryAddresses = {activation.bundle.primaryClusterAddress};
    next.lastStart = m_services.clock.now();
    next.lastReindexUnixSeconds = toUnixSeconds(next.lastStart);
    return next;
}

Response ReplicationManager::enableSecondary(Type type, const UnwrapOptions& options)
{
    if (options.token.empty()) return Response::badRequest("missing secondary token");
    MutexLock operation{m_operation};
    for (const Type each : {Type::Performance, Type::Dr}) {
        if (mode(each) == Mode::Disabled) continue;
        return Response::badRequest(std::string{toString(each)} + " replication is already enabled on this cluster as a "
                                    + std::string{toString(mode(each))} + "; it must be disabled first");
    }
    std::optional<Activation> activation;
    if (auto refusal = beginActivation(type, options, activation)) return std::move(*refusal);

    {
        MutexLock lock{m_mutex};
        m_bootstrapping = type;
        m_writeRefusal = "this cluster is being made a replication secondary";
        m_hasRefusal = true;
    }
    // From here the primary is known to be the token's: what follows is done even if this answer is never read.
    m_background.post([this, type, activation = std::make_shared<Activation>(std::move(*activation))] {
        m_services.host.waitForRequests(kRequestsWaitMax);
        finishActivation(type, *activation);
    });
    return found();
}

void ReplicationManager::finishActivation(Type type, Activation& activation)
{
    MutexLock operation{m_operation};
    const auto giveUp = [&](const Error& error) {
        logging::error("replication", "activation failed, the data is as it was", {{"error", core::toString(error)}});
        MutexLock lock{m_mutex};
        m_bootstrapping.reset();
        m_writeRefusal.clear();
        m_hasRefusal = false;
    };
    auto keyring = activation.keys.keyring();
    if (!keyring) return giveUp(keyring.error());
    auto previous = m_services.barrier.keyring();
    if (!previous) return giveUp(previous.error());

    // Everything that the new contents begin with is sealed by the primary's keyring, before anything is given up.
    barrier::Barrier next{m_services.random};
    next.unseal(keyring->clone());
    auto first = activation.keys.operations();
    if (!first) return giveUp(first.error());
    auto kept = m_services.host.keptOperations(next);
    if (!kept) return giveUp(kept.error());
    std::ranges::move(*kept, std::back_inserter(*first));
    auto roleRow = next.putOperation(Role::key(type), secondaryRole(activation).encode());
    if (!roleRow) return giveUp(roleRow.error());
    first->push_back(std::move(*roleRow));
    first->push_back(positionOperation(type, Position{})); // no place in any log: not consistent until the first sync

    m_services.barrier.seal(); // nothing sealed by the old keyring gets in behind
    auto replaced = m_services.store.replaceContents([](std::string_view) { return false; }, std::move(*first));
    if (!replaced) {
        m_services.barrier.unseal(std::move(*previous));
        return giveUp(replaced.error());
    }
    m_services.barrier.unseal(std::move(*keyring));
    logging::info("replication", "contents replaced, following the primary",
                  {{"type", std::string{toString(type)}}, {"set", activation.bundle.setId}});
    if (auto loaded = loadRoles(); !loaded) {
        logging::error("replication", "could not read the new role", {{"error", core::toString(loaded.error())}});
    }
    m_services.host.reload();
    if (!activation.package.dev_root_token().empty()) {
        if (auto made = m_services.host.makeRootToken(activation.package.dev_root_token()); !made) {
            logging::warn("replication", "no root token as on the primary", {{"error", core::toString(made.error())}});
        }
    }
    {
        MutexLock lock{m_mutex};
        m_bootstrapping.reset();
    }
    takeUp();
}

Response ReplicationManager::updatePrimary(Type type, const UpdateOptions& options)
{
    MutexLock operation{m_operation};
    const auto current = role(type);
    if (current->mode != Mode::Secondary || !isPlayed(type)) return notSecondary(type);
    const auto failed = [](const Error& error) { return Response::error(500, "storing the replication role: " + error.detail); };

    if (!options.addresses.empty()) {
        if (!options.unwrap.token.empty()) {
            return Response::badRequest("update_primary_addrs and token are mutually exclusive");
        }
        if (!current->identity) {
            return Response::badRequest("this cluster has no primary whose addresses could be updated; a token is required");
        }
        Role next = current->clone();
        next.primaryAddresses = options.addresses;
        next.failoverAddresses.clear();
        next.lastStart = m_services.clock.now();
        if (auto changed = change(type, next); !changed) return failed(changed.error());
        return found();
    }
    if (options.unwrap.token.empty()) {
        Role next = current->clone();
        next.identity.reset();
        next.authorityCertificate.clear();
        next.primaryAddresses.clear();
        next.failoverAddresses.clear();
        next.primaryClusterAddress.clear();
        next.secondaryId.clear();
        next.lastStart = m_services.clock.now();
        if (auto changed = change(type, next); !changed) return failed(changed.error());
        Response response;
        response.status = 200;
        return response;
    }

    std::optional<Activation> activation;
    if (auto refusal = beginActivation(type, options.unwrap, activation)) return std::move(*refusal);
    // Data sealed under other keys could neither be read nor compared; that cluster has to begin anew.
    const auto own = m_services.barrier.keyring();
    const auto theirs = activation->keys.keyring();
    if (!own || !theirs) return failed(!own ? own.error() : theirs.error());
    if (activation->bundle.setId != current->setId || !(own->forestKey() == theirs->forestKey())) {
        return Response::badRequest("the token is of another replication set; disable replication here and enable it as a "
                                    "secondary of that set");
    }
    if (activation->package.epoch() < std::max(current->epoch, positionOf(type).epoch).value()) {
        return Response::badRequest("the token is of a primary that has been replaced by a later one");
    }
    auto seal = activation->keys.operations();
    if (!seal) return failed(seal.error());
    // The keyring itself comes with the data; the shares that unseal this cluster become the new primary's.
    std::erase_if(*seal, [](const log::Operation& operation) { return !operation.key.starts_with("i/"); });
    Role next = secondaryRole(*activation);
    next.lastReindexUnixSeconds = current->lastReindexUnixSeconds;
    if (auto changed = change(type, next, std::move(*seal)); !changed) return failed(changed.error());
    return found();
}

} // namespace core::replication
