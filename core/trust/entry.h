#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/trust/signing_key.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace core::trust {

inline constexpr std::size_t kEntryBytesMax = 64u << 10;
inline constexpr std::size_t kSeatsMax = 256;
inline constexpr std::size_t kStandInsMax = 8; // of one seat
inline constexpr std::size_t kRevokedMax = 1024;
inline constexpr std::uint64_t kEpochStepMax = 16;
inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kKeyHashBytes = 16;

enum class EntryKind : std::uint8_t { Found = 1, Roster = 2, Takeover = 3, Handover = 4, Refusal = 5 };
/// "found", "roster", "takeover", "handover", "refusal".
std::string_view toString(EntryKind kind);
enum class SeatKind : std::uint8_t { Primary = 1, PerformanceSecondary = 2, DrSecondary = 3 };

struct StandIn {
    std::string memberKey{};
    bool maySucceed = false;
    bool operator==(const StandIn&) const = default;
};

/// One cluster of a set.
struct Seat {
    std::string id{};
    SeatKind kind = SeatKind::PerformanceSecondary;
    std::string memberKey{};   // K, 32 bytes
    std::string tokenKey{};    // T; empty: not known
    std::string fingerprint{}; // of its certificate for other members; empty: not known
    bool maySucceed = false;
    bool tokensTravel = false;
    std::vector<StandIn> standIns{};
    std::uint64_t moves = 0;
    bool operator==(const Seat&) const = default;
};

struct Leader {
    std::string clusterId, clusterName, apiAddress, clusterAddress;
    bool operator==(const Leader&) const = default;
};

/// One entry of a trust log: who belongs to the set, who leads it, who does not belong to it any more.
struct Entry {
    EntryKind kind = EntryKind::Roster;
    std::string type; // "performance", "dr"
    std::string setId;
    std::uint64_t epoch = 0;
    std::uint64_t generation = 0;
    std::string prev; // hash; empty: of a Found
    std::string authority;
    Leader leader;
    std::vector<Seat> seats;
    std::set<std::string> revoked; // hashes of keys: keyHash()
    std::set<std::string> voided;  // hashes of entries
    bool closesFormer = false;
    std::string continues;
    std::string promotionId;
    WallTime issuedAt;

    // Of the entry as it was signed
    std::string hash;
    std::string encoded; // a SignedEntry
    std::string bytes;   // that were signed
    std::vector<std::string> signatures;

    bool isTransition() const { return kind == EntryKind::Takeover || kind == EntryKind::Handover || kind == EntryKind::Refusal; }
    /// Null: nobody's.
    const Seat* seatOf(std::string_view memberKey) const;
    /// Whether the key may sign a TAKEOVER: its seat, or the leader's seat for this copy of it, says so. Revocations are not looked at.
    bool givesRightTo(std::string_view memberKey) const;
    /// Whether the key has a seat, or is that of a copy of the leader: the leader may hand the set over to it.
    bool knows(std::string_view memberKey) const;

    /// Fixes the fields as bytes and signs them, first with the first key. Errors: TooLarge.
    Result<> sign(const std::vector<const SigningKey*>& keys);
    /// Adds the second signature of a HANDOVER.
    void sign(const SigningKey& second);
    /// Reads a SignedEntry within the limits; signatures are not looked at. Errors: TooLarge, Unsupported (another version),
    /// Corrupt (anything else that is not exactly an entry).
    static Result<Entry> parse(std::string_view encoded);
};

using EntryPointer = std::shared_ptr<const Entry>;

std::string keyHash(std::string_view publicKey);

/// Whether the entry may follow `prev`, by kind, numbers, leader and rights; null: it follows nothing (Found). Signatures aside.
bool mayFollow(const Entry& entry, const Entry* prev);
/// Whether those have signed who must, which the kind decides. At most two checks.
bool isSignedRightly(const Entry& entry, const Entry* prev);

} // namespace core::trust
