#pragma once

#include "core/engine/kv/kv_v2_storage.h"
#include "core/mount/backend.h"

namespace core::engine {

/// One call on one key of a version 2 mount.
struct KvV2Call {
    const mount::Request& request;
    std::string path; // of the key, below "data/", "metadata/" …; empty: the root of the mount, or no key at all (config)
    KvV2Storage& storage;
    WallTime now;
};

/// `data/…`: the latest version. A write and a patch add one.
Result<mount::Response> readKvData(KvV2Call& call);
Result<mount::Response> writeKvData(KvV2Call& call);
Result<mount::Response> patchKvData(KvV2Call& call);
Result<mount::Response> deleteKvData(KvV2Call& call);
/// `subkeys/…`: the shape of a value without its leaves.
Result<mount::Response> readKvSubkeys(KvV2Call& call);
/// `delete/…`, `undelete/…`, `destroy/…`: named versions.
Result<mount::Response> deleteKvVersions(KvV2Call& call);
Result<mount::Response> undeleteKvVersions(KvV2Call& call);
Result<mount::Response> destroyKvVersions(KvV2Call& call);
/// `metadata/…`.
Result<mount::Response> listKvKeys(KvV2Call& call);
Result<mount::Response> readKvMetadata(KvV2Call& call);
Result<mount::Response> writeKvMetadata(KvV2Call& call);
Result<mount::Response> patchKvMetadata(KvV2Call& call);
Result<mount::Response> deleteKvMetadata(KvV2Call& call);
/// `config`.
Result<mount::Response> readKvConfig(KvV2Call& call);
Result<mount::Response> writeKvConfig(KvV2Call& call);

/// 415 when a PATCH does not come as a merge patch.
std::optional<mount::Response> refusePatchType(const mount::Request& request);

} // namespace core::engine
