#include "core/replication/set/trust_roster.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

using trust::Entry;
using trust::EntryKind;
using trust::Seat;
using trust::SeatKind;
using trust::TrustLog;
using trust::keyHash;

namespace {

SeatKind secondaryKind(Type type)
{
    return type == Type::Dr ? SeatKind::DrSecondary : SeatKind::PerformanceSecondary;
}

/// The keys of all members that have a seat by this primary's role, or are its stand-ins (keys of its DR copies).
std::set<std::string> keysOf(Type type, const Role& role, const Role& dr)
{
    std::set<std::string> keys;
    const auto add = [&keys](const std::string& key) {
        if (!key.empty()) keys.insert(key);
    };
    if (role.mode != Mode::Primary) return keys;
    for (const auto& secondary : role.secondaries) {
        add(secondary.memberKey);
        for (const auto& key : secondary.standIns) add(key);
    }
    if (type == Type::Performance && dr.mode == Mode::Primary) {
        for (const auto& copy : dr.secondaries) add(copy.memberKey);
    }
    return keys;
}

/// The keys that are not known any more. A secondary's report about its copies may change at any time, so copies are revoked only together
/// with the secondary.
std::set<std::string> goneKeys(const RoleChange& change)
{
    if (change.before.mode != Mode::Primary || change.before.setId != change.next.setId) return {};
    std::set<std::string> gone = keysOf(change.type, change.before, change.drBefore);
    for (const auto& key : keysOf(change.type, change.next, change.drNext)) gone.erase(key);
    for (const auto& secondary : change.before.secondaries) {
        if (!change.next.find(secondary.id)) continue;
        for (const auto& key : secondary.standIns) gone.erase(key);
    }
    return gone;
}

/// The keys of members that just got a seat by an operator's token, also if the same cluster came back under another id.
std::set<std::string> newKeys(const RoleChange& change)
{
    std::set<std::string> fresh;
    if (change.before.mode != Mode::Primary || change.before.setId != change.next.setId) return fresh; // a promotion gives no new seat
    const auto addNew = [&fresh](const Role& before, const Role& next) {
        for (const auto& secondary : next.secondaries) {
            const auto* known = before.find(secondary.id);
            if (!secondary.memberKey.empty() && (!known || known->memberKey != secondary.memberKey)) fresh.insert(secondary.memberKey);
        }
    };
    addNew(change.before, change.next);
    if (change.type == Type::Performance && change.drBefore.mode == Mode::Primary) addNew(change.drBefore, change.drNext);
    return fresh;
}

/// Builds the list of an entry. Each key is in it once.
class SeatList {
public:
    explicit SeatList(const Entry& entry) : m_revoked{entry.revoked}, m_carried{entry.seats} {}

    bool isFree(const std::string& key) const { return !key.empty() && !m_taken.contains(key) && !m_revoked.contains(keyHash(key)); }
    void add(Seat seat, const std::vector<trust::StandIn>& standIns)
    {
        if (!isFree(seat.memberKey) || m_seats.size() >= trust::kSeatsMax) return;
        m_taken.insert(seat.memberKey);
        const Seat* carried = find(seat.memberKey);
        const Seat* moved = carried ? nullptr : findCopied(seat);
        if (!carried && !moved) carried = renewed(seat);
        if (carried) {
            if (seat.tokenKey.empty()) seat.tokenKey = carried->tokenKey;
            if (seat.fingerprint.empty() && seat.id == carried->id) seat.fingerprint = carried->fingerprint; // else: a new certificate
            seat.tokensTravel = carried->tokensTravel;
            seat.moves = carried->moves;
        } else if (moved) {
            seat.tokensTravel = moved->tokensTravel;
            seat.moves = moved->moves + 1;
        }
        seat.standIns = standIns;
        m_seats.push_back(std::move(seat));
    }
    /// Keeps the seats of members that this primary has not met.
    void carryRest(Type type, const std::string& formerName)
    {
        for (const Seat& seat : m_carried) {
            Seat kept = seat;
            if (kept.kind == SeatKind::Primary) { // a former primary gets a name, so that an operator can revoke it
                kept.kind = secondaryKind(type);
                const bool isTaken = std::ranges::any_of(m_carried, [&](const Seat& other) { return other.id == formerName; });
                if (kept.id.empty() && !isTaken) kept.id = formerName;
            }
            add(std::move(kept), seat.standIns);
        }
    }
    std::vector<Seat> finish() &&
    {
        for (Seat& seat : m_seats) { // seats first: a member with a seat is nobody's stand-in
            std::vector<trust::StandIn> free;
            for (auto& one : seat.standIns) {
                if (!isFree(one.memberKey) || free.size() >= trust::kStandInsMax) continue;
                m_taken.insert(one.memberKey);
                free.push_back(std::move(one));
            }
            seat.standIns = std::move(free);
        }
        std::ranges::sort(m_seats, {}, &Seat::memberKey);
        return std::move(m_seats);
    }

private:
    const Seat* find(const std::string& key) const
    {
        const auto found = std::ranges::find(m_carried, key, &Seat::memberKey);
        return found == m_carried.end() ? nullptr : &*found;
    }
    /// The seat as it was before the member made a new key.
    const Seat* renewed(const Seat& seat) const
    {
        const auto found = std::ranges::find_if(
            m_carried, [&](const Seat& one) { return one.kind == seat.kind && one.id == seat.id && m_revoked.contains(keyHash(one.memberKey)); });
        return found == m_carried.end() ? nullptr : &*found;
    }

