#pragma once

#include "core/transit/key/key_settings.h"

#include <map>

namespace core::transit {

/// A key with its stored versions. Immutable when it is shared, and then thread-safe. Versions are shared between a key and its changed copies.
struct Key {
    KeySettings settings;
    std::map<VersionNumber, KeyVersionPointer> versions;

    /// Null: there is no such version here. While a secondary copies a key, a version can be missing for a moment.
    const KeyVersion* version(VersionNumber number) const
    {
        const auto at = versions.find(number);
        return at == versions.end() ? nullptr : at->second.get();
    }
};
using KeyPointer = std::shared_ptr<const Key>;

} // namespace core::transit
