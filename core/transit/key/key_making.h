#pragma once

#include "core/base/random.h"
#include "core/transit/key/key.h"

namespace core::transit {

/// The scheme of convergent encryption for new versions. Older ones leak which plaintexts are equal across contexts, and are refused.
inline constexpr std::uint8_t kConvergentScheme = 3;

/// New material for the next version of a key with these settings. RSA can take seconds.
KeyVersion makeVersion(const KeySettings& settings, VersionNumber number, Random& random, WallTime now);

/// The key with one more version, which is made here. `key` has no versions if it is new.
Key withNewVersion(const Key& key, Random& random, WallTime now);
/// The same with a version that came from outside.
Key withVersion(const Key& key, KeyVersion version, WallTime now);

/// Sets all of an asymmetric key's fields in `version`: `pair` can be a public half.
void setPair(KeyVersion& version, const crypto::AsymmetricKey& pair);

} // namespace core::transit