    /// The seat of a secondary that its copy has taken.
    const Seat* findCopied(const Seat& copy) const
    {
        const auto found = std::ranges::find_if(m_carried, [&](const Seat& seat) {
            return seat.id == copy.id && std::ranges::find(seat.standIns, copy.memberKey, &trust::StandIn::memberKey) != seat.standIns.end();
        });
        return found == m_carried.end() ? nullptr : &*found;
    }

    const std::set<std::string>& m_revoked;
    const std::vector<Seat> m_carried;
    std::set<std::string> m_taken;
    std::vector<Seat> m_seats;
};

/// Sets the list that follows from the role. The rest comes from the entry before.
void setList(Entry& entry, const RoleChange& change)
{
    for (const auto& key : goneKeys(change)) entry.revoked.insert(keyHash(key));
    for (const auto& key : newKeys(change)) entry.revoked.erase(keyHash(key));
    if (change.replaced) entry.revoked.insert(keyHash(change.replaced->member().key.publicKey()));
    const auto& own = change.keys.member().key.publicKey();
    entry.revoked.erase(keyHash(own));
    const std::string formerName = entry.leader.clusterName;
    entry.leader = change.leader;
    SeatList seats{entry};

    std::vector<trust::StandIn> copies;
    if (change.type == Type::Performance && change.drNext.mode == Mode::Primary) {
        for (const auto& copy : change.drNext.secondaries) {
            if (!copy.memberKey.empty()) copies.push_back({copy.memberKey, maySucceed(Type::Dr, copy.succession)});
        }
    }
    seats.add({.id = {},
               .kind = SeatKind::Primary,
               .memberKey = own,
               .tokenKey = change.keys.token().key.publicKey(),
               .fingerprint = change.peerFingerprint,
               .maySucceed = true},
              copies);
    for (const auto& secondary : change.next.secondaries) {
        std::vector<trust::StandIn> standIns; // copies of a secondary have no right before they have its seat
        for (const auto& key : secondary.standIns) standIns.push_back({key, false});
        seats.add({.id = secondary.id,
                   .kind = secondaryKind(change.type),
                   .memberKey = secondary.memberKey,
                   .tokenKey = secondary.tokenKey,
                   .fingerprint = secondary.peerFingerprint,
                   .maySucceed = maySucceed(change.type, secondary.succession)},
                  standIns);
    }
    seats.carryRest(change.type, formerName);
    entry.seats = std::move(seats).finish();
}

/// The hash of a HANDOVER that this cluster signed and that, as far as is known, the other cluster did not complete.
std::string offeredHash(const RoleChange& change)
{
    const std::string* encoded = nullptr;
    if (change.before.handover && !change.next.handover) encoded = &change.before.handover->entry;
    if (change.type == Type::Performance && change.drBefore.handover && !change.drNext.handover)
        encoded = &change.drBefore.handover->performanceEntry;
    if (!encoded || encoded->empty()) return {};
    const auto entry = Entry::parse(*encoded);
    return entry ? entry->hash : std::string{};
}

/// Whether this list closes the term of the former leader, because that one follows this cluster or is revoked. What it signs later does
/// not count.
bool closesFormer(const TrustLog& log, const RoleChange& change, const std::set<std::string>& revoked)
{
    std::string former;
    bool isClosed = false;
    for (const auto& entry : log.judge().chain()) {
        if (entry->isTransition()) {
            const auto prev = log.judge().find(entry->prev);
            former = prev && prev->authority != entry->authority ? prev->authority : std::string{};
            isClosed = false;
        }
        isClosed = isClosed || entry->closesFormer;
    }
    if (former.empty() || isClosed) return false;
    if (revoked.contains(keyHash(former))) return true;
    return std::ranges::any_of(change.next.secondaries, [&](const auto& one) { return one.isActivated && one.memberKey == former; });
}

Result<> sign(Entry& entry, const trust::MemberKeys& keys)
{
    entry.authority = keys.member().key.publicKey();
    return entry.sign({&keys.member().key});
}

bool isReplacedKey(const RoleChange& change, const std::string& key)
{
    return change.replaced && key == change.replaced->member().key.publicKey();
}

/// Takes promotion id and time from the epoch statement, so that all members make the same statement from this entry.
void setPromotion(Entry& entry, const RoleChange& change)
{
    entry.epoch = change.next.epoch.value();
    entry.issuedAt = change.now;
    const auto statement = EpochStatement::parse(change.next.statement);
    if (!statement) return;
    entry.promotionId = statement->promotionId;
    entry.issuedAt = statement->issuedAt;
}

Result<TrustLog> begun(Entry entry, const RoleChange& change)
{
    entry.kind = EntryKind::Found;
    entry.type = toString(change.type);
    entry.setId = change.next.setId;
    entry.generation = std::max<std::uint64_t>(entry.generation, 1);
    entry.prev.clear();
    setPromotion(entry, change);
    setList(entry, change);
    if (auto done = sign(entry, change.keys); !done) return std::move(done).error();
    return TrustLog::begin(std::move(entry));
}

Result<TrustLog> founded(const TrustLog* former, const RoleChange& change)
{
    Entry entry;
    if (former) { // the same members, under a leader that they accept by an operator's act only
        // The generation counts on. Otherwise entries of the former log, which members hold, would look like news that this cluster's storage lacks
        // (ownEntryLacking()), because the epoch can be the same.
        entry = former->next(EntryKind::Roster, change.now);
        entry.continues = former->head().hash;
    }
    return begun(std::move(entry), change);
}

} // namespace

