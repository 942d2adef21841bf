#pragma once

#include "core/trust/entry.h"

#include <map>

namespace core::trust {

inline constexpr std::size_t kEntriesMax = 512;  // in one log
inline constexpr std::size_t kEntriesKept = 128; // of its chain, after a cut
inline constexpr std::size_t kContestedMax = 8;

/// What a cluster decides about an entry of its set's trust log (table in README.md).
enum class EntryJudgement {
    Known,       // the entry is here already
    Accepted,    // it is the head now, or an entry that had lost before is
    Merged,      // it is of a branch that lost; its revocations count
    Contested,   // an operator decides
    Ignored,     // it counts for nothing
    Unreachable, // the entry before it is not here
};
std::string_view toString(EntryJudgement verdict);

/// The rules of a trust log, without I/O, clock and private keys. Entries with valid signatures go in, the head and the revocations come
/// out. The same entries in any order give the same head, except for contests. A copy is a value. Not thread-safe, but many threads may
/// read a const judge. The revocations are computed once per change, because links, handshakes and lists ask for them often.
class Judge {
public:
    /// An operator's act has accepted `found`: enabling, an activation, a token of the chosen leader.
    explicit Judge(EntryPointer found);

    /// The caller has checked the signatures against the entry before it, find(entry.prev).
    EntryJudgement deliver(const EntryPointer& entry);
    /// An operator ends a contest for this cluster, or refuses the leader. The entry becomes the head, then what is here and follows it is
    /// judged. Only its branch counts. False: the entry is not here.
    bool choose(std::string_view hash);
    /// This cluster stays with its former leader: `hash` is a contested list of that one. All other entries are judged again, so the branch
    /// that it leaves is contested. False: the entry is not here.
    bool returnTo(std::string_view hash);
    /// An operator ends all contests by staying with the head. The contested entries are void here, also when they arrive again. Every
    /// revocation stays.
    void voidContested();

    const Entry& head() const { return *m_head; }
    const EntryPointer& headPointer() const { return m_head; }
    /// Null: not here.
    EntryPointer find(std::string_view hash) const;
    /// Whether the entry is the head or before it in the chain.
    bool isBehindHead(std::string_view hash) const;
    bool isVoid(std::string_view hash) const { return m_revocations->voided.contains(std::string{hash}); }
    bool isRevoked(std::string_view publicKey) const { return m_revocations->keys.contains(keyHash(publicKey)); }
    /// The seat, if it is in the head's list and not revoked.
    const Seat* presentSeatOf(std::string_view memberKey) const;
    /// Whether the key is present and its promotion counts.
    bool maySucceed(std::string_view memberKey) const { return m_head->givesRightTo(memberKey) && !isRevoked(memberKey); }

    struct Revocations {
        std::set<std::string> keys;   // keyHash()
        std::set<std::string> voided; // hashes of entries
    };
    /// All revocations that count here. Those of a voided leader do not.
    const Revocations& revocations() const { return *m_revocations; }
    const std::set<std::string>& contested() const { return m_contested; }
    /// In order of arrival.
    const std::vector<EntryPointer>& entries() const { return m_entries; }
    /// The entries that a cluster with this head lacks, oldest first. If that head is not known here: all entries kept.
    std::vector<EntryPointer> missingAt(std::string_view headOfOther) const;
    /// The chain up to the head, oldest first.
    std::vector<EntryPointer> chain() const;
    /// Drops all entries except this many of the chain. Every revocation stays.
    void cutTo(std::size_t countKept);

    std::string encode() const;
    /// Errors: Corrupt, Unsupported.
    static Result<Judge> decode(std::string_view text);

private:
    using Chain = std::vector<EntryPointer>; // newest first
    Judge() = default;
    Chain chainOf(const EntryPointer& entry) const;
    /// After each change of the head, of the sources, or of what was dropped.
    void refreshRevocations();
    std::set<std::string> voidedBySources() const;
    std::set<std::string> readmitted() const;
    EntryJudgement judge(const EntryPointer& entry);
    EntryJudgement judgeFork(const EntryPointer& entry, const Chain& own, const Chain& theirs);
    EntryJudgement accept(const EntryPointer& entry);
    EntryJudgement contest(const Entry& entry);
    /// Drops one of too many contested entries for this list, which revokes the leader. False: the list is none, or all of them are such lists.
    bool makeRoomFor(const EntryPointer& list);
    /// Whether this is a list that revokes the leader of now, by a signer that is not revoked itself.
    bool isListAgainstLeader(const EntryPointer& entry) const;
    /// Whether a list revokes the leader of now, also by a key that it had earlier in this epoch.
    bool revokesLeader(const Entry& list, const Chain& own) const;
    void drop(const EntryPointer& entry);
    EntryJudgement merge(const EntryPointer& entry);

    std::vector<EntryPointer> m_entries;
    std::map<std::string, EntryPointer, std::less<>> m_byHash;
    std::vector<EntryPointer> m_sources; // their revocations count
    EntryPointer m_head;
    std::set<std::string> m_contested;
    Revocations m_base;                               // of entries that were cut off
    std::shared_ptr<const Revocations> m_revocations; // as everything above says; never null
    bool m_isReplaying = false;
};

} // namespace core::trust
