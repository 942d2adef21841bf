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

/// One cluster of a set, as a row of the list.
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

/// One entry of a trust log: who belongs to the set, who leads it, and which keys are revoked.
struct Entry {
    EntryKind kind = EntryKind::Roster;
    std::string type; // "performance", "dr"
    std::string setId;
    std::uint64_t epoch = 0;
    std::uint64_t generation = 0;
    std::string prev; // hash; empty: a Found
    std::string authority;
    Leader leader;
    std::vector<Seat> seats;
    std::set<std::string> revoked; // hashes of keys: keyHash()
    std::set<std::string> voided;  // hashes of entries
    bool closesFormer = false;
    std::string continues;
    std::string promotionId;
    WallTime issuedAt;

    // The entry as it was signed
    std::string hash;
    std::string encoded; // a SignedEntry
    std::string bytes;   // the signed bytes
    std::vector<std::string> signatures;

    bool isTransition() const { return kind == EntryKind::Takeover || kind == EntryKind::Handover || kind == EntryKind::Refusal; }
    /// Null: the key has no seat.
    const Seat* seatOf(std::string_view memberKey) const;
    /// Whether the key may sign a TAKEOVER: its seat has the right, or it is a copy of the leader with the right. Revocations are not
    /// checked.
    bool givesRightTo(std::string_view memberKey) const;
    /// Whether the key has a seat or is a copy of the leader, so that the leader may hand the set over to it.
    bool knows(std::string_view memberKey) const;

    /// Writes the fields as bytes and signs them, with the keys in this order. Errors: TooLarge.
    Result<> sign(const std::vector<const SigningKey*>& keys);
    /// Adds the second signature of a HANDOVER.
    void sign(const SigningKey& second);
    /// Reads a SignedEntry within the limits, without checking signatures. Errors: TooLarge, Unsupported (another version), Corrupt
    /// (anything else that is not exactly an entry).
    static Result<Entry> parse(std::string_view encoded);
};

using EntryPointer = std::shared_ptr<const Entry>;

std::string keyHash(std::string_view publicKey);

/// Whether the entry may follow `prev`, by kind, numbers, leader and rights. Null: it follows nothing (Found). Signatures are not checked.
bool mayFollow(const Entry& entry, const Entry* prev);
/// Whether exactly the keys that the kind demands have signed. At most two checks.
bool isSignedRightly(const Entry& entry, const Entry* prev);

} // namespace core::trust
