#pragma once

#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"

#include <optional>
#include <string>

namespace core::replication {

/// Chooses when a primary sends its secondary the keys of the set, and the token keys of the members. Single-threaded, as its link.
class KeyTeller {
public:
    /// Null: no keys are sent. The source outlives this object.
    explicit KeyTeller(const KeySource* source) : m_source{source} {}

    /// The keys that the secondary holds, by its hello.
    void heard(barrier::Keyring::Ids held) { m_told = std::move(held); }
    /// The secondary's program cannot store the set's root key.
    bool isProgramTooOld() const { return m_source && m_told.rootKey.empty() && m_source->isRekeyed(); }

    enum class Due { Nothing, Keys, Refusal }; // Refusal: isProgramTooOld()
    /// What must go out before data that may need other keys than the secondary holds.
    Due due();
    /// The keys for a frame. Errors: those of KeySource::keyBundle().
    Result<SecretBytes> bundle() const { return m_source->keyBundle(); }
    /// The bundle goes out. It is of index `through` or older.
    void told(LogIndex through);
    /// The secondary's keyring is of this index, or older.
    LogIndex through() const { return m_through; }

    /// The text of the next TokenKeys frame; nothing: the secondary has it.
    std::optional<std::string> dueTokenKeys();

private:
    struct Compared {
        std::uint64_t version = 0; // 0: not yet
        barrier::Keyring::Ids ids;
    };

    const KeySource* m_source;
    barrier::Keyring::Ids m_told; // as the secondary knows them
    std::uint64_t m_version = 0;  // of the last comparison with the secondary's keys
    Compared m_due;               // of the keys that are due
    LogIndex m_through;
    std::uint64_t m_tokenKeysVersion = 0; // last sent
};

} // namespace core::replication
