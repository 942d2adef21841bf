#include "core/auth/approle/secret_id.h"
#include "core/auth/approle/secret_id_rows.h"

namespace core::auth::approle {
namespace {

struct Doomed {
    std::string folder;
    std::string digest;
};

/// The secret id of an expiry row, if its time has come.
std::optional<Doomed> expiredBy(std::string_view path, WallTime now)
{
    path.remove_prefix(SecretIdRows::kExpiryFolder.size());
    const auto time = path.substr(0, path.find('/'));
    const auto latest = SecretIdRows::expiryPath(now, {}, {}).substr(SecretIdRows::kExpiryFolder.size(), time.size());
    if (time > latest || time.size() == path.size()) return std::nullopt;
    const auto rest = path.substr(time.size() + 1);
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return Doomed{std::string{rest.substr(0, slash)}, std::string{rest.substr(slash + 1)}};
}

Result<> collectExpired(const barrier::View& storage, WallTime now, std::vector<Doomed>& doomed)
{
    return storage.forEach(SecretIdRows::kExpiryFolder, [&](std::string_view path, std::string_view) {
        auto expired = expiredBy(path, now);
        if (!expired || doomed.size() >= kTidiedAtOnce) return false;
        doomed.push_back(std::move(*expired));
        return true;
    });
}

Result<> collectOrphans(const mount::Context& context, const barrier::View& storage, std::vector<Doomed>& doomed)
{
    auto folders = storage.list(SecretIdRows::kIdsFolder);
    if (!folders) return folders.error();
    for (const auto& name : *folders) {
        const auto folder = name.substr(0, name.size() - 1);
        const auto isOfRole = isFolderOfRole(context, folder);
        if (!isOfRole) return isOfRole.error();
        if (*isOfRole) continue;
        if (doomed.size() >= kTidiedAtOnce) break;
        auto digests = storage.list(SecretIdRows::idPath(folder, {}), {}, kTidiedAtOnce - doomed.size());
        if (!digests) return digests.error();
        for (auto& digest : *digests) doomed.push_back({folder, std::move(digest)});
    }
    return {};
}

Result<std::size_t> tidyStorage(const mount::Context& context, barrier::View& storage, const SaltedDigests& digests)
{
    std::vector<Doomed> doomed;
    if (auto collected = collectExpired(storage, context.clock.now(), doomed); !collected) return collected.error();
    if (auto collected = collectOrphans(context, storage, doomed); !collected) return collected.error();
    for (const auto& each : doomed) {
        auto stored = storage.get(SecretIdRows::idPath(each.folder, each.digest));
        if (!stored) return stored.error();
        if (!*stored) continue; // found twice: expired, and of a role that is gone
        auto record = SecretIdRows::decode(**stored);
        if (!record) return record.error();
        if (auto erased = SecretIdRows::erase(storage, digests, each.folder, each.digest, *record); !erased) return erased.error();
    }
    return doomed.size();
}

} // namespace

Result<std::size_t> tidySecretIds(mount::Context& context)
{
    const auto digests = SaltedDigests::load(context);
    if (!digests) return digests.error();
    std::size_t removed = 0;
    for (auto* storage : {&context.storage, &context.localStorage}) {
        const auto tidied = tidyStorage(context, *storage, *digests);
        if (tidied) removed += *tidied;
        else if (tidied.error().code != ErrorCode::ReadOnly) return tidied.error();
    }
    return removed;
}

} // namespace core::auth::approle
