#include "core/replication/roles/authority_renewal.h"

#include "core/base/logging.h"
#include "core/replication/set/trust_roster.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>
#include <set>

namespace core::replication {

namespace {

constexpr std::chrono::seconds kAskInterval{2};
constexpr std::chrono::milliseconds kAskMax{1000};
constexpr std::size_t kAskedMax = 4;
constexpr std::size_t kCertificateBytesMax = 16u << 10;

bool isUsed(const KnownSecondary& secondary)
{
    return secondary.isActivated || !secondary.memberKey.empty();
}

using Keys = std::set<std::string>;

/// The key, and those that it has replaced in its seat (core/trust/README.md, "New keys").
Keys withFormerKeys(const std::vector<trust::EntryPointer>& lists, const std::string& memberKey)
{
    Keys keys{memberKey};
    for (std::size_t at = lists.size(); at-- > 1;) {
        for (const trust::Seat& seat : lists[at]->seats) {
            if (!keys.contains(seat.memberKey)) continue;
            for (const trust::Seat& before : lists[at - 1]->seats) {
                const bool isReplaced =
                    before.id == seat.id && before.kind == seat.kind && lists[at]->revoked.contains(trust::keyHash(before.memberKey));
                if (isReplaced) keys.insert(before.memberKey);
            }
        }
    }
    return keys;
}

/// Whether a list shows one of the keys where its cluster could read the key of the authority.
bool showsHolder(const trust::Entry& list, Type authority, const Keys& keys)
{
    if (keys.contains(list.authority)) return true;
    if (authority == Type::Dr) return false;
    const bool isDrList = list.type == toString(Type::Dr); // of clusters that copy the performance role
    return std::ranges::any_of(list.seats, [&](const trust::Seat& seat) {
        if (isDrList && keys.contains(seat.memberKey)) return true;
        return seat.memberKey == list.authority && std::ranges::any_of(seat.standIns, [&](const auto& one) { return keys.contains(one.memberKey); });
    });
}

bool isWhole(const std::vector<trust::EntryPointer>& lists)
{
    return !lists.empty() && lists.front()->kind == trust::EntryKind::Found && lists.front()->continues.empty();
}

} // namespace

AuthorityHeld AuthorityRenewal::heldBy(Type authority, const std::string& memberKey) const
{
    const auto own = m_roles.trust(authority);
    if (memberKey.empty() || !own) return AuthorityHeld::NotKnown;
    std::vector<std::vector<trust::EntryPointer>> logs{own->judge().chain()};
    const auto dr = m_roles.trust(Type::Dr);
    if (authority == Type::Performance && dr) logs.push_back(dr->judge().chain());
    for (const auto& lists : logs) {
        if (!isWhole(lists)) return AuthorityHeld::NotKnown;
        const Keys keys = withFormerKeys(lists, memberKey);
        if (std::ranges::any_of(lists, [&](const auto& list) { return showsHolder(*list, authority, keys); })) return AuthorityHeld::Yes;
    }
    return AuthorityHeld::No;
}

std::vector<Type> AuthorityRenewal::heldBy(Type type, const KnownSecondary* known) const
{
    std::vector<Type> held;
    for (const Type each : {Type::Performance, Type::Dr}) {
        if (m_roles.role(each)->mode != Mode::Primary || !m_roles.role(each)->authority || !m_roles.isPlayed(each)) continue;
        const bool isCopy = each == Type::Performance && type == Type::Dr;
        const bool isNoted = each == type && known && known->authorityHeld != AuthorityHeld::No;
        if (!known || isCopy || isNoted || heldBy(each, known->memberKey) != AuthorityHeld::No) held.push_back(each);
    }
    return held;
}

Result<std::vector<std::string>> AuthorityRenewal::replace(Type type, Role& role) const
{
    auto authority = crypto::makeAuthority("holdfast " + std::string{toString(type)} + " " + role.setId, m_services.clock.now());
    if (!authority) return std::move(authority).error();
    std::vector<std::string> unused;
    for (const auto& secondary : role.secondaries) {
        if (!isUsed(secondary)) unused.push_back(secondary.id);
    }
    std::erase_if(role.secondaries, [](const auto& secondary) { return !isUsed(secondary); });
    role.authority = std::move(*authority);
    role.authorityWaiting.clear();
    for (const auto& secondary : role.secondaries) role.authorityWaiting.push_back(secondary.id);
    return unused;
}

std::vector<std::string> AuthorityRenewal::waitingFor() const
{
    std::vector<std::string> ids;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = m_roles.role(type);
        if (role->mode != Mode::Primary || !m_roles.isPlayed(type)) continue;
        for (const auto& id : role->authorityWaiting) {
            if (role->find(id) && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
        }
    }
    return ids;
}

void AuthorityRenewal::tick()
{
    const SteadyTime now = m_services.clock.steadyNow();
    for (const Type type : {Type::Performance, Type::Dr}) {
        auto& askAt = m_askAt[type == Type::Dr];
        if (m_isAsking || now < askAt || m_roles.role(type)->mode != Mode::Secondary || !m_roles.report(type).isAuthorityOther) continue;
        askAt = now + kAskInterval;
        m_isAsking = true;
        m_services.background->post([this, type] {
            ask(type);
            m_isAsking = false;
        });
    }
}

/// Only the leader of the trust log gives another authority. A member that may succeed it may have been revoked while this cluster was away.
///
/// The log names the leader's key, certificate and address. The list of members alone is not enough:
/// 1. A copy of the primary makes a new key. This cluster is away, and its list of members has the copy's former key.
/// 2. The primary is lost, and the copy leads. A copy has no seat of its own before, so no list tells which former key its key has replaced.
/// 3. This cluster comes back. The log names the leader, and no member of its list has that key.
Members AuthorityRenewal::leaders(Type type) const
{
    const auto role = m_roles.role(type);
    const auto log = m_roles.trust(type);
    const std::string leaderKey = log ? log->head().authority : role->primaryKey;
    // A leader that has just made a new key is in the list of members with its former one.
    const Keys keys = log ? withFormerKeys(log->judge().chain(), leaderKey) : Keys{leaderKey};
    const auto* seat = log ? log->judge().presentSeatOf(leaderKey) : nullptr;
    const std::string fingerprint = seat ? seat->fingerprint : std::string{};
    Members out;
    const auto add = [&](Member member) {
        if (member.fingerprint.empty() || member.endpoint.clusterAddress.empty() || leaderKey.empty()) return;
        const bool isKnown = std::ranges::any_of(out, [&](const Member& other) {
            return other.fingerprint == member.fingerprint && other.endpoint.clusterAddress == member.endpoint.clusterAddress;
        });
        member.memberKey = leaderKey; // it must prove this one
        if (!isKnown && out.size() < kAskedMax) out.push_back(std::move(member));
    };
    if (log) {
        Member leader;
        leader.type = type;
        leader.fingerprint = fingerprint;
        leader.endpoint = {log->head().leader.apiAddress, log->head().leader.clusterAddress};
        add(std::move(leader));
    }
    for (Member& member : m_roles.transport() ? m_roles.transport()->members() : Members{}) {
        const bool isLeader = member.fingerprint == fingerprint || keys.contains(member.memberKey);
        if (isLeader) add(std::move(member));
    }
    return out;
}

void AuthorityRenewal::ask(Type type)
{
    const auto role = m_roles.role(type);
    if (role->mode != Mode::Secondary || !role->identity || !m_roles.isPlayed(type) || !m_roles.transport()) return;
    m_fetchTrust(type);
    wire::PeerRequest request;
    request.mutable_authority()->set_type(toWire(type));
    for (const Member& member : leaders(type)) {
        const auto answer = m_roles.transport()->ask(member, request, kAskMax);
        if (!answer || answer->authority().empty()) continue; // it is away, or does not lead the set
        MutexLock operation{m_roles.operation};
        if (auto trusted = trust(type, answer->authority()); !trusted) {
            logging::warn("replication", "could not keep the primary's new transport CA; this cluster asks again",
                          {{"type", std::string{toString(type)}}, {"error", core::toString(trusted.error())}});
        }
        return;
    }
}

Result<> AuthorityRenewal::trust(Type type, const std::string& certificate)
{
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !current->identity || current->authorityCertificate == certificate) return {};
    const auto read = crypto::readCertificate(certificate);
    if (certificate.size() > kCertificateBytesMax || !read || !read->isAuthority) {
        return Error{ErrorCode::InvalidArgument, "the primary's answer is no certificate of an authority"};
    }
    Role next = current->clone();
    next.authorityCertificate = certificate;
    next.redirect.reset(); // its certificate is of the former authority
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    if (auto stored = next.store(scope, type); !stored) return stored;
    if (auto committed = m_services.store.commitAndWait(std::move(transaction)); !committed) return std::move(committed).error();
    if (auto loaded = m_roles.load(); !loaded) return loaded;
    logging::info("replication", "the primary has a new transport CA, by which this cluster knows it from now on",
                  {{"type", std::string{toString(type)}}, {"fingerprint", read->fingerprint}});
    m_roles.applyPlan(type, false);
    return {};
}

} // namespace core::replication
