#pragma once

#include "core/barrier/scope.h"
#include "core/trust/judge.h"

#include <optional>

namespace core::trust {

inline constexpr std::size_t kMessageEntriesMax = 32;
inline constexpr std::size_t kMessageBytesMax = 256u << 10;
inline constexpr std::size_t kRevokedKept = 512;    // in a new list, where all members hold those that are left out
inline constexpr std::size_t kRevokedOpenMax = 768; // else: a member may have been away for hundreds of revocations

/// The trust log of one set as a cluster keeps it: takes entries from outside, hands on what another cluster lacks, makes the next
/// entry. A copy is a value. Not thread-safe.
class TrustLog {
public:
    /// Begins with an entry that an operator's act names. Errors: FailedPrecondition (not a FOUND, or not signed by its leader).
    static Result<TrustLog> begin(Entry found);

    struct Intake {
        bool isNews = false; // something has changed, to be stored
        bool isHeadNew = false;
        bool isContested = false;
        std::string refusal{}; // why the rest was not looked at; empty: all of it was
    };
    /// Entries as they are sent, oldest first. Bounded work: at most kMessageEntriesMax, each with one or two signatures; the first one
    /// that is wrong ends it. Some 100 µs an entry: off the I/O thread.
    Intake take(const std::vector<std::string>& encoded);
    /// Takes an entry that this cluster has signed itself. Errors: FailedPrecondition (by the rules it is not the next one).
    Result<> append(Entry entry);
    /// Judge::choose(), also for an entry that is not here yet. Errors: as of append().
    Result<> chooseOwn(Entry entry);
    bool choose(std::string_view hash) { return m_judge.choose(hash); }
    void voidContested() { m_judge.voidContested(); }

    /// The next entry of this kind behind the head: its list, without those who are revoked, and every revocation. To be changed, then
    /// signed. A REFUSAL follows `prev` instead, the refuser's own last entry.
    /// Beyond kRevokedKept revocations the oldest are left out that every member is known to hold: those of lists up to the generation
    /// `acknowledged`.
    Entry next(EntryKind kind, WallTime now, std::uint64_t acknowledged = 0) const;
    Entry after(const Entry& prev, EntryKind kind, WallTime now, std::uint64_t acknowledged = 0) const;
    /// What a cluster with this head lacks, as it is sent; at most a message. Of the head's chain the oldest first, so that the next message
    /// goes on from there; where that head is not known here, the newest. Then entries of branches that lost, where there is room.
    std::vector<std::string> missingAt(std::string_view headOfOther) const;
    /// The newest part of the chain, with every revocation: what a cluster begins with that takes this log over by an operator's act. Its
    /// encoding is no larger than a message.
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
    /// Empty: taken.
    std::string takeOne(std::string_view encoded, Intake& intake);
    void dropOldRevocations(Entry& entry, std::uint64_t acknowledged) const;

    Judge m_judge;
};

} // namespace core::trust