Result<TrustLog> recovered(const TrustLog* former, const RoleChange& change)
{
    Entry entry;
    if (former && former->head().setId == change.next.setId) {
        entry = former->next(EntryKind::Roster, change.now);
        entry.continues = former->head().hash;
        entry.generation = 1; // at a later epoch
        entry.seats.clear();
    }
    return begun(std::move(entry), change);
}

namespace {

/// A REFUSAL after the last entry that this cluster signed as leader. It voids the entry that followed.
Result<TrustLog> refused(TrustLog log, const RoleChange& change)
{
    const auto& own = change.keys.member().key.publicKey();
    trust::EntryPointer last, other;
    for (const auto& entry : log.judge().chain()) {
        if (entry->authority == own) last = entry, other = nullptr;
        else if (!other) other = entry;
    }
    if (!last || !other) return Error{ErrorCode::FailedPrecondition, "the trust log does not know this cluster as a leader"};
    Entry entry = log.after(*last, EntryKind::Refusal, change.now);
    setPromotion(entry, change);
    entry.voided = last->voided; // a REFUSAL voids exactly one more entry
    entry.voided.insert(other->hash);
    setList(entry, change);
    if (other->kind == EntryKind::Takeover) {
        entry.revoked.insert(keyHash(other->authority));
        std::erase_if(entry.seats, [&](const Seat& seat) { return seat.memberKey == other->authority; });
        for (Seat& seat : entry.seats) std::erase_if(seat.standIns, [&](const auto& one) { return one.memberKey == other->authority; });
    }
    if (auto done = sign(entry, change.keys); !done) return std::move(done).error();
    if (auto taken = log.chooseOwn(std::move(entry)); !taken) return std::move(taken).error();
    return log;
}

/// The leader has a new key from this list on, so both keys sign it.
Result<> signByBoth(Entry& entry, const RoleChange& change)
{
    entry.authority = change.keys.member().key.publicKey();
    return entry.sign({&change.replaced->member().key, &change.keys.member().key});
}

Result<TrustLog> appended(TrustLog log, EntryKind kind, const RoleChange& change)
{
    Entry entry = log.next(kind, change.now, change.acknowledged);
    const std::string offered = offeredHash(change);
    if (kind != EntryKind::Roster) setPromotion(entry, change);
    if (kind != EntryKind::Takeover && !offered.empty()) entry.voided.insert(offered);
    setList(entry, change);
    if (kind == EntryKind::Roster) entry.closesFormer = closesFormer(log, change, entry.revoked);
    const Entry& head = log.head();
    const bool isNothingNew = kind == EntryKind::Roster && entry.seats == head.seats && entry.revoked == head.revoked &&
                              entry.voided == head.voided && entry.leader == head.leader && !entry.closesFormer;
    if (isNothingNew) return log;
    const bool hasNewKey = kind == EntryKind::Roster && isReplacedKey(change, head.authority);
    auto is = hasNewKey ? signByBoth(entry, change) : sign(entry, change.keys);
    if (!is) return std::move(is).error();
    if (auto taken = log.append(std::move(entry)); !taken) return std::move(taken).error();
    return log;
}

} // namespace

