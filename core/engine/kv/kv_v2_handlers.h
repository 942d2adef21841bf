#pragma once

#include "core/engine/kv/kv_v2_storage.h"
#include "core/mount/backend.h"

namespace core::engine {

/// One call on one key of a version 2 mount.
struct KvV2Call {
    const mount::Request& request;
    std::string path; // of the key, below "data/", "metadata/" …
    KvV2Storage& storage;
    WallTime now;
};

/// `data/…`: read, write, patch, delete the latest version.
Result<mount::Response> handleKvData(KvV2Call& call);
/// `subkeys/…`: the shape of a value without its leaves.
Result<mount::Response> handleKvSubkeys(KvV2Call& call);
/// `delete/…`, `undelete/…`, `destroy/…`: named versions.
Result<mount::Response> handleKvDelete(KvV2Call& call);
Result<mount::Response> handleKvUndelete(KvV2Call& call);
Result<mount::Response> handleKvDestroy(KvV2Call& call);
/// `metadata/…`: list, read, write, patch, delete.
Result<mount::Response> handleKvMetadata(KvV2Call& call);
/// `config`.
Result<mount::Response> handleKvConfig(const mount::Request& request, KvV2Storage& storage);

/// 415 when a PATCH does not come as a merge patch.
std::optional<mount::Response> refusePatchType(const mount::Request& request);

} // namespace core::engine
