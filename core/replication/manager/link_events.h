#pragma once

#include "core/replication/roles/authority_renewal.h"
#include "core/replication/roles/key_renewal.h"
#include "core/replication/roles/set_keys.h"
#include "core/replication/succession/epochs.h"
#include "core/replication/succession/successor.h"
#include "core/replication/succession/switchover.h"

namespace core::replication {

/// Takes what links report, and stores what must outlive the link: keys, addresses, members. Called on the port's thread; what blocks runs on the
/// background. Thread-safe.
class LinkEvents final : public TransportEvents {
public:
    struct Parts {
        RoleKeeper& roles;
        const SetKeys& keys;
        const KeyRenewal& renewal;
        const AuthorityRenewal& authorities;
        Epochs& epochs;
        TrustExchange& trust;
        Switchover& switchover;
        Successor& successor;
    };
    LinkEvents(const ManagerServices& services, const Parts& parts)
        : m_services{services}
        , m_roles{parts.roles}
        , m_keys{parts.keys}
        , m_renewal{parts.renewal}
        , m_authorities{parts.authorities}
        , m_epochs{parts.epochs}
        , m_trust{parts.trust}
        , m_switchover{parts.switchover}
        , m_successor{parts.successor}
    {}

    void bootstrapPackage(BootstrapAsk ask, std::function<void(Result<wire::BootstrapPackage>)> done) override;
    void secondaryProven(Type type, const std::string& secondaryId, SecondaryClaim claim) override;
    void primaryProven(Type type, std::string memberKey, std::string replacedKey) override;
    void laterStatement(Type type, std::string statement, StatementSource source) override
    {
        m_epochs.noteLater(type, std::move(statement), std::move(source));
    }
    void primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover) override;
    void membersTold(Type type, const Members& members) override;
    void secondariesHeard(Type type, const Members& members) override;
    void tokenKeyTold(Type type, const std::string& secondaryId, std::string publicKey) override;
    void tokenKeysSent(std::string makers, std::function<void()> done) override;
    void keysSent(Type type, SecretBytes bundle, std::function<void(Result<>)> done) override;
    const KeySource* keySource() const override { return &m_keys; }
    void trustTold(TrustTold told) override { m_trust.told(std::move(told)); }
    void handoverAnswered(Type, const std::string& secondaryId, wire::HandoverAnswer answer) override
    {
        m_switchover.answered(secondaryId, std::move(answer));
    }
    void handoverAsked(Type type, wire::Handover asked) override { m_successor.asked(type, std::move(asked)); }

private:
    Result<wire::BootstrapPackage> bootstrapPackageNow(const BootstrapAsk& ask) CORE_EXCLUDES(m_roles.operation);
    /// Stores that the secondary has used its activation, and its keys. The first member key takes the seat. Errors: PermissionDenied
    /// (another key has taken it), those of storing.
    Result<> takeSeat(const BootstrapAsk& ask) CORE_REQUIRES(m_roles.operation);

    const ManagerServices& m_services;
    RoleKeeper& m_roles;
    const SetKeys& m_keys;
    const KeyRenewal& m_renewal;
    const AuthorityRenewal& m_authorities;
    Epochs& m_epochs;
    TrustExchange& m_trust;
    Switchover& m_switchover;
    Successor& m_successor;
};

} // namespace core::replication
