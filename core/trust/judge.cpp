#include "core/trust/judge.h"

#include <algorithm>
#include <tuple>

namespace core::trust {

namespace {

/// The key that must sign the entry, by its kind.
std::string signerOf(const Entry& entry, const Entry* prev)
{
    return entry.kind == EntryKind::Takeover || entry.kind == EntryKind::Found || !prev ? entry.authority : prev->authority;
}

/// Of two transitions out of one epoch, every cluster keeps the one with the higher rank. Epoch statements have the same order, so members
/// that know only statements end with the same leader.
auto rankOf(const Entry& entry)
{
    return std::tuple{entry.epoch, entry.leader.clusterId, entry.promotionId};
}

bool closes(const std::vector<EntryPointer>& branch)
{
    return std::ranges::any_of(branch, [](const auto& entry) { return entry->closesFormer; });
}

/// `all` with what `more` has: one pass, because lists repeat what the ones before had.
void addAll(std::set<std::string>& all, const std::set<std::string>& more)
{
    auto at = all.begin();
    for (const auto& one : more) {
        while (at != all.end() && *at < one) ++at;
        if (at == all.end() || *at != one) at = all.insert(at, one);
    }
}

/// The first transition of a branch. The branch is given newest first, so the search begins at its end.
EntryPointer firstTransition(const std::vector<EntryPointer>& branch)
{
    const auto found = std::find_if(branch.rbegin(), branch.rend(), [](const auto& entry) { return entry->isTransition(); });
    return found == branch.rend() ? nullptr : *found;
}

} // namespace

std::string_view toString(EntryJudgement verdict)
{
    switch (verdict) {
    case EntryJudgement::Known: return "known";
    case EntryJudgement::Accepted: return "accepted";
    case EntryJudgement::Merged: return "merged";
    case EntryJudgement::Contested: return "contested";
    case EntryJudgement::Ignored: return "ignored";
    case EntryJudgement::Unreachable: return "unreachable";
    }
    return "unknown";
}

Judge::Judge(EntryPointer found) : m_entries{found}, m_sources{found}, m_head{found}
{
    m_byHash.emplace(found->hash, std::move(found));
    refreshRevocations();
}

EntryPointer Judge::find(std::string_view hash) const
{
    const auto found = m_byHash.find(hash);
    return found == m_byHash.end() ? nullptr : found->second;
}

Judge::Chain Judge::chainOf(const EntryPointer& entry) const
{
    Chain chain;
    for (EntryPointer at = entry; at; at = find(at->prev)) chain.push_back(at);
    return chain;
}

bool Judge::isBehindHead(std::string_view hash) const
{
    for (EntryPointer at = m_head; at; at = find(at->prev)) {
        if (at->hash == hash) return true;
    }
    return false;
}

std::set<std::string> Judge::voidedBySources() const
{
    std::set<std::string> all = m_base.voided;
    for (const auto& source : m_sources) addAll(all, source->voided);
    return all;
}

void Judge::refreshRevocations()
{
    Revocations all{m_base.keys, voidedBySources()};
    std::map<const Entry*, bool> isVoid; // it, or an entry behind it
    for (const auto& source : m_sources) {
        bool is = false;
        Chain path;
        for (EntryPointer at = source; at && !is; at = find(at->prev)) {
            if (const auto known = isVoid.find(at.get()); known != isVoid.end()) {
                is = known->second;
                break;
            }
            path.push_back(at);
            is = all.voided.contains(at->hash);
        }
        for (const auto& one : path) isVoid.emplace(one.get(), is);
        if (!is) addAll(all.keys, source->revoked);
    }
    for (const auto& key : readmitted()) all.keys.erase(key);
    m_revocations = std::make_shared<const Revocations>(std::move(all));
}

/// Keys that were revoked and then got a seat again, by a new activation token: the leader lists the seat and leaves out the revocation.
/// This counts only if the same chain had revoked the key before. A list that did not know the revocation does not undo it.
std::set<std::string> Judge::readmitted() const
{
    std::set<std::string> revoked, back;
    std::map<std::string_view, std::string> hashes; // of the same keys in every list
    const Chain chain = chainOf(m_head);
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
        const Entry& entry = **at;
        for (const Seat& seat : entry.seats) {
            if (revoked.empty()) break;
            auto& hash = hashes[seat.memberKey];
            if (hash.empty()) hash = keyHash(seat.memberKey);
            if (revoked.contains(hash) && !entry.revoked.contains(hash)) back.insert(hash);
        }
        addAll(revoked, entry.revoked);
        if (!back.empty()) std::erase_if(back, [&](const auto& hash) { return entry.revoked.contains(hash); });
    }
    return back;
}

const Seat* Judge::presentSeatOf(std::string_view memberKey) const
{
    const Seat* seat = m_head->seatOf(memberKey);
    return seat && !isRevoked(memberKey) ? seat : nullptr;
}

