#include "core/replication/succession/secondary_activation.h"

#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/mount/retry.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/roles/refusals.h"
#include "core/replication/set/sealed_activation.h"
#include "core/replication/succession/activation_texts.h"
#include "core/token/token_store.h"
#include "core/trust/told_makers.h"

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

constexpr std::chrono::milliseconds kRequestsWaitMax{2000};
constexpr const char* kFoundWarning = "Vault has successfully found secondary information; it may take a while to perform "
                                      "setup tasks. Vault will be unavailable until these tasks and initial sync complete.";

Response begun()
{
    Response response;
    response.status = 200;
    response.warnings.emplace_back(kFoundWarning);
    return response;
}

/// Where the private key of the next activation by public key is stored, until an activation has used it.
std::string activationKeyFolder(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/";
}
constexpr const char* kActivationKey = "activation-key";

log::Operation noActivationKey(Type type)
{
    return {log::OperationKind::Delete, "i/" + activationKeyFolder(type) + kActivationKey, {}, {}, {}};
}

/// Lets one caller at a time ask a primary. A primary that hangs takes seconds, and other callers get an answer at once instead of blocking
/// a thread each.
class ExclusiveActivation {
public:
    explicit ExclusiveActivation(std::atomic<bool>& isTaken) : m_isTaken{isTaken}, m_isMine{!isTaken.exchange(true)} {}
    ~ExclusiveActivation()
    {
        if (m_isMine) m_isTaken = false;
    }
    ExclusiveActivation(const ExclusiveActivation&) = delete;
    ExclusiveActivation& operator=(const ExclusiveActivation&) = delete;
    bool isMine() const { return m_isMine; }

private:
    std::atomic<bool>& m_isTaken;
    const bool m_isMine;
};

void logRefused(Type type, const Response& refusal)
{
    logging::warn("replication", "an activation was refused, the data is as it was",
                  {{"type", std::string{toString(type)}},
                   {"status", std::to_string(refusal.status)},
                   {"why", refusal.errors.empty() ? std::string{} : refusal.errors.front()}});
}

/// The beginning of this cluster's trust logs, from the primary that made the token. The operator chooses that primary by giving the token.
/// A primary of an older version, and a relay, keep no log and give none.
Result<TrustChanges> trustOf(const wire::BootstrapPackage& package, Type type, const ActivationBundle& bundle)
{
    TrustChanges out;
    const auto read = [&](const std::string& text, Type of) -> Result<> {
        auto& change = out[of == Type::Dr];
        if (text.empty() || bundle.primaryKey.empty()) { // a token without a key: nobody has signed the answer
            change = TrustChange{};
            return {};
        }
        if (text.size() > trust::kMessageBytesMax) return Error{ErrorCode::TooLarge, "the primary's trust log"};
        auto log = trust::TrustLog::decode(text);
        if (!log) return std::move(log).error();
        const bool isOwn = of == type;
        const bool isGood = log->head().type == toString(of) && (!isOwn || log->head().setId == bundle.setId) &&
                            (!isOwn || log->head().authority == bundle.primaryKey);
        if (!isGood) return Error{ErrorCode::PermissionDenied, "the trust log is not that of the primary that made the activation token"};
        change = TrustChange{std::move(*log)};
        return {};
    };
    if (auto own = read(package.trust_log(), type); !own) return std::move(own).error();
    if (type == Type::Dr) {
        if (auto copied = read(package.performance_trust_log(), Type::Performance); !copied) return std::move(copied).error();
    }
    return out;
}

Response othersTurn()
{
    return mount::retryLater("this cluster is asking a primary for an activation already; try again when that has ended");
}

} // namespace

Response SecondaryActivation::generatePublicKey(Type type)
{
    MutexLock operation{m_roles.operation};
    if (m_roles.mode(type) == Mode::Primary || m_roles.mode(type) == Mode::Bootstrapping) {
        return Response::badRequest("this cluster is a " + std::string{toString(type)} + " replication " +
                                    std::string{m_roles.mode(type) == Mode::Primary ? "primary" : "secondary already"});
    }
    auto key = crypto::AgreementKey::generate();
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    auto stored = scope.ignored(activationKeyFolder(type)).put(kActivationKey, key.privateKey.view());
    if (stored) {
        auto committed = m_services.store.commitAndWait(std::move(transaction));
        if (!committed) stored = std::move(committed).error();
    }
    if (!stored) return Response::error(500, "storing the activation key: " + stored.error().detail);
    return Response::ofData({{"secondary_public_key", publicKeyToText(key.publicKey)}});
}

