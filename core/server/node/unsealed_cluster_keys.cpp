#include "core/server/node/unsealed_cluster.h"

#include "core/base/logging.h"
#include "core/server/node/store_conversion.h"
#include "core/token/token_store.h"
#include "core/trust/rekey_due.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>

// The keys of the cluster and of its set: a rekey, its follow-up work, the rows that a new secondary keeps, root tokens, and the audit of calls with key
// shares.

namespace core::server {

namespace json = boost::json;

void UnsealedCluster::endUnsignedTokens()
{
    if (!m_areUnsignedTokensDue || !access().local || !m_replication.writeRefusal().empty()) return; // a DR secondary has its primary's row
    if (!m_replication.members().older().empty()) return; // they make such tokens, and this cluster accepts them
    auto done = commit([&](const barrier::Scope& scope) -> Result<> {
        auto isNew = limitUnsignedTokens(scope, m_services.clock.now());
        return isNew ? Result<>{} : Result<>{isNew.error()};
    });
    if (!done) return logging::warn("core", "the end of unsigned batch tokens could not be stored", {{"error", toString(done.error())}});
    m_areUnsignedTokensDue = false;
}

Result<> UnsealedCluster::installKeys(const barrier::NewKeys& keys)
{
    if (auto text = m_replication.writeRefusal(); !text.empty()) return Error{ErrorCode::FailedPrecondition, std::move(text)};
    if (const auto older = m_replication.members().older(); !older.empty()) {
        return Error{ErrorCode::FailedPrecondition, older.front().text() +
                                                        ", which cannot adopt a new root key; this cluster runs Holdfast " HOLDFAST_VERSION
                                                        ". Upgrade that member first, or revoke it"};
    }
    auto done = commit([&](const barrier::Scope& scope) -> Result<> {
        if (!access().shared) return Error{ErrorCode::FailedPrecondition, "rekeying can only be performed on the primary cluster"};
        auto due = trust::RekeyDue::load(scope);
        if (!due) return std::move(due).error();
        const auto status = m_services.barrier.keyStatus();
        if (!status) return status.error();
        if (due->isRequired()) {
            due->compromised.clear();
            if (auto stored = due->store(scope); !stored) return stored;
        }
        // A member that was revoked since then knows the present term.
        const bool rotates = due->revokedAt != WallTime{} && status->installedAt < due->revokedAt;
        return m_services.seal.install(scope.transaction(), keys, rotates, m_services.clock.now());
    });
    if (!done) {
        m_services.barrier.expectRootKey({});
        return done;
    }
    logging::warn("core", "the root key and the key shares were replaced; older snapshots open only with the older key shares",
                  {{"shares", std::to_string(keys.set.counts.shares)}, {"threshold", std::to_string(keys.set.counts.threshold)}});
    return {};
}

bool UnsealedCluster::isRekeyRequired() const
{
    log::Transaction transaction = m_services.store.begin();
    const auto due = trust::RekeyDue::load({transaction, m_services.barrier, {}});
    return due && due->isRequired();
}

bool UnsealedCluster::audit(const mount::Request& request, const mount::Response* response)
{
    if (!m_audit.hasDevices()) return true;
    std::string error;
    if (response != nullptr && !response->errors.empty()) error = response->errors.front();
    const auto written = m_audit.write({.request = request, .operation = request.operation, .response = response, .error = error});
    if (written) return true;
    logging::error("audit", "no audit device could write an entry", {{"path", request.path}, {"error", toString(written.error())}});
    return m_replication.isDrSecondary();
}

bool UnsealedCluster::isAlone() const
{
    return m_replication.roles().mode(replication::Type::Performance) == replication::Mode::Disabled &&
           m_replication.roles().mode(replication::Type::Dr) == replication::Mode::Disabled;
}

std::optional<trust::TokenMakers::Maker> UnsealedCluster::memberOf(std::string_view tokenKey) const
{
    return isAlone() ? std::nullopt : m_tokenMakers.find(tokenKey, m_services.clock.now());
}

Result<std::string> UnsealedCluster::makeToken(sys::RootGeneration::Kind kind)
{
    std::string token;
    auto done = commit([&](const barrier::Scope& scope) -> Result<> {
        if (kind == sys::RootGeneration::Kind::DrOperationToken) {
            auto made = m_operationTokens.create(scope, m_services.clock.now());
            if (!made) return std::move(made).error();
            token = std::move(*made);
        } else {
            auto made = m_tokens.createRoot(scope, m_services.clock.now());
            if (!made) return std::move(made).error();
            token = std::move(made->id);
        }
        return {};
    });
    if (!done) return std::move(done).error();
    return token;
}

Result<std::vector<log::Operation>> UnsealedCluster::keptOperations(const barrier::Barrier& next)
{
    const auto self = identity();
    auto operation =
        next.putOperation("i/" + std::string{ClusterIdentity::kFolder} + "info", json::serialize(json::object{{"name", self.name}, {"id", self.id}}));
    if (!operation) return std::move(operation).error();
    std::vector<log::Operation> kept;
    kept.push_back(std::move(*operation));
    // The same keys stay in use, because the primary already knows their public halves.
    const auto keys = m_keys.keys();
    if (!keys) return Error{ErrorCode::Sealed, "this cluster's keys are not loaded"};
    auto rows = keys->operations(next);
    if (!rows) return std::move(rows).error();
    std::ranges::move(*rows, std::back_inserter(kept));
    return kept;
}

std::string UnsealedCluster::devRootToken() const
{
    if (!m_services.options.isDev) return {};
    std::string id;
    {
        MutexLock lock{m_mutex};
        id = m_devRootToken.empty() ? m_services.options.devRootToken : m_devRootToken;
    }
    // After it was revoked here, it must not be made elsewhere.
    log::Transaction transaction = m_services.store.begin();
    auto known = m_tokens.find({transaction, m_services.barrier, {}}, id, m_services.clock.now());
    return known && *known ? id : std::string{};
}

Result<> UnsealedCluster::makeRootToken(const std::string& id)
{
    if (!m_services.options.isDev) return Error{ErrorCode::PermissionDenied, "only a development server takes its primary's root token"};
    {
        MutexLock lock{m_mutex};
        m_devRootToken = id;
    }
    return commit([&](const barrier::Scope& scope) -> Result<> {
        token::TokenEntry root;
        root.id = id;
        root.policies = {"root"};
        root.path = "auth/token/root";
        root.displayName = "root";
        root.createdAt = root.issuedAt = m_services.clock.now();
        root.isRenewable = false;
        auto made = m_tokens.create(scope, std::move(root));
        if (!made && made.error().code != ErrorCode::AlreadyExists) return std::move(made).error();
        return {};
    });
}

void UnsealedCluster::adoptShares()
{
    bool isTaken = false;
    auto done = commit([&](const barrier::Scope& scope) -> Result<> {
        auto taken = m_services.seal.adoptKeyRows(scope.transaction());
        if (!taken) return std::move(taken).error();
        isTaken = *taken;
        return {};
    });
    if (!done) {
        m_areSharesDue = true;
        if (!std::exchange(m_isShareTroubleNoted, true)) { // it is retried every second
            logging::warn("core", "could not store the primary's new key shares", {{"error", toString(done.error())}});
        }
        return;
    }
    m_isShareTroubleNoted = false;
    if (isTaken) logging::warn("core", "the key shares are the primary's new ones from now on");
}

} // namespace core::server
