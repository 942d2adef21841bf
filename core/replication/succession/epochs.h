#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"
#include "core/replication/succession/statement_confirmation.h"
#include "core/replication/succession/trust_exchange.h"

namespace core::replication {

/// The signed statements about who leads a set (statement.h). Shows the latest known one, and stores later ones that count.
///
/// If this cluster keeps the set's trust log, a statement is only a hint, and entries of the log must prove it (TrustExchange). Otherwise (older
/// versions in the set, or a secondary of a relay) a present member must confirm it (statement_confirmation.h). If a statement that counts says that
/// this primary was replaced, it stops writing. Thread-safe.
class Epochs {
public:
    Epochs(const ManagerServices& services, RoleKeeper& roles, TrustExchange& trust)
        : m_services{services}
        , m_roles{roles}
        , m_trust{trust}
        , m_confirmation{services, roles}
    {}

    /// The latest statement of the set that this cluster knows.
    mount::Response statement(Type type) const;
    /// Another cluster shows this one a statement (base64). `from`: the caller's address, for the log. Blocking (disk, network).
    mount::Response show(Type type, const std::string& encoded, const std::string& from = {}) CORE_EXCLUDES(m_roles.operation);
    /// A link has received a genuine statement. Quick: it is confirmed and adopted later.
    void noteLater(Type type, std::string statement, StatementSource source);

    /// Whether a genuine statement says more than this cluster knows.
    bool isNewsHere(Type type, const std::string& statement) const;
    /// A member has sent a statement: adopts it if it counts. Blocking (disk, network).
    void consider(Type type, const std::string& statement, const std::string& from) CORE_EXCLUDES(m_roles.operation);

private:
    /// Adopts a genuine statement if it is later than the latest known one. Errors: of verifying, of storing.
    Result<bool> note(Type type, const std::string& statement, bool isFollowed, const std::string& leaderKey, bool endsLog = false)
        CORE_REQUIRES(m_roles.operation);
    /// Before a secondary follows another leader: asks its primary for a later statement while its link is up. The primary's word is
    /// enough. Blocking (network, 300 ms).
    void askPrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    /// The member that confirms a statement which the followed primary has not reported. Nothing, and a line in the log: no member with the
    /// right confirms it.
    std::optional<Member> confirmed(Type type, const std::string& statement, const StatementSource& source) const;

    /// Asks for the entries that prove a statement. Logs a line if nobody has them.
    void seekProof(Type type, const std::string& statement, const StatementSource& source) CORE_EXCLUDES(m_roles.operation);
    Result<bool> isProvedSoon(Type type, const EpochStatement& shown) CORE_EXCLUDES(m_roles.operation);
    /// In a set that is being upgraded, a member with an older program may be promoted, and it writes no trust log. Its promotion counts if
    /// this cluster's log gives it the right. The log then ends here, and statements decide again.
    /// True: it counts and is stored. Errors: of storing.
    Result<bool> followOlder(Type type, const EpochStatement& shown, const std::string& statement) CORE_EXCLUDES(m_roles.operation);
    /// For a statement from an operator, who may be quicker than the links: tries several times.
    Result<Member> confirmedSoon(const EpochStatement& shown, std::string_view encoded) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    TrustExchange& m_trust;
    const StatementConfirmation m_confirmation;
    std::atomic<bool> m_isConfirming[2] = {false, false}; // by type: one at a time, even if links report it often
};

} // namespace core::replication