EntryJudgement Judge::deliver(const EntryPointer& entry)
{
    if (m_byHash.contains(entry->hash)) return EntryJudgement::Known;
    if (m_base.voided.contains(entry->hash)) return EntryJudgement::Ignored;
    if (entry->kind == EntryKind::Found) return EntryJudgement::Ignored; // only an operator's act accepts it
    const EntryPointer prev = find(entry->prev);
    if (!prev) return EntryJudgement::Unreachable;
    if (!mayFollow(*entry, prev.get())) return EntryJudgement::Ignored;
    // Entries that follow the head always find room. A former member cannot fill the log with branches.
    const bool isNext = prev == m_head;
    if (m_entries.size() >= kEntriesMax && isNext) cutTo(kEntriesKept);
    if (m_entries.size() >= kEntriesMax) return EntryJudgement::Ignored;
    m_entries.push_back(entry);
    m_byHash.emplace(entry->hash, entry);
    const std::size_t contestedBefore = m_contested.size();
    const EntryJudgement verdict = judge(entry);
    if (verdict == EntryJudgement::Contested && contestedBefore >= kContestedMax && !makeRoomFor(entry)) drop(entry);
    return verdict;
}

bool Judge::isListAgainstLeader(const EntryPointer& entry) const
{
    const EntryPointer prev = find(entry->prev);
    return entry->kind == EntryKind::Roster && prev && !isRevoked(prev->authority) && revokesLeader(*entry, chainOf(m_head));
}

/// 1. A revoked member signs many takeovers. All are contested, and the list of contests is full.
/// 2. This cluster follows a thief. The list of the leader before, which revokes the thief, arrives late.
///
/// If that list were dropped, no operator would see it, and this cluster could not return to the leader before by itself.
bool Judge::makeRoomFor(const EntryPointer& list)
{
    if (!isListAgainstLeader(list)) return false;
    const auto isLast = [this](const std::string& hash) {
        return std::ranges::none_of(m_entries, [&](const auto& one) { return one->prev == hash; });
    };
    for (const auto& hash : m_contested) {
        const EntryPointer other = find(hash);
        if (other == list || isListAgainstLeader(other) || !isLast(hash)) continue; // what follows an entry needs it
        drop(other);
        return true;
    }
    return false;
}

void Judge::drop(const EntryPointer& entry)
{
    m_contested.erase(entry->hash);
    m_byHash.erase(entry->hash);
    std::erase(m_entries, EntryPointer{entry});
}

EntryJudgement Judge::judge(const EntryPointer& entry)
{
    // Three cases: the entry is in the head's chain, it follows the head, or it is on a branch. A branch leaves the chain at `fork`.
    const Chain own = chainOf(m_head);
    const auto isOwn = [&own](const EntryPointer& one) { return std::ranges::find(own, one) != own.end(); };
    if (isOwn(entry)) return EntryJudgement::Known;
    const auto revoked = m_revocations;
    Chain theirs = chainOf(entry);
    const auto common = std::ranges::find_if(theirs, isOwn);
    if (common == theirs.end()) return EntryJudgement::Ignored;
    const EntryPointer fork = *common;
    theirs.erase(common, theirs.end());
    for (const auto& one : theirs) {
        if (revoked->voided.contains(one->hash)) return EntryJudgement::Ignored;
    }
    if (theirs.size() == 1 && fork == m_head) {
        const auto prev = find(entry->prev);
        const bool isBad = isRevoked(signerOf(*entry, prev.get())) || isRevoked(entry->authority);
        return isBad ? contest(*entry) : accept(entry);
    }
    return judgeFork(entry, Chain{own.begin(), std::ranges::find(own, fork)}, theirs);
}

bool Judge::revokesLeader(const Entry& list, const Chain& own) const
{
    // A leader that makes a new key revokes its former one itself. A list of another branch that revokes the former key means this leader.
    return std::ranges::any_of(own, [&](const auto& one) {
        const bool isNews = one->authority != m_head->authority || !isRevoked(one->authority);
        return one->epoch == m_head->epoch && isNews && list.revoked.contains(keyHash(one->authority));
    });
}

EntryJudgement Judge::judgeFork(const EntryPointer& entry, const Chain& own, const Chain& theirs)
{
    const auto signer = [this](const EntryPointer& one) { return signerOf(*one, find(one->prev).get()); };
    const auto isBad = [&](const EntryPointer& one) { return isRevoked(signer(one)) || isRevoked(one->authority) || isVoid(one->hash); };
    const EntryPointer mine = firstTransition(own);
    const EntryPointer other = firstTransition(theirs);

    if (!other) { // a late list of a former leader, or a leader that contradicts itself
        if (!mine) return contest(*entry);
        const bool takesBack =
            mine->kind == EntryKind::Handover && entry->voided.contains(mine->hash) && signer(entry) == find(mine->prev)->authority;
        if (takesBack) return closes(own) ? contest(*entry) : accept(entry);
        if (closes(own) || isRevoked(signer(entry))) return EntryJudgement::Ignored;
        return revokesLeader(*entry, own) ? contest(*entry) : merge(entry);
    }
    if (isBad(other) || isBad(entry)) return contest(*entry);
    if (!mine) { // the entry's signer missed the last lists of this cluster
        const bool hasRight = other->kind != EntryKind::Takeover || m_head->givesRightTo(other->authority);
        return hasRight ? accept(entry) : contest(*entry);
    }
    // Two transitions out of one epoch: exactly one may win, and the same one on every cluster.
    if (mine->kind == EntryKind::Refusal && mine->voided.contains(other->hash)) return EntryJudgement::Ignored;
    if (other->kind == EntryKind::Refusal && other->voided.contains(mine->hash)) {
        return mine->kind == EntryKind::Takeover || closes(own) ? contest(*entry) : accept(entry);
    }
    if (rankOf(*other) > rankOf(*mine)) {
        const auto leader = keyHash(other->authority);
        const bool isRevokedHere = std::ranges::any_of(own, [&](const auto& one) { return one->revoked.contains(leader); });
        return isRevokedHere ? contest(*entry) : accept(entry);
    }
    return revokesLeader(*entry, own) ? contest(*entry) : merge(entry);
}

