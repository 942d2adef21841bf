#pragma once

#include "core/request/outcome.h"
#include "core/request/request_state.h"

namespace core::request {

/// What user lockout does with one request: it refuses the login of a locked user, and counts right and wrong credentials. Does nothing for a request
/// that is no login.
class LoginAttempt {
public:
    explicit LoginAttempt(RequestState& state) : m_state{state} {}

    /// Asks the backend whether the request is a login.
    void recognise();
    /// Refuses a login whose user is locked.
    Outcome checkLock();
    /// Counts the credential of `response`. Refuses a right one if the user was locked in the meantime.
    Outcome count(const mount::Response& response);
    /// True if this login has locked its user. The lock must then be stored, and the credential not be counted again.
    bool isLocking() const { return m_isLocking; }
    /// Stores the lock in the request's transaction. Errors: those of the views.
    Result<> storeLock();

private:
    RequestState& m_state;
    std::string m_alias; // the user; empty: no login
    bool m_isLocking = false;
};

} // namespace core::request