Result<ActivationBundle> SecondaryActivation::bundleOf(Type type, const UnwrapOptions& options)
{
    const WallTime now = m_services.clock.now();
    if (!isSealedActivation(options.token)) {
        UnwrapOptions cancellable = options;
        cancellable.isCancelled = &m_isStopping;
        cancellable.program = m_services.program;
        return m_services.unwrap(cancellable, now);
    }
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    auto stored = scope.ignored(activationKeyFolder(type)).get(kActivationKey);
    if (!stored) return std::move(stored).error();
    if (!*stored) {
        return Error{ErrorCode::InvalidArgument, "the token was made for a public key, and this cluster has generated none since "
                                                 "its last activation; call generate-public-key and ask for a new token"};
    }
    auto own = crypto::AgreementKey::fromPrivate(SecretBytes::copyOf(std::string_view{**stored}));
    wipe(**stored);
    if (!own) return Error{ErrorCode::Corrupt, "the activation key is damaged"};
    return openActivation(options.token, *own, now);
}

std::optional<Response> SecondaryActivation::olderRefusal(const std::string& primarysProgram) const
{
    auto refusal = Follower{m_services.program, primarysProgram}.refusalHere();
    return refusal.empty() ? std::nullopt : std::optional{Response::badRequest(std::move(refusal))};
}

std::optional<Response> SecondaryActivation::begin(Type type, const UnwrapOptions& options, std::optional<Activation>& out)
{
    if (auto ready = m_services.seal.checkReady(); !ready) { // before the token is spent
        return Response::error(500, "this cluster's seal cannot store a key: " + ready.error().detail);
    }
    auto bundle = bundleOf(type, options);
    if (!bundle) {
        const bool isCallersFault = bundle.error().code == ErrorCode::InvalidArgument || bundle.error().code == ErrorCode::Unsupported;
        return Response::error(isCallersFault ? 400 : 500, bundle.error().detail);
    }
    if (bundle->type != type) {
        return Response::badRequest("the token is for " + std::string{toString(bundle->type)} + " replication");
    }
    // All checks come before anything is changed here, so every refusal leaves the cluster as it was.
    if (auto refusal = olderRefusal(bundle->program)) return refusal;
    if (!m_roles.transport()) return Response::error(500, "this cluster has no cluster port");
    if (const auto address = parseClusterAddress(bundle->primaryClusterAddress); !address) {
        return Response::badRequest("the token's cluster address of the primary: " + address.error().detail);
    }
    auto package = m_roles.transport()->fetchBootstrap({.type = type,
                                                        .setId = bundle->setId,
                                                        .secondaryId = bundle->secondaryId,
                                                        .identity = &bundle->identity,
                                                        .authorityCertificate = bundle->authorityCertificate,
                                                        .address = bundle->primaryClusterAddress,
                                                        .isDev = m_services.host.isDev(),
                                                        .primaryKey = bundle->primaryKey,
                                                        .program = m_services.program});
    if (!package) {
        return Response::error(500, "error fetching secondary bootstrap package: " + package.error().detail + dialledText(*bundle));
    }
    if (auto refusal = olderRefusal(programFromWire(package->program()))) return refusal;
    const auto& chain = package->chain();
    if (const auto id = m_services.host.clusterId(); !id.empty() && std::ranges::find(chain, id) != chain.end()) {
        return Response::badRequest(ringText({chain.begin(), chain.end()}, id));
    }
    auto keys = barrier::KeyBundle::parse(package->key_bundle());
    if (keys) {
        if (auto keyring = keys->keyring(); !keyring) keys = std::move(keyring).error();
    }
    if (!keys) return Response::error(500, "error fetching secondary bootstrap package: " + keys.error().detail);
    const auto statement = StatementVerifier{keys->keyring()->forestKey()}.verify(package->statement(), type, bundle->setId);
    if (!statement || statement->epoch.value() != package->epoch()) {
        return Response::error(500, "error fetching secondary bootstrap package: the primary does not prove its epoch");
    }
    auto trust = trustOf(*package, type, *bundle);
    if (!trust) return Response::error(500, "error fetching secondary bootstrap package: " + trust.error().detail);
    auto operations = m_services.seal.adopt(*keys);
    if (!operations) return Response::error(500, "this cluster's seal cannot store the primary's key: " + operations.error().detail);
    out.emplace(Activation{std::move(*bundle), std::move(*package), std::move(*keys), std::move(*operations), std::move(*trust), {}});
    return std::nullopt;
}