EntryJudgement Judge::accept(const EntryPointer& entry)
{
    m_head = entry;
    // Everything before the head is decided now. One of these entries may have been contested before, and a later list gave its signer the
    // right again.
    for (EntryPointer at = entry; at && std::ranges::find(m_sources, at) == m_sources.end(); at = find(at->prev)) {
        m_contested.erase(at->hash);
        m_sources.push_back(at);
    }
    refreshRevocations();
    // 1. Entry A loses to entry B.
    // 2. An entry arrives that voids B.
    //
    // Without a second look, this cluster would ignore A, and a cluster that got the entries in another order would accept it.
    if (!entry->voided.empty() && !m_isReplaying) { // an entry that had lost to a voided one may win now
        m_isReplaying = true;
        const auto all = m_entries;
        for (const auto& one : all) judge(one);
        m_isReplaying = false;
    }
    return EntryJudgement::Accepted;
}

EntryJudgement Judge::contest(const Entry& entry)
{
    m_contested.insert(entry.hash);
    return EntryJudgement::Contested;
}

EntryJudgement Judge::merge(const EntryPointer& entry)
{
    if (std::ranges::find(m_sources, entry) == m_sources.end()) m_sources.push_back(entry);
    refreshRevocations();
    return EntryJudgement::Merged;
}

bool Judge::choose(std::string_view hash)
{
    const EntryPointer chosen = find(hash);
    if (!chosen) return false;
    const bool isBack = isBehindHead(hash);
    m_head = chosen;
    m_sources = chainOf(chosen);
    std::ranges::reverse(m_sources);
    m_contested.clear();
    refreshRevocations();
    // 1. Entry A is contested here, and entry B arrives, which follows A.
    // 2. An operator, or the rule for a leader that was never followed, chooses A.
    //
    // B is here already, so nobody sends it again. Without a second look the head would stay at A. Entries beside A stay out. An
    // entry before the head was chosen to go back, so what followed it stays out too.
    m_isReplaying = true;
    const auto all = isBack ? std::vector<EntryPointer>{} : m_entries;
    for (const auto& one : all) {
        const Chain chain = chainOf(one);
        if (std::ranges::find(chain, chosen) != chain.end()) judge(one);
    }
    m_isReplaying = false;
    return true;
}

bool Judge::returnTo(std::string_view hash)
{
    if (!choose(hash)) return false;
    const auto all = m_entries;
    m_isReplaying = true;
    for (const auto& one : all) {
        const EntryJudgement verdict = judge(one);
        const bool isTooMany = verdict == EntryJudgement::Contested && m_contested.size() > kContestedMax;
        const bool isAfterDropped = verdict == EntryJudgement::Ignored && !find(one->prev);
        if (isTooMany || isAfterDropped) drop(one);
    }
    m_isReplaying = false;
    return true;
}

void Judge::voidContested()
{
    for (const auto& hash : m_contested) {
        m_base.voided.insert(hash);
        std::erase_if(m_entries, [&](const auto& entry) { return entry->hash == hash; });
        m_byHash.erase(hash);
    }
    m_contested.clear();
    refreshRevocations();
}

std::vector<EntryPointer> Judge::chain() const
{
    Chain chain = chainOf(m_head);
    std::ranges::reverse(chain);
    return chain;
}

void Judge::cutTo(std::size_t countKept)
{
    Chain kept = chainOf(m_head);
    if (kept.size() > countKept) kept.resize(countKept);
    m_base = revocations();
    std::ranges::reverse(kept);
    m_entries = kept;
    m_sources = kept;
    m_contested.clear();
    m_byHash.clear();
    for (const auto& entry : kept) m_byHash.emplace(entry->hash, entry);
    refreshRevocations();
}

std::vector<EntryPointer> Judge::missingAt(std::string_view headOfOther) const
{
    std::set<std::string_view> known;
    for (EntryPointer at = find(headOfOther); at; at = find(at->prev)) known.insert(at->hash);
    std::vector<EntryPointer> out;
    for (const auto& entry : m_entries) {
        if (!known.contains(entry->hash) && !m_contested.contains(entry->hash)) out.push_back(entry);
    }
    return out;
}

} // namespace core::trust
