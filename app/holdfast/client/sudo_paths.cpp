#include "app/holdfast/client/sudo_paths.h"

#include <algorithm>
#include <array>

namespace cli {
namespace {

/// The paths that need sudo in Vault's documentation, and those of replication. '*' at the end: everything below.
constexpr std::array<std::string_view, 37> kPaths{
    "auth/token/accessors",
    "auth/token/revoke-orphan",
    "pki/root",
    "pki/root/sign-self-issued",
    "sys/audit",
    "sys/audit/*",
    "sys/config/auditing/request-headers",
    "sys/config/auditing/request-headers/*",
    "sys/config/cors",
    "sys/config/ui/headers",
    "sys/config/ui/headers/*",
    "sys/internal/inspect/router/*",
    "sys/leases",
    "sys/leases/lookup/*",
    "sys/leases/revoke-force/*",
    "sys/leases/revoke-prefix/*",
    "sys/plugins/catalog/*",
    "sys/raw",
    "sys/raw/*",
    "sys/remount",
    "sys/replication/dr/primary/*",
    "sys/replication/dr/secondary/enable",
    "sys/replication/dr/trust/choose*",
    "sys/replication/performance/primary/*",
    "sys/replication/performance/secondary/*",
    "sys/replication/performance/trust/choose*",
    "sys/replication/primary/*",
    "sys/replication/recover",
    "sys/replication/reindex",
    "sys/replication/secondary/*",
    "sys/revoke-force/*",
    "sys/revoke-prefix/*",
    "sys/rotate",
    "sys/rotate/*",
    "sys/seal",
    "sys/step-down",
    "sys/storage/raft/snapshot-auto/config/*",
};

} // namespace

bool needsSudo(std::string_view path)
{
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::ranges::any_of(kPaths, [&](std::string_view known) {
        if (!known.ends_with('*')) return path == known;
        return path.starts_with(known.substr(0, known.size() - 1));
    });
}

} // namespace cli
