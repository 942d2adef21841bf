#pragma once

#include "core/trust/entry.h"

#include <map>

namespace core::trust {

inline constexpr std::size_t kEntriesMax = 512;  // of one log
inline constexpr std::size_t kEntriesKept = 128; // of its chain, when it is cut
inline constexpr std::size_t kContestedMax = 8;

/// What a cluster makes of an entry of its set's trust log (table in README.md).
enum class EntryJudgement {
    Known,       // it is here
    Accepted,    // it, or one that had lost before, is the head now
    Merged,      // of a branch that lost; its revocations count
    Contested,   // an operator decides
    Ignored,     // it counts for nothing
    Unreachable, // what it follows is not here
};
std::string_view toString(EntryJudgement verdict);

/// The rules of a trust log, without I/O, clock and keys: entries with right signatures go in, the head and the revocations come out.
/// The same entries in any order give the same head, but for contests. A copy is a value. Not thread-safe.
class Judge {
public:
    /// `found` has been accepted by an operator's act: enabling, an activation, a token of the chosen leader.
    explicit Judge(EntryPointer found);

    /// Its signatures have been checked against the entry that it follows, find(entry.prev).
    EntryJudgement deliver(const EntryPointer& entry);
    /// An operator ends a contest for this cluster, or refuses the leader: the entry becomes the head and its branch alone counts.
    /// False: it is not here.
    bool choose(std::string_view hash);
    /// An operator ends all contests by staying with the head: the contested entries are void here, also where they come again. Every revocation stays.
    void voidContested();

    const Entry& head() const { return *m_head; }
    const EntryPointer& headPointer() const { return m_head; }
    /// Null: not here.
    EntryPointer find(std::string_view hash) const;
    /// Whether the head follows this entry, or is it.
    bool isBehindHead(std::string_view hash) const;
    bool isVoid(std::string_view hash) const { return revocations().voided.contains(std::string{hash}); }
    bool isRevoked(std::string_view publicKey) const { return revocations().keys.contains(keyHash(publicKey)); }
    /// In the head's list and not revoked.
    const Seat* presentSeatOf(std::string_view memberKey) const;
    /// Present, and its promotion counts.
    bool maySucceed(std::string_view memberKey) const { return m_head->givesRightTo(memberKey) && !isRevoked(memberKey); }

    struct Revocations {
        std::set<std::string> keys;   // keyHash()
        std::set<std::string> voided; // hashes of entries
    };
    /// All that count here. What a voided leader revoked does not.
    Revocations revocations() const;
    const std::set<std::string>& contested() const { return m_contested; }
    /// In the order in which they came.
    const std::vector<EntryPointer>& entries() const { return m_entries; }
    /// What a cluster with this head lacks, oldest first; from the beginning of what is kept where that is not known.
    std::vector<EntryPointer> missingAt(std::string_view headOfOther) const;
    /// The head and what it follows, oldest first.
    std::vector<EntryPointer> chain() const;
    /// Drops all but so many entries of the chain; every revocation stays.
    void cutTo(std::size_t countKept);

    std::string encode() const;
    /// Errors: Corrupt, Unsupported.
    static Result<Judge> decode(std::string_view text);

private:
    using Chain = std::vector<EntryPointer>; // newest first
    Judge() = default;
    Chain chainOf(const EntryPointer& entry) const;
    std::set<std::string> readmitted() const;
    EntryJudgement judge(const EntryPointer& entry);
    EntryJudgement judgeFork(const EntryPointer& entry, const Chain& own, const Chain& theirs);
    EntryJudgement accept(const EntryPointer& entry);
    EntryJudgement contest(const Entry& entry);
    EntryJudgement merge(const EntryPointer& entry);

    std::vector<EntryPointer> m_entries;
    std::map<std::string, EntryPointer, std::less<>> m_byHash;
    std::vector<EntryPointer> m_sources; // whose revocations count
    EntryPointer m_head;
    std::set<std::string> m_contested;
    Revocations m_base; // of entries that were dropped
    bool m_isReplaying = false;
};

} // namespace core::trust
