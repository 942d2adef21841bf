#pragma once

#include "core/base/result.h"
#include "core/mount/response.h"

#include <variant>

namespace core::request {

/// How one step of a request ended. This is the only way in which a step refuses a request: it answers nothing itself.
class [[nodiscard]] Outcome {
public:
    enum class Kind {
        Continues, // the next step follows
        Waits,     // a callback or another thread continues the request
        Conflicts, // another request was faster: the execution runs again
        Answered,  // with a response. If it is an error, the writes are dropped. A token whose last use was taken still ends
        Failed,    // with an error of the storage, or a response. Nothing more is written
        Unheard,   // with a response, before anything of the request was looked at: no audit device gets it
    };

    Outcome() = default; // Continues
    // Not explicit, so that a step can return what it refuses with.
    Outcome(mount::Response&& response) : m_kind{Kind::Answered}, m_content{std::move(response)} {}
    Outcome(Error error) : m_kind{Kind::Failed}, m_content{std::move(error)} {}
    static Outcome waits() { return Outcome{Kind::Waits}; }
    static Outcome conflicts() { return Outcome{Kind::Conflicts}; }
    static Outcome failed(mount::Response&& response) { return {Kind::Failed, std::move(response)}; }
    static Outcome unheard(mount::Response&& response) { return {Kind::Unheard, std::move(response)}; }

    Kind kind() const { return m_kind; }
    bool continues() const { return m_kind == Kind::Continues; }
    /// Null, if there is only a response.
    const Error* error() const { return std::get_if<Error>(&m_content); }
    /// The response, or the one for the error. It lives in this object. Not for a request that continues, waits or conflicts.
    mount::Response&& takeResponse() &&;

private:
    explicit Outcome(Kind kind) : m_kind{kind} {}
    Outcome(Kind kind, mount::Response&& response) : m_kind{kind}, m_content{std::move(response)} {}

    Kind m_kind = Kind::Continues;
    std::variant<std::monostate, mount::Response, Error> m_content;
};

} // namespace core::request