Response SecondaryActivation::begun(const Activation& activation) const
{
    Response response = replication::begun();
    const auto& theirs = activation.keys.sealType;
    if (theirs != "shamir" && !m_services.seal.isAutomatic()) {
        response.warnings.push_back("the primary is sealed by \"" + theirs +
                                    "\" and this cluster by key shares: from now on the "
                                    "primary's recovery keys unseal this cluster, and its data is only as safe as they are");
    }
    return response;
}

Role SecondaryActivation::secondaryRole(const Activation& activation) const
{
    Role next;
    next.mode = Mode::Secondary;
    next.setId = activation.bundle.setId;
    next.epoch = Epoch{activation.package.epoch()};
    next.statement = activation.package.statement();
    next.secondaryId = activation.bundle.secondaryId;
    next.identity = activation.bundle.identity.clone();
    next.authorityCertificate = activation.bundle.authorityCertificate;
    next.primaryKey = activation.bundle.primaryKey;
    next.primaryClusterAddress = activation.bundle.primaryClusterAddress;
    next.primaryAddresses = {activation.bundle.primaryClusterAddress};
    next.lastStart = m_services.clock.now();
    next.lastReindexUnixSeconds = toUnixSeconds(next.lastStart);
    return next;
}

std::optional<Response> SecondaryActivation::enableRefusal(const WipeOptions& wipe) const
{
    for (const Type each : {Type::Performance, Type::Dr}) {
        const Mode now = m_roles.mode(each);
        if (now == Mode::Disabled || (now == Mode::Primary && wipe.mayReplacePrimary)) continue;
        std::string text = std::string{toString(each)} + " replication is already enabled on this cluster as a " + std::string{toString(now)} +
                           "; it must be disabled first";
        if (now == Mode::Primary) {
            std::string names;
            const auto role = m_roles.role(each);
            for (const auto& secondary : role->secondaries) names += (names.empty() ? "" : ", ") + secondary.id;
            if (!names.empty()) text += " (its secondaries " + names + " would lose their primary; overwrite_primary=true does it all the same)";
        }
        return Response::badRequest(std::move(text));
    }
    return std::nullopt;
}

Response SecondaryActivation::enable(Type type, const UnwrapOptions& options, const WipeOptions& wipe)
{
    if (options.token.empty()) return Response::badRequest("missing secondary token");
    const ExclusiveActivation exclusive{m_isAsking};
    if (!exclusive.isMine()) return othersTurn();
    if (auto refusal = enableRefusal(wipe)) return std::move(*refusal);

    WipeGuard::Kept kept; // before the token is spent
    if (m_services.wipeGuard && !wipe.skipsSafetySnapshot) {
        auto taken = m_services.wipeGuard->keep("before this cluster became a " + std::string{toString(type)} + " secondary");
        if (!taken) {
            const bool isRoom = taken.error().code == ErrorCode::NoSpace;
            auto refusal =
                Response::error(500, "nothing was changed, because no safety snapshot of this cluster could be taken: " + taken.error().detail +
                                         (isRoom ? " (make room there and repeat this, the token is still good; " : " (") +
                                         "skip_safety_snapshot=true goes on without one)");
            logRefused(type, refusal);
            return refusal;
        }
        kept = std::move(*taken);
    }
    const auto refuse = [&](Response refusal) {
        if (!kept.name.empty()) m_services.wipeGuard->discard(kept.name);
        return refusal;
    };
    std::optional<Activation> activation;
    if (auto refusal = begin(type, options, activation)) {
        logRefused(type, *refusal);
        return refuse(std::move(*refusal));
    }
    MutexLock operation{m_roles.operation};
    if (auto refusal = enableRefusal(wipe)) return refuse(std::move(*refusal)); // the roles may have changed while the primary was asked

    m_roles.beginBootstrapping(type, "this cluster is being made a replication secondary");
    auto answer = begun(*activation);
    const bool keepsDevToken = type == Type::Performance && m_services.host.isDev() && !activation->package.dev_root_token().empty();
    if (!keepsDevToken) answer.warnings.push_back(tokensGoText(type, !m_services.seal.isAutomatic()));
    if (!kept.text.empty()) answer.warnings.push_back(std::move(kept.text));
    activation->safetySnapshot = std::move(kept.name);
    // The primary has proved that the token is its own. What follows is done even if nobody reads this answer.
    m_services.background->post([this, type, activation = std::make_shared<Activation>(std::move(*activation))] {
        m_services.host.waitForRequests(kRequestsWaitMax);
        finish(type, *activation);
    });
    return answer;
}

