#pragma once

#include "core/barrier/scope.h"
#include "core/base/random.h"
#include "core/crypto/x509.h"
#include "core/replication/wire/link.h"

#include <string>
#include <vector>

namespace core::replication {

namespace wire {
class Member;
class Members;
} // namespace wire

/// One cluster of a replication set as its primary knows it. A cluster that is in the sets of both types is there twice.
struct Member {
    Type type = Type::Performance;
    std::string id;          // from its activation token; empty: the primary
    std::string fingerprint; // of the certificate that it shows to other members; empty: not known yet
    Endpoint endpoint;
    WallTime heardAt; // when the primary last heard it; zero: never
    bool isPrimary = false;
    bool isConnected = false;
    Succession succession = Succession::AsType;
    std::string memberKey = {}; // core/trust; empty: not known
    std::string program = {};   // its version; empty: not known

    /// Whether other members accept its promotion without a switchover.
    bool maySucceed() const { return isPrimary || replication::maySucceed(type, succession); }
    /// Compares identity and addresses, not times.
    bool isSameAs(const Member& other) const;
};

using Members = std::vector<Member>;

bool areSame(const Members& left, const Members& right);

/// Returns `told`. Members without a fingerprint get fingerprint and endpoint from `known`, and member key and program where those are
/// empty.
Members withKnownFingerprints(Members told, const Members& known);

/// The address to try when the primary is at none of its addresses. `turn` selects the member (modulo), because any of them may be the
/// primary now. Empty: there is none.
std::string lastResort(const Members& members, Type type, const std::string& ownAddress, unsigned turn);

void toWire(const Members& members, wire::Members& out);
Members fromWire(const wire::Members& members);

/// The known members of a set, stored beside the role at `i/core/replication/<type>/members`, sealed. A secondary stores the list that its
/// primary sent; a primary stores the members that it has heard, and those of its predecessor. Errors: Sealed, Corrupt, Io. Nothing stored: an empty list.
Result<Members> loadMembers(const barrier::Scope& scope, Type type);
Result<> storeMembers(const barrier::Scope& scope, Type type, const Members& members);
std::string membersKey(Type type);

/// Members whose promotion this primary has refused, at `i/core/replication/<type>/refused-members`: they are told of the refusal, and admitted nowhere.
inline constexpr std::size_t kRefusedMembersMax = 8;
Result<Members> loadRefusedMembers(const barrier::Scope& scope, Type type);
Result<> storeRefusedMembers(const barrier::Scope& scope, Type type, const Members& members);

/// The certificate that this cluster shows to other members. It is made when it is first asked for, and stored sealed at
/// `i/core/replication/peer`. An activation, and a restore that ends all memberships, delete it.
/// Errors: Sealed, Corrupt, Io, Internal.
Result<crypto::Identity> loadPeerIdentity(const barrier::Scope& scope, Random& random, WallTime now);

} // namespace core::replication
