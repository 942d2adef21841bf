#pragma once

#include "core/base/secret_bytes.h"
#include "core/snapshot/restore_check.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core::snapshot {

/// What the operator asks of a restore.
struct RestoreRequest {
    std::filesystem::path file;
    bool isForced = false;            // an archive of other keys is taken as well
    std::vector<SecretBytes> shares;  // of the archive, so that all of it can be proven
    bool skipsSafetySnapshot = false; // where there is no room for one
    bool takesNewIdentity = false;    // a set of its own instead of the archive's, whose primary may be there
    bool acceptsUnsigned = false;     // an archive under this cluster's keys that no present member has signed
};

/// What became of it.
struct RestoreOutcome {
    Meta meta;
    CheckedArchive::Keys keys = CheckedArchive::Keys::Ours;
    std::string safetySnapshot; // its name; empty: none was taken, `safetyText` says why
    std::string safetyText;     // where it is and how it is put back
    std::vector<std::string> warnings;
    std::vector<std::string> steps; // that bring the members of the archive's set back
};

} // namespace core::snapshot
