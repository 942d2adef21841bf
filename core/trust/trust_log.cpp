#include "core/trust/trust_log.h"

#include <algorithm>
#include <map>

namespace core::trust {

namespace {

std::string folder()
{
    return "core/trust/";
}

} // namespace

Result<TrustLog> TrustLog::begin(Entry found)
{
    if (found.kind != EntryKind::Found || !mayFollow(found, nullptr) || !isSignedRightly(found, nullptr)) {
        return Error{ErrorCode::FailedPrecondition, "a trust log must begin with an entry that its leader has signed"};
    }
    return TrustLog{Judge{std::make_shared<const Entry>(std::move(found))}};
}

std::string TrustLog::takeOne(std::string_view encoded, Intake& intake)
{
    auto parsed = Entry::parse(encoded);
    if (!parsed) return core::toString(parsed.error());
    const auto entry = std::make_shared<const Entry>(std::move(*parsed));
    // The cheap checks come before the signature, because anybody may send entries.
    if (entry->type != head().type || entry->setId != head().setId) return "an entry of another set";
    if (m_judge.find(entry->hash)) return {};
    if (m_judge.isVoid(entry->hash)) return "an entry that was refused";
    if (entry->epoch > head().epoch + kEpochStepMax) return "an epoch that is too far ahead";
    if (entry->kind == EntryKind::Found) return "a first entry that no operator has accepted";
    const auto prev = m_judge.find(entry->prev);
    if (!prev) return "an entry after one that is not known here";
    if (!mayFollow(*entry, prev.get())) return "an entry whose leader had no right";
    if (!isSignedRightly(*entry, prev.get())) return "an entry with a wrong signature";
    const std::string before = head().hash;
    const std::size_t countBefore = m_judge.entries().size();
    const EntryJudgement verdict = m_judge.deliver(entry);
    intake.isContested = intake.isContested || verdict == EntryJudgement::Contested;
    intake.isHeadNew = intake.isHeadNew || head().hash != before;
    intake.isNews = intake.isNews || head().hash != before || m_judge.entries().size() != countBefore;
    return {};
}

TrustLog::Intake TrustLog::take(const std::vector<std::string>& encoded)
{
    Intake intake;
    std::size_t bytes = 0;
    for (const auto& one : encoded) bytes += one.size();
    if (encoded.size() > kMessageEntriesMax || bytes > kMessageBytesMax) {
        intake.refusal = "a message with too many entries or bytes";
        return intake;
    }
    for (const auto& one : encoded) {
        intake.refusal = takeOne(one, intake);
        if (!intake.refusal.empty()) break;
    }
    return intake;
}

Result<> TrustLog::append(Entry entry)
{
    const auto pointer = std::make_shared<const Entry>(std::move(entry));
    const auto prev = m_judge.find(pointer->prev);
    const bool isGood = prev && mayFollow(*pointer, prev.get()) && isSignedRightly(*pointer, prev.get());
    if (!isGood || m_judge.deliver(pointer) != EntryJudgement::Accepted) {
        return Error{ErrorCode::FailedPrecondition, "the trust log does not accept this entry: " + std::string{toString(pointer->kind)}};
    }
    return {};
}

Result<> TrustLog::chooseOwn(Entry entry)
{
    const auto pointer = std::make_shared<const Entry>(std::move(entry));
    const auto prev = m_judge.find(pointer->prev);
    const bool isGood = prev && mayFollow(*pointer, prev.get()) && isSignedRightly(*pointer, prev.get());
    if (isGood) m_judge.deliver(pointer);
    if (!isGood || !m_judge.choose(pointer->hash)) {
        return Error{ErrorCode::FailedPrecondition, "the trust log does not accept this entry: " + std::string{toString(pointer->kind)}};
    }
    return {};
}

Entry TrustLog::next(EntryKind kind, WallTime now, std::uint64_t acknowledged) const
{
    return after(head(), kind, now, acknowledged);
}

/// Leaves out old revocations. A revoked key without a seat can sign nothing that counts once every member holds a list without it. So its
/// revocation is needed only until then.
void TrustLog::dropOldRevocations(Entry& entry, std::uint64_t acknowledged) const
{
    if (entry.revoked.size() <= kRevokedKept) return;
    std::map<std::string, std::uint64_t> since; // generation of the first list with the revocation
    for (const auto& one : m_judge.chain()) {
        std::erase_if(since, [&](const auto& known) { return !one->revoked.contains(known.first) && entry.revoked.erase(known.first) > 0; });
        for (const auto& key : one->revoked) since.emplace(key, one->generation);
    }
    std::vector<std::pair<std::uint64_t, std::string>> oldest;
    for (const auto& [key, generation] : since) oldest.emplace_back(generation, key);
    std::ranges::sort(oldest);
    for (const auto& [generation, key] : oldest) {
        const bool isOver = entry.revoked.size() > kRevokedKept && (generation <= acknowledged || entry.revoked.size() > kRevokedOpenMax);
        if (!isOver) break;
        entry.revoked.erase(key);
    }
}

Entry TrustLog::after(const Entry& prev, EntryKind kind, WallTime now, std::uint64_t acknowledged) const
{
    const auto revoked = m_judge.revocations();
    Entry entry;
    entry.kind = kind;
    entry.type = prev.type;
    entry.setId = prev.setId;
    entry.epoch = kind == EntryKind::Roster ? prev.epoch : std::max(prev.epoch, head().epoch) + 1;
    entry.generation = prev.generation + 1;
    entry.prev = prev.hash;
    entry.authority = prev.authority;
    entry.leader = prev.leader;
    entry.seats = prev.seats;
    entry.revoked = revoked.keys;
    entry.voided = revoked.voided;
    if (kind == EntryKind::Roster) entry.promotionId = prev.promotionId; // so each entry says which promotion it belongs to
    entry.issuedAt = now;
    std::erase_if(entry.seats, [&](const Seat& seat) { return revoked.keys.contains(keyHash(seat.memberKey)); });
    for (Seat& seat : entry.seats) {
        std::erase_if(seat.standIns, [&](const StandIn& one) { return revoked.keys.contains(keyHash(one.memberKey)); });
    }
    dropOldRevocations(entry, acknowledged);
    return entry;
}

std::vector<std::string> TrustLog::missingAt(std::string_view headOfOther) const
{
    const auto missing = m_judge.missingAt(headOfOther);
    const auto isMissing = [&missing](const EntryPointer& entry) { return std::ranges::find(missing, entry) != missing.end(); };
    std::vector<EntryPointer> chain;
    for (const auto& entry : m_judge.chain()) {
        if (isMissing(entry)) chain.push_back(entry);
    }
    std::vector<std::string> out;
    std::size_t bytes = 0;
    const auto add = [&](const EntryPointer& entry) {
        const bool isRoom = out.size() < kMessageEntriesMax && bytes + entry->encoded.size() <= kMessageBytesMax;
        if (isRoom) bytes += entry->encoded.size(), out.push_back(entry->encoded);
        return isRoom;
    };
    // The other cluster has this head, so it gets the chain oldest first and can apply each entry as it comes.
    if (m_judge.find(headOfOther)) {
        for (const auto& entry : chain)
            if (!add(entry)) return out;
        for (const auto& entry : missing) {
            if (std::ranges::find(chain, entry) == chain.end() && !add(entry)) break;
        }
        return out;
    }
    for (auto at = chain.rbegin(); at != chain.rend() && add(*at); ++at) {}
    std::ranges::reverse(out);
    return out;
}

TrustLog TrustLog::summary() const
{
    TrustLog out = *this;
    std::size_t count = kMessageEntriesMax;
    do out.m_judge.cutTo(count);
    while (out.encode().size() > kMessageBytesMax && (count /= 2) > 0);
    return out;
}

const Entry& TrustLog::transition() const
{
    const Entry* found = &head();
    for (const auto& entry : m_judge.chain()) {
        if (entry->epoch == head().epoch) return *entry; // also if the leader has made a new key since
    }
    return *found;
}

std::string TrustLog::key(std::string_view type)
{
    return "i/" + folder() + std::string{type};
}

Result<std::optional<TrustLog>> TrustLog::load(const barrier::Scope& scope, std::string_view type)
{
    auto value = scope.ignored({}).get(folder() + std::string{type});
    if (!value) return std::move(value).error().withContext("loading the trust log");
    if (!*value) return std::optional<TrustLog>{};
    auto log = decode(**value);
    if (!log) return std::move(log).error();
    return std::optional{std::move(*log)};
}

Result<> TrustLog::store(const barrier::Scope& scope) const
{
    barrier::View view = scope.ignored({});
    return view.put(folder() + head().type, encode());
}

Result<TrustLog> TrustLog::decode(std::string_view text)
{
    auto judge = Judge::decode(text);
    if (!judge) return std::move(judge).error();
    return TrustLog{std::move(*judge)};
}

} // namespace core::trust
