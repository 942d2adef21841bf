#include "core/replication/links/key_teller.h"

namespace core::replication {

KeyTeller::Due KeyTeller::due()
{
    if (!m_source) return Due::Nothing;
    const auto version = m_source->keysVersion();
    if (version == m_version) return Due::Nothing;
    auto ids = m_source->keyIds();
    const bool isFirst = m_version == 0; // later, a new term comes with its own record
    if (ids.rootKey.empty() || ids == m_told || (!isFirst && ids.rootKey == m_told.rootKey)) {
        m_version = version;
        return Due::Nothing;
    }
    if (m_told.rootKey.empty()) { // an older program: it knows only the keys in the records
        m_version = version;
        return isProgramTooOld() ? Due::Refusal : Due::Nothing;
    }
    m_due = {version, std::move(ids)};
    return Due::Keys;
}

void KeyTeller::told(LogIndex through)
{
    m_version = m_due.version;
    m_told = std::move(m_due.ids);
    m_through = through;
}

std::optional<std::string> KeyTeller::dueTokenKeys()
{
    if (!m_source) return std::nullopt;
    const auto version = m_source->tokenKeysVersion();
    if (version == m_tokenKeysVersion) return std::nullopt;
    m_tokenKeysVersion = version;
    auto text = m_source->tokenKeys();
    return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

} // namespace core::replication
