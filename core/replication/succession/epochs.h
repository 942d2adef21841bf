#pragma once

#include "core/mount/response.h"
#include "core/replication/roles/role_keeper.h"
#include "core/replication/succession/statement_confirmation.h"
#include "core/replication/succession/trust_exchange.h"

namespace core::replication {

/// The signed statements of who leads a set (statement.h): shows what this cluster knows, and stores what is later and confirmed. Where
/// this cluster keeps the set's trust log, a statement is news at most: entries of the log must prove it (TrustExchange). Else, in a set with
/// members of older versions, a present member must stand by it (statement_confirmation.h). A primary that a confirmed one says has been replaced stops writing. Thread-safe.
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
    /// Shows this cluster a statement (base64); `from` is the caller's address, for the log. Blocking (disk, network).
    mount::Response show(Type type, const std::string& encoded, const std::string& from) CORE_EXCLUDES(m_roles.operation);
    /// A link has learned a genuine statement. Quick: it is confirmed and taken up later.
    void noteLater(Type type, std::string statement, StatementSource source);

    /// Whether a genuine statement says more than this cluster knows.
    bool isNewsHere(Type type, const std::string& statement) const;
    /// A member has told of a statement: takes it up where it counts. Blocking (disk, network).
    void consider(Type type, const std::string& statement, const std::string& from) CORE_EXCLUDES(m_roles.operation);

private:
    /// Takes up a genuine statement if it is later than what is known. Errors: of verifying, of storing.
    Result<bool> note(Type type, const std::string& statement, bool isFollowed, const std::string& leaderKey, bool endsLog = false)
        CORE_REQUIRES(m_roles.operation);
    /// Before a secondary follows another leader: while its link is up its primary is asked for what is later, whose word is enough. Blocking
    /// (network, 300 ms).
    void askPrimary(Type type) CORE_EXCLUDES(m_roles.operation);
    /// Who stands by a statement that the followed primary has not told; nothing, and a line in the log: nobody who counts.
    std::optional<Member> confirmed(Type type, const std::string& statement, const StatementSource& source) const;

    /// Asks for the entries that prove a statement; a line in the log where nobody has them.
    void seekProof(Type type, const std::string& statement, const StatementSource& source) CORE_EXCLUDES(m_roles.operation);
    bool isProvedSoon(Type type, const EpochStatement& shown) CORE_EXCLUDES(m_roles.operation);
    /// In a set that is being upgraded a member may be promoted whose older program writes no trust log. It counts where this cluster's log gives it the
    /// right; the log then ends here, and statements decide again.
    bool followOlder(Type type, const EpochStatement& shown, const std::string& statement) CORE_EXCLUDES(m_roles.operation);
    /// Of a statement that was shown by an operator, who may be quicker than the links.
    Result<Member> confirmedSoon(const EpochStatement& shown, std::string_view encoded) const;

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    TrustExchange& m_trust;
    const StatementConfirmation m_confirmation;
    std::atomic<bool> m_isConfirming[2] = {false, false}; // by type: one at a time, however often links tell
};

} // namespace core::replication
