#include "core/trust/entry.h"

#include "core/crypto/digest.h"
#include "core/trust/entry.pb.h"

#include <algorithm>

namespace core::trust {

namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kPurpose = "entry";
constexpr std::size_t kTextBytesMax = 512;

Error corrupt(const char* what)
{
    return Error{ErrorCode::Corrupt, std::string{"trust entry: "} + what};
}

std::string sha256(std::string_view bytes)
{
    return crypto::sha256Bytes(bytes);
}

bool isShort(std::string_view text)
{
    return text.size() <= kTextBytesMax;
}

bool isHashOrEmpty(std::string_view text)
{
    return text.empty() || text.size() == kHashBytes;
}

Result<Seat> readSeat(const wire::Seat& in)
{
    Seat seat;
    if (in.kind() < 1 || in.kind() > 3) return corrupt("kind of a seat");
    if (in.member_key().size() != kPublicKeyBytes || !isShort(in.id()) || !isShort(in.fingerprint())) return corrupt("seat");
    if (!in.token_key().empty() && in.token_key().size() != kPublicKeyBytes) return corrupt("token key");
    if (static_cast<std::size_t>(in.stand_ins_size()) > kStandInsMax) return corrupt("too many stand-ins");
    seat.id = in.id();
    seat.kind = static_cast<SeatKind>(in.kind());
    seat.memberKey = in.member_key();
    seat.tokenKey = in.token_key();
    seat.fingerprint = in.fingerprint();
    seat.maySucceed = in.may_succeed();
    seat.tokensTravel = in.tokens_travel();
    seat.moves = in.moves();
    for (const auto& one : in.stand_ins()) {
        if (one.member_key().size() != kPublicKeyBytes) return corrupt("stand-in");
        seat.standIns.push_back({one.member_key(), one.may_succeed()});
    }
    return seat;
}

/// One key must mean one cluster. Otherwise a right could be read in two ways.
bool areKeysDifferent(const std::vector<Seat>& seats)
{
    std::set<std::string_view> keys;
    for (const Seat& seat : seats) {
        if (!keys.insert(seat.memberKey).second) return false;
        for (const StandIn& one : seat.standIns) {
            if (!keys.insert(one.memberKey).second) return false;
        }
    }
    return true;
}

Result<Entry> readFields(const wire::Entry& in)
{
    Entry entry;
    if (in.version() != kVersion) return Error{ErrorCode::Unsupported, "trust entry of version " + std::to_string(in.version())};
    if (in.kind() < 1 || in.kind() > 5) return corrupt("kind");
    if (in.type() != "performance" && in.type() != "dr") return corrupt("type");
    if (in.authority().size() != kPublicKeyBytes || !isHashOrEmpty(in.prev()) || !isHashOrEmpty(in.continues())) return corrupt("key or hash");
    const auto& leader = in.leader();
    for (const std::string* text :
         {&in.set_id(), &in.promotion_id(), &leader.cluster_id(), &leader.cluster_name(), &leader.api_address(), &leader.cluster_address()}) {
        if (!isShort(*text)) return corrupt("text");
    }
    if (in.set_id().empty() || in.epoch() == 0 || in.generation() == 0) return corrupt("set or number");
    if (static_cast<std::size_t>(in.seats_size()) > kSeatsMax) return corrupt("too many seats");
    if (static_cast<std::size_t>(in.revoked_size()) > kRevokedMax || static_cast<std::size_t>(in.voided_size()) > kRevokedMax) {
        return corrupt("too many revocations");
    }
    entry.kind = static_cast<EntryKind>(in.kind());
    entry.type = in.type();
    entry.setId = in.set_id();
    entry.epoch = in.epoch();
    entry.generation = in.generation();
    entry.prev = in.prev();
    entry.authority = in.authority();
    entry.leader = {leader.cluster_id(), leader.cluster_name(), leader.api_address(), leader.cluster_address()};
    for (const auto& one : in.seats()) {
        auto seat = readSeat(one);
        if (!seat) return std::move(seat).error();
        entry.seats.push_back(std::move(*seat));
    }
    if (!areKeysDifferent(entry.seats)) return corrupt("a key with two seats");
    for (const auto& key : in.revoked()) {
        if (key.size() != kKeyHashBytes) return corrupt("revoked key");
        entry.revoked.insert(key);
    }
    for (const auto& hash : in.voided()) {
        if (hash.size() != kHashBytes) return corrupt("void entry");
        entry.voided.insert(hash);
    }
    entry.closesFormer = in.closes_former();
    entry.continues = in.continues();
    entry.promotionId = in.promotion_id();
    entry.issuedAt = fromUnixMs(in.issued_unix_ms());
    return entry;
}

std::string writeFields(const Entry& entry)
{
    wire::Entry out;
    out.set_version(kVersion);
    out.set_kind(static_cast<std::uint32_t>(entry.kind));
    out.set_type(entry.type);
    out.set_set_id(entry.setId);
    out.set_epoch(entry.epoch);
    out.set_generation(entry.generation);
    out.set_prev(entry.prev);
    out.set_authority(entry.authority);
    out.mutable_leader()->set_cluster_id(entry.leader.clusterId);
    out.mutable_leader()->set_cluster_name(entry.leader.clusterName);
    out.mutable_leader()->set_api_address(entry.leader.apiAddress);
    out.mutable_leader()->set_cluster_address(entry.leader.clusterAddress);
    for (const Seat& seat : entry.seats) {
        wire::Seat& row = *out.add_seats();
        row.set_id(seat.id);
        row.set_kind(static_cast<std::uint32_t>(seat.kind));
        row.set_member_key(seat.memberKey);
        row.set_token_key(seat.tokenKey);
        row.set_fingerprint(seat.fingerprint);
        row.set_may_succeed(seat.maySucceed);
        row.set_tokens_travel(seat.tokensTravel);
        row.set_moves(seat.moves);
        for (const StandIn& one : seat.standIns) {
            auto& standIn = *row.add_stand_ins();
            standIn.set_member_key(one.memberKey);
            standIn.set_may_succeed(one.maySucceed);
        }
    }
    for (const auto& key : entry.revoked) out.add_revoked(key);
    for (const auto& hash : entry.voided) out.add_voided(hash);
    out.set_closes_former(entry.closesFormer);
    out.set_continues(entry.continues);
    out.set_promotion_id(entry.promotionId);
    out.set_issued_unix_ms(toUnixMs(entry.issuedAt));
    return out.SerializeAsString();
}

std::string encode(const Entry& entry)
{
    wire::SignedEntry out;
    out.set_entry(entry.bytes);
    for (const auto& signature : entry.signatures) out.add_signatures(signature);
    return out.SerializeAsString();
}

} // namespace