std::vector<std::string> SecondaryActivation::slotsOfSecondaries() const
{
    std::vector<std::string> slots;
    for (const Type each : {Type::Performance, Type::Dr}) {
        const auto role = m_roles.role(each);
        for (const auto& secondary : role->secondaries) slots.push_back(std::string{toString(each)} + "/" + secondary.id);
    }
    return slots;
}

void SecondaryActivation::finish(Type type, Activation& activation)
{
    MutexLock operation{m_roles.operation};
    const auto giveUp = [&](const Error& error) {
        logging::error("replication", "activation failed, the data is as it was", {{"error", core::toString(error)}});
        if (!activation.safetySnapshot.empty()) m_services.wipeGuard->discard(activation.safetySnapshot);
        m_roles.endBootstrapping(ActivationFailure{error.detail, m_services.clock.now(), activation.bundle.secondaryId});
        // The roles are read again, because a primary that has been replaced must continue to refuse writes.
        if (auto loaded = m_roles.load(); !loaded) {
            logging::error("replication", "could not read the roles back", {{"error", core::toString(loaded.error())}});
        }
    };
    if (!activation.safetySnapshot.empty()) { // no writes any more, so the snapshot can be completed
        if (auto renewed = m_services.wipeGuard->renew(activation.safetySnapshot); !renewed) return giveUp(renewed.error());
    }
    auto keyring = activation.keys.keyring();
    if (!keyring) return giveUp(keyring.error());
    auto previous = m_services.barrier.keyring();
    if (!previous) return giveUp(previous.error());

    // All initial contents are sealed by the primary's keyring before any data is given up. The order until the end of this function:
    // 1. Errors up to here return with the former data.
    // 2. `replaceContents()` is atomic. A crash before it leaves the former cluster, a crash after it the new secondary.
    // 3. The barrier is sealed before it, so no value under the former keyring reaches the new contents.
    barrier::Barrier next{m_services.random};
    next.unseal(keyring->clone());
    auto first = std::move(activation.keyOperations);
    auto kept = m_services.host.keptOperations(next);
    if (!kept) return giveUp(kept.error());
    std::ranges::move(*kept, std::back_inserter(first));
    if (!activation.bundle.primaryKey.empty()) { // a primary that signs its batch tokens; an older one does not
        auto signedOnly = next.putOperation("l/" + std::string{token::kUnsignedUntilPath}, "0");
        if (!signedOnly) return giveUp(signedOnly.error());
        first.push_back(std::move(*signedOnly));
    }
    if (!activation.package.token_keys().empty()) {
        auto makers = trust::toldMakersOperation(next, activation.package.token_keys());
        if (!makers) return giveUp(makers.error());
        first.push_back(std::move(*makers));
    }
    for (const auto& change : activation.trust) {
        if (!change || !change->log) continue;
        auto row = next.putOperation(trust::TrustLog::key(change->log->head().type), change->log->encode());
        if (!row) return giveUp(row.error());
        first.push_back(std::move(*row));
    }
    auto roleRow = next.putOperation(Role::key(type), secondaryRole(activation).encode());
    if (!roleRow) return giveUp(roleRow.error());
    first.push_back(std::move(*roleRow));
    first.push_back(RoleKeeper::positionOperation(type, Position{})); // no place in any log: not consistent until the first sync

    const auto replacedSlots = slotsOfSecondaries(); // of a primary that loses its secondaries
    m_services.barrier.seal();                       // no value under the former keyring is written after this
    auto replaced = m_services.store.replaceContents([](std::string_view) { return false; }, std::move(first));
    if (!replaced) {
        m_services.barrier.unseal(std::move(*previous));
        return giveUp(replaced.error());
    }
    m_services.barrier.unseal(std::move(*keyring));
    for (const auto& slot : replacedSlots) m_services.store.eraseSlot(slot);
    logging::info("replication", "contents replaced, following the primary",
                  {{"type", std::string{toString(type)}}, {"set", activation.bundle.setId}});
    if (auto loaded = m_roles.load(); !loaded) {
        logging::error("replication", "could not read the new role", {{"error", core::toString(loaded.error())}});
    }
    m_services.host.reload();
    // Both ends check that they are development servers, so a root token never leaves them.
    if (type == Type::Performance && m_services.host.isDev() && !activation.package.dev_root_token().empty()) {
        if (auto made = m_services.host.makeRootToken(activation.package.dev_root_token()); !made) {
            logging::warn("replication", "no root token as on the primary", {{"error", core::toString(made.error())}});
        }
    }
    m_roles.endBootstrapping();
    m_roles.applyStoredRoles();
}

