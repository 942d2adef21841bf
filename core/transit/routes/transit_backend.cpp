#include "core/transit/routes/transit_backend.h"

#include "core/base/logging.h"
#include "core/transit/routes/key_rotation.h"
#include "core/transit/routes/batch.h"
#include "core/transit/routes/routes.h"

#include <algorithm>

namespace core::transit {
namespace {

constexpr std::size_t kQuickItemsMax = 64; // in a batch that stays on the I/O thread

const route::RouteTable& routes()
{
    static const route::RouteTable table = [] {
        route::RouteTable made;
        addKeyRoutes(made);
        addConfigRoutes(made);
        addCryptRoutes(made);
        addSignRoutes(made);
        addMacRoutes(made);
        addExportRoutes(made);
        addImportRoutes(made);
        addBackupRoutes(made);
        addToolRoutes(made);
        return made;
    }();
    return table;
}

/// The second segment of a path, which is the key of most operations.
std::string_view keyOf(std::string_view path)
{
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    const auto rest = path.substr(slash + 1);
    return rest.substr(0, rest.find('/'));
}

bool usesPrivateHalf(std::string_view path)
{
    const auto operation = path.substr(0, path.find('/'));
    return operation == "decrypt" || operation == "sign" || operation == "rewrap";
}

} // namespace

TransitBackend::TransitBackend()
    : RoutedBackend{routes(), "Encrypts, signs and authenticates data with keys that stay in the server.\n\n"
                              "The engine stores keys only, not the data. Data goes in and out as base64. A ciphertext names the version of its\n"
                              "key, so a key can be rotated without encrypting everything again.\n"}
{}

Result<bool> TransitBackend::maintain(mount::Context& context)
{
    const auto due = keysDueForRotation(context);
    if (!due) return due.error();
    for (const auto& name : *due) {
        const auto rotated = rotateDueKey(context, name);
        if (!rotated && rotated.error().code == ErrorCode::ReadOnly) return rotated.error();
        if (!rotated) {
            logging::warn("transit", "a key could not be rotated",
                          {{"mount", context.mount.path}, {"key", name}, {"error", toString(rotated.error())}});
        } else if (*rotated) {
            logging::info("transit", "a key is rotated, as its period demands", {{"mount", context.mount.path}, {"key", name}});
            return due->size() > 1;
        }
    }
    return false;
}

bool TransitBackend::isSlow(const mount::Request& request) const
{
    if (RoutedBackend::isSlow(request) || batchItemCount(request.data) > kQuickItemsMax) return true;
    if (!usesPrivateHalf(request.relativePath)) return false;
    const auto key = m_cache.find(keyOf(request.relativePath));
    return key && key->settings.traits().isRsa();
}

void TransitBackend::invalidate(std::string_view path)
{
    if (path.empty()) {
        m_isCacheSizeKnown = false;
        return m_cache.dropAll();
    }
    if (KeyStorage::isConfigRow(path)) m_isCacheSizeKnown = false;
    else if (const auto name = KeyStorage::keyOfRow(path); !name.empty()) m_cache.drop(name);
}

Result<> TransitBackend::adoptCacheSize(const KeyStorage& storage)
{
    if (m_isCacheSizeKnown.exchange(true)) return {};
    const auto config = storage.config();
    if (!config) {
        m_isCacheSizeKnown = false;
        return config.error();
    }
    m_cache.setSizeMax(static_cast<std::size_t>(std::max<std::int64_t>(config->cacheSize, 0)));
    return {};
}

Result<KeyPointer> TransitBackend::findKey(const mount::Context& context, std::string_view name)
{
    if (auto cached = m_cache.find(name)) return cached;
    const KeyStorage storage{context.storage};
    if (auto adopted = adoptCacheSize(storage); !adopted) return std::move(adopted).error();
    const auto round = m_cache.round();
    auto loaded = storage.load(name);
    if (loaded && *loaded) m_cache.add(*loaded, round);
    return loaded;
}

} // namespace core::transit
