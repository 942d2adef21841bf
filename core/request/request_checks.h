#pragma once

#include "core/request/outcome.h"
#include "core/request/request_state.h"

namespace core::request {

/// Decides whether a request is executed: mount, role of the cluster, token, use count, policies. Each check returns an Outcome and answers nothing
/// itself. Runs on the thread that calls it, and never waits.
class RequestChecks {
public:
    explicit RequestChecks(RequestState& state);

    /// Finds the mount, and makes every check before the policies.
    Outcome admit();
    /// True if a use of the token must be taken before the policies are checked.
    bool needsUse() const;
    /// Takes a use in `transaction`, which the caller commits.
    Outcome takeUse(log::Transaction& transaction);
    /// True if the request came with a token: nothing is done before its policies are checked.
    bool needsPolicies() const { return m_needsPolicies; }
    /// Loads the policies that decide() asks.
    Outcome loadPolicies();
    /// Decides between create and update in the request's transaction, and asks the policies. Each run after a conflict decides again.
    Outcome decide();

    /// True if the secondary that sent the request receives everything that the request wrote.
    bool isWithinScope() const;
    /// A sys/wrapping/ call whose own token is the wrapping token that it names. The call ends the token and gets nothing.
    bool endsOwnToken() const { return m_endsOwnToken; }
    /// True for the calls that take a token apart. prepareWrapping() has changed such a request, so it cannot begin again.
    bool isWrappingCall() const;
    /// As it was before create and update were distinguished.
    policy::Operation operationAsked() const { return m_operationAsked; }
    bool isPolicyChecked() const { return m_isPolicyChecked; }
    const policy::Decision& decision() const { return m_decision; }

private:
    void findMount();
    Outcome admitOnDrSecondary() const;
    Outcome admitForwarded();
    /// Counts the request of this client address before anything is looked at.
    Outcome limitRate();
    Result<std::string> loginRole();
    /// Checks X-Vault-Forward, X-Vault-Inconsistent and X-Vault-Index.
    Outcome checkHeaders() const;
    bool isUnauthenticated() const;
    /// Finds the token that a sys/wrapping/ call means, also if it is given as a JWT.
    Outcome prepareWrapping();
    /// The refusal of a wrapping token that is not valid.
    Outcome refuseWrappingToken(const barrier::Scope& here, std::string_view token) const;
    Outcome readOptionalToken();
    Outcome checkToken();
    bool isFromBoundAddress(const token::TokenEntry& entry) const;

    RequestState& m_state;
    const PipelineServices& m_services;
    mount::Request& m_request;
    const policy::Operation m_operationAsked;
    std::optional<replication::LinkFilter> m_scope; // of the secondary that forwarded it
    std::shared_ptr<const policy::Acl> m_acl;
    std::shared_ptr<const policy::Acl> m_bound; // must allow the request too; null: no second bound
    policy::Decision m_decision;
    bool m_needsPolicies = false;
    bool m_isPolicyChecked = false;
    bool m_endsOwnToken = false;
};

} // namespace core::request
