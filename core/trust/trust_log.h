#pragma once

#include "core/barrier/scope.h"
#include "core/trust/judge.h"

#include <optional>

namespace core::trust {

inline constexpr std::size_t kMessageEntriesMax = 32;
inline constexpr std::size_t kMessageBytesMax = 256u << 10;
inline constexpr std::size_t kRevokedKept = 512;    // in a new list, if all members hold those that are left out
inline constexpr std::size_t kRevokedOpenMax = 768; // otherwise: a member may have been away for hundreds of revocations

/// The trust log of one set on one cluster. Takes entries from other clusters, returns what another cluster lacks, and makes the next
/// entry. A copy is a value. Not thread-safe.
class TrustLog {
public:
    /// Begins with an entry that an operator's act has accepted. Errors: FailedPrecondition (not a FOUND, or not signed by its leader).
    static Result<TrustLog> begin(Entry found);

    struct Intake {
        bool isNews = false; // something has changed and must be stored
        bool isHeadNew = false;
        bool isContested = false;
        std::string refusal{}; // why the rest was not checked; empty: all was
    };
    /// Takes entries from another cluster, oldest first. The work is bounded: at most kMessageEntriesMax, each with one or two signatures.
    /// The first wrong one ends it. About 100 µs an entry, so call it off the I/O thread.
    Intake take(const std::vector<std::string>& encoded);
    /// Takes an entry that this cluster itself has signed. Errors: FailedPrecondition (by the rules it is not the next one).
    Result<> append(Entry entry);
    /// Judge::choose(), also for an entry that is not here yet. Errors: as append().
    Result<> chooseOwn(Entry entry);
    bool choose(std::string_view hash) { return m_judge.choose(hash); }
    bool returnTo(std::string_view hash) { return m_judge.returnTo(hash); }
    void voidContested() { m_judge.voidContested(); }

    /// The next entry of this kind after the head: its list without revoked members, and every revocation. The caller changes it, then
    /// signs it. A REFUSAL follows `prev` instead, the last own entry of the cluster that refuses.
    ///
    /// With more than kRevokedKept revocations, it leaves out the oldest ones that every member is known to hold: those of lists up to the
    /// generation `acknowledged`.
    Entry next(EntryKind kind, WallTime now, std::uint64_t acknowledged = 0) const;
    Entry after(const Entry& prev, EntryKind kind, WallTime now, std::uint64_t acknowledged = 0) const;
    /// The entries that a cluster with this head lacks, at most one message. Of the head's chain the oldest first, so the next message
    /// continues there. If that head is not known here: the newest. Then entries of branches that lost, if there is room.
    std::vector<std::string> missingAt(std::string_view headOfOther) const;
    /// The newest part of the chain, with every revocation, for a cluster that adopts this log by an operator's act. Its encoding fits into
    /// a message.
    TrustLog summary() const;
    /// The entry with which the head's leader began to lead; the oldest one of that epoch that is kept here.
    const Entry& transition() const;

    const Judge& judge() const { return m_judge; }
    const Entry& head() const { return m_judge.head(); }

    /// `i/core/trust/<type>`, sealed. Errors: Corrupt, Unsupported, those of the view. Nothing stored: no log.
    static Result<std::optional<TrustLog>> load(const barrier::Scope& scope, std::string_view type);
    Result<> store(const barrier::Scope& scope) const;
    static std::string key(std::string_view type);
    std::string encode() const { return m_judge.encode(); }
    static Result<TrustLog> decode(std::string_view text);

private:
    explicit TrustLog(Judge judge) : m_judge{std::move(judge)} {}
    /// Empty: taken. Else the refusal.
    std::string takeOne(std::string_view encoded, Intake& intake);
    void dropOldRevocations(Entry& entry, std::uint64_t acknowledged) const;

    Judge m_judge;
};

} // namespace core::trust
