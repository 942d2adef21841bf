#pragma once

#include "core/base/secret_bytes.h"

#include <optional>
#include <variant>

namespace core::replication {

/// Keys of the set on their way from a secondary's link to its store. While there are any, the link applies nothing. Single-threaded, as its link.
class KeyIntake {
public:
    bool isIdle() const { return std::holds_alternative<Idle>(m_state); }
    /// They are with the owner, who cannot be called back.
    bool isStoring() const { return std::holds_alternative<Storing>(m_state); }

    /// These come next.
    void push(SecretBytes bundle) { m_state.emplace<Due>(std::move(bundle)); }
    /// The keys to store now, once.
    std::optional<SecretBytes> take();
    /// The owner has stored them, or could not. True: they are of the present connection.
    bool finish();
    /// Keys that are being stored remain so: their result must not fail the next connection.
    void disconnect();

private:
    struct Idle {};
    struct Due {
        explicit Due(SecretBytes keys) : bundle{std::move(keys)} {}
        SecretBytes bundle;
    };
    struct Storing {
        bool isOfThisConnection = true;
    };
    std::variant<Idle, Due, Storing> m_state;
};

} // namespace core::replication
