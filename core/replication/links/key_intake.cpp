#include "core/replication/links/key_intake.h"

namespace core::replication {

std::optional<SecretBytes> KeyIntake::take()
{
    auto* due = std::get_if<Due>(&m_state);
    if (!due) return std::nullopt;
    std::optional<SecretBytes> bundle{std::move(due->bundle)};
    m_state.emplace<Storing>();
    return bundle;
}

bool KeyIntake::finish()
{
    const auto* storing = std::get_if<Storing>(&m_state);
    const bool isOfThisConnection = storing && storing->isOfThisConnection;
    m_state.emplace<Idle>();
    return isOfThisConnection;
}

void KeyIntake::disconnect()
{
    if (auto* storing = std::get_if<Storing>(&m_state)) storing->isOfThisConnection = false;
    else m_state.emplace<Idle>();
}

} // namespace core::replication