std::optional<Response> SecondaryActivation::followRefusal(Type type, const Activation& activation) const
{
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(type)) return notSecondary(type);
    // Data sealed with other keys could not be read or compared. Such a cluster must be activated from empty data.
    const auto own = m_services.barrier.keyring();
    const auto theirs = activation.keys.keyring();
    if (!own || !theirs) return Response::error(500, "reading the keyring: " + (!own ? own : theirs).error().detail);
    if (activation.bundle.setId != current->setId || !(own->forestKey() == theirs->forestKey())) {
        return Response::badRequest("the token is of another replication set; disable replication here and enable it as a "
                                    "secondary of that set");
    }
    const auto known = EpochStatement::parse(current->statement);
    const auto shown = EpochStatement::parse(activation.package.statement());
    if (activation.package.epoch() < std::max(current->epoch, m_roles.positionOf(type).epoch).value() ||
        (known && shown && known->isLaterThan(*shown))) {
        const Epoch here = std::max(epochKnown(*current), m_roles.positionOf(type).epoch);
        return Response::badRequest("the token is of a primary that has been replaced by a later one: it is of epoch " +
                                    std::to_string(activation.package.epoch()) + ", and this cluster knows epoch " + core::toString(here));
    }
    return std::nullopt;
}

Response SecondaryActivation::update(Type type, const UpdateOptions& options)
{
    std::optional<Activation> activation;
    if (options.addresses.empty() && !options.unwrap.token.empty()) {
        const ExclusiveActivation exclusive{m_isAsking};
        if (!exclusive.isMine()) return othersTurn();
        if (m_roles.role(type)->mode != Mode::Secondary || !m_roles.isPlayed(type)) return notSecondary(type);
        if (auto refusal = begin(type, options.unwrap, activation)) {
            logRefused(type, *refusal);
            return std::move(*refusal);
        }
    }
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(type)) return notSecondary(type);
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
        if (auto changed = m_roles.change(type, next); !changed) return failed(changed.error());
        return replication::begun();
    }
    if (options.unwrap.token.empty()) {
        Role next = current->clone();
        next.identity.reset();
        next.authorityCertificate.clear();
        next.primaryKey.clear();
        next.primaryAddresses.clear();
        next.failoverAddresses.clear();
        next.primaryClusterAddress.clear();
        next.secondaryId.clear();
        next.lastStart = m_services.clock.now();
        if (auto changed = m_roles.change(type, next); !changed) return failed(changed.error());
        Response response;
        response.status = 200;
        response.warnings.emplace_back("This cluster follows no " + std::string{toString(type)} +
                                       " primary any more and keeps its data. Give it another "
                                       "primary with update-primary and a token, promote it, or disable replication here.");
        return response;
    }

    if (auto refusal = followRefusal(type, *activation)) {
        logRefused(type, *refusal);
        return std::move(*refusal);
    }
    auto seal = activation->keyOperations;
    // The keyring arrives with the data. Only the shares of the new primary's operators are stored here.
    std::erase_if(seal, [](const log::Operation& operation) { return !operation.key.starts_with("i/"); });
    // A root key that is new here arrives over the link, together with the keyring that it opens. Without that keyring it would lock this
    // cluster out.
    if (const auto own = m_services.barrier.keyring(); !own || !(own->rootKey() == activation->keys.rootKey)) seal.clear();
    Role next = secondaryRole(*activation);
    next.lastReindexUnixSeconds = current->lastReindexUnixSeconds;
    next.keepRelay(*current);
    seal.push_back(noActivationKey(type));
    if (auto changed = m_roles.change(type, next, std::move(seal), std::move(activation->trust)); !changed) return failed(changed.error());
    return begun(*activation);
}

} // namespace core::replication
