#pragma once

#include "core/base/secret_bytes.h"
#include "core/snapshot/restore_check.h"

#include <filesystem>
#include <string>
#include <vector>

namespace core::snapshot {

/// What the operator wants a restore to do.
struct RestoreRequest {
    std::filesystem::path file;
    bool isForced = false;            // accept an archive of other keys
    std::vector<SecretBytes> shares;  // of the archive, to verify all of it
    bool skipsSafetySnapshot = false; // for a disk without room for one
    bool takesNewIdentity = false;    // make a new set, because the archive's primary can still be running
    bool acceptsUnsigned = false;     // accept an archive under this cluster's keys that no present member has signed
};

/// The result of a restore.
struct RestoreOutcome {
    Meta meta;
    CheckedArchive::Keys keys = CheckedArchive::Keys::Ours;
    std::string safetySnapshot; // its name; empty: none was taken, and `safetyText` says why
    std::string safetyText;     // where it is, and how to restore it
    std::vector<std::string> warnings;
    std::vector<std::string> steps; // so that the members of the archive's set follow again
};

} // namespace core::snapshot