Result<TrustLog> resumed(TrustLog log, const RoleChange& change)
{
    const auto& own = change.keys.member().key.publicKey();
    const auto revoked = log.judge().revocations().keys;
    // After its storage was put back this primary may have written lists beside those that members hold; theirs are contested here then.
    trust::EntryPointer newest = log.judge().headPointer();
    for (const auto& hash : log.judge().contested()) {
        const auto entry = log.judge().find(hash);
        if (entry && entry->kind == EntryKind::Roster && entry->authority == own && entry->generation > newest->generation) newest = entry;
    }
    if (newest != log.judge().headPointer()) log.choose(newest->hash);
    if (log.head().authority != own || !log.judge().maySucceed(own)) {
        return Error{ErrorCode::FailedPrecondition,
                     "the newest list that members hold is signed by another key of this cluster, which this storage lacks"};
    }
    Entry entry = log.next(EntryKind::Takeover, change.now);
    setPromotion(entry, change);
    entry.revoked.insert(revoked.begin(), revoked.end());
    setList(entry, change);
    if (auto is = sign(entry, change.keys); !is) return std::move(is).error();
    if (auto taken = log.append(std::move(entry)); !taken) return std::move(taken).error();
    return log;
}

Result<std::optional<TrustLog>> advanced(const std::optional<TrustLog>& log, const RoleChange& change)
{
    using Advanced = std::optional<TrustLog>;
    if (change.next.mode == Mode::Disabled) return Advanced{};
    if (change.next.mode != Mode::Primary || change.next.isReplaced() || change.next.isOlder()) return Advanced{log};
    const auto found = [&](const TrustLog* former) -> Result<Advanced> {
        auto begun = founded(former, change);
        if (!begun) return std::move(begun).error();
        return Advanced{std::move(*begun)};
    };
    if (!log || log->head().setId != change.next.setId) return found(nullptr);
    const Entry& head = log->head();
    const auto& own = change.keys.member().key.publicKey();
    const auto done = [&](Result<TrustLog> next) -> Result<Advanced> {
        if (next) return Advanced{std::move(*next)};
        // The role must be able to change even if the log cannot continue. Others accept this new beginning by an operator's act only.
        logging::warn("replication", "the trust log begins again",
                      {{"type", std::string{toString(change.type)}}, {"why", core::toString(next.error())}});
        return found(&*log);
    };
    const bool leads = head.authority == own || isReplacedKey(change, head.authority);
    const bool hasLed = std::ranges::any_of(log->judge().chain(), [&](const auto& entry) { return entry->authority == own; });
    if (!leads && hasLed && change.before.isReplaced()) return done(refused(*log, change));
    if (leads && head.epoch == change.next.epoch.value()) return done(appended(*log, EntryKind::Roster, change));
    if (leads && change.before.mode == Mode::Primary && !offeredHash(change).empty()) return done(appended(*log, EntryKind::Refusal, change));
    if (log->judge().maySucceed(own)) return done(appended(*log, EntryKind::Takeover, change));
    return found(&*log);
}

Result<Entry> offeredEntry(const TrustLog& log, const trust::MemberKeys& keys, const std::string& nextKey, const trust::Leader& next, Epoch epoch,
                           const std::string& promotionId, WallTime now)
{
    const auto& own = keys.member().key.publicKey();
    if (log.head().authority != own || !log.head().knows(nextKey)) {
        return Error{ErrorCode::FailedPrecondition, "the trust log does not let this cluster hand the set over to that one"};
    }
    Entry entry = log.next(EntryKind::Handover, now);
    entry.epoch = epoch.value();
    entry.authority = nextKey;
    entry.leader = next;
    entry.promotionId = promotionId;
    if (!entry.seatOf(nextKey)) { // a copy of this cluster gets a seat of its own
        for (Seat& seat : entry.seats) std::erase_if(seat.standIns, [&](const auto& one) { return one.memberKey == nextKey; });
        entry.seats.push_back({.id = {}, .kind = SeatKind::Primary, .memberKey = nextKey, .maySucceed = true});
    }
    if (auto done = entry.sign({&keys.member().key}); !done) return std::move(done).error();
    return entry;
}

} // namespace core::replication