std::string_view toString(EntryKind kind)
{
    switch (kind) {
    case EntryKind::Found: return "found";
    case EntryKind::Roster: return "roster";
    case EntryKind::Takeover: return "takeover";
    case EntryKind::Handover: return "handover";
    case EntryKind::Refusal: return "refusal";
    }
    return "unknown";
}

std::string keyHash(std::string_view publicKey)
{
    return sha256(publicKey).substr(0, kKeyHashBytes);
}

const Seat* Entry::seatOf(std::string_view memberKey) const
{
    const auto found = std::ranges::find(seats, memberKey, &Seat::memberKey);
    return found == seats.end() ? nullptr : &*found;
}

bool Entry::givesRightTo(std::string_view memberKey) const
{
    if (const Seat* seat = seatOf(memberKey)) return seat->maySucceed;
    const Seat* leads = seatOf(authority); // copies of other seats have no right
    return leads && std::ranges::any_of(leads->standIns, [&](const StandIn& one) { return one.memberKey == memberKey && one.maySucceed; });
}

bool Entry::knows(std::string_view memberKey) const
{
    if (seatOf(memberKey)) return true;
    const Seat* leads = seatOf(authority);
    return leads && std::ranges::find(leads->standIns, memberKey, &StandIn::memberKey) != leads->standIns.end();
}

