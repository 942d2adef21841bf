#pragma once

#include "core/barrier/scope.h"
#include "core/base/random.h"
#include "core/crypto/x509.h"
#include "core/replication/link.h"

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
    std::string id;          // of its activation token; empty: the primary
    std::string fingerprint; // of the certificate that it shows to other members; empty: not heard of yet
    Endpoint endpoint;
    WallTime heardAt; // by the primary; epoch: never
    bool isPrimary = false;
    bool isConnected = false;
    Succession succession = Succession::AsType;
    std::string memberKey = {}; // core/trust; empty: not known
    std::string program = {};   // its version; empty: not known

    /// Whether a promotion of it counts with others though nobody has handed it the role.
    bool maySucceed() const { return isPrimary || replication::maySucceed(type, succession); }
    /// Who it is and where, not how it is doing.
    bool isSameAs(const Member& other) const;
};

using Members = std::vector<Member>;

bool areSame(const Members& left, const Members& right);

/// `told`, with what `known` says of members that the primary has not heard of since it started.
Members withKnownFingerprints(Members told, const Members& known);

/// Where to look for the primary when it is at none of its addresses: the `turn`-th other member of the type, round and round,
/// since the role may have gone over to any of them. Empty: there is none.
std::string lastResort(const Members& members, Type type, const std::string& ownAddress, unsigned turn);

void toWire(const Members& members, wire::Members& out);
Members fromWire(const wire::Members& members);

/// The list that the primary of a type has told, as it is stored beside the role: `i/core/replication/<type>/members`, sealed.
/// Errors: Sealed, Corrupt, Io. Nothing stored: an empty list.
Result<Members> loadMembers(const barrier::Scope& scope, Type type);
Result<> storeMembers(const barrier::Scope& scope, Type type, const Members& members);
std::string membersKey(Type type);

/// The certificate with which this cluster stands for itself before other members, whatever its roles are: it is made when it
/// is first asked for, kept sealed in `i/core/replication/peer`, and gone with the contents of a cluster that is activated.
/// Errors: Sealed, Corrupt, Io, Internal.
Result<crypto::Identity> loadPeerIdentity(const barrier::Scope& scope, Random& random, WallTime now);

} // namespace core::replication
