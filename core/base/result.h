#pragma once

#include "core/base/assert.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace core {

/// The kind of an error, for programs. The text for people is made where it is shown.
enum class ErrorCode {
    InvalidArgument, // the caller's input is wrong
    NotFound,
    AlreadyExists,
    FailedPrecondition, // not possible in this state (role, not initialised …)
    Conflict,           // another transaction changed what was read; running everything again can succeed
    ReadOnly,           // a write to data that this cluster can only read
    PermissionDenied,
    Sealed,
    TooLarge,
    Unsupported,
    Timeout,
    Unavailable, // a peer or service cannot be reached now
    Cancelled,
    Corrupt, // stored or received bytes are not what they must be
    NoSpace,
    Io,
    Internal,
};

/// The code's name as it is written in logs, such as "NotFound".
std::string_view toString(ErrorCode code);

/// An error: `code` for programs, `detail` for the log (English, never a secret).
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string detail;

    /// The same error, with "context: " before its detail.
    Error withContext(std::string_view context) &&
    {
        detail.insert(0, ": ").insert(0, context);
        return std::move(*this);
    }
    Error withContext(std::string_view context) const& { return Error{*this}.withContext(context); }
};

/// "Code: detail", for logs.
std::string toString(const Error& error);

/// A value or an Error, with the member names of std::expected. Asking for the one that is not there is a broken invariant.
template<class T = void>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : m_state{std::in_place_index<0>, std::move(value)} {}
    Result(Error error) : m_state{std::in_place_index<1>, std::move(error)} {}
    template<class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
        : m_state{std::in_place_index<0>, std::forward<U>(value)}
    {}

    bool has_value() const noexcept { return m_state.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() &
    {
        CORE_ASSERT(has_value());
        return *std::get_if<0>(&m_state);
    }
    const T& value() const&
    {
        CORE_ASSERT(has_value());
        return *std::get_if<0>(&m_state);
    }
    T&& value() &&
    {
        CORE_ASSERT(has_value());
        return std::move(*std::get_if<0>(&m_state));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

    Error& error() &
    {
        CORE_ASSERT(!has_value());
        return *std::get_if<1>(&m_state);
    }
    const Error& error() const&
    {
        CORE_ASSERT(!has_value());
        return *std::get_if<1>(&m_state);
    }
    Error&& error() &&
    {
        CORE_ASSERT(!has_value());
        return std::move(*std::get_if<1>(&m_state));
    }

private:
    std::variant<T, Error> m_state;
};

template<>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Error error) : m_error{std::in_place_index<1>, std::move(error)} {}

    bool has_value() const noexcept { return m_error.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const { CORE_ASSERT(has_value()); }

    Error& error() &
    {
        CORE_ASSERT(!has_value());
        return *std::get_if<1>(&m_error);
    }
    const Error& error() const&
    {
        CORE_ASSERT(!has_value());
        return *std::get_if<1>(&m_error);
    }
    Error&& error() &&
    {
        CORE_ASSERT(!has_value());
        return std::move(*std::get_if<1>(&m_error));
    }

private:
    std::variant<std::monostate, Error> m_error;
};

} // namespace core
