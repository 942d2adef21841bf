#include "core/replication/set/members.h"

#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/program_version.h"
#include "core/replication/set/role.pb.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr const char* kPeerPath = "core/replication/peer";

std::string pathOf(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/members";
}

std::string refusedPathOf(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/refused-members";
}

Result<Members> load(const barrier::Scope& scope, const std::string& path)
{
    auto value = scope.ignored({}).get(path);
    if (!value) return std::move(value).error().withContext("loading the members of the set");
    if (!*value) return Members{};
    wire::Members list;
    if (!list.ParseFromString(**value)) return Error{ErrorCode::Corrupt, "members of the set"};
    return fromWire(list);
}

Result<> store(const barrier::Scope& scope, const std::string& path, const Members& members)
{
    wire::Members list;
    toWire(members, list);
    return scope.ignored({}).put(path, list.SerializeAsString());
}

} // namespace

bool Member::isSameAs(const Member& other) const
{
    return type == other.type && id == other.id && fingerprint == other.fingerprint && endpoint == other.endpoint && isPrimary == other.isPrimary &&
           succession == other.succession && memberKey == other.memberKey && program == other.program;
}

std::string lastResort(const Members& members, Type type, const std::string& ownAddress, unsigned turn)
{
    std::vector<std::string> addresses;
    for (const auto& member : members) {
        const auto& address = member.endpoint.clusterAddress;
        if (member.type == type && !address.empty() && address != ownAddress) addresses.push_back(address);
    }
    return addresses.empty() ? std::string{} : addresses[turn % addresses.size()];
}

bool areSame(const Members& left, const Members& right)
{
    return std::ranges::equal(left, right, [](const Member& a, const Member& b) { return a.isSameAs(b); });
}

Members withKnownFingerprints(Members told, const Members& known)
{
    for (Member& member : told) {
        if (!member.fingerprint.empty()) continue;
        const auto before = std::ranges::find_if(
            known, [&](const Member& other) { return other.type == member.type && other.id == member.id && other.isPrimary == member.isPrimary; });
        if (before == known.end()) continue;
        member.fingerprint = before->fingerprint;
        member.endpoint = before->endpoint;
        // A promoted cluster does not know the fingerprints of inherited secondaries until they connect. The former list does.
        if (member.memberKey.empty()) member.memberKey = before->memberKey;
        if (member.program.empty()) member.program = before->program;
    }
    return told;
}

void toWire(const Members& members, wire::Members& out)
{
    for (const Member& member : members) {
        wire::Member& row = *out.add_members();
        row.set_type(toWire(member.type));
        row.set_id(member.id);
        row.set_fingerprint(member.fingerprint);
        row.set_api_address(member.endpoint.apiAddress);
        row.set_cluster_address(member.endpoint.clusterAddress);
        row.set_heard_unix_ms(toUnixMs(member.heardAt));
        row.set_is_primary(member.isPrimary);
        row.set_is_connected(member.isConnected);
        row.set_succession(static_cast<std::uint32_t>(member.succession));
        row.set_member_key(member.memberKey);
        row.set_program(member.program);
    }
}

Members fromWire(const wire::Members& list)
{
    Members members;
    for (const auto& row : list.members()) {
        Member member;
        member.type = typeFromWire(row.type());
        member.id = row.id();
        member.fingerprint = addressFromWire(row.fingerprint());
        member.endpoint = {addressFromWire(row.api_address()), addressFromWire(row.cluster_address())};
        member.heardAt = fromUnixMs(row.heard_unix_ms());
        member.isPrimary = row.is_primary();
        member.isConnected = row.is_connected();
        member.succession = successionOf(row.succession());
        member.memberKey = keyFromWire(row.member_key());
        member.program = programFromWire(row.program());
        members.push_back(std::move(member));
    }
    return members;
}

std::string membersKey(Type type)
{
    return "i/" + pathOf(type);
}

Result<Members> loadMembers(const barrier::Scope& scope, Type type)
{
    return load(scope, pathOf(type));
}

Result<> storeMembers(const barrier::Scope& scope, Type type, const Members& members)
{
    return store(scope, pathOf(type), members);
}

Result<Members> loadRefusedMembers(const barrier::Scope& scope, Type type)
{
    return load(scope, refusedPathOf(type));
}

Result<> storeRefusedMembers(const barrier::Scope& scope, Type type, const Members& members)
{
    return store(scope, refusedPathOf(type), members);
}

Result<crypto::Identity> loadPeerIdentity(const barrier::Scope& scope, Random& random, WallTime now)
{
    barrier::View view = scope.ignored({});
    auto value = view.get(kPeerPath);
    if (!value) return std::move(value).error().withContext("loading the peer certificate");
    stored::Identity row;
    if (*value) {
        const bool isRead = row.ParseFromString(**value);
        // The row holds a private key, so its plain bytes are wiped at once.
        wipe(**value);
        if (!isRead || row.certificate().empty()) return Error{ErrorCode::Corrupt, "peer certificate"};
        return crypto::Identity{row.certificate(), SecretBytes::copyOf(row.key())};
    }
    auto made = crypto::makeSelfSigned({.commonName = random.uuid()}, now);
    if (!made) return made;
    row.set_certificate(made->certificate);
    row.set_key(made->key.data(), made->key.size());
    std::string text = row.SerializeAsString();
    auto put = view.put(kPeerPath, text);
    wipe(text);
    if (!put) return std::move(put).error();
    return made;
}

} // namespace core::replication