Result<> Entry::sign(const std::vector<const SigningKey*>& keys)
{
    bytes = writeFields(*this);
    hash = sha256(bytes);
    signatures.clear();
    for (const SigningKey* key : keys) signatures.push_back(key->sign(kPurpose, bytes));
    encoded = encode(*this);
    if (encoded.size() > kEntryBytesMax) return Error{ErrorCode::TooLarge, "trust entry of " + std::to_string(encoded.size()) + " bytes"};
    return {};
}

void Entry::sign(const SigningKey& second)
{
    signatures.push_back(second.sign(kPurpose, bytes));
    encoded = encode(*this);
}

Result<Entry> Entry::parse(std::string_view encoded)
{
    if (encoded.size() > kEntryBytesMax) return Error{ErrorCode::TooLarge, "trust entry of " + std::to_string(encoded.size()) + " bytes"};
    wire::SignedEntry outer;
    if (!outer.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) return corrupt("form");
    if (outer.signatures_size() < 1 || outer.signatures_size() > 2) return corrupt("signatures");
    wire::Entry inner;
    if (!inner.ParseFromString(outer.entry())) return corrupt("form");
    auto entry = readFields(inner);
    if (!entry) return entry;
    for (const auto& signature : outer.signatures()) {
        if (signature.size() != kSignatureBytes) return corrupt("signature");
        entry->signatures.push_back(signature);
    }
    entry->bytes = outer.entry();
    // An entry has exactly one form. An unknown field, or the same content in other bytes, is refused. Otherwise two programs could read
    // one signed entry in two ways.
    if (writeFields(*entry) != entry->bytes || encode(*entry) != encoded) return corrupt("form");
    entry->hash = sha256(entry->bytes);
    entry->encoded = encoded;
    return entry;
}

bool mayFollow(const Entry& entry, const Entry* prev)
{
    if (!entry.seatOf(entry.authority)) return false; // the leader must have a seat itself
    if (entry.kind == EntryKind::Found) return !prev && entry.prev.empty();
    if (!prev || entry.prev != prev->hash || entry.type != prev->type || entry.setId != prev->setId) return false;
    if (entry.generation != prev->generation + 1 || !entry.continues.empty()) return false;
    const bool isStepGood = entry.epoch > prev->epoch && entry.epoch - prev->epoch <= kEpochStepMax;
    switch (entry.kind) {
    case EntryKind::Roster: return entry.epoch == prev->epoch; // another authority: the leader has a new key, and both keys sign
    case EntryKind::Takeover: return isStepGood && prev->givesRightTo(entry.authority) && !prev->revoked.contains(keyHash(entry.authority));
    case EntryKind::Handover:
        return isStepGood && entry.authority != prev->authority && prev->knows(entry.authority) && !prev->revoked.contains(keyHash(entry.authority));
    case EntryKind::Refusal: {
        if (!isStepGood || entry.authority != prev->authority) return false;
        std::size_t fresh = 0;
        for (const auto& hash : entry.voided) fresh += prev->voided.contains(hash) ? 0 : 1;
        return fresh == 1; // a REFUSAL refuses exactly one entry
    }
    case EntryKind::Found: break;
    }
    return false;
}

bool isSignedRightly(const Entry& entry, const Entry* prev)
{
    std::vector<std::string> keys;
    switch (entry.kind) {
    case EntryKind::Found:
    case EntryKind::Takeover:
    case EntryKind::Refusal: keys = {entry.authority}; break;
    case EntryKind::Handover:
        if (!prev) return false;
        keys = {prev->authority, entry.authority};
        break;
    case EntryKind::Roster:
        if (!prev) return false;
        keys = {prev->authority};
        if (entry.authority != prev->authority) keys.push_back(entry.authority);
        break;
    }
    // Exactly the signers that the kind demands, in their order. A surplus signature would cost work and prove nothing.
    if (entry.signatures.size() != keys.size()) return false;
    for (std::size_t at = 0; at < keys.size(); ++at) {
        if (!isSignedBy(keys[at], kPurpose, entry.bytes, entry.signatures[at])) return false;
    }
    return true;
}

} // namespace core::trust
